//! What IAM tells about the whole account: summary, credential report, alias and identity providers.

use super::entity::{exists, listed, missing};
use super::state::{AccessKey, Report, State, User};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::{Milliseconds, iso8601};

/// Operations on the account.
pub const OPERATIONS: &[Operation] = &[
    operation("GetAccountSummary", summary),
    operation("GenerateCredentialReport", generate),
    operation("GetCredentialReport", get_report),
    operation("CreateAccountAlias", create_alias),
    operation("DeleteAccountAlias", delete_alias),
    operation("ListAccountAliases", list_aliases),
    operation("ListSAMLProviders", list_saml),
    operation("ListServerCertificates", |_, _| Ok(none_paged("ServerCertificateMetadataList"))),
    operation("ListSSHPublicKeys", |_, _| Ok(none_paged("SSHPublicKeys"))),
    operation("ListServiceSpecificCredentials", |_, _| Ok(none("ServiceSpecificCredentials"))),
];

/// A list of things that the sandbox offers no way to make.
fn none(list: &'static str) -> Answer {
    Fields::new().list(list, Vec::<Node>::new()).into()
}

fn none_paged(list: &'static str) -> Answer {
    none(list).with("IsTruncated", false)
}

/// Quotas are AWS's defaults; `Account...` entries are about the root user (IAM-19).
fn summary(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let iam = &cx.read_account()?.iam;
    let versions: usize = iam.policies.values().map(|policy| policy.truth().versions.len()).sum();
    let root = &iam.root;
    let map: [(&str, usize); 34] = [
        ("Users", iam.users.len()),
        ("UsersQuota", 5_000),
        ("Groups", iam.groups.len()),
        ("GroupsQuota", 300),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 20),
        ("UserPolicySizeQuota", 2_048),
        ("GroupPolicySizeQuota", 5_120),
        ("GroupsPerUserQuota", 10),
        ("SigningCertificatesPerUserQuota", 2),
        ("AccessKeysPerUserQuota", 2),
        ("MFADevices", iam.mfa.len()),
        ("MFADevicesInUse", iam.mfa.values().filter(|device| device.user.is_some()).count()),
        ("AccountMFAEnabled", usize::from(root.mfa.is_some())),
        ("AccountAccessKeysPresent", usize::from(!root.keys.is_empty())),
        ("AccountPasswordPresent", usize::from(root.password)),
        ("AccountSigningCertificatesPresent", usize::from(!root.certificates.is_empty())),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("Policies", iam.policies.len()),
        ("PoliciesQuota", 1_500),
        ("PolicySizeQuota", 6_144),
        ("PolicyVersionsInUse", versions),
        ("PolicyVersionsInUseQuota", 10_000),
        ("VersionsPerPolicyQuota", 5),
        ("GlobalEndpointTokenVersion", 1),
        ("AssumeRolePolicySizeQuota", 2_048),
        ("InstanceProfiles", iam.profiles.len()),
        ("InstanceProfilesQuota", 1_000),
        ("Providers", 1 + iam.oidc.len()),
        ("RolePolicySizeQuota", 10_240),
        ("Roles", iam.roles.len()),
        ("RolesQuota", 1_000),
    ];
    let entries = map.map(|(key, value)| Fields::new().with("key", key).with("value", value));
    Ok(Answer::empty().with("SummaryMap", Node::named("entry", entries)))
}

/// A report is made at most every four hours (IAM-20).
const REPORT_AGE: Milliseconds = 4 * 3_600_000;

fn generate(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let state = match &cx.read_account()?.iam.report {
        Some(report) if lens.now - report.started < REPORT_AGE => {
            if lens.done(report.started, 3_000) {
                "COMPLETE"
            } else {
                "INPROGRESS"
            }
        }
        _ => "STARTED",
    };
    let fields = Fields::new().with("State", state);
    if state != "STARTED" {
        return Ok(fields.into());
    }
    let text = csv(&cx.read_account()?.iam);
    cx.account().iam.report = Some(Report { started: lens.now, text });
    Ok(fields.with("Description", "No report exists. Starting a new report generation task").into())
}

fn get_report(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let report = cx.read_account()?.iam.report.as_ref();
    let report = report.ok_or_else(|| {
        Fault::new(
            410,
            "ReportNotPresent",
            "There is no credential report; call GenerateCredentialReport first",
        )
    })?;
    if !lens.done(report.started, 3_000) {
        return Err(Fault::new(404, "ReportInProgress", "The credential report is still being generated"));
    }
    if lens.now - report.started >= REPORT_AGE {
        return Err(Fault::new(410, "ReportExpired", "The credential report is older than four hours"));
    }
    let fields = Fields::new()
        .with("Content", aws_smithy_types::base64::encode(&report.text))
        .with("ReportFormat", "text/csv")
        .time("GeneratedTime", report.started);
    Ok(fields.into())
}

const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// The report's own way to write a time.
fn stamp(at: Milliseconds) -> String {
    iso8601(at, false).replace('Z', "+00:00")
}

fn csv(iam: &State) -> String {
    let root = &iam.root;
    let used = root.password_last_used.map_or_else(|| "no_information".to_owned(), stamp);
    let arn = iam.arn("root");
    let mut row = vec!["<root_account>".to_owned(), arn, stamp(root.created)];
    row.extend(["not_supported".to_owned(), used, "not_supported".to_owned(), "not_supported".to_owned()]);
    row.push(root.mfa.is_some().to_string());
    row.extend(key_columns(&root.keys));
    let mut lines = vec![COLUMNS.to_owned(), row.join(",")];
    lines.extend(iam.users.values().map(Versioned::truth).map(|user| user_row(iam, user)));
    lines.join("\n")
}

fn user_row(iam: &State, user: &User) -> String {
    let entity = &user.entity;
    let mut row = vec![entity.name.clone(), entity.arn.clone(), stamp(entity.created)];
    match &user.login {
        Some(login) => {
            let age = iam.password_policy.truth().as_ref().and_then(|policy| policy.max_age);
            let next = age.map(|days| stamp(login.created + days * 86_400_000));
            let used = user.password_last_used.map_or_else(|| "no_information".to_owned(), stamp);
            row.extend([
                "true".to_owned(),
                used,
                stamp(login.created),
                next.unwrap_or_else(|| "N/A".to_owned()),
            ]);
        }
        None => row.extend(["false", "N/A", "N/A", "N/A"].map(str::to_owned)),
    }
    row.push((!user.mfa.is_empty()).to_string());
    row.extend(key_columns(&user.keys));
    row.join(",")
}

/// Two keys of five columns each, and two certificates, which the sandbox does not have.
fn key_columns(keys: &[AccessKey]) -> Vec<String> {
    let mut columns = Vec::new();
    for index in 0..2 {
        match keys.get(index) {
            Some(key) => {
                let used = key.last_used.clone().map(|(at, region, service)| [stamp(at), region, service]);
                // When it was last changed, which is no age; nothing for a key that is off.
                let changed = stamp(key.changed.unwrap_or(key.created));
                let changed = if key.active { changed } else { "N/A".to_owned() };
                columns.extend([key.active.to_string(), changed]);
                columns.extend(used.unwrap_or_else(|| ["N/A", "N/A", "N/A"].map(str::to_owned)));
            }
            None => columns.extend(["false", "N/A", "N/A", "N/A", "N/A"].map(str::to_owned)),
        }
    }
    columns.extend(["false", "N/A", "false", "N/A"].map(str::to_owned));
    columns
}

fn create_alias(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let alias = params.required("AccountAlias")?;
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = alias.starts_with('-') || alias.ends_with('-') || alias.contains("--");
    if !(3..=63).contains(&alias.len()) || ends || !alias.bytes().all(letters) {
        return Err(params.invalid(
            "AccountAlias",
            "must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
        ));
    }
    let taken = |account: &crate::sandbox::world::Account| account.iam.alias.as_deref() == Some(alias);
    if cx.world.accounts.values().any(taken) {
        return Err(exists(&format!("The account alias {alias} already exists.")));
    }
    let iam = &mut cx.account().iam;
    // An account has one alias; a new one takes the place of the old.
    iam.alias = Some(alias.to_owned());
    Ok(Answer::empty())
}

fn delete_alias(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let alias = params.required("AccountAlias")?;
    let iam = &mut cx.account().iam;
    if iam.alias.as_deref() != Some(alias) {
        return Err(missing(&format!("The account alias {alias} cannot be found.")));
    }
    iam.alias = None;
    Ok(Answer::empty())
}

fn list_aliases(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let aliases: Vec<&String> = cx.read_account()?.iam.alias.iter().collect();
    listed(cx, params, "AccountAliases", aliases, |alias| (*alias).clone(), |alias| *alias)
}

/// The provider that the administrator's role trusts.
fn list_saml(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let created = cx.read_account()?.iam.root.created;
    let provider = Fields::new()
        .with("Arn", cx.global_arn("iam", "saml-provider/AWSSSO_DO_NOT_DELETE"))
        .time("ValidUntil", created + 100 * 365 * 86_400_000)
        .time("CreateDate", created);
    Ok(Fields::new().list("SAMLProviderList", [provider]).into())
}
