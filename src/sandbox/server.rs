//! The way in for everybody else: an HTTP server on loopback.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::account::Sandbox;
use super::seed::Seed;
use super::store::StoreError;

/// No request of the operations here is larger; an object may be.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

impl Sandbox {
    /// Answers AWS requests on a listener until the task is dropped.
    ///
    /// Beside the AWS operations there are `POST /_sandbox/reset` and `POST /_sandbox/seed?name=NAME`
    /// (the name may also be the body).
    ///
    /// # Errors
    /// A listener that is not on a loopback address, or the machine's refusal to accept.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(io::Error::other(format!(
                "the sandbox verifies no signature, so it listens on loopback only and not on {address}; \
                 use 127.0.0.1"
            )));
        }
        loop {
            let (stream, peer) = listener.accept().await?;
            if !peer.ip().is_loopback() {
                continue;
            }
            let sandbox = self.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| sandbox.receive(request));
                let connection = hyper::server::conn::http1::Builder::new()
                    // A client that has said all it has to say still waits for its answers.
                    .half_close(true)
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
                // A client that hangs up in the middle of a request has nobody left to tell.
                drop(connection);
            });
        }
    }

    async fn receive(&self, request: http::Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
            return Ok(plain(StatusCode::BAD_REQUEST, "the body is larger than 64 MiB or broke off\n")
                .map(Full::new));
        };
        let request = http::Request::from_parts(parts, body.to_bytes());
        let response = match (request.uri().path(), request.method() == Method::POST) {
            ("/_sandbox/reset", true) => told(self.reset()),
            ("/_sandbox/seed", true) => self.plant(&request),
            (path, _) if path.starts_with("/_sandbox/") => {
                plain(StatusCode::NOT_FOUND, "there are POST /_sandbox/reset and POST /_sandbox/seed\n")
            }
            _ => self.handle(request),
        };
        Ok(response.map(Full::new))
    }

    fn plant(&self, request: &http::Request<Bytes>) -> Response<Bytes> {
        let query = request.uri().query().unwrap_or_default();
        let name = query.split('&').find_map(|pair| pair.strip_prefix("name="));
        let body = String::from_utf8_lossy(request.body());
        match name.unwrap_or_else(|| body.trim()).parse::<Seed>() {
            Ok(seed) => told(self.seed(seed)),
            Err(error) => plain(StatusCode::BAD_REQUEST, &format!("{error}\n")),
        }
    }
}

fn told(result: Result<(), StoreError>) -> Response<Bytes> {
    match result {
        Ok(()) => plain(StatusCode::OK, "done\n"),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(text.as_bytes()));
    *response.status_mut() = status;
    response
}
