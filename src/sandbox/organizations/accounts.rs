//! The organization and its accounts.

use super::access::{no_account, own, page, read};
use super::state::{Member, Organization};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("DescribeOrganization", describe_organization),
    operation("ListAccounts", list_accounts),
    operation("ListAccountsForParent", list_accounts_for_parent),
    operation("DescribeAccount", describe_account),
    operation("ListAWSServiceAccessForOrganization", list_service_access),
];

fn describe_organization(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let (management, organization) = own(cx)?;
    let email = organization.members.get(&management).map(|member| member.email.clone()).unwrap_or_default();
    let id = &organization.id;
    let arn = |rest: String| format!("arn:aws:organizations::{management}:{rest}");
    let control = Fields::new().with("Type", "SERVICE_CONTROL_POLICY").with("Status", "ENABLED");
    let shown = Fields::new()
        .with("Id", id)
        .with("Arn", arn(format!("organization/{id}")))
        .with("FeatureSet", "ALL")
        .with("MasterAccountArn", arn(format!("account/{id}/{management}")))
        .with("MasterAccountId", &management)
        .with("MasterAccountEmail", email)
        .list("AvailablePolicyTypes", organization.controls.then_some(control));
    Ok(Answer::empty().with("Organization", shown))
}

/// Both `State` and the retired `Status` (ORG-2).
pub(super) fn shown(management: &str, organization: &Organization, id: &str, member: &Member) -> Fields {
    let status = match member.state.as_str() {
        state @ ("ACTIVE" | "PENDING_CLOSURE") => state,
        _ => "SUSPENDED",
    };
    Fields::new()
        .with("Id", id)
        .with("Arn", organization.arn(management, id))
        .with("Email", &member.email)
        .with("Name", &member.name)
        .with("Status", status)
        .with("State", &member.state)
        .with("JoinedMethod", if member.created { "CREATED" } else { "INVITED" })
        .time("JoinedTimestamp", member.joined)
}

/// The same with where it is.
fn placed(management: &str, organization: &Organization, id: &str, member: &Member) -> Fields {
    let path = || format!("{}/{}/{id}/", organization.id, organization.around(id).join("/"));
    let paths = (!organization.without_paths).then(|| Node::list([path()]));
    shown(management, organization, id, member).maybe("Paths", paths)
}

fn list_accounts(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let whole = read(cx)?;
    listed(cx, params, whole, |_, _| true)
}

/// Those directly in it, not those of units inside.
fn list_accounts_for_parent(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let whole = read(cx)?;
    let parent = super::units::parent(&whole.1, params)?;
    listed(cx, params, whole, |organization, id| organization.parent(id) == parent)
}

/// A page of the accounts for which that holds.
fn listed(
    cx: &mut Context<'_>,
    params: &Params,
    (management, organization): (String, Organization),
    is_meant: impl Fn(&Organization, &str) -> bool,
) -> Result<Answer, Fault> {
    let members = organization.members.iter().filter(|(id, _)| is_meant(&organization, id)).collect();
    page(
        cx,
        params,
        ("Accounts", members),
        |(id, _)| (*id).clone(),
        |(id, member)| placed(&management, &organization, id, member).into(),
    )
}

fn describe_account(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    let id = params.required("AccountId")?;
    let member = organization.members.get(id).ok_or_else(no_account)?;
    Ok(Answer::empty().with("Account", placed(&management, &organization, id, member)))
}

fn list_service_access(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (_, organization) = read(cx)?;
    let services = organization.trusted.iter().collect();
    page(
        cx,
        params,
        ("EnabledServicePrincipals", services),
        |service| (*service).clone(),
        |service| Fields::new().with("ServicePrincipal", service).into(),
    )
}
