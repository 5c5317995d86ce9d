//! The way in for the SDK inside this process: its HTTP client, without a network.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::sleep;

use super::account::Sandbox;
use super::organizations;
use super::profile::Profile;

/// How long Organizations takes to answer.
const ANSWER: Duration = Duration::from_millis(50);

/// A call of Organizations, for as long as it has no answer: the service does one thing at a time.
struct UnderWay(Sandbox);

impl UnderWay {
    fn of(sandbox: &Sandbox, headers: &http::HeaderMap) -> Option<Self> {
        let target = headers.get("x-amz-target")?.to_str().ok()?;
        if !target.starts_with(organizations::SERVICE.namespace) {
            return None;
        }
        sandbox.with_world(|world| world.organizations_under_way += 1);
        Some(Self(sandbox.clone()))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.with_world(|world| world.organizations_under_way -= 1);
    }
}

impl HttpClient for Sandbox {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Sandbox {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sandbox = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body: Bytes = match body.bytes() {
                Some(bytes) => Bytes::copy_from_slice(bytes),
                None => body.collect().await.map_err(ConnectorError::user)?.to_bytes(),
            };
            let under_way = UnderWay::of(&sandbox, &parts.headers);
            if under_way.is_some() && sandbox.with_world(|world| world.profile) != Profile::Instant {
                sleep(ANSWER).await;
            }
            // No network answers at once: what is asked side by side is under way before the first answer.
            tokio::task::yield_now().await;
            let response = sandbox.handle(http::Request::from_parts(parts, body));
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
