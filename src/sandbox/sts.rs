//! STS: who the caller is, and how to become somebody else.

use super::context::Context;
use super::iam;
use super::ids::account_of_key;
use super::lag::Versioned;
use super::root_session;
use super::service::{Operation, Service, operation};
use super::session::Session;
use super::wire::{Answer, Fault, Fields, Params, Protocol};
use super::world::Milliseconds;
use crate::policy::Use;
use crate::policy::syntax;

/// STS.
pub const SERVICE: Service = Service {
    name: "sts",
    protocol: Protocol::Query,
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    operations: &[OPERATIONS, root_session::OPERATIONS],
    members: include_str!("sts_members.txt"),
};

const OPERATIONS: &[Operation] = &[
    operation("GetCallerIdentity", get_caller_identity),
    operation("AssumeRole", assume_role),
    operation("GetSessionToken", get_session_token),
    operation("GetAccessKeyInfo", get_access_key_info),
];

/// Needs no permission and always works (ORG-7).
fn get_caller_identity(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    Ok(Answer::empty()
        .with("Arn", &cx.caller.arn)
        .with("UserId", &cx.caller.user_id)
        .with("Account", &cx.caller.account))
}

/// How long AssumeRole keeps saying no after a role was made (IAM-9).
const ROLE_SPREADS: Milliseconds = 10_000;

/// The role must exist; whether it trusts the caller, and whether the caller may assume it, was asked before.
///
/// "No role", "no trust" and "not yet" are the same answer (ORG-6).
fn assume_role(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = params.required("RoleArn")?;
    let name = params.required("RoleSessionName")?;
    let letters = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.len() > 64 {
        return Err(params.invalid("RoleSessionName", "must have length less than or equal to 64"));
    }
    if name.len() < 2 || !name.chars().all(letters) {
        return Err(
            params.invalid("RoleSessionName", "must satisfy regular expression pattern: [\\w+=,.@-]*")
        );
    }
    if params.text("ExternalId").is_some_and(|id| !(2..=1_224).contains(&id.len())) {
        return Err(params.invalid("ExternalId", "must have length between 2 and 1224"));
    }
    let seconds = params.number_in("DurationSeconds", 900..=43_200)?.unwrap_or(3_600);
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, account) = (parts.next(), parts.nth(1));
    let resource = parts.next().and_then(|resource| resource.strip_prefix("role/"));
    let (Some("iam"), Some(account), Some(path)) = (service, account, resource) else {
        return Err(Fault::client("ValidationError", format!("{arn} is invalid")));
    };
    if cx.caller.arn.ends_with(":root") {
        return Err(Fault::new(403, "AccessDenied", "Roles may not be assumed by root accounts."));
    }
    let denied = || {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            cx.caller.arn
        );
        Fault::new(403, "AccessDenied", message)
    };
    let role_name = path.rsplit('/').next().unwrap_or(path);
    let role = cx.world.accounts.get(account).and_then(|account| account.iam.roles.get(role_name));
    let role = role.map(Versioned::truth).filter(|role| role.entity.arn == arn).ok_or_else(denied)?;
    if !cx.lens().done(role.entity.created, ROLE_SPREADS) {
        return Err(denied());
    }
    let not_activated = cx
        .world
        .accounts
        .get(account)
        .is_some_and(|account| account.region_access.without_sts.contains(&cx.region));
    if not_activated {
        let message = format!(
            "STS is not activated in this region for account:{account}. Your account administrator can activate STS \
             in this region using the IAM Console."
        );
        return Err(Fault::new(403, "RegionDisabledException", message));
    }
    if seconds > role.max_session {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Fault::client("ValidationError", message));
    }
    if seconds > 3_600 && cx.caller.session {
        // A session that assumes a role gets an hour at most (ORG-5).
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(Fault::client("ValidationError", message));
    }
    let policies = session_policies(cx, params)?;
    let (account, role_name, role_id) =
        (account.to_owned(), role.entity.name.clone(), role.entity.id.clone());
    let (now, region) = (cx.now(), cx.region.clone());
    if let Some(role) = cx.world.account(&account).iam.roles.get_mut(&role_name) {
        role.change(now).last_used = Some((now, region));
    }
    let arn = format!("arn:{}:sts::{account}:assumed-role/{role_name}/{name}", cx.partition());
    let user = Fields::new().with("AssumedRoleId", format!("{role_id}:{name}")).with("Arn", &arn);
    let session = Session {
        arn,
        user_id: format!("{role_id}:{name}"),
        account,
        token: String::new(),
        issued: now,
        expires: now + seconds * 1_000,
        chained: cx.caller.session,
        task: None,
        policies,
        second_factor: gave_second_factor(params),
    };
    Ok(Answer::empty().with("Credentials", issue(cx, session)).with("AssumedRoleUser", user))
}

/// Whether a code of a device came along; which code it is, nobody can tell here.
fn gave_second_factor(params: &Params) -> bool {
    params.has("SerialNumber") && params.has("TokenCode")
}

/// The policies that limit a session: one in the request, and managed ones by ARN.
fn session_policies(cx: &Context<'_>, params: &Params) -> Result<Vec<String>, Fault> {
    let malformed =
        |message: String| Fault::client("MalformedPolicyDocument", syntax::said(&message).to_owned());
    let mut policies = Vec::new();
    if let Some(text) = params.text("Policy") {
        syntax::check(text, Use::Identity).map_err(malformed)?;
        policies.push(text.to_owned());
    }
    for arn in params.maps("PolicyArns").into_iter().filter_map(|named| named.text("arn")) {
        let document = iam::document(&cx.read_account()?.iam, arn, cx.lens());
        let document = document.ok_or_else(|| malformed(format!("Invalid policy ARN: {arn}")))?;
        policies.push(document.to_owned());
    }
    Ok(policies)
}

/// The ARN of the role behind a session; the caller's own where there is none.
pub(super) fn role_of(cx: &Context<'_>) -> String {
    let arn = &cx.caller.arn;
    let name = arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
    let role = name.and_then(|name| cx.world.accounts.get(&cx.caller.account)?.iam.roles.get(name));
    role.map_or_else(|| arn.clone(), |role| role.truth().entity.arn.clone())
}

/// Issues credentials for a session and forgets those that have expired.
pub(super) fn issue(cx: &mut Context<'_>, session: Session) -> Fields {
    let now = cx.now();
    cx.world.sessions.retain(|_, session| session.expires > now);
    let key = cx.world.ids.access_key("ASIA", &session.account);
    let secret = cx.world.ids.secret(40);
    let token = format!("IQoJb3JpZ2luX2Vj{}", cx.world.ids.secret(64));
    let fields = Fields::new()
        .with("AccessKeyId", &key)
        .with("SecretAccessKey", secret)
        .with("SessionToken", &token)
        .time("Expiration", session.expires);
    cx.world.sessions.insert(key, Session { token, ..session });
    fields
}

fn get_session_token(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    if cx.world.sessions.contains_key(&cx.caller.access_key) {
        return Err(Fault::new(403, "AccessDenied", "Cannot call GetSessionToken with session credentials"));
    }
    let longest = if cx.caller.arn.ends_with(":root") { 3_600 } else { 129_600 };
    let seconds = params.number_in("DurationSeconds", 900..=129_600)?.unwrap_or(43_200).min(longest);
    let now = cx.now();
    let session = Session {
        account: cx.caller.account.clone(),
        arn: cx.caller.arn.clone(),
        user_id: cx.caller.user_id.clone(),
        token: String::new(),
        issued: now,
        expires: now + seconds * 1_000,
        chained: false,
        task: None,
        policies: Vec::new(),
        second_factor: gave_second_factor(params),
    };
    Ok(Answer::empty().with("Credentials", issue(cx, session)))
}

fn get_access_key_info(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let key = params.required("AccessKeyId")?;
    let account = cx.world.sessions.get(key).map(|session| session.account.clone());
    let account = account
        .or_else(|| account_of_key(key))
        .ok_or_else(|| Fault::client("ValidationError", format!("Invalid access key id: {key}")))?;
    Ok(Answer::empty().with("Account", account))
}

#[cfg(test)]
mod tests {
    use aws_config::SdkConfig;
    use aws_sdk_sts::error::ProvideErrorMetadata as _;

    use crate::sandbox::testing::{config, config_for, config_with};
    use crate::sandbox::world::DEFAULT_ACCOUNT;
    use crate::sandbox::{Profile, Sandbox};

    const OTHER: &str = "111122223333";

    async fn account_of(config: &SdkConfig) -> String {
        let answer = aws_sdk_sts::Client::new(config).get_caller_identity().send().await.unwrap();
        answer.account().unwrap().to_owned()
    }

    /// Makes a role in the other account that trusts a principal on a condition.
    async fn role(sandbox: &Sandbox, name: &str, principal: &str, condition: &str) {
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},
            "Action":"sts:AssumeRole","Condition":{condition}}}]}}"#
        );
        aws_sdk_iam::Client::new(&config_for(sandbox, "us-east-1", OTHER))
            .create_role()
            .role_name(name)
            .assume_role_policy_document(trust)
            .send()
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn the_credential_chooses_the_account() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        assert_eq!(account_of(&config(&sandbox, "us-east-1")).await, DEFAULT_ACCOUNT);
        assert_eq!(account_of(&config_for(&sandbox, "eu-west-1", OTHER)).await, OTHER);
    }

    #[tokio::test]
    async fn a_role_that_trusts_the_caller_leads_into_its_account() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        role(&sandbox, "auditor", DEFAULT_ACCOUNT, r#"{"StringEquals":{"sts:ExternalId":"audit-2026"}}"#)
            .await;
        let sts = aws_sdk_sts::Client::new(&config(&sandbox, "us-east-1"));
        let ask = || {
            sts.assume_role().role_arn(format!("arn:aws:iam::{OTHER}:role/auditor")).role_session_name("me")
        };
        let error = ask().send().await.unwrap_err();
        assert_eq!(error.code(), Some("AccessDenied"));
        let answer = ask().external_id("audit-2026").send().await.unwrap();
        let arn = answer.assumed_role_user().unwrap().arn();
        assert_eq!(arn, format!("arn:aws:sts::{OTHER}:assumed-role/auditor/me"));
        let issued = answer.credentials().unwrap();
        let session = config_with(
            &sandbox,
            "us-east-1",
            (issued.access_key_id(), issued.secret_access_key(), Some(issued.session_token())),
        );
        assert_eq!(account_of(&session).await, OTHER);
        let stolen = config_with(&sandbox, "us-east-1", (issued.access_key_id(), "x", None));
        let error = aws_sdk_sts::Client::new(&stolen).get_caller_identity().send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidClientTokenId"));
    }

    #[tokio::test]
    async fn an_unknown_role_and_a_role_that_trusts_others_are_denied_alike() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        role(&sandbox, "theirs", "999988887777", "{}").await;
        let sts = aws_sdk_sts::Client::new(&config(&sandbox, "us-east-1"));
        for name in ["theirs", "nobody"] {
            let arn = format!("arn:aws:iam::{OTHER}:role/{name}");
            let error = sts.assume_role().role_arn(arn).role_session_name("me").send().await.unwrap_err();
            assert_eq!(error.code(), Some("AccessDenied"), "{name}");
        }
    }

    #[tokio::test]
    async fn a_session_ends() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        let sts = aws_sdk_sts::Client::new(&config(&sandbox, "us-east-1"));
        let answer = sts.get_session_token().duration_seconds(900).send().await.unwrap();
        let issued = answer.credentials().unwrap();
        let keys = (issued.access_key_id(), issued.secret_access_key(), Some(issued.session_token()));
        let session = config_with(&sandbox, "us-east-1", keys);
        assert_eq!(account_of(&session).await, DEFAULT_ACCOUNT);
        sandbox.with_world(|world| world.clock += 901_000);
        let error = aws_sdk_sts::Client::new(&session).get_caller_identity().send().await.unwrap_err();
        assert_eq!(error.code(), Some("ExpiredToken"));
    }
}
