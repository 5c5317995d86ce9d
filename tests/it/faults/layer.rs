//! A layer around an HTTP client of the SDK that writes down calls and breaks chosen ones.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use baseline::sandbox::{Sandbox, named};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::watch;
use tokio::time::Instant;

use super::account::fork;
use super::normal::digest;
use super::refusal::{Refusal, refusal};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks, before the call has its effect or after it.
    Reset { effect: bool },
    /// No answer ever comes.
    Silence { effect: bool },
    /// AWS refuses it; a 500 or 503 may be said of a call that has had its effect.
    Refuse { refusal: Refusal, effect: bool },
    /// The process ends here.
    Cut { effect: bool },
    /// It is answered by a replica that is this far behind.
    Stale(Duration),
    /// It is on its way for so long.
    Late(Duration),
}

/// One call, as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Counted from 0, retries by the SDK included.
    pub number: usize,
    /// The number among the writes, for a write.
    pub write: Option<usize>,
    /// The signing name, such as `elasticloadbalancing`.
    pub service: &'static str,
    /// Such as `CreateVpc`.
    pub operation: &'static str,
    /// When it went out, since the layer was made.
    pub at: Duration,
    /// The same for the same request sent again.
    pub digest: u64,
}

/// The account right after a write, or at the beginning.
#[derive(Clone)]
pub struct Moment {
    /// When.
    at: Instant,
    /// A copy of it.
    pub world: Sandbox,
    /// The write it is the effect of; nothing for the beginning.
    pub after: Option<Call>,
}

type Rule = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

struct State {
    calls: Vec<Call>,
    writes: usize,
    rule: Rule,
    moments: Option<Vec<Moment>>,
}

/// The layer. Copies share what they have seen.
#[derive(Clone)]
pub struct Layer {
    inner: Arc<Inner>,
    connector: SharedHttpConnector,
}

struct Inner {
    began: Instant,
    sandbox: Option<Sandbox>,
    client: SharedHttpClient,
    state: Mutex<State>,
    cut: watch::Sender<bool>,
    sent: watch::Sender<usize>,
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Layer")
    }
}

/// Before the SDK has said how it wants to connect there is nothing to connect with.
#[derive(Debug)]
struct Nowhere;

impl HttpConnector for Nowhere {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user("no client was made yet".into())))
    }
}

impl Layer {
    /// Around any client.
    pub fn over(client: SharedHttpClient, rule: impl FnMut(&Call) -> Option<Fault> + Send + 'static) -> Self {
        Self::made(client, None, Box::new(rule))
    }

    /// Around a sandbox.
    pub fn on(sandbox: &Sandbox, rule: impl FnMut(&Call) -> Option<Fault> + Send + 'static) -> Self {
        Self::made(sandbox.http_client(), Some(sandbox.clone()), Box::new(rule))
    }

    /// Around a sandbox that is copied at every write: stale reads are answered from its earlier moments.
    pub fn remembering(sandbox: &Sandbox, rule: impl FnMut(&Call) -> Option<Fault> + Send + 'static) -> Self {
        let layer = Self::on(sandbox, rule);
        let beginning = Moment { at: layer.inner.began, world: fork(sandbox), after: None };
        layer.lock().moments = Some(vec![beginning]);
        layer
    }

    /// Around a sandbox, with no faults: a recorder.
    pub fn recording(sandbox: &Sandbox) -> Self {
        Self::on(sandbox, |_| None)
    }

    fn made(client: SharedHttpClient, sandbox: Option<Sandbox>, rule: Rule) -> Self {
        let state = State { calls: Vec::new(), writes: 0, rule, moments: None };
        let inner = Inner {
            began: Instant::now(),
            sandbox,
            client,
            state: Mutex::new(state),
            cut: watch::Sender::new(false),
            sent: watch::Sender::new(0),
        };
        Self { inner: Arc::new(inner), connector: SharedHttpConnector::new(Nowhere) }
    }

    /// To be given to the SDK.
    pub fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Every write so far.
    pub fn writes(&self) -> Vec<Call> {
        self.lock().calls.iter().filter(|call| call.write.is_some()).cloned().collect()
    }

    /// The account at the beginning and after every write.
    pub fn moments(&self) -> Vec<Moment> {
        self.lock().moments.clone().unwrap_or_default()
    }

    /// Runs until it is done, or until the process is cut: then all of it is dropped where it stands.
    pub async fn until_cut<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut cut = self.inner.cut.subscribe();
        tokio::select! {
            biased;
            _ = cut.wait_for(|cut| *cut) => None,
            done = work => Some(done),
        }
    }

    /// Waits until so many writes went out.
    pub async fn until_written(&self, writes: usize) {
        let mut sent = self.inner.sent.subscribe();
        sent.wait_for(|sent| *sent >= writes).await.expect("the layer is there");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let body = match body.bytes() {
            Some(bytes) => Bytes::copy_from_slice(bytes),
            None => body.collect().await.map_err(ConnectorError::user)?.to_bytes(),
        };
        let request = http::Request::from_parts(parts, body);
        // What is asked side by side is under way before the first answer, as on a network.
        tokio::task::yield_now().await;
        if *self.inner.cut.borrow() {
            return std::future::pending().await;
        }
        let (call, fault) = self.note(&request);
        match fault {
            None => self.send(&call, &request).await,
            Some(Fault::Reset { effect }) => {
                self.send_if(effect, &call, &request).await?;
                Err(ConnectorError::io("the connection was reset".into()))
            }
            Some(Fault::Silence { effect }) => {
                self.send_if(effect, &call, &request).await?;
                std::future::pending().await
            }
            Some(Fault::Refuse { refusal: kind, effect }) => {
                self.send_if(effect, &call, &request).await?;
                answered(refusal(&request, kind))
            }
            Some(Fault::Cut { effect }) => {
                self.send_if(effect, &call, &request).await?;
                self.inner.cut.send_replace(true);
                std::future::pending().await
            }
            Some(Fault::Late(time)) => {
                tokio::time::sleep(time).await;
                self.send(&call, &request).await
            }
            Some(Fault::Stale(behind)) => answered(self.at(behind).handle(request)),
        }
    }

    fn note(&self, request: &http::Request<Bytes>) -> (Call, Option<Fault>) {
        let (service, operation) = named(request)
            .map_or(("unknown", "Unknown"), |(service, operation)| (service.name, operation.name));
        let mut state = self.lock();
        let write = (!baseline::aws::is_read(operation)).then_some(state.writes);
        state.writes += usize::from(write.is_some());
        let at = self.inner.began.elapsed();
        let digest = digest(&(request.method().as_str(), request.uri().to_string(), request.body()));
        let call = Call { number: state.calls.len(), write, service, operation, at, digest };
        state.calls.push(call.clone());
        let fault = (state.rule)(&call);
        self.inner.sent.send_replace(state.writes);
        (call, fault)
    }

    async fn send_if(
        &self,
        effect: bool,
        call: &Call,
        request: &http::Request<Bytes>,
    ) -> Result<(), ConnectorError> {
        if effect {
            self.send(call, request).await?;
        }
        Ok(())
    }

    async fn send(
        &self,
        call: &Call,
        request: &http::Request<Bytes>,
    ) -> Result<HttpResponse, ConnectorError> {
        let Some(sandbox) = &self.inner.sandbox else {
            let request = request.clone().map(SdkBody::from);
            let request =
                HttpRequest::try_from(request).map_err(|error| ConnectorError::user(error.into()))?;
            return self.connector.call(request).await;
        };
        let answer = sandbox.handle(request.clone());
        if call.write.is_some()
            && let Some(moments) = &mut self.lock().moments
        {
            moments.push(Moment { at: Instant::now(), world: fork(sandbox), after: Some(call.clone()) });
        }
        answered(answer)
    }

    /// The account as it was so long ago.
    fn at(&self, behind: Duration) -> Sandbox {
        let moment = Instant::now().checked_sub(behind);
        let state = self.lock();
        let moments = state.moments.as_deref().unwrap_or_default();
        let last = moments.iter().rev().find(|then| moment.is_some_and(|moment| then.at <= moment));
        let last = last.or(moments.first()).expect("stale reads need a layer that remembers");
        last.world.clone()
    }
}

/// The same configuration with calls broken by a rule.
pub fn broken(config: &SdkConfig, rule: impl FnMut(&Call) -> Option<Fault> + Send + 'static) -> SdkConfig {
    let client = config.http_client().unwrap_or_else(|| aws_smithy_http_client::Builder::new().build_http());
    config.to_builder().http_client(Layer::over(client, rule)).build()
}

fn answered(response: http::Response<Bytes>) -> Result<HttpResponse, ConnectorError> {
    HttpResponse::try_from(response.map(SdkBody::from))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

impl HttpClient for Layer {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        parts: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.inner.client.http_connector(settings, parts);
        SharedHttpConnector::new(Self { connector, ..self.clone() })
    }
}

impl HttpConnector for Layer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().pass(request))
    }
}
