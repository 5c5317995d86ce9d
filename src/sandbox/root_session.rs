//! `AssumeRoot`: an organization's privileged sessions as the root user of a member (aws-truths 1.14).

use super::context::Context;
use super::iam;
use super::organizations;
use super::service::{Operation, operation};
use super::session::Session;
use super::sts::{issue, role_of};
use super::wire::{Answer, Fault, Params};

/// The one operation of this file.
pub const OPERATIONS: &[Operation] = &[operation("AssumeRoot", assume_root)];

/// A policy of AWS's that a root session is limited to, as the last part of its ARN.
struct Task {
    name: &'static str,
    /// The feature of the organization that it needs.
    feature: &'static str,
    /// What such a session may do: what the policy's denies leave over.
    actions: &'static [&'static str],
}

/// Reads of the root user's credentials (ROOT-3).
const AUDIT: &[&str] = &[
    "iam:GetAccessKeyLastUsed",
    "iam:GetAccountSummary",
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:ListMFADevices",
    "iam:ListSigningCertificates",
];

const DELETE: &[&str] = &[
    "iam:DeactivateMFADevice",
    "iam:DeleteAccessKey",
    "iam:DeleteLoginProfile",
    "iam:DeleteSigningCertificate",
    "iam:GetLoginProfile",
    "iam:ListAccessKeys",
    "iam:ListMFADevices",
    "iam:ListSigningCertificates",
];

const TASKS: &[Task] = &[
    Task { name: "IAMAuditRootUserCredentials", feature: CREDENTIALS, actions: AUDIT },
    Task {
        name: "IAMCreateRootUserPassword",
        feature: CREDENTIALS,
        actions: &["iam:CreateLoginProfile", "iam:GetLoginProfile"],
    },
    Task { name: "IAMDeleteRootUserCredentials", feature: CREDENTIALS, actions: DELETE },
    Task {
        name: "S3UnlockBucketPolicy",
        feature: SESSIONS,
        actions: &["s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:ListBuckets", "s3:PutBucketPolicy"],
    },
    Task { name: "SQSUnlockQueuePolicy", feature: SESSIONS, actions: &[] },
];

/// The feature that lets an organization manage the credentials of its members' root users.
pub const CREDENTIALS: &str = "RootCredentialsManagement";
/// The feature that lets it do what only their root users may.
pub const SESSIONS: &str = "RootSessions";

fn task(name: &str) -> Option<&'static Task> {
    TASKS.iter().find(|task| task.name == name)
}

fn assume_root(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let target = params.required("TargetPrincipal")?;
    let policy =
        params.map("TaskPolicyArn").ok_or_else(|| params.missing("TaskPolicyArn"))?.required("arn")?;
    let seconds = params.number_in("DurationSeconds", 0..=900)?.unwrap_or(900);
    let account = target.split(':').nth(4).unwrap_or(target).to_owned();
    let task = policy
        .strip_prefix(&format!("arn:{}:iam::aws:policy/root-task/", cx.partition()))
        .and_then(task)
        .ok_or_else(|| Fault::client("ValidationError", format!("{policy} is not a task policy")))?;
    if cx.request.host.starts_with("sts.amazonaws.com") {
        let message = "AssumeRoot is not supported by the global endpoint; use a regional one";
        return Err(Fault::client("InvalidAction", message));
    }
    let denied = || {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRoot on resource: arn:{}:iam::{account}:root",
            cx.caller.arn,
            cx.partition()
        );
        Fault::new(403, "AccessDenied", message)
    };
    if cx.caller.arn.ends_with(":root") {
        return Err(denied());
    }
    // Only an organization's management account or its administrator of IAM, and only of a member.
    let (management, organization) = organizations::of(cx.world, &cx.caller.account).ok_or_else(denied)?;
    let is_central = management == cx.caller.account || organization.iam_administrator(&cx.caller.account);
    let is_member = management != account && organization.members.contains_key(&account);
    if !is_central || !is_member || !organization.root_features.contains(task.feature) {
        return Err(denied());
    }
    let context = [("sts:TaskPolicyArn", policy)];
    let target = format!("arn:{}:iam::{account}:root", cx.partition());
    if !iam::allows(&cx.read_account()?.iam, &role_of(cx), ("sts:AssumeRoot", &target), &context, cx.lens()) {
        return Err(denied());
    }
    let now = cx.now();
    let session = Session {
        arn: target,
        user_id: account.clone(),
        account,
        token: String::new(),
        issued: now,
        expires: now + seconds * 1_000,
        chained: false,
        task: Some(task.name.to_owned()),
        policies: Vec::new(),
        second_factor: false,
    };
    Ok(Answer::empty().with("Credentials", issue(cx, session)))
}

/// Refuses what the task of a root session leaves out.
///
/// # Errors
/// `AccessDenied`, as for any deny of a session policy.
pub fn permit(session: Option<&Session>, service: &str, operation: &str) -> Result<(), Fault> {
    let Some((session, name)) = session.and_then(|session| Some((session, session.task.as_deref()?))) else {
        return Ok(());
    };
    let action = format!("{service}:{operation}");
    let is_free = action == "sts:GetCallerIdentity";
    if is_free || task(name).is_some_and(|task| task.actions.contains(&action.as_str())) {
        return Ok(());
    }
    let message = format!(
        "User: {} is not authorized to perform: {action} with an explicit deny in a session policy",
        session.arn
    );
    Err(Fault::new(403, "AccessDenied", message))
}

#[cfg(test)]
mod tests {
    use aws_sdk_sts::error::ProvideErrorMetadata as _;
    use aws_sdk_sts::types::{Credentials, PolicyDescriptorType};

    use crate::sandbox::seed::MEMBER;
    use crate::sandbox::testing::{config, config_for, config_with};
    use crate::sandbox::world::DEFAULT_ACCOUNT;
    use crate::sandbox::{Profile, Sandbox, Seed};

    const AUDIT: &str = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
    const DELETE: &str = "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials";

    fn organization() -> Sandbox {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        sandbox.seed(Seed::Organization).unwrap();
        sandbox
    }

    async fn assume(
        sandbox: &Sandbox,
        from: &str,
        target: &str,
        policy: &str,
        seconds: i32,
    ) -> Result<Credentials, String> {
        let sts = aws_sdk_sts::Client::new(&config_for(sandbox, "eu-west-1", from));
        let policy = PolicyDescriptorType::builder().arn(policy).build();
        let request =
            sts.assume_root().target_principal(target).task_policy_arn(policy).duration_seconds(seconds);
        match request.send().await {
            Ok(answer) => Ok(answer.credentials().unwrap().clone()),
            Err(error) => Err(error.code().unwrap_or_default().to_owned()),
        }
    }

    async fn session(sandbox: &Sandbox, policy: &str) -> aws_sdk_iam::Client {
        let issued = assume(sandbox, DEFAULT_ACCOUNT, MEMBER, policy, 900).await.unwrap();
        let keys = (issued.access_key_id(), issued.secret_access_key(), Some(issued.session_token()));
        aws_sdk_iam::Client::new(&config_with(sandbox, "us-east-1", keys))
    }

    #[tokio::test]
    async fn only_the_organization_becomes_root_and_only_of_its_members() {
        let sandbox = organization();
        let root = format!("arn:aws:iam::{MEMBER}:root");
        for (from, target, policy, seconds, expected) in [
            (DEFAULT_ACCOUNT, MEMBER, AUDIT, 900, Ok(())),
            (DEFAULT_ACCOUNT, root.as_str(), DELETE, 900, Ok(())),
            (DEFAULT_ACCOUNT, MEMBER, AUDIT, 901, Err("ValidationError")),
            (
                DEFAULT_ACCOUNT,
                MEMBER,
                "arn:aws:iam::aws:policy/AdministratorAccess",
                900,
                Err("ValidationError"),
            ),
            (DEFAULT_ACCOUNT, DEFAULT_ACCOUNT, AUDIT, 900, Err("AccessDenied")),
            (DEFAULT_ACCOUNT, "999988887777", AUDIT, 900, Err("AccessDenied")),
            (MEMBER, MEMBER, AUDIT, 900, Err("AccessDenied")),
            ("999988887777", MEMBER, AUDIT, 900, Err("AccessDenied")),
        ] {
            let answer = assume(&sandbox, from, target, policy, seconds).await.map(drop);
            assert_eq!(answer, expected.map_err(str::to_owned), "{from} {target} {policy} {seconds}");
        }
        sandbox.with_world(|world| {
            let home = &mut world.account(DEFAULT_ACCOUNT).organizations;
            home.organization.as_mut().unwrap().root_features.clear();
        });
        let answer = assume(&sandbox, DEFAULT_ACCOUNT, MEMBER, AUDIT, 900).await.map(drop);
        assert_eq!(answer, Err("AccessDenied".to_owned()), "the feature is off");
    }

    #[tokio::test]
    async fn a_root_session_does_its_task_and_nothing_else() {
        let sandbox = organization();
        let audit = session(&sandbox, AUDIT).await;
        let keys = audit.list_access_keys().send().await.unwrap();
        let id = keys.access_key_metadata()[0].access_key_id().unwrap();
        let summary = audit.get_account_summary().send().await.unwrap();
        assert_eq!(summary.summary_map().unwrap()[&"AccountAccessKeysPresent".into()], 1);
        let refused = audit.delete_access_key().access_key_id(id).send().await.unwrap_err();
        assert_eq!(refused.code(), Some("AccessDenied"));
        let refused = audit.list_users().send().await.unwrap_err();
        assert_eq!(refused.code(), Some("AccessDenied"));
        let delete = session(&sandbox, DELETE).await;
        delete.delete_access_key().access_key_id(id).send().await.unwrap();
        assert!(audit.list_access_keys().send().await.unwrap().access_key_metadata().is_empty());
        let certificates = delete.list_signing_certificates().send().await.unwrap();
        let id = certificates.certificates()[0].certificate_id();
        delete.delete_signing_certificate().certificate_id(id).send().await.unwrap();
        delete.delete_login_profile().send().await.unwrap();
        let gone = audit.get_login_profile().send().await.unwrap_err();
        assert_eq!(gone.code(), Some("NoSuchEntity"), "no password (ROOT-4)");
    }

    #[tokio::test]
    async fn the_organization_says_which_features_are_on() {
        let sandbox = organization();
        let iam = aws_sdk_iam::Client::new(&config(&sandbox, "us-east-1"));
        let answer = iam.list_organizations_features().send().await.unwrap();
        let features: Vec<&str> = answer.enabled_features().iter().map(|feature| feature.as_str()).collect();
        assert_eq!(features, [super::CREDENTIALS, super::SESSIONS]);
        for (account, code) in [
            (MEMBER, "AccountNotManagementOrDelegatedAdministratorException"),
            ("999988887777", "OrganizationNotFoundException"),
        ] {
            let iam = aws_sdk_iam::Client::new(&config_for(&sandbox, "us-east-1", account));
            let error = iam.list_organizations_features().send().await.unwrap_err();
            assert_eq!(error.code(), Some(code), "{account}");
        }
    }
}
