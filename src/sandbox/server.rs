//! The way in for everybody else: an HTTP server on loopback.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use super::account::Sandbox;
use super::seed::Seed;
use super::store::StoreError;
use crate::{open_files, partition};

/// No request of the operations here is larger; an object may be, and is refused.
const BODY_LIMIT: usize = 16 << 20;

/// Bodies up to this size are read without waiting for others.
const SMALL_BODY: u64 = 64 << 10;

/// How many large bodies are read at once, so that all together take 128 MiB at most.
const LARGE_BODIES: usize = 8;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// How long the head of a request may take, also that of the next one on a connection that is kept.
const HEAD_TIME: Duration = Duration::from_secs(90);

/// How long a connection may be without a request while others wait to be accepted.
///
/// Long enough for a request that is on its way to be read on a busy machine: closed in between, it would fail.
const IDLE: Duration = Duration::from_secs(1);

/// The most connections at once: a look at 17 regions keeps some three hundred.
const MOST_CONNECTIONS: usize = 640;

/// How many connections there are at once; more wait to be accepted. A part of the files that the process may have
/// open, since others listen in it too.
fn connections() -> usize {
    usize::try_from(open_files::allow() / 16)
        .map_or(MOST_CONNECTIONS, |part| part.clamp(64, MOST_CONNECTIONS))
}

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
        let connections = Arc::new(Semaphore::new(connections()));
        let bodies = Arc::new(Semaphore::new(LARGE_BODIES));
        let crowded = Arc::new(Notify::new());
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                // A client that has gone already, or no file descriptor left: there is another one soon.
                Err(_) => {
                    sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            if !peer.ip().is_loopback() {
                continue;
            }
            // Clients keep connections for later, and open some that they never use: those make room.
            let permit = loop {
                match timeout(IDLE, Arc::clone(&connections).acquire_owned()).await {
                    Ok(permit) => break permit.map_err(io::Error::other)?,
                    Err(_) => crowded.notify_waiters(),
                }
            };
            let (sandbox, bodies, crowded) = (self.clone(), Arc::clone(&bodies), Arc::clone(&crowded));
            tokio::spawn(async move {
                let _permit = permit;
                let use_of_it = Use::default();
                let service = service_fn(async |request| {
                    let _in_use = use_of_it.begin();
                    sandbox.receive(request, &bodies).await
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_TIME)
                    .max_buf_size(64 << 10)
                    // A client that has said all it has to say still waits for its answers.
                    .half_close(true)
                    .serve_connection(TokioIo::new(stream), service);
                let mut connection = std::pin::pin!(connection);
                loop {
                    tokio::select! {
                        // First what has arrived: it is in use then.
                        biased;
                        // A client that hangs up in the middle of a request has nobody left to tell.
                        _ended = &mut connection => break,
                        () = crowded.notified() => match use_of_it.over_for(IDLE) {
                            // What has been answered is still sent. One that was never used has nothing to send.
                            Some(true) => connection.as_mut().graceful_shutdown(),
                            Some(false) => break,
                            None => {}
                        },
                    }
                }
            });
        }
    }

    async fn receive(
        &self,
        request: http::Request<Incoming>,
        bodies: &Semaphore,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        if let Err(reason) = is_from_a_program(&request) {
            return Ok(plain(StatusCode::FORBIDDEN, reason).map(Full::new));
        }
        let (parts, body) = request.into_parts();
        let body = match read(body, bodies).await {
            Ok(body) => body,
            Err((status, reason)) => return Ok(plain(status, reason).map(Full::new)),
        };
        let request = http::Request::from_parts(parts, body);
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

/// The requests of a connection.
struct Use {
    /// How many were begun, how many of them have ended, and when the last one did.
    state: Mutex<(usize, usize, Instant)>,
}

impl Default for Use {
    fn default() -> Self {
        Self { state: Mutex::new((0, 0, Instant::now())) }
    }
}

impl Use {
    /// A request that is answered until what this gives is dropped.
    fn begin(&self) -> InUse<'_> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
        InUse(self)
    }

    /// Whether the connection was ever used, where no request has been answered on it for so long; nothing where one has.
    fn over_for(&self, time: Duration) -> Option<bool> {
        let (begun, ended, last) = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (begun == ended && last.elapsed() >= time).then_some(begun > 0)
    }
}

/// A request that is being answered.
struct InUse<'a>(&'a Use);

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = (state.0, state.1 + 1, Instant::now());
    }
}

/// Fails for what a web page can make a browser send: it could reset the account and create users in it.
///
/// A page names its origin, or its browser says that it fetches; and one whose name was made to lead to this machine
/// (DNS rebinding) has its own name for a host.
fn is_from_a_program<B>(request: &http::Request<B>) -> Result<(), &'static str> {
    let headers = request.headers();
    let fetched = headers.get("sec-fetch-site").is_some_and(|site| site != "none");
    if fetched || headers.contains_key(header::ORIGIN) || headers.contains_key(header::REFERER) {
        return Err("the sandbox answers programs and no web pages\n");
    }
    let host = headers.get(header::HOST).map(|host| host.to_str().unwrap_or("?"));
    let named = request.uri().authority().map(http::uri::Authority::as_str);
    if [host, named].into_iter().flatten().all(is_known_host) {
        Ok(())
    } else {
        Err("the sandbox answers to loopback names and to those of AWS; use http://127.0.0.1:PORT\n")
    }
}

/// Whether a host is this machine, a bucket or an account before its name, or one of AWS's, which clients may sign for.
fn is_known_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host.as_str(),
    };
    let loopback = ["localhost", "127.0.0.1", "[::1]"];
    loopback
        .iter()
        .any(|end| name == *end || name.strip_suffix(end).is_some_and(|label| label.ends_with('.')))
        || partition::is_aws(name)
}

/// A body in full; few large ones at once, and none for long.
async fn read(body: Incoming, bodies: &Semaphore) -> Result<Bytes, (StatusCode, &'static str)> {
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 16 MiB or broke off\n");
    let size = body.size_hint().upper();
    if size.is_some_and(|size| size > BODY_LIMIT as u64) {
        return Err(too_large);
    }
    let read = async {
        let _permit = match size {
            Some(size) if size <= SMALL_BODY => None,
            Some(_) | None => bodies.acquire().await.ok(),
        };
        Limited::new(body, BODY_LIMIT).collect().await
    };
    match timeout(BODY_TIME, read).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(_)) => Err(too_large),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time\n")),
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::super::profile::Profile;
    use super::*;

    async fn served() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sandbox = Sandbox::live(Profile::Instant, 1);
        tokio::spawn(async move { sandbox.serve(listener).await });
        port
    }

    /// The status of an answer.
    async fn asked(port: u16, head: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let request = format!("{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    /// As an HTTP client does that keeps connections for later and opens some that it never uses.
    #[tokio::test]
    async fn connections_that_nobody_uses_make_room_for_those_that_wait() {
        let port = served().await;
        let mut kept = Vec::new();
        for number in 0..3 * MOST_CONNECTIONS {
            let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            if number.is_multiple_of(2) {
                let request = b"GET /_sandbox/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
                client.write_all(request).await.unwrap();
                let mut answer = [0; 12];
                timeout(Duration::from_secs(5), client.read_exact(&mut answer)).await.unwrap().unwrap();
                assert_eq!(&answer, b"HTTP/1.1 404", "{number}");
            }
            kept.push(client);
        }
    }

    #[tokio::test]
    async fn no_web_page_reaches_the_account() {
        let port = served().await;
        let local = format!("Host: 127.0.0.1:{port}");
        let (mut answered, mut refused) = (0, 0);
        for (head, status) in [
            (format!("POST /_sandbox/reset HTTP/1.1\r\n{local}"), "200"),
            (format!("POST /_sandbox/reset HTTP/1.1\r\nHost: localhost:{port}"), "200"),
            ("POST /_sandbox/reset HTTP/1.1\r\nHost: b.s3.eu-west-1.amazonaws.com".to_owned(), "200"),
            (format!("POST /_sandbox/reset HTTP/1.1\r\n{local}\r\nSec-Fetch-Site: none"), "200"),
            (format!("POST /_sandbox/reset HTTP/1.1\r\n{local}\r\nOrigin: https://evil.example"), "403"),
            (format!("POST /_sandbox/reset HTTP/1.1\r\n{local}\r\nOrigin: null"), "403"),
            (format!("POST /_sandbox/reset HTTP/1.1\r\nHost: evil.example:{port}"), "403"),
            (format!("POST /_sandbox/reset HTTP/1.1\r\nHost: 127.0.0.1.evil.example:{port}"), "403"),
            (format!("POST /_sandbox/reset HTTP/1.1\r\nHost: evil127.0.0.1:{port}"), "403"),
            (format!("GET /?Action=CreateUser HTTP/1.1\r\n{local}\r\nSec-Fetch-Site: cross-site"), "403"),
            (format!("GET /?Action=CreateUser HTTP/1.1\r\n{local}\r\nReferer: https://evil.example/"), "403"),
            (format!("GET http://evil.example/ HTTP/1.1\r\n{local}"), "403"),
        ] {
            assert_eq!(asked(port, &head).await, status, "{head}");
            if status == "200" {
                answered += 1;
            } else {
                refused += 1;
            }
        }
        let counted = format!("{refused} requests refused, {answered} of programs answered");
        crate::tried::counted("web-pages", &counted);
    }

    #[tokio::test]
    async fn more_connections_than_there_may_be_do_not_end_the_server() {
        let port = served().await;
        let mut idle = Vec::new();
        for _ in 0..MOST_CONNECTIONS + 20 {
            idle.push(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap());
        }
        crate::tried::counted("connections", &format!("{} connections at once", idle.len()));
        drop(idle);
        let answer = asked(port, "POST /_sandbox/reset HTTP/1.1\r\nHost: localhost");
        assert_eq!(timeout(Duration::from_secs(20), answer).await.unwrap(), "200");
    }

    #[tokio::test]
    async fn bodies_that_never_end_do_not_keep_others_waiting() {
        let port = served().await;
        let mut unfinished = Vec::new();
        for _ in 0..2 * LARGE_BODIES {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            let head = "PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7000000\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            unfinished.push(stream);
        }
        let answer = asked(port, "POST /_sandbox/reset HTTP/1.1\r\nHost: localhost");
        assert_eq!(timeout(Duration::from_secs(20), answer).await.unwrap(), "200");
        let large = "PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000\r\n\r\n";
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, served().await)).await.unwrap();
        stream.write_all(large.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413");
    }
}
