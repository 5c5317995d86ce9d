//! Managed policies and their versions.

use super::attach::{find, is_attached, policy_arn};
use super::entity::{
    conflict, encoded, exists, listed, malformed, missing, name, path, quota, tag_list, tags,
};
use super::managed::{self, Managed};
use super::state::{Policy, PolicyVersion, State};
use crate::policy::syntax::SYNTAX;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::policy::{Document, Problem, Use};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::World;

/// Operations on managed policies.
pub const OPERATIONS: &[Operation] = &[
    operation("CreatePolicy", create),
    operation("GetPolicy", get),
    operation("ListPolicies", list),
    operation("DeletePolicy", delete),
    operation("CreatePolicyVersion", create_version),
    operation("GetPolicyVersion", get_version),
    operation("ListPolicyVersions", list_versions),
    operation("SetDefaultPolicyVersion", set_default),
    operation("DeletePolicyVersion", delete_version),
];

fn absent(arn: &str) -> Fault {
    missing(&format!("Policy {arn} was not found."))
}

/// A policy of the account's own, as lists show it; what is read alone has its description and its tags, too.
fn shown(iam: &State, policy: &Policy) -> Fields {
    Fields::new()
        .with("PolicyName", &policy.name)
        .with("PolicyId", &policy.id)
        .with("Arn", &policy.arn)
        .with("Path", &policy.path)
        .with("DefaultVersionId", format!("v{}", policy.default))
        .with("AttachmentCount", iam.attachments(&policy.arn))
        .with("PermissionsBoundaryUsageCount", iam.boundaries(&policy.arn))
        .with("IsAttachable", true)
        .time("CreateDate", policy.created)
        .time("UpdateDate", policy.updated)
}

/// A policy of AWS's, as answers show it.
fn shown_managed(iam: &State, policy: &Managed) -> Fields {
    Fields::new()
        .with("PolicyName", policy.name)
        .with("PolicyId", policy.id())
        .with("Arn", policy.arn(&iam.partition))
        .with("Path", policy.path)
        .with("DefaultVersionId", format!("v{}", policy.version))
        .with("AttachmentCount", iam.attachments(&policy.arn(&iam.partition)))
        .with("PermissionsBoundaryUsageCount", iam.boundaries(&policy.arn(&iam.partition)))
        .with("IsAttachable", true)
        .time("CreateDate", policy.created())
        .time("UpdateDate", policy.updated())
}

fn document(cx: &Context<'_>, params: &Params) -> Result<Document, Fault> {
    let text = params.required("PolicyDocument")?;
    let document = Document::read(cx.world, cx.lens(), text, Use::Identity);
    let is_form = matches!(&document, Err(Problem::Syntax(said)) if said == SYNTAX || said.ends_with("Json"));
    let version = serde_json::from_str(text).ok();
    let version = version.as_ref().and_then(|policy: &serde_json::Value| policy.get("Version"));
    // Inline and trust policies may be older; of a managed one IAM looks at its form, then at this, then at the rest.
    if !is_form && version.and_then(serde_json::Value::as_str) != Some("2012-10-17") {
        return Err(malformed(Problem::Syntax(
            "Policy document must be version 2012-10-17 or greater.".to_owned(),
        )));
    }
    let document = document.map_err(malformed)?;
    // White space is not counted (IAM-18).
    if document.written().chars().filter(|c| !c.is_whitespace()).count() > 6_144 {
        return Err(quota("Cannot exceed quota for PolicySize: 6144"));
    }
    Ok(document)
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, path, tags) = (name(params, "PolicyName", 128)?, path(params)?, tags(params)?);
    let description = params.text("Description").filter(|text| !text.is_empty());
    if description.is_some_and(|text| text.chars().count() > 1_000) {
        return Err(params.invalid("Description", "must have length less than or equal to 1000"));
    }
    let document = document(cx, params)?;
    let id = cx.world.ids.unique("ANPA");
    let now = cx.now();
    let arn = cx.global_arn("iam", format_args!("policy{path}{name}"));
    let iam = &mut cx.account().iam;
    // Unlike the others, a policy's name need only be unique with its path (aws-truths 1.5 (a)).
    if iam.policies.keys().any(|taken| taken.eq_ignore_ascii_case(&arn)) {
        return Err(exists(&format!(
            "A policy called {name} already exists. Duplicate names are not allowed."
        )));
    }
    if iam.policies.len() >= 1_500 {
        return Err(quota("Cannot exceed quota for PoliciesPerAccount: 1500"));
    }
    let policy = Policy {
        path: path.to_owned(),
        name: name.to_owned(),
        id,
        arn: arn.clone(),
        description: description.map(str::to_owned),
        created: now,
        updated: now,
        versions: [(1, PolicyVersion { document, created: now })].into(),
        default: 1,
        newest: 1,
        tags,
    };
    iam.policies.insert(arn, Versioned::new(policy.clone(), now));
    Ok(Answer::empty().with("Policy", shown(iam, &policy).maybe("Tags", tag_list(&policy.tags))))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = policy_arn(params)?;
    let iam = &cx.read_account()?.iam;
    let fields = match managed::find(cx.partition(), arn) {
        Some(policy) => shown_managed(iam, policy),
        None => {
            let policy = find(&iam.policies, arn, cx.lens()).ok_or_else(|| absent(arn))?;
            let description = policy.description.as_deref();
            // Unlike elsewhere, a list without tags is there.
            shown(iam, policy)
                .maybe("Description", description)
                .with("Tags", Node::tags("Key", "Value", &policy.tags))
        }
    };
    Ok(Answer::empty().with("Policy", fields))
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let scope = params.choice("Scope", &["All", "AWS", "Local"])?.unwrap_or("All");
    let usage = params.choice("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let only_attached = params.flag("OnlyAttached")?.unwrap_or(false);
    let prefix = params.text("PathPrefix").unwrap_or("/");
    let lens = cx.lens();
    let iam = &cx.read_account()?.iam;
    let fits = |arn: &str, path: &str| {
        path.starts_with(prefix)
            && (!only_attached || is_attached(iam, arn))
            && match usage {
                Some("PermissionsPolicy") => iam.attachments(arn) > 0,
                Some(_) => iam.boundaries(arn) > 0,
                None => true,
            }
    };
    let mut found: Vec<(String, Fields)> = Vec::new();
    if scope != "AWS" {
        let own = iam.policies.iter().filter_map(|(arn, policy)| policy.seen(lens, arn));
        let own = own.filter(|policy| fits(&policy.arn, &policy.path));
        found.extend(own.map(|policy| (policy.arn.clone(), shown(iam, policy))));
    }
    if scope != "Local" {
        let theirs = managed::all().iter().filter(|policy| fits(&policy.arn(&iam.partition), policy.path));
        found.extend(theirs.map(|policy| (policy.arn(&iam.partition), shown_managed(iam, policy))));
    }
    listed(cx, params, "Policies", found, |(arn, _)| arn.clone(), |(_, fields)| fields.clone())
}

/// A policy of the account's own that is about to be changed.
fn change<'a>(cx: &'a mut Context<'_>, arn: &str) -> Result<&'a mut Versioned<Policy>, Fault> {
    if arn.contains(":iam::aws:") {
        return Err(Fault::new(403, "AccessDenied", format!("Cannot change AWS managed policy {arn}")));
    }
    let lens = cx.lens();
    cx.account()
        .iam
        .policies
        .get_mut(arn)
        .filter(|policy| policy.seen(lens, arn).is_some())
        .ok_or_else(|| absent(arn))
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = policy_arn(params)?;
    let versions = change(cx, arn)?.truth().versions.len();
    let iam = &mut cx.account().iam;
    if is_attached(iam, arn) {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    if versions > 1 {
        return Err(conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's \
             versions. The default version is deleted with the policy.",
        ));
    }
    iam.policies.remove(arn);
    Ok(Answer::empty())
}

fn version(world: &World, number: u32, version: &PolicyVersion, is_default: bool, whole: bool) -> Fields {
    Fields::new()
        .maybe("Document", whole.then(|| encoded(&version.document.shown(world))))
        .with("VersionId", format!("v{number}"))
        .with("IsDefaultVersion", is_default)
        .time("CreateDate", version.created)
}

fn create_version(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = policy_arn(params)?;
    let document = document(cx, params)?;
    let is_default = params.flag("SetAsDefault")?.unwrap_or(false);
    let now = cx.now();
    let policy = change(cx, arn)?;
    if policy.truth().versions.len() >= 5 {
        return Err(quota(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an \
             existing version.",
        ));
    }
    let policy = policy.change(now);
    policy.newest += 1;
    let (number, made) = (policy.newest, PolicyVersion { document, created: now });
    policy.versions.insert(number, made.clone());
    if is_default {
        policy.default = number;
        policy.updated = now;
    }
    // The answer leaves out the document, which the caller has just sent.
    Ok(Answer::empty().with("PolicyVersion", version(cx.world, number, &made, is_default, false)))
}

fn number(params: &Params) -> Result<u32, Fault> {
    let text = params.required("VersionId")?;
    let number = text.strip_prefix('v').and_then(|number| number.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| {
        params
            .invalid("VersionId", "must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")
    })
}

fn no_version(arn: &str, number: u32) -> Fault {
    missing(&format!("Policy {arn} version v{number} does not exist or is not attachable."))
}

fn get_version(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (arn, number) = (policy_arn(params)?, number(params)?);
    let fields = if let Some(policy) = managed::find(cx.partition(), arn) {
        if number != policy.version {
            return Err(no_version(arn, number));
        }
        let made = PolicyVersion { document: Document::trusted(policy.document), created: policy.updated() };
        version(cx.world, number, &made, true, true)
    } else {
        let policy = find(&cx.read_account()?.iam.policies, arn, cx.lens()).ok_or_else(|| absent(arn))?;
        let made = policy.versions.get(&number).ok_or_else(|| no_version(arn, number))?;
        version(cx.world, number, made, number == policy.default, true)
    };
    Ok(Answer::empty().with("PolicyVersion", fields))
}

fn list_versions(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = policy_arn(params)?;
    let found: Vec<(u32, Fields)> = if let Some(policy) = managed::find(cx.partition(), arn) {
        let made = PolicyVersion { document: Document::trusted(""), created: policy.updated() };
        vec![(policy.version, version(cx.world, policy.version, &made, true, false))]
    } else {
        let policy = find(&cx.read_account()?.iam.policies, arn, cx.lens()).ok_or_else(|| absent(arn))?;
        let show = |(number, made): (&u32, &PolicyVersion)| {
            (*number, version(cx.world, *number, made, *number == policy.default, false))
        };
        policy.versions.iter().map(show).collect()
    };
    // Newest first, as AWS lists them.
    let key = |(number, _): &(u32, Fields)| format!("{:010}", u32::MAX - number);
    listed(cx, params, "Versions", found, key, |(_, fields)| fields.clone())
}

fn set_default(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (arn, number) = (policy_arn(params)?, number(params)?);
    let now = cx.now();
    let policy = change(cx, arn)?;
    if !policy.truth().versions.contains_key(&number) {
        return Err(no_version(arn, number));
    }
    let policy = policy.change(now);
    policy.default = number;
    policy.updated = now;
    Ok(Answer::empty())
}

fn delete_version(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (arn, number) = (policy_arn(params)?, number(params)?);
    let now = cx.now();
    let policy = change(cx, arn)?;
    if !policy.truth().versions.contains_key(&number) {
        return Err(no_version(arn, number));
    }
    if policy.truth().default == number {
        return Err(conflict("Cannot delete the default version of a policy."));
    }
    policy.change(now).versions.remove(&number);
    Ok(Answer::empty())
}

/// A policy of the account's own with all its versions, for `GetAccountAuthorizationDetails`.
pub fn detailed(world: &World, iam: &State, policy: &Policy) -> Fields {
    let versions = policy
        .versions
        .iter()
        .rev()
        .map(|(number, made)| version(world, *number, made, *number == policy.default, true));
    shown(iam, policy).maybe("Description", policy.description.as_deref()).list("PolicyVersionList", versions)
}

/// A policy of AWS's with its version, for `GetAccountAuthorizationDetails`.
pub fn detailed_managed(world: &World, iam: &State, policy: &Managed) -> Fields {
    let made = PolicyVersion { document: Document::trusted(policy.document), created: policy.updated() };
    let version = version(world, policy.version, &made, true, true);
    shown_managed(iam, policy).list("PolicyVersionList", [version])
}
