//! The built-in account on a port of loopback, whose every answer comes a round trip late.
//!
//! For many clients at once: where the proxy of `delay.rs` passes on each byte, this waits before a request is worked on, so that the
//! two processors of a small machine are left to who is measured.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baseline::sandbox::Sandbox;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::sleep;

/// A server on a thread of its own, until it is dropped.
pub struct Late {
    runtime: Option<Runtime>,
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Late {
    pub fn start(sandbox: Sandbox, round_trip: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("no runtime for the server");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("no free port");
        let port = listener.local_addr().expect("a bound port has an address").port();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, sandbox.clone(), round_trip, Arc::clone(&count)));
            }
        });
        Self { runtime: Some(runtime), port, requests }
    }

    /// Requests that came in since this was asked last.
    pub fn requests(&self) -> usize {
        self.requests.swap(0, Ordering::Relaxed)
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://localhost:{}", self.port)
    }
}

impl Drop for Late {
    fn drop(&mut self) {
        // A runtime may not be waited for inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn connection(stream: TcpStream, sandbox: Sandbox, round_trip: Duration, count: Arc<AtomicUsize>) {
    let _only_slower_without = stream.set_nodelay(true);
    // The kernel has answered the handshake at once; over a network it would have taken a round trip.
    sleep(round_trip).await;
    let service = service_fn(|request: http::Request<Incoming>| {
        let (sandbox, count) = (sandbox.clone(), Arc::clone(&count));
        async move {
            count.fetch_add(1, Ordering::Relaxed);
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            sleep(round_trip).await;
            let answer = sandbox.handle(http::Request::from_parts(parts, body));
            Ok::<_, Infallible>(answer.map(Full::new))
        }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that hangs up has nobody left to tell.
    let _gone = served.await;
}
