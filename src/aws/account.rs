//! One account and region: the only door to AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use tokio::time::{Instant, sleep};

use super::consistency::patience;
use super::credentials::{Signers, learn_sources, learning};
use super::dated::Dated;
use super::endpoints::Endpoints;
use super::error::{ENDPOINT, Error, call_of};
use super::https::https;
use super::pace::Paced;
use super::read_only::Guard;
use super::role_session::Assumed;
use super::root_session::Organization;
use super::run::Run;
use super::stop::{Stop, WriteGate};
use super::tags::{ADDR_TAG, NAME_TAG, Tags};
use super::trace::Trace;
use super::waits::waiting;
use crate::model::Addr;

/// Whether the clients may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every operation that is not a read is refused before it is built.
    ReadOnly,
    /// Writes are sent.
    ReadWrite,
}

/// How to reach an account.
#[derive(Debug, Clone)]
pub struct Options {
    /// The baseline's name, for the ownership tags.
    pub baseline: String,
    /// The tags that everything carries that this program makes, beside those of ownership.
    pub tags: Tags,
    /// The region to work in.
    pub region: String,
    /// A profile of the AWS configuration files; the standard chain where there is none.
    pub profile: Option<String>,
    /// Whether writes are sent.
    pub mode: Mode,
    /// Answers every call in AWS's place, with no credentials and no network: the built-in account.
    pub http_override: Option<SharedHttpClient>,
}

/// Who the credentials belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The twelve digits of the account.
    pub account: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// The caller's ARN.
    pub arn: String,
}

/// A client that is made when it is first used.
pub(crate) type Client<C> = LazyLock<C, Box<dyn FnOnce() -> C + Send + Sync>>;

/// An account in a region, reached with one set of credentials.
#[derive(Debug)]
pub struct Account {
    /// Who the caller is.
    pub identity: Identity,
    /// The region all clients talk to.
    pub region: String,
    /// The baseline's name.
    pub baseline: String,
    /// The tags that the file declares.
    pub declared_tags: Arc<Tags>,
    /// Requests counted, those to other regions included.
    pub trace: Arc<Trace>,
    /// What this run wrote, in all regions.
    pub run: Arc<Run>,
    /// What the clients of every region are made from.
    config: SdkConfig,
    /// The same account in other regions, each made when it is first asked for.
    elsewhere: Mutex<BTreeMap<String, Arc<Account>>>,
    /// The enabled regions, once AWS has listed them.
    pub(super) enabled: super::regions::Enabled,
    /// Where requests go that do not go to AWS's own endpoints.
    endpoints: Endpoints,
    /// Whether the clients write.
    mode: Mode,
    /// What makes writes be refused.
    write_gate: Arc<WriteGate>,
    /// The keys that requests were signed with.
    pub(super) signers: Signers,
    /// Where sessions as the root user come from; nothing where the file names no such place.
    pub(super) organization: Option<Organization>,
    /// What gives out sessions of the roles that a fleet came through, one after the other; none where it came directly.
    pub(super) way: Vec<Assumed>,
    /// Clients, one a service.
    pub(crate) autoscaling: Client<aws_sdk_autoscaling::Client>,
    pub(crate) classic_elb: Client<aws_sdk_elasticloadbalancing::Client>,
    pub(crate) cloudwatch: Client<aws_sdk_cloudwatch::Client>,
    pub(crate) cloudtrail: Client<aws_sdk_cloudtrail::Client>,
    pub(crate) ec2: Client<aws_sdk_ec2::Client>,
    pub(crate) elb: Client<aws_sdk_elasticloadbalancingv2::Client>,
    pub(crate) iam: Client<aws_sdk_iam::Client>,
    pub(crate) kms: Client<aws_sdk_kms::Client>,
    pub(crate) s3: Client<aws_sdk_s3::Client>,
    pub(crate) s3control: Client<aws_sdk_s3control::Client>,
    pub(super) organizations: Client<aws_sdk_organizations::Client>,
    pub(super) scheduler: Client<aws_sdk_scheduler::Client>,
    pub(super) secretsmanager: Client<aws_sdk_secretsmanager::Client>,
    pub(crate) sns: Client<aws_sdk_sns::Client>,
    pub(crate) sqs: Client<aws_sdk_sqs::Client>,
    pub(super) ssm: Client<aws_sdk_ssm::Client>,
    dated: Dated,
    ec2_dated: Dated,
    sts: Client<aws_sdk_sts::Client>,
    pub(crate) tagging: Client<aws_sdk_resourcegroupstagging::Client>,
}

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(4);

macro_rules! client {
    ($service:ident, $config:expr, $guard:expr) => {{
        let (config, guard) = ($config.clone(), $guard);
        LazyLock::new(Box::new(move || {
            $service::Client::from_conf($service::config::Builder::from(&config).interceptor(guard).build())
        }))
    }};
}

impl Options {
    /// The configuration of the SDK: the standard one, or that of the built-in account.
    pub(super) async fn config(&self) -> SdkConfig {
        // Without these the SDK waits for an answer for ever (aws-truths 2.1). They are for whoever provides the
        // credentials; the clients of services wait for their turn first and for an answer then.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(Duration::from_secs(30))
            .operation_timeout(Duration::from_secs(120))
            .build();
        let region = Region::new(self.region.clone());
        let retries = RetryConfig::standard().with_max_attempts(4);
        if let Some(client) = &self.http_override {
            // Neither environment nor files are read: there is nothing in them that it needs. The twelve digits of a
            // profile are the account in the built-in world.
            let key = self.profile.as_deref().unwrap_or("test");
            let credentials = Credentials::new(key, "test", None, None, "built-in account");
            return SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .endpoint_url("http://127.0.0.1")
                .http_client(client.clone())
                .retry_config(retries)
                .timeout_config(timeouts)
                .build();
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https())
            .region(region)
            .retry_config(retries)
            .timeout_config(timeouts);
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        learn_sources().await;
        loader.load().await
    }
}

/// What an account's clients are made from, in whatever region.
struct Parts {
    identity: Identity,
    baseline: String,
    declared_tags: Arc<Tags>,
    config: SdkConfig,
    endpoints: Endpoints,
    mode: Mode,
    write_gate: Arc<WriteGate>,
    signers: Signers,
    trace: Arc<Trace>,
    run: Arc<Run>,
}

impl Account {
    /// Loads the standard AWS configuration, asks who the caller is and makes the clients.
    ///
    /// # Errors
    /// Fails where there are no credentials or the caller cannot be identified.
    pub async fn open(options: &Options) -> Result<Self, Error> {
        Self::from_config(&options.config().await, options).await
    }

    /// Makes the clients for an account that the credentials are supposed to belong to, and asks nothing yet.
    ///
    /// For reads alone, and nothing of what they say may be shown or kept before [`Self::caller`] names the same account.
    /// What starts something, such as a credential report, waits for [`Self::is_meant`].
    pub async fn open_supposing(options: &Options, account: &str, partition: &str) -> Self {
        let (account, partition) = (account.to_owned(), partition.to_owned());
        let identity = Identity { account, partition, arn: String::new() };
        let account = Self::with(&options.config().await, options, identity);
        account.write_gate.account_is_supposed();
        account
    }

    /// Makes the clients from a configuration that is already loaded, and asks who the caller is.
    ///
    /// # Errors
    /// Fails where the caller cannot be identified.
    pub async fn from_config(config: &SdkConfig, options: &Options) -> Result<Self, Error> {
        let mut account = Self::with(config, options, Identity::default());
        account.check_endpoints()?;
        account.identity = account.caller().await?;
        account.trace.everything_waits_for_what_was_asked();
        Ok(account)
    }

    /// Fails where requests would go where they must not, before any is sent.
    ///
    /// # Errors
    /// As [`Endpoints::check`].
    pub fn check_endpoints(&self) -> Result<(), Error> {
        self.check(&self.endpoints)
    }

    pub(super) fn check(&self, endpoints: &Endpoints) -> Result<(), Error> {
        let checked = endpoints.check(self.mode);
        checked.map_err(|reason| Error { code: ENDPOINT.to_owned(), ..Error::internal(reason) })
    }

    /// Services and addresses where requests go that do not go to AWS's own endpoints.
    pub fn custom_endpoints(&self) -> Vec<(String, String)> {
        let mut listed = self.endpoints.listed();
        if let Some(organization) = &self.organization
            && organization.endpoints != self.endpoints
        {
            let of_profile = organization.endpoints.listed().into_iter();
            listed.extend(
                of_profile
                    .map(|(service, url)| (format!("{service} of profile {}", organization.profile), url)),
            );
        }
        listed
    }

    /// Asks AWS who the caller is.
    ///
    /// # Errors
    /// Fails where the caller cannot be identified.
    pub async fn caller(&self) -> Result<Identity, Error> {
        let caller = self.call(|| self.sts.get_caller_identity().send()).await?;
        let arn = caller.arn().unwrap_or_default().to_owned();
        let identity = Identity {
            account: caller.account().unwrap_or_default().to_owned(),
            partition: arn.split(':').nth(1).filter(|p| !p.is_empty()).unwrap_or("aws").to_owned(),
            arn,
        };
        if identity.account.is_empty() {
            return Err(Error::internal("the answer to sts:GetCallerIdentity names no account"));
        }
        Ok(identity)
    }

    fn with(config: &SdkConfig, options: &Options, identity: Identity) -> Self {
        let client = config.http_client().unwrap_or_else(https);
        // The built-in account answers whatever endpoint is set.
        let endpoints =
            if options.http_override.is_some() { Endpoints::default() } else { Endpoints::of(config) };
        let write_gate = Arc::new(WriteGate::default());
        let signers = Signers::default();
        let config = &learning(config, &signers)
            .to_builder()
            .http_client(Paced::new(client, Arc::clone(&write_gate)))
            .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build())
            // A request that waits for its turn sends nothing, which would be taken for a stalled upload.
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().upload_enabled(false).build())
            .build();
        let parts = Parts {
            identity,
            baseline: options.baseline.clone(),
            declared_tags: Arc::new(options.tags.clone()),
            config: config.clone(),
            endpoints,
            mode: options.mode,
            write_gate,
            signers,
            trace: Arc::default(),
            run: Arc::default(),
        };
        Self::assemble(parts, options.region.clone())
    }

    fn assemble(parts: Parts, region: String) -> Self {
        let Parts {
            identity,
            baseline,
            declared_tags,
            config,
            endpoints,
            mode,
            write_gate,
            signers,
            trace,
            run,
        } = parts;
        let config = config.to_builder().region(Region::new(region.clone())).build();
        let guard = || Guard { mode, trace: Arc::clone(&trace), stop: Some(Arc::clone(&write_gate)) };
        // The lock is released after a stop, too.
        let lock_guard = Guard { stop: None, ..guard() };
        let (dated, ec2_dated) = (Dated::default(), Dated::default());
        let ssm = (config.clone(), lock_guard, dated.clone());
        let ec2 = (config.clone(), guard(), ec2_dated.clone());
        let s3 = (config.clone(), guard());
        Self {
            autoscaling: client!(aws_sdk_autoscaling, config, guard()),
            classic_elb: client!(aws_sdk_elasticloadbalancing, config, guard()),
            cloudwatch: client!(aws_sdk_cloudwatch, config, guard()),
            cloudtrail: client!(aws_sdk_cloudtrail, config, guard()),
            ec2: LazyLock::new(Box::new(move || {
                let (config, guard, dated) = ec2;
                let config = aws_sdk_ec2::config::Builder::from(&config);
                aws_sdk_ec2::Client::from_conf(config.interceptor(guard).interceptor(dated).build())
            })),
            elb: client!(aws_sdk_elasticloadbalancingv2, config, guard()),
            iam: client!(aws_sdk_iam, config, guard()),
            kms: client!(aws_sdk_kms, config, guard()),
            s3: LazyLock::new(Box::new(move || {
                let (config, guard) = s3;
                // A loopback endpoint has no name a bucket could be put before.
                let path_style = config.endpoint_url().is_some();
                let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(path_style);
                aws_sdk_s3::Client::from_conf(config.interceptor(guard).build())
            })),
            s3control: client!(aws_sdk_s3control, config, guard()),
            organizations: client!(aws_sdk_organizations, config, guard()),
            scheduler: client!(aws_sdk_scheduler, config, guard()),
            secretsmanager: client!(aws_sdk_secretsmanager, config, guard()),
            sns: client!(aws_sdk_sns, config, guard()),
            sqs: client!(aws_sdk_sqs, config, guard()),
            ssm: LazyLock::new(Box::new(move || {
                let (config, guard, dated) = ssm;
                let config = aws_sdk_ssm::config::Builder::from(&config);
                aws_sdk_ssm::Client::from_conf(config.interceptor(guard).interceptor(dated).build())
            })),
            dated,
            ec2_dated,
            sts: client!(aws_sdk_sts, config, guard()),
            tagging: client!(aws_sdk_resourcegroupstagging, config, guard()),
            identity,
            region,
            baseline,
            declared_tags,
            run,
            config,
            elsewhere: Mutex::default(),
            enabled: super::regions::Enabled::default(),
            endpoints,
            mode,
            write_gate: Arc::clone(&write_gate),
            signers,
            organization: None,
            way: Vec::new(),
            trace: Arc::clone(&trace),
        }
    }

    /// The same account in another region: one identity, one set of credentials, one HTTP client, one trace and one gate for writes.
    pub fn in_region(&self, region: &str) -> Arc<Self> {
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        let there = elsewhere.entry(region.to_owned()).or_insert_with(|| {
            let parts = Parts {
                identity: self.identity.clone(),
                baseline: self.baseline.clone(),
                declared_tags: Arc::clone(&self.declared_tags),
                config: self.config.clone(),
                endpoints: self.endpoints.clone(),
                mode: self.mode,
                write_gate: Arc::clone(&self.write_gate),
                signers: self.signers.clone(),
                trace: Arc::clone(&self.trace),
                run: Arc::clone(&self.run),
            };
            Arc::new(Self::assemble(parts, region.to_owned()))
        });
        Arc::clone(there)
    }

    /// What stands before every call of a client made later.
    pub(super) fn guard(&self) -> Guard {
        Guard { mode: self.mode, trace: Arc::clone(&self.trace), stop: Some(Arc::clone(&self.write_gate)) }
    }

    /// Whether anything in the account carries the tags of this baseline: whether it was ever applied here. One look at the index of
    /// tags and at IAM.
    ///
    /// # Errors
    /// Fails where nothing is found and a list cannot be read.
    pub async fn is_baselined(&self) -> Result<bool, Error> {
        let (owned, errors) = self.owned().await;
        match (owned.is_empty(), errors.into_iter().next()) {
            (true, Some(error)) => Err(error),
            (is_empty, _) => Ok(!is_empty),
        }
    }

    /// The account's twelve digits.
    pub fn id(&self) -> &str {
        &self.identity.account
    }

    /// The ids of the access keys that this run needs: those it signed with, and those its sessions may come from.
    pub async fn own_keys(&self) -> BTreeSet<String> {
        self.signers.keys().await
    }

    /// Where the credentials come from.
    pub(super) fn credentials_provider(&self) -> Option<SharedCredentialsProvider> {
        self.config.credentials_provider()
    }

    /// From here on no write is begun once this stop is set, the lock's apart.
    pub fn heed(&self, stop: &Stop) {
        self.write_gate.set(stop);
    }

    /// From here on no write is sent to any region after that moment, the lock's apart: the lock of this region ends then.
    pub fn write_until(&self, moment: Instant) {
        self.write_gate.lease(&self.region, moment);
    }

    /// Whether a write was not sent because that moment had passed.
    pub fn refused_too_late(&self) -> bool {
        self.write_gate.lease_ran_out()
    }

    /// Says that the account which the credentials were supposed to belong to is the one they do belong to.
    pub fn is_meant(&self) {
        self.write_gate.account_is_meant();
    }

    /// What AWS said the time is in its last answer about a parameter, in milliseconds since 1970.
    pub fn time_of_parameters(&self) -> Option<i64> {
        self.dated.last()
    }

    /// What EC2 said the time is in its last answer, in milliseconds since 1970.
    pub fn time_of_ec2(&self) -> Option<i64> {
        self.ec2_dated.last()
    }

    /// Returns once no write is in flight, the lock's apart.
    pub async fn writes_ended(&self) {
        self.write_gate.writes_ended().await;
    }

    /// An ARN in this account's partition: `arn:aws:` and the rest.
    pub fn arn(&self, rest: impl std::fmt::Display) -> String {
        format!("arn:{}:{rest}", self.identity.partition)
    }

    /// Sends one call, with patience for the answers of the consistency table.
    ///
    /// # Errors
    /// The last answer, once it is to be believed or the budget is used up.
    pub async fn call<T, E, F, Fut>(&self, send: F) -> Result<T, Error>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Fn() -> Fut + Send,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    {
        let started = Instant::now();
        let mut pause = Duration::from_millis(500);
        let waiting = waiting(|| format!("for the answer to {}", call_of::<E>()));
        loop {
            let error = match send().await {
                Ok(answer) => return Ok(answer),
                Err(error) => Error::from_sdk(&error),
            };
            match patience(&error, &self.run) {
                Some(budget) if started.elapsed() < budget => {
                    let most = budget.as_secs();
                    waiting
                        .now(|| format!("up to {most} s for {} to succeed: {}", error.call(), error.said()));
                    sleep(pause).await;
                }
                Some(_) | None => return Err(error),
            }
            pause = (pause * 2).min(Duration::from_secs(10));
        }
    }

    /// Sends one read whose "not found" is an answer.
    ///
    /// # Errors
    /// Everything that is not a named absence: a denied read is never an absence.
    pub async fn find<T, E, F, Fut>(&self, send: F) -> Result<Option<T>, Error>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Fn() -> Fut + Send,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    {
        match self.call(send).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The tags of a thing, as key and value: those of ownership, then those that the file declares.
    pub fn tags(&self, addr: &Addr) -> Vec<(String, String)> {
        let own = [(NAME_TAG, self.baseline.clone()), (ADDR_TAG, addr.to_string())];
        own.map(|(key, value)| (key.to_owned(), value)).into_iter().chain(self.part_tags()).collect()
    }

    /// The `Name` tag and those of [`Self::tags`], for things that people look up by name.
    pub fn named_tags(&self, addr: &Addr) -> Vec<(String, String)> {
        let name = ("Name".to_owned(), format!("{}-{}", self.baseline, addr.name()));
        [name].into_iter().chain(self.tags(addr)).collect()
    }

    /// The tags of what is a part of another thing and is found with it, such as a listener: those that the file declares.
    pub fn part_tags(&self) -> impl Iterator<Item = (String, String)> {
        self.declared_tags.iter().map(|(key, value)| (key.clone(), value.clone()))
    }
}
