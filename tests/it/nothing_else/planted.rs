//! A client that lets a script change answers of a built-in account on their way to the program.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::base64;
use aws_smithy_types::body::SdkBody;
use baseline::sandbox::named;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value as Json, json};

use crate::moto;
use crate::source_code::root;

/// The script, which knows AWS's models.
pub struct Planting {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Planting {
    /// Starts it.
    pub fn start() -> Self {
        let mut process = Command::new(moto::python())
            .args(["-W", "ignore"])
            .arg(root().join("tests/it/nothing_else/planting.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (asks, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, asks, answers }
    }

    /// Asks one question and waits for its answer.
    pub fn ask(&mut self, question: &Json) -> Json {
        writeln!(self.asks, "{question}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let mut answer: Map<String, Json> = serde_json::from_str(&line).unwrap();
        assert_eq!(answer.get("error"), None, "the script fails");
        answer.remove("ok").unwrap()
    }
}

impl Drop for Planting {
    fn drop(&mut self) {
        let _it_may_have_ended = self.process.kill();
        let _its_end_says_nothing = self.process.wait();
    }
}

/// What was planted into the last answer.
pub type Planted = Arc<Mutex<Option<Json>>>;

/// The client: what stands behind it, and the script before it.
#[derive(Clone)]
pub struct Changing {
    pub client: SharedHttpClient,
    pub script: Arc<Mutex<Planting>>,
    pub planted: Planted,
}

struct ChangingConnector {
    connector: SharedHttpConnector,
    script: Arc<Mutex<Planting>>,
    planted: Planted,
}

impl fmt::Debug for Changing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changing")
    }
}

impl fmt::Debug for ChangingConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangingConnector")
    }
}

impl HttpClient for Changing {
    fn http_connector(&self, how: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(ChangingConnector {
            connector: self.client.http_connector(how, parts),
            script: Arc::clone(&self.script),
            planted: Arc::clone(&self.planted),
        })
    }
}

impl HttpConnector for ChangingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let mut http = http::Request::builder().method(request.method()).uri(request.uri());
        let mut headers = Map::new();
        for (name, value) in request.headers() {
            http = http.header(name, value);
            headers.insert(name.to_owned(), value.into());
        }
        let http = http.body(Bytes::from(body.clone())).unwrap();
        let call = named(&http).map(|(service, operation)| {
            json!({
                "do": "call", "service": service.name, "operation": operation.name, "asked": headers,
                "method": request.method(), "uri": request.uri(), "request": base64::encode(body),
            })
        });
        let (answer, script, planted) =
            (self.connector.call(request), Arc::clone(&self.script), Arc::clone(&self.planted));
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            let Some(mut call) = call else { return Ok(answer) };
            let (status, kept) = (answer.status(), answer.headers().clone());
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let said: Map<String, Json> =
                kept.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            call["status"] = status.as_u16().into();
            call["headers"] = said.into();
            call["response"] = base64::encode(&body).into();
            let changed = script.lock().unwrap().ask(&call);
            let Some(text) = changed["response"].as_str() else {
                return Ok(with_headers(status, &kept, &Map::new(), body.to_vec()));
            };
            *planted.lock().unwrap() = Some(changed["planted"].clone());
            let headers = changed["headers"].as_object().unwrap();
            Ok(with_headers(status, &kept, headers, base64::decode(text).unwrap()))
        })
    }
}

/// An answer with the headers that it had, those of the script before them.
fn with_headers(
    status: aws_smithy_runtime_api::http::StatusCode,
    kept: &aws_smithy_runtime_api::http::Headers,
    changed: &Map<String, Json>,
    body: Vec<u8>,
) -> HttpResponse {
    let length = body.len();
    let mut answer = HttpResponse::new(status, SdkBody::from(body));
    for (name, value) in kept {
        if !["content-length", "transfer-encoding"].contains(&name) {
            answer.headers_mut().insert(name.to_owned(), value.to_owned());
        }
    }
    for (name, value) in changed {
        answer.headers_mut().insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    answer.headers_mut().insert("content-length", length.to_string());
    answer
}
