//! Sessions in other accounts: what a fleet's accounts are reached with.

use aws_config::SdkConfig;
use aws_sdk_sts::types::PolicyDescriptorType;

use super::account::{Account, Options};
use super::credentials::{issued_to, mask};
use super::error::{Class, Error};

/// A role in another account, and how it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSession {
    /// Its ARN.
    pub role_arn: String,
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
    /// The account that they belong to.
    pub account: Account,
}

impl Caller {
    /// Loads the configuration once, and asks who the caller is.
    ///
    /// # Errors
    /// Fails where there are no credentials or the caller cannot be identified.
    pub async fn open(options: &Options) -> Result<Self, Error> {
        let config = options.config().await;
        let account = Account::from_config(&config, options).await?;
        Ok(Self { config, account })
    }

    /// The account that a role belongs to, reached as that role. Clients made of the session are held to the same mode as all others.
    ///
    /// # Errors
    /// Fails where AWS gives no session, and where the session's account cannot be identified.
    pub async fn become_role(&self, session: &RoleSession, options: &Options) -> Result<Account, Error> {
        // Not one of the account's own clients: those refuse, when they only read, to ask for credentials.
        let sts = aws_sdk_sts::Client::new(&self.config);
        let policies: Vec<PolicyDescriptorType> =
            session.limited_to.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect();
        let request = sts
            .assume_role()
            .role_arn(&session.role_arn)
            .role_session_name(&session.name)
            .set_external_id(session.external_id.clone())
            .set_policy_arns(Some(policies).filter(|policies| !policies.is_empty()));
        let answer =
            self.account.call(|| request.clone().send()).await.map_err(|error| refused(error, session))?;
        let issued = answer.credentials().ok_or_else(|| Error::internal("AssumeRole gave no credentials"))?;
        let config = issued_to(&self.config, issued, "role session");
        Account::from_config(&config, options).await
    }

    /// The same credentials with other options: the account that they belong to.
    ///
    /// # Errors
    /// Fails where the caller cannot be identified.
    pub async fn itself(&self, options: &Options) -> Result<Account, Error> {
        Account::from_config(&self.config, options).await
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
