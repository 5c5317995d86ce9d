//! A client of the SDK whose every answer is made by a closure.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt as _;

type Answer = dyn FnMut(http::Request<Bytes>) -> http::Response<Bytes> + Send;

#[derive(Clone)]
struct Answering(Arc<Mutex<Answer>>);

/// A client that sends nothing anywhere.
pub fn answering(
    answer: impl FnMut(http::Request<Bytes>) -> http::Response<Bytes> + Send + 'static,
) -> SharedHttpClient {
    SharedHttpClient::new(Answering(Arc::new(Mutex::new(answer))))
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answering")
    }
}

impl HttpClient for Answering {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Answering {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            // A network takes its time, if little: what goes on for ever is seen by the clock.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            let answer = answer.lock().expect("nobody panics")(http::Request::from_parts(parts, body));
            HttpResponse::try_from(answer.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
