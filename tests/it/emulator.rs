//! What stands in for AWS in a scenario: moto, or the built-in account. Every scenario runs on both.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use baseline::aws::{Account, Mode, Options, Tags};
use baseline::sandbox::{Profile, Sandbox};
use tokio::runtime::Runtime;

use crate::moto::Moto;

/// The region every scenario works in.
pub const REGION: &str = "us-east-1";

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    Moto,
    BuiltIn,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Moto => "moto",
            Self::BuiltIn => "the built-in account",
        })
    }
}

/// An empty account 123456789012 that no other test uses.
pub enum Emulator {
    Moto(Moto),
    BuiltIn(BuiltIn),
}

/// The built-in account: clients of this process reach it without a network, commands over loopback.
pub struct BuiltIn {
    sandbox: Sandbox,
    /// There once a command has asked for it.
    server: OnceLock<Server>,
}

/// The built-in account on a port, until the scenario is over.
struct Server {
    runtime: Option<Runtime>,
    port: u16,
}

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Server {
    fn start(sandbox: Sandbox) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("no runtime for the server");
        let listener = TcpListener::bind("127.0.0.1:0").expect("no free loopback port");
        let port = listener.local_addr().expect("a bound port has an address").port();
        listener.set_nonblocking(true).expect("a listener that cannot be waited for");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener of this runtime");
            sandbox.serve(listener).await
        });
        Self { runtime: Some(runtime), port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A runtime may not be waited for inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Emulator {
    pub fn start(which: Which) -> Self {
        match which {
            Which::Moto => Self::Moto(Moto::start()),
            Which::BuiltIn => Self::built_in(Profile::Instant),
        }
    }

    /// The built-in account, as far from the ideal as that.
    pub fn built_in(profile: Profile) -> Self {
        Self::BuiltIn(BuiltIn { sandbox: Sandbox::new(profile, 1), server: OnceLock::new() })
    }

    pub fn which(&self) -> Which {
        match self {
            Self::Moto(_) => Which::Moto,
            Self::BuiltIn(_) => Which::BuiltIn,
        }
    }

    /// The built-in account itself, to plant what no request makes.
    pub fn sandbox(&self) -> &Sandbox {
        match self {
            Self::Moto(_) => panic!("moto has no state to reach into"),
            Self::BuiltIn(built_in) => &built_in.sandbox,
        }
    }

    /// Where other programs reach it.
    pub fn endpoint(&self) -> String {
        let port = match self {
            Self::Moto(moto) => moto.port(),
            Self::BuiltIn(built_in) => {
                built_in.server.get_or_init(|| Server::start(built_in.sandbox.clone())).port
            }
        };
        format!("http://127.0.0.1:{port}")
    }

    /// The whole environment of a command that talks to it and to nothing else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let nowhere = "/dev/null".to_owned();
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", nowhere.clone()),
            ("AWS_SHARED_CREDENTIALS_FILE", nowhere),
        ]
    }

    /// Runs `baseline` in that folder with this environment and no other.
    pub fn run(&self, folder: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Answer {
        self.run_with(folder, &[], arguments)
    }

    /// The same with more in the environment; what is empty there is taken out.
    pub fn run_with(
        &self,
        folder: &Path,
        more: &[(&str, &str)],
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Answer {
        let mut environment: BTreeMap<&str, String> = self.environment().into_iter().collect();
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        environment.retain(|_, value| !value.is_empty());
        let output = Command::new(env!("CARGO_BIN_EXE_baseline"))
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment)
            .stdin(Stdio::null())
            .output()
            .expect("the baseline binary does not run");
        Answer {
            stdout: String::from_utf8(output.stdout).expect("stdout is not UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is not UTF-8"),
            code: output.status.code(),
        }
    }

    /// A configuration for clients in this process; it reads neither environment nor files.
    pub fn config(&self) -> SdkConfig {
        self.config_in(REGION)
    }

    /// The same for another region.
    pub fn config_in(&self, region: &str) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::standard());
        match self {
            Self::Moto(_) => config.endpoint_url(self.endpoint()).build(),
            Self::BuiltIn(built_in) => {
                config.endpoint_url("http://127.0.0.1").http_client(built_in.sandbox.http_client()).build()
            }
        }
    }

    /// The account behind it, for the baseline of that name.
    pub async fn account(&self, baseline: &str, mode: Mode) -> Account {
        self.account_of(REGION, baseline, mode).await
    }

    /// The account behind it in another region.
    pub async fn account_in(&self, region: &str, baseline: &str) -> Account {
        self.account_of(region, baseline, Mode::ReadWrite).await
    }

    /// The account behind it, for a baseline that declares these tags.
    pub async fn tagged_account(&self, baseline: &str, tags: Tags) -> Account {
        self.open(REGION, baseline, tags, Mode::ReadWrite).await
    }

    async fn account_of(&self, region: &str, baseline: &str, mode: Mode) -> Account {
        self.open(region, baseline, Tags::new(), mode).await
    }

    async fn open(&self, region: &str, baseline: &str, tags: Tags, mode: Mode) -> Account {
        let options = Options {
            tags,
            baseline: baseline.to_owned(),
            region: region.to_owned(),
            profile: None,
            mode,
            http_override: None,
        };
        let account = Account::from_config(&self.config_in(region), &options).await;
        account.unwrap_or_else(|error| panic!("{} does not say who is calling: {error}", self.which()))
    }
}
