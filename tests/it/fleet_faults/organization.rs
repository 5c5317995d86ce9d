//! An organization on a loopback port: every call is written down with the account that it was made in, and chosen ones are broken.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use baseline::sandbox::ids::account_of_key;
use baseline::sandbox::{Profile, Sandbox, Seed, named};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::emulator::Answer;
use crate::faults::refusal::{Refusal, refusal};
use crate::faults::served::program;

/// The account that manages the organization, whose credentials every run begins with.
pub const MANAGEMENT: &str = "123456789012";

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// AWS refuses it.
    Refuse(Refusal),
    /// It is on its way for so long.
    Late(Duration),
    /// The process that sent it gets this signal, before the call has its effect or after it.
    Signal(&'static str, bool),
}

/// One call, as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The process that sent it, by the number of its credentials.
    pub door: usize,
    /// The account whose credentials signed it.
    pub account: String,
    /// The service, such as `sts`.
    pub service: &'static str,
    /// The operation, such as `AssumeRole`.
    pub operation: &'static str,
    /// The number among the writes, for a write.
    pub write: Option<usize>,
    /// The account of the role that is asked for.
    pub into: Option<String>,
    /// How many other calls to that service are under way.
    pub beside: usize,
    /// Whether it had its effect.
    pub done: bool,
}

impl Call {
    /// Whether it writes the result of an account and nothing of the account itself.
    pub fn is_result(&self) -> bool {
        self.account == MANAGEMENT && self.service == "s3"
    }

    /// Whether it takes the lock, renews it or gives it back.
    pub fn is_lock(&self) -> bool {
        self.service == "ssm"
    }

    /// Whether it changed an account.
    pub fn changes(&self) -> bool {
        self.write.is_some() && self.done && !self.is_result() && !self.is_lock()
    }
}

type Rule = Box<dyn FnMut(&Call, &Sandbox) -> Option<Fault> + Send>;

struct State {
    calls: Vec<Call>,
    writes: usize,
    rule: Rule,
    /// Who sent the calls that sessions sign, by the id of the session's key.
    sessions: BTreeMap<String, usize>,
    /// The process behind each door.
    processes: BTreeMap<usize, Child>,
    /// How many calls of a kind are under way, and how many there were at most.
    under_way: BTreeMap<&'static str, (usize, usize)>,
}

/// It stands until it is dropped.
pub struct Organization {
    pub sandbox: Sandbox,
    state: Arc<Mutex<State>>,
    port: u16,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Organization {
    /// The organization of forty members, each with a bucket for results in its management account.
    pub fn new() -> Self {
        Self::of(Profile::Instant)
    }

    /// The same, as far from the ideal as that.
    pub fn of(profile: Profile) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        listener.set_nonblocking(true).expect("a listener that can be waited for");
        let inside = runtime.enter();
        let sandbox = Sandbox::live(profile, 1);
        drop(inside);
        sandbox.seed(Seed::Fleet).expect("nothing is kept on a disk");
        let state = Arc::new(Mutex::new(State {
            calls: Vec::new(),
            writes: 0,
            rule: Box::new(|_, _| None),
            sessions: BTreeMap::new(),
            processes: BTreeMap::new(),
            under_way: BTreeMap::new(),
        }));
        let (serving, watched) = (sandbox.clone(), Arc::clone(&state));
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener of this runtime");
            while let Ok((stream, _)) = listener.accept().await {
                let (sandbox, state) = (serving.clone(), Arc::clone(&watched));
                let service = service_fn(move |request| answer(sandbox.clone(), Arc::clone(&state), request));
                let server = hyper::server::conn::http1::Builder::new();
                tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { sandbox, state, port, runtime: Some(runtime) }
    }

    /// From now on calls are broken by this rule, and counted anew.
    pub fn breaks(&self, rule: impl FnMut(&Call, &Sandbox) -> Option<Fault> + Send + 'static) {
        let mut state = self.lock();
        state.rule = Box::new(rule);
        state.calls.clear();
        state.writes = 0;
        state.under_way.clear();
    }

    /// Every call since then.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How often each change of an account was made, without those of its lock.
    pub fn changes(&self) -> BTreeMap<(String, &'static str), usize> {
        let mut changes = BTreeMap::new();
        for call in self.calls().into_iter().filter(Call::changes) {
            *changes.entry((call.account, call.operation)).or_default() += 1;
        }
        changes
    }

    /// How many calls of an operation or a service were under way at once.
    pub fn at_once(&self, kind: &str) -> usize {
        self.lock().under_way.get(kind).map_or(0, |(_, most)| *most)
    }

    /// A configuration for clients of this process, which come in through a door of their own.
    pub fn config(&self, door: usize) -> SdkConfig {
        let credentials = Credentials::new(format!("door-{door}"), "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(format!("http://127.0.0.1:{}", self.port))
            .build()
    }

    /// Makes a bucket for results in the management account.
    pub fn with_bucket(self, bucket: &str) -> Self {
        let config = crate::faults::start::config(&self.sandbox);
        let s3 = aws_sdk_s3::Client::new(&config);
        self.block_on(s3.create_bucket().bucket(bucket).send()).expect("the bucket is made");
        self
    }

    /// Runs work beside it.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("it stands").block_on(work)
    }

    /// The program in a folder, as the process of that number.
    pub fn command(&self, door: usize, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = program(folder, self.port, &format!("door-{door}"));
        command.arg("fleet").args(arguments);
        command
    }

    /// Runs it to the end. What it printed does not say at which port.
    pub fn run(&self, door: usize, folder: &Path, arguments: &[&str]) -> Answer {
        let output = self.command(door, folder, arguments).output().expect("the program runs");
        self.answer(output)
    }

    /// What a process printed.
    pub fn answer(&self, output: std::process::Output) -> Answer {
        let said = |bytes: Vec<u8>| self.without_port(&String::from_utf8(bytes).expect("UTF-8"));
        Answer { stdout: said(output.stdout), stderr: said(output.stderr), code: output.status.code() }
    }

    /// The text of a report, the same at whatever port.
    pub fn without_port(&self, text: &str) -> String {
        text.replace(&format!("127.0.0.1:{}", self.port), "127.0.0.1")
    }

    /// Runs it until it ends, whether by itself or by a signal that the rule sends.
    pub fn run_until_ended(&self, door: usize, folder: &Path, arguments: &[&str]) -> ExitStatus {
        {
            // It is known before its first call comes in.
            let mut state = self.lock();
            let mut command = self.command(door, folder, arguments);
            let child =
                command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
            state.processes.insert(door, child);
        }
        loop {
            let ended = self.lock().processes.get_mut(&door).expect("it was begun").try_wait();
            if let Some(status) = ended.expect("a child") {
                // It stays known as one that has ended: what comes from it late has no effect.
                return status;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Organization {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The id of the key that signed a request.
fn key(request: &http::Request<Bytes>) -> Option<String> {
    let header = request.headers().get("authorization")?.to_str().ok()?;
    Some(header.split_once("Credential=")?.1.split('/').next()?.to_owned())
}

/// The account of the role that a request asks for.
fn into(request: &http::Request<Bytes>) -> Option<String> {
    let body = std::str::from_utf8(request.body()).ok()?;
    let arn = body.split('&').find_map(|pair| pair.strip_prefix("RoleArn="))?;
    Some(arn.split("%3A").nth(4)?.to_owned())
}

async fn answer(
    sandbox: Sandbox,
    state: Arc<Mutex<State>>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let request = http::Request::from_parts(parts, body);
    let (number, door, kinds, fault) = note(&sandbox, &state, &request);
    if let Some(Fault::Late(time)) = fault {
        tokio::time::sleep(time).await;
    }
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let is_gone = |state: &mut State| {
        let process = state.processes.get_mut(&door);
        process.is_some_and(|process| process.try_wait().is_ok_and(|status| status.is_some()))
    };
    let nobody = || refusal(&request, Refusal::Unavailable);
    let response = match fault {
        // What a process had not sent whole when it was killed has no effect.
        _ if is_gone(&mut state) => nobody(),
        Some(Fault::Refuse(kind)) => refusal(&request, kind),
        Some(Fault::Signal(signal, false)) if signal == "-KILL" => {
            send(&mut state, door, signal);
            nobody()
        }
        Some(Fault::Signal(signal, _)) => {
            let response = handled(&sandbox, &mut state, number, &request);
            send(&mut state, door, signal);
            response
        }
        Some(Fault::Late(_)) | None => handled(&sandbox, &mut state, number, &request),
    };
    for kind in kinds {
        if let Some((under_way, _)) = state.under_way.get_mut(kind) {
            *under_way = under_way.saturating_sub(1);
        }
    }
    Ok(response.map(Full::new))
}

/// Writes a call down, and asks the rule what becomes of it.
fn note(
    sandbox: &Sandbox,
    state: &Mutex<State>,
    request: &http::Request<Bytes>,
) -> (usize, usize, [&'static str; 2], Option<Fault>) {
    let (service, operation) =
        named(request).map_or(("unknown", "Unknown"), |(service, operation)| (service.name, operation.name));
    let key = key(request).unwrap_or_default();
    let of_session =
        sandbox.with_world(|world| world.sessions.get(&key).map(|session| session.account.clone()));
    let account = of_session.or_else(|| account_of_key(&key)).unwrap_or_else(|| MANAGEMENT.to_owned());
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let of_number = key.strip_prefix("door-").and_then(|number| number.parse().ok());
    let door = of_number.or_else(|| state.sessions.get(&key).copied()).unwrap_or_default();
    let is_write = !baseline::aws::is_read(operation) && service != "sts" && operation != "GetObject";
    let write = is_write.then_some(state.writes);
    state.writes += usize::from(is_write);
    let into = into(request).filter(|_| operation == "AssumeRole");
    let beside = state.under_way.get(service).map_or(0, |(under_way, _)| *under_way);
    let call = Call { door, account, service, operation, write, into, beside, done: false };
    let fault = (state.rule)(&call, sandbox);
    state.calls.push(call);
    for kind in [service, operation] {
        let (under_way, most) = state.under_way.entry(kind).or_default();
        *under_way += 1;
        *most = (*most).max(*under_way);
    }
    (state.calls.len() - 1, door, [service, operation], fault)
}

/// The account's own answer. Who is given a session is known from then on.
fn handled(
    sandbox: &Sandbox,
    state: &mut State,
    number: usize,
    request: &http::Request<Bytes>,
) -> http::Response<Bytes> {
    let response = sandbox.handle(request.clone());
    let door = state.calls[number].door;
    state.calls[number].done = response.status().is_success();
    if state.calls[number].operation == "AssumeRole"
        && let Ok(text) = std::str::from_utf8(response.body())
        && let Some((_, rest)) = text.split_once("<AccessKeyId>")
        && let Some((key, _)) = rest.split_once('<')
    {
        state.sessions.insert(key.to_owned(), door);
    }
    response
}

/// Sends a signal to the process, and waits for its end where it is killed.
fn send(state: &mut State, door: usize, signal: &str) {
    let process = state.processes.get_mut(&door).expect("a process that can be sent a signal");
    if signal == "-KILL" {
        process.kill().expect("it is killed");
        process.wait().expect("it ends");
    } else {
        let sent = Command::new("kill").args([signal, &process.id().to_string()]).status();
        assert!(sent.expect("there is a kill").success());
    }
}
