//! Sessions in other accounts: what a fleet's accounts are reached with.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_sts::config::{Credentials, IdentityCache, ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::error::BoxError;
use aws_sdk_sts::types::PolicyDescriptorType;
use aws_types::region::Region;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::account::{Account, Mode, Options};
use super::cause::NoCaller;
use super::credentials::mask;
use super::error::{Class, Error};
use super::https::https;
use super::pace::Paced;
use super::read_only::Guard;
use super::stop::WriteGate;
use super::trace::Trace;
use super::waits::waiting;
use crate::partition;

/// How many roles are asked for at a time: the limits of STS are shared by everybody in the caller's account (ORG-8).
const AT_A_TIME: usize = 10;

/// How long before its end a session is asked for anew, so that no call is signed with one that has ended: five minutes at least, since
/// the SDK takes up to half of this off, by chance.
const BEFORE_ITS_END: Duration = Duration::from_secs(600);

/// How long STS may be busy with others before that is told as an error.
const PATIENCE: Duration = Duration::from_secs(300);

/// The longest pause between two calls.
const PAUSE: Duration = Duration::from_secs(20);

/// What STS says in a region in which the other account has not activated it (ORG-6).
const NOT_ACTIVATED: &str = "RegionDisabledException";

/// A role in another account, and how it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleSession {
    /// Its ARN.
    pub role_arn: String,
    /// ARNs of roles that are assumed one after the other before it.
    pub through: Vec<String>,
    /// The external id that it asks for.
    pub external_id: Option<String>,
    /// The name of the session, which the account's CloudTrail shows.
    pub name: String,
    /// ARNs of managed policies that limit the session: it may do what the role and one of them allow.
    pub limited_to: Vec<String>,
}

/// The credentials that a fleet begins with.
#[derive(Debug)]
pub struct Caller {
    config: SdkConfig,
    /// The same with a pace for all that asks for roles.
    asking: SdkConfig,
    turns: Arc<Semaphore>,
    pub(super) ended: Arc<OnceLock<String>>,
    /// The account that they belong to.
    pub account: Account,
}

impl Caller {
    /// Loads the configuration once, and asks who the caller is.
    ///
    /// # Errors
    /// Fails where there are no credentials or the caller cannot be identified.
    pub async fn open(options: &Options) -> Result<Self, Error> {
        Self::with(options.config().await, options).await
    }

    async fn with(config: SdkConfig, options: &Options) -> Result<Self, Error> {
        let account = Account::from_config(&config, options).await?;
        let client = config.http_client().unwrap_or_else(https);
        let paced = Paced::new(client, Arc::new(WriteGate::default()));
        let asking = config.to_builder().http_client(paced).build();
        let (turns, ended) = (Arc::new(Semaphore::new(AT_A_TIME)), Arc::default());
        Ok(Self { config, asking, turns, ended, account })
    }

    /// Why no further role can be asked for: the caller's own credentials have ended. Nothing while they last.
    pub fn ended(&self) -> Option<&str> {
        self.ended.get().map(String::as_str)
    }

    /// The account that a role belongs to, reached as that role. Clients made of the session are held to the same mode as all others.
    /// The session is asked for anew before it ends, for as long as the caller's own credentials last.
    ///
    /// # Errors
    /// Fails where AWS gives no session, and where the session's account cannot be identified.
    pub async fn become_role(&self, session: &RoleSession, options: &Options) -> Result<Account, Error> {
        let mut asking = self.asking.clone();
        let mut way = Vec::new();
        for role_arn in &session.through {
            let step = RoleSession {
                role_arn: role_arn.clone(),
                name: session.name.clone(),
                ..RoleSession::default()
            };
            let provider = self.asked(&asking, step).await?;
            way.push(provider.clone());
            asking = renewed(&asking, provider);
        }
        let provider = self.asked(&asking, session.clone()).await?;
        let mut account = Account::from_config(&renewed(&self.config, provider), options).await?;
        account.way = way;
        Ok(account)
    }

    /// A source of sessions, which has given the first one.
    async fn asked(&self, config: &SdkConfig, session: RoleSession) -> Result<Assumed, Error> {
        let provider = Assumed {
            clients: clients(config, &self.account.identity.partition),
            session,
            turns: Arc::clone(&self.turns),
            ended: Arc::clone(&self.ended),
            first: Arc::default(),
        };
        let first = provider.ask().await?;
        *provider.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
        Ok(provider)
    }

    /// What clients are made from that are no account's own.
    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The same credentials with other options: the account that they belong to.
    ///
    /// # Errors
    /// Fails where the caller cannot be identified.
    pub async fn itself(&self, options: &Options) -> Result<Account, Error> {
        let account = Account::from_config(&self.config, options).await;
        account.inspect_err(|error| note_end(&self.ended, error))
    }
}

/// STS in the region of the configuration, and in the one that every account has.
fn clients(config: &SdkConfig, partition: &str) -> Vec<aws_sdk_sts::Client> {
    let own = config.region().map(ToString::to_string).unwrap_or_default();
    let everywhere = partition::named(partition).map_or("us-east-1", |partition| partition.global_region);
    let mut regions = vec![own];
    if !regions.iter().any(|region| region == everywhere) {
        regions.push(everywhere.to_owned());
    }
    regions
        .into_iter()
        .map(|region| {
            let config = config.to_builder().region(Region::new(region)).build();
            // Not one of an account's own clients: those refuse, when they only read, to ask for credentials.
            let guard = Guard { mode: Mode::ReadWrite, trace: Arc::<Trace>::default(), stop: None };
            let config = aws_sdk_sts::config::Builder::from(&config).interceptor(guard).build();
            aws_sdk_sts::Client::from_conf(config)
        })
        .collect()
}

/// The same configuration with sessions of that source, each used until shortly before its end.
fn renewed(config: &SdkConfig, provider: Assumed) -> SdkConfig {
    let cache =
        IdentityCache::lazy().buffer_time(BEFORE_ITS_END).load_timeout(Duration::from_secs(60)).build();
    let provider = SharedCredentialsProvider::new(provider);
    config.to_builder().credentials_provider(provider).identity_cache(cache).build()
}

/// Gives out sessions of one role.
#[derive(Debug, Clone)]
pub(super) struct Assumed {
    clients: Vec<aws_sdk_sts::Client>,
    session: RoleSession,
    turns: Arc<Semaphore>,
    ended: Arc<OnceLock<String>>,
    /// The session that was asked for to see whether it is given.
    first: Arc<Mutex<Option<Credentials>>>,
}

impl Account {
    /// The roles of this account that a fleet came through before the role that it acts as here: their ARNs.
    pub fn roles_on_the_way(&self) -> impl Iterator<Item = &str> {
        let place = format!(":iam::{}:role/", self.id());
        self.way.iter().map(|one| one.session.role_arn.as_str()).filter(move |arn| arn.contains(&place))
    }

    /// Assumes a role on the way once more, with the session before it.
    ///
    /// # Errors
    /// Fails where none is given; of the class [`Class::Denied`] where AWS refuses it, and where it is no role on the way.
    pub async fn ask_again(&self, role_arn: &str) -> Result<(), Error> {
        let one = self.way.iter().find(|one| one.session.role_arn == role_arn);
        one.ok_or_else(|| Error::internal("it is no role on the way"))?.ask().await.map(drop)
    }
}

impl Assumed {
    async fn ask(&self) -> Result<Credentials, Error> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let mut refusal = None;
        for sts in &self.clients {
            match self.ask_of(sts).await {
                // The token of one region holds in all of them, but a region may not know STS.
                Err(error) if error.code == NOT_ACTIVATED => refusal = Some(error),
                Err(error) => {
                    note_end(&self.ended, &error);
                    return Err(refused(error, &self.session));
                }
                Ok(credentials) => return Ok(credentials),
            }
        }
        Err(refusal.unwrap_or_else(|| Error::internal("there is no region in which a role can be asked for")))
    }

    async fn ask_of(&self, sts: &aws_sdk_sts::Client) -> Result<Credentials, Error> {
        let session = &self.session;
        let policies: Vec<PolicyDescriptorType> =
            session.limited_to.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect();
        let request = sts
            .assume_role()
            .role_arn(&session.role_arn)
            .role_session_name(&session.name)
            .set_external_id(session.external_id.clone())
            .set_policy_arns(Some(policies).filter(|policies| !policies.is_empty()));
        // A denial is final: AWS does not say whether the role, its trust or a permission is missing (ORG-6). That others use up what
        // STS allows everybody in the caller's account is waited out, in one of the few turns, so that no account is lost to it.
        let (began, mut pause) = (Instant::now(), Duration::from_secs(1));
        let told = waiting(|| "for the answer to sts:AssumeRole".to_owned());
        let answer = loop {
            let error = match request.clone().send().await {
                Ok(answer) => break answer,
                Err(error) => Error::from_sdk(&error),
            };
            if error.class != Class::Throttled || began.elapsed() >= PATIENCE {
                return Err(error);
            }
            told.now(|| format!("until STS has answered others: {}", error.said()));
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE);
        };
        let issued = answer.credentials().ok_or_else(|| Error::internal("AssumeRole gave no credentials"))?;
        let ends = SystemTime::try_from(*issued.expiration()).ok();
        let token = Some(issued.session_token().to_owned());
        Ok(Credentials::new(issued.access_key_id(), issued.secret_access_key(), token, ends, "role session"))
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        future::ProvideCredentials::new(async move {
            match first {
                Some(credentials) => Ok(credentials),
                None => self.ask().await.map_err(|error| {
                    let error: BoxError = error.into();
                    CredentialsError::provider_error(error)
                }),
            }
        })
    }
}

/// Notes that the caller's own credentials have ended, which no account can help. AWS knew them when the run began, so a key that it does
/// not know was deleted since.
pub(super) fn note_end(ended: &OnceLock<String>, error: &Error) {
    if matches!(error.no_caller(), NoCaller::Expired | NoCaller::Missing | NoCaller::Unknown) {
        // The first reason stands.
        let _ = ended.set(format!("the credentials of this run have ended: {}", error.said()));
    }
}

/// AWS has one answer for a role that is not there, one that does not trust the caller, and a caller who may not ask (ORG-6).
fn refused(error: Error, session: &RoleSession) -> Error {
    if error.class != Class::Denied {
        return error;
    }
    let role = &session.role_arn;
    let message = format!(
        "there is no role {role}, or it does not trust this caller, or this caller lacks sts:AssumeRole on it; AWS says: {}",
        error.message
    );
    Error { message: mask(message), ..error }
}

/// What AWS itself refuses a session that only looks: everything but reads.
pub fn policies_of_reads(partition: &str) -> Vec<String> {
    ["ReadOnlyAccess", "SecurityAudit"].map(|name| format!("arn:{partition}:iam::aws:policy/{name}")).into()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use aws_smithy_async::time::TimeSource;

    use super::*;
    use crate::sandbox::{Profile, Sandbox, Seed};

    /// The clock of the built-in account, for the SDK.
    #[derive(Debug)]
    struct ItsClock(Sandbox);

    impl TimeSource for ItsClock {
        fn now(&self) -> SystemTime {
            UNIX_EPOCH + Duration::from_millis(u64::try_from(self.0.now()).unwrap())
        }
    }

    fn options(sandbox: &Sandbox, region: &str, profile: Option<&str>) -> Options {
        Options {
            tags: [].into(),
            baseline: "acme".into(),
            region: region.into(),
            profile: profile.map(str::to_owned),
            mode: Mode::ReadOnly,
            http_override: Some(sandbox.http_client()),
        }
    }

    async fn caller(sandbox: &Sandbox, options: &Options) -> Caller {
        let config = options.config().await.to_builder().time_source(ItsClock(sandbox.clone())).build();
        Caller::with(config, options).await.unwrap()
    }

    fn seeded() -> Sandbox {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        sandbox.seed(Seed::Fleet).unwrap();
        sandbox
    }

    fn role(account: &str) -> RoleSession {
        RoleSession {
            role_arn: format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole"),
            name: "baseline".to_owned(),
            ..RoleSession::default()
        }
    }

    fn sessions(sandbox: &Sandbox) -> usize {
        sandbox.with_world(|world| world.sessions.len())
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_asked_for_anew_at_least_five_minutes_before_it_ends() {
        let sandbox = seeded();
        let options = options(&sandbox, "us-east-1", None);
        let caller = caller(&sandbox, &options).await;
        let account = caller.become_role(&role("100000000002"), &options).await.unwrap();
        assert_eq!(sessions(&sandbox), 1);
        sleep(Duration::from_secs(49 * 60)).await;
        account.caller().await.unwrap();
        assert_eq!(sessions(&sandbox), 1, "it lasts for another eleven minutes");
        sleep(Duration::from_secs(6 * 60)).await;
        account.caller().await.unwrap();
        assert_eq!(sessions(&sandbox), 2);
        // An apply may take as long as it likes.
        for _ in 0..5 {
            sleep(Duration::from_secs(3_000)).await;
            assert_eq!(account.caller().await.unwrap().account, "100000000002");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn roles_are_asked_for_ten_at_a_time_and_a_chain_one_after_the_other() {
        let sandbox = seeded();
        let options = options(&sandbox, "us-east-1", None);
        let caller = caller(&sandbox, &options).await;
        assert_eq!(caller.turns.available_permits(), AT_A_TIME);
        let ids: Vec<String> = (15..40).map(|number| format!("{}", 100_000_000_000_u64 + number)).collect();
        let all = ids.iter().map(|id| {
            let (caller, options) = (&caller, &options);
            async move { caller.become_role(&role(id), options).await.map(|account| account.id().to_owned()) }
        });
        let reached: Vec<String> =
            futures::future::join_all(all).await.into_iter().collect::<Result<_, _>>().unwrap();
        assert_eq!(reached, ids);
        // The role of one account leads to that of another which trusts it.
        sandbox.with_world(|world| {
            crate::sandbox::iam::add_organization_role(world, "100000000003", "100000000002", "Inner", true);
        });
        let inner = RoleSession { role_arn: "arn:aws:iam::100000000003:role/Inner".to_owned(), ..role("") };
        let direct = caller.become_role(&inner, &options).await.unwrap_err();
        assert_eq!((direct.class, direct.code.as_str()), (Class::Denied, "AccessDenied"));
        let chain = RoleSession { through: vec![role("100000000002").role_arn], ..inner };
        assert_eq!(caller.become_role(&chain, &options).await.unwrap().id(), "100000000003");
    }

    #[tokio::test(start_paused = true)]
    async fn where_sts_is_not_activated_the_region_that_all_accounts_have_is_asked_once() {
        let sandbox = seeded();
        let options = options(&sandbox, "eu-west-1", None);
        let caller = caller(&sandbox, &options).await;
        let off = |region: &str| {
            sandbox.with_world(|world| {
                let access = &mut world.account("100000000002").region_access;
                access.without_sts.insert(region.to_owned());
            });
        };
        off("eu-west-1");
        assert_eq!(caller.become_role(&role("100000000002"), &options).await.unwrap().id(), "100000000002");
        off("us-east-1");
        let refused = caller.become_role(&role("100000000002"), &options).await.unwrap_err();
        assert_eq!(refused.code, NOT_ACTIVATED);
        assert!(caller.ended().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn once_the_caller_s_own_credentials_have_ended_that_is_known() {
        let sandbox = seeded();
        let own = options(&sandbox, "us-east-1", None);
        let config = own.config().await.to_builder().time_source(ItsClock(sandbox.clone())).build();
        let token = aws_sdk_sts::Client::new(&config).get_session_token().duration_seconds(900).send().await;
        let issued = token.unwrap().credentials.unwrap();
        // The SDK does not know when they end, as with credentials in the environment.
        let keys = Credentials::new(
            issued.access_key_id,
            issued.secret_access_key,
            Some(issued.session_token),
            None,
            "environment",
        );
        let config = config.to_builder().credentials_provider(SharedCredentialsProvider::new(keys)).build();
        let caller = Caller::with(config, &own).await.unwrap();
        caller.become_role(&role("100000000002"), &own).await.unwrap();
        sleep(Duration::from_secs(1_000)).await;
        let refused = caller.become_role(&role("100000000003"), &own).await.unwrap_err();
        assert_eq!(refused.code, "ExpiredToken");
        assert!(caller.ended().unwrap().contains("have ended"));
    }
}
