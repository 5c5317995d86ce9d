//! A layer around the SDK's HTTP client that breaks chosen calls.

use std::fmt;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with a denial and has no effect.
    Deny,
    /// It has its effect and the answer is lost.
    LoseAnswer,
    /// It is answered with an internal error and has no effect.
    InternalError,
}

type Rule = Arc<dyn Fn(&str) -> Option<Fault> + Send + Sync>;

#[derive(Clone)]
struct Faulty {
    client: SharedHttpClient,
    rule: Rule,
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

struct FaultyConnector {
    connector: SharedHttpConnector,
    rule: Rule,
}

impl fmt::Debug for FaultyConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyConnector")
    }
}

/// The same configuration with calls broken by a rule, which sees `METHOD URI TARGET BODY`.
pub fn broken(config: &SdkConfig, rule: impl Fn(&str) -> Option<Fault> + Send + Sync + 'static) -> SdkConfig {
    let client = config.http_client().unwrap_or_else(|| aws_smithy_http_client::Builder::new().build_http());
    config.to_builder().http_client(Faulty { client, rule: Arc::new(rule) }).build()
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        parts: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, parts);
        SharedHttpConnector::new(FaultyConnector { connector, rule: Arc::clone(&self.rule) })
    }
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request
            .body()
            .bytes()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .unwrap_or_default();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let text = format!("{} {} {target} {body}", request.method(), request.uri());
        let fault = (self.rule)(&text);
        if fault == Some(Fault::Deny) || fault == Some(Fault::InternalError) {
            let denied = fault == Some(Fault::Deny);
            return HttpConnectorFuture::ready(Ok(answer(&text, denied)));
        }
        let sent = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let answer = sent.await?;
            if fault == Some(Fault::LoseAnswer) {
                return Err(ConnectorError::io("the answer was lost".into()));
            }
            Ok(answer)
        })
    }
}

/// An error answer in the envelope of the protocol the request speaks.
fn answer(request: &str, denied: bool) -> HttpResponse {
    let (status, code) = if denied { (403, "AccessDenied") } else { (500, "InternalError") };
    let body = if request.contains("Action=") && request.contains("2016-11-15") {
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>planted</Message></Error></Errors></Response>"
        )
    } else if request.contains("Action=") {
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>planted</Message></Error></ErrorResponse>")
    } else if request.contains("Trail") || request.contains("TrentService") {
        format!(r#"{{"__type":"{code}Exception","message":"planted"}}"#)
    } else {
        format!("<Error><Code>{code}</Code><Message>planted</Message></Error>")
    };
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}
