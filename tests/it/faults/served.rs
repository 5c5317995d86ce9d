//! A sandbox on a loopback port, and the real program against it.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use baseline::sandbox::{Profile, Sandbox};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::world::shipped;

/// What answers in the account's place, where it does.
type Instead = Box<dyn Fn(&http::Request<Bytes>) -> Option<http::Response<Bytes>> + Send>;

/// A sandbox that answers on a port until this is dropped.
pub struct Served {
    pub sandbox: Sandbox,
    instead: Arc<Mutex<Option<Instead>>>,
    port: u16,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Served {
    /// Serves an account that is made by `prepare`.
    pub fn new(prepare: impl FnOnce(&Sandbox) + Send) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (sender, receiver) = mpsc::channel();
        let _in_it = runtime.enter();
        let sandbox = Sandbox::live(Profile::Instant, 1);
        prepare(&sandbox);
        let instead = Arc::new(Mutex::new(None));
        let (serving, breaking) = (sandbox.clone(), Arc::clone(&instead));
        runtime.spawn(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
            sender.send(listener.local_addr().expect("an address").port()).expect("somebody waits");
            while let Ok((stream, _)) = listener.accept().await {
                let (sandbox, instead) = (serving.clone(), Arc::clone(&breaking));
                let service =
                    service_fn(move |request| answer(sandbox.clone(), Arc::clone(&instead), request));
                let server = hyper::server::conn::http1::Builder::new();
                tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
            }
        });
        let port = receiver.recv().expect("it listens");
        drop(_in_it);
        Self { sandbox, instead, port, runtime: Some(runtime) }
    }

    /// From now on some requests are answered in the account's place.
    pub fn answer(
        &self,
        instead: impl Fn(&http::Request<Bytes>) -> Option<http::Response<Bytes>> + Send + 'static,
    ) {
        *self.instead.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(instead));
    }

    /// The program in a folder that holds the landing zone, with this account and no other.
    pub fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let file = folder.join("landing-zone.toml");
        if !file.exists() {
            std::fs::write(&file, shipped("landing-zone.toml")).expect("the file is written");
        }
        let mut command = program(folder, self.port, "test");
        command.args(arguments);
        command
    }

    /// How many calls it has answered.
    pub fn calls(&self) -> u64 {
        self.sandbox.with_world(|world| world.calls)
    }

    /// Waits until it has answered so many calls, or the program has ended.
    pub fn until(&self, calls: u64, program: &mut Child) -> bool {
        while self.calls() < calls {
            if program.try_wait().expect("a child").is_some() {
                return false;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        true
    }
}

async fn answer(
    sandbox: Sandbox,
    instead: Arc<Mutex<Option<Instead>>>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let request = http::Request::from_parts(parts, body);
    let instead = instead.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = instead.as_ref().and_then(|instead| instead(&request));
    Ok(answer.unwrap_or_else(|| sandbox.handle(request)).map(Full::new))
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The program in a folder, with an account at that port and nothing else of this machine.
pub fn program(folder: &Path, port: u16, access_key: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baseline"));
    command
        .current_dir(folder)
        .env_clear()
        // Which mutation is chosen (tests/mutations.py); nothing in an ordinary run.
        .envs(std::env::var_os("MUTANT").map(|mutant| ("MUTANT", mutant)))
        .env("HOME", folder)
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_ACCESS_KEY_ID", access_key)
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
