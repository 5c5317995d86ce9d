//! The reference emulator: installs moto once, starts it on a loopback port, stops it when dropped.

use std::fs::File;
use std::io::{Read, Seek};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::python_environment;

/// The one version the scenarios are written against.
pub const REQUIREMENT: &str = "moto[server]==5.2.5";

/// Runs the server and ends it when the test process is gone, however that ended.
const SERVER: &str = include_str!("../../examples/moto/server.py");

/// Servers whose test is over. A server takes seconds to start and to load its services, a reset one.
static IDLE: Mutex<Vec<Server>> = Mutex::new(Vec::new());

/// A moto that no other test uses, with an empty account 123456789012.
pub struct Moto {
    /// There until it is given back.
    server: Option<Server>,
    port: u16,
}

/// A running process.
struct Server {
    process: Child,
    log: File,
    port: u16,
}

impl Moto {
    /// Takes a server that another test has done with, or starts one and waits until it answers.
    pub fn start() -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reused = idle.is_some();
        let server = idle.unwrap_or_else(Server::start);
        let moto = Self { port: server.port, server: Some(server) };
        if reused {
            moto.reset();
        }
        moto
    }

    /// Where it listens, on loopback.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Empties every account.
    fn reset(&self) {
        let url = format!("http://127.0.0.1:{}/moto-api/reset", self.port);
        agent().post(&url).send_empty().expect("moto does not answer a reset");
    }
}

impl Server {
    fn start() -> Self {
        let python = python();
        let mut complaint = String::new();
        // Between choosing a free port and taking it, another process may take it.
        for _ in 0..3 {
            let port = free_port();
            let log = tempfile::tempfile().expect("no temporary file for the server's log");
            let mut server = Self { process: spawn(&python, port, &log), log, port };
            match server.wait_until_it_answers() {
                Ok(()) => return server,
                Err(what) => complaint = what,
            }
        }
        panic!("moto_server does not start: {complaint}");
    }

    fn wait_until_it_answers(&mut self) -> Result<(), String> {
        let url = format!("http://127.0.0.1:{}/moto-api/data.json", self.port);
        let deadline = Instant::now() + Duration::from_secs(120);
        while Instant::now() < deadline {
            if agent().get(&url).call().is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(format!("{status}: {}", self.complaint()));
            }
            sleep(Duration::from_millis(50));
        }
        Err("no answer within two minutes".to_owned())
    }

    /// What a server that has ended wrote last.
    fn complaint(&mut self) -> String {
        let mut text = String::new();
        self.log.rewind().expect("the server's log cannot be read");
        self.log.read_to_string(&mut text).expect("the server's log is not UTF-8");
        text.lines().last().unwrap_or_default().to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else { return };
        // What a failed test leaves behind is not handed on.
        if !std::thread::panicking() {
            IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(server);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_by_itself = self.process.kill();
        let _reaped_by_the_system = self.process.wait();
    }
}

fn spawn(python: &Path, port: u16, log: &File) -> Child {
    // Not a pipe: nobody reads along, and a full one would stop the server.
    let log = log.try_clone().expect("the server's log cannot be opened twice");
    Command::new(python)
        .args(["-c", SERVER, "-H", "127.0.0.1", "-p", &port.to_string()])
        .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        .env("PYTHONUNBUFFERED", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not run: {error}", python.display()))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("no free loopback port");
    listener.local_addr().expect("a bound port has an address").port()
}

/// Talks to loopback only, so the proxy of the environment is not asked.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(60))).build().into()
}

/// The interpreter of the virtual environment that holds moto.
pub fn python() -> PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    let install = || {
        let environment = python_environment::with(&[REQUIREMENT]);
        environment.unwrap_or_else(|why| panic!("these scenarios need moto: {why}")).join("bin/python")
    };
    PYTHON.get_or_init(install).clone()
}
