//! Sessions as the root user of this account, one task at a time, through its organization (aws-truths 1.14).
//!
//! Only the organization's management account, or the account that administers IAM for it, may ask for them: with
//! credentials of its own, which are used for nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_iam::types::FeatureType;
use aws_sdk_sts::types::PolicyDescriptorType;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::account::{Account, Options};
use super::credentials::{issued_to, learning};
use super::endpoints::Endpoints;
use super::error::{Class, Error};
use super::pages::Items as _;
use super::trace::chain;

/// How long a session lasts: the most AWS gives (ROOT-2).
const SECONDS: i32 = 900;

/// How long a session is used: well before its end, whatever is still to be done with it.
const USED: Duration = Duration::from_secs(600);

/// What a session is limited to, by a policy of AWS's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    /// Reads which credentials the root user has.
    Audit,
    /// Deletes them.
    Delete,
}

impl Task {
    const fn policy(self) -> &'static str {
        match self {
            Self::Audit => "IAMAuditRootUserCredentials",
            Self::Delete => "IAMDeleteRootUserCredentials",
        }
    }
}

/// Where sessions come from.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) profile: String,
    /// The profile may name others than the account's own.
    pub(super) endpoints: Endpoints,
    config: SdkConfig,
    sts: aws_sdk_sts::Client,
    iam: aws_sdk_iam::Client,
    sessions: Mutex<BTreeMap<Task, (Instant, aws_sdk_iam::Client)>>,
}

/// What the root user has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RootCredentials {
    /// Ids of its access keys, active or not.
    pub access_keys: Vec<String>,
    /// Ids of its signing certificates.
    pub certificates: Vec<String>,
    /// Whether it has a password.
    pub password: bool,
    /// Serial numbers of its second factors.
    pub mfa: Vec<String>,
}

impl Account {
    /// Lets sessions as this account's root user be asked for with the credentials of that profile. Calls nothing.
    ///
    /// # Errors
    /// Fails where the profile sends requests where they must not go.
    pub async fn reach_root_through(&mut self, profile: &str, options: &Options) -> Result<(), Error> {
        let of_profile = Options { profile: Some(profile.to_owned()), ..options.clone() };
        let config = learning(&of_profile.config().await, &self.signers);
        let endpoints =
            if options.http_override.is_some() { Endpoints::default() } else { Endpoints::of(&config) };
        self.check(&endpoints)?;
        self.organization = Some(Organization {
            profile: profile.to_owned(),
            endpoints,
            sts: aws_sdk_sts::Client::from_conf(
                aws_sdk_sts::config::Builder::from(&config).interceptor(self.guard()).build(),
            ),
            iam: self.iam_with(&config),
            config,
            sessions: Mutex::default(),
        });
        Ok(())
    }

    fn iam_with(&self, config: &SdkConfig) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(config).interceptor(self.guard());
        aws_sdk_iam::Client::from_conf(config.build())
    }

    /// What this account's root user has.
    ///
    /// # Errors
    /// Fails where no session is to be had, and where one of the lists cannot be read.
    pub async fn root_credentials(&self) -> Result<RootCredentials, Error> {
        let iam = &self.root_session(Task::Audit).await?;
        let (keys, certificates, password, devices) = futures::join!(
            chain(self.call(|| iam.list_access_keys().all_items())),
            chain(self.call(|| iam.list_signing_certificates().all_items())),
            // "No such entity" means that there is no password (ROOT-4).
            chain(self.find(|| iam.get_login_profile().send())),
            chain(self.call(|| iam.list_mfa_devices().all_items())),
        );
        Ok(RootCredentials {
            access_keys: keys?.iter().filter_map(|key| key.access_key_id()).map(str::to_owned).collect(),
            certificates: certificates?.iter().map(|one| one.certificate_id().to_owned()).collect(),
            password: password?.is_some(),
            mfa: devices?.iter().map(|device| device.serial_number().to_owned()).collect(),
        })
    }

    /// Deletes these credentials of this account's root user; what is gone already is a success.
    ///
    /// # Errors
    /// Fails where no session is to be had, and where AWS refuses.
    pub async fn delete_root_credentials(&self, doomed: &RootCredentials) -> Result<(), Error> {
        let iam = &self.root_session(Task::Delete).await?;
        for id in &doomed.access_keys {
            self.find(|| iam.delete_access_key().access_key_id(id).send()).await?;
        }
        for id in &doomed.certificates {
            self.find(|| iam.delete_signing_certificate().certificate_id(id).send()).await?;
        }
        // The password goes first, so that it is never there without its second factor.
        if doomed.password {
            self.find(|| iam.delete_login_profile().send()).await?;
        }
        for serial in &doomed.mfa {
            self.find(|| iam.deactivate_mfa_device().serial_number(serial).send()).await?;
        }
        Ok(())
    }

    /// A session for one task. The clients made of it refuse writes where this account's clients do.
    async fn root_session(&self, task: Task) -> Result<aws_sdk_iam::Client, Error> {
        let organization = self.organization.as_ref().ok_or_else(|| {
            Error::internal(
                "no profile says from where the root user is reached; set assume_root_profile in [root]",
            )
        })?;
        let mut sessions = organization.sessions.lock().await;
        if let Some((since, client)) = sessions.get(&task)
            && since.elapsed() < USED
        {
            return Ok(client.clone());
        }
        let policy = self.arn(format_args!("iam::aws:policy/root-task/{}", task.policy()));
        let request = || {
            organization
                .sts
                .assume_root()
                .target_principal(self.id())
                .task_policy_arn(PolicyDescriptorType::builder().arn(&policy).build())
                .duration_seconds(SECONDS)
        };
        let answer = match self.call(|| request().send()).await {
            Ok(answer) => answer,
            Err(error) if error.class == Class::Denied => {
                let reason = self.why_refused(organization, &policy).await;
                // The reason comes first: what AWS says is long, and reports cut it.
                return Err(Error { message: format!("{reason}; AWS says: {}", error.message), ..error });
            }
            Err(error) => return Err(error),
        };
        let issued = answer.credentials().ok_or_else(|| Error::internal("AssumeRoot gave no credentials"))?;
        let config = issued_to(&organization.config, issued, "root session");
        let client = self.iam_with(&config);
        sessions.insert(task, (Instant::now(), client.clone()));
        Ok(client)
    }

    /// What is missing where a session was refused: AWS gives one answer for every reason (ORG-6).
    async fn why_refused(&self, organization: &Organization, policy: &str) -> String {
        let profile = &organization.profile;
        let permission = format!(
            "the caller of profile {profile} needs sts:AssumeRoot on {} with the task policy {policy}",
            self.arn(format_args!("iam::{}:root", self.id()))
        );
        let answer = self.call(|| organization.iam.list_organizations_features().send()).await;
        match answer {
            Ok(answer) if answer.enabled_features().contains(&FeatureType::RootCredentialsManagement) => {
                format!("{permission}, and this account must be a member of its organization")
            }
            Ok(_) => "centralised root access is off: run aws iam \
                      enable-organizations-root-credentials-management in the management account"
                .to_owned(),
            Err(error) => match error.code.as_str() {
                "AccountNotManagementOrDelegatedAdministratorException" => format!(
                    "profile {profile} belongs neither to the management account nor to the one that administers \
                     IAM for the organization"
                ),
                "OrganizationNotFoundException" => format!("profile {profile} belongs to no organization"),
                "ServiceAccessNotEnabledException" | "OrganizationNotInAllFeaturesModeException" => {
                    "the organization does not let IAM manage root users: run aws organizations \
                     enable-aws-service-access --service-principal iam.amazonaws.com"
                        .to_owned()
                }
                _ => permission,
            },
        }
    }
}
