//! Who asks, of which organization, and what has come about in the meantime.

use super::state::{Member, Organization, of};
use crate::partition;
use crate::sandbox::context::Context;
use crate::sandbox::iam;
use crate::sandbox::lag::Lens;
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

/// How long AWS takes to make an account, and to close one.
const MADE: Milliseconds = 20_000;

/// The caller's organization and the account that manages it; one endpoint serves all regions (ORG-1).
pub(super) fn own(cx: &mut Context<'_>) -> Result<(String, Organization), Fault> {
    let home = partition::of_region(&cx.region).map_or("us-east-1", |known| known.global_region);
    if cx.region != home {
        let message = format!("AWS Organizations is only reached through its endpoint in {home}.");
        return Err(Fault::client("UnsupportedAPIEndpointException", message));
    }
    let Some(management) = of(cx.world, cx.account_id()).map(|(management, _)| management.to_owned()) else {
        return Err(Fault::client(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    };
    bring_about(cx, &management);
    of(cx.world, &management)
        .map(|(_, organization)| (management.clone(), organization.clone()))
        .ok_or_else(|| Fault::new(500, "ServiceException", "the organization is gone"))
}

fn denied() -> Fault {
    Fault::client("AccessDeniedException", "You don't have permissions to access this resource.")
}

/// The same for reads that only the management account and delegated administrators may make (ORG-1).
pub(super) fn read(cx: &mut Context<'_>) -> Result<(String, Organization), Fault> {
    let (management, organization) = own(cx)?;
    if management == cx.account_id() || organization.administrators.contains_key(cx.account_id()) {
        return Ok((management, organization));
    }
    Err(denied())
}

/// The same for what only the management account may do.
pub(super) fn manage(cx: &mut Context<'_>) -> Result<(String, Organization), Fault> {
    let (management, organization) = own(cx)?;
    if management == cx.account_id() { Ok((management, organization)) } else { Err(denied()) }
}

/// Keeps the organization as it is now.
pub(super) fn keep(cx: &mut Context<'_>, management: &str, organization: Organization) {
    cx.world.account(management).organizations.organization = Some(organization);
}

/// What AWS does in the background: accounts that were asked for are made, and those that were closed are suspended.
fn bring_about(cx: &mut Context<'_>, management: &str) {
    let (lens, now): (Lens, _) = (cx.lens(), cx.now());
    let Some((_, organization)) = of(cx.world, management) else { return };
    let mut organization = organization.clone();
    let mut made = Vec::new();
    for creation in organization.requests.values_mut() {
        if creation.made || creation.failure.is_some() || !lens.done(creation.requested, MADE) {
            continue;
        }
        if organization.members.values().any(|member| member.email == creation.email) {
            creation.failure = Some("EMAIL_ALREADY_EXISTS".to_owned());
            continue;
        }
        let id = creation.account.clone();
        let member = Member {
            name: creation.name.clone(),
            email: creation.email.clone(),
            state: "ACTIVE".to_owned(),
            created: true,
            joined: now,
            unit: String::new(),
            closed: None,
        };
        organization.members.insert(id.clone(), member);
        if !creation.tags.is_empty() {
            organization.tags.insert(id.clone(), creation.tags.clone());
        }
        creation.made = true;
        made.push((id, creation.role.clone()));
    }
    for member in organization.members.values_mut() {
        if member.state == "PENDING_CLOSURE" && member.closed.is_some_and(|at| lens.done(at, MADE)) {
            member.state = "SUSPENDED".to_owned();
        }
    }
    for (id, role) in made {
        iam::add_organization_role(cx.world, &id, management, &role, true);
    }
    keep(cx, management, organization);
}

/// A refusal of a value, with the reason that AWS gives it.
pub(super) fn invalid(reason: &str) -> Fault {
    Fault::client("InvalidInputException", format!("You specified an invalid value: {reason}"))
        .detail("Reason", reason)
}

/// A refusal by a rule or a quota of the organization.
pub(super) fn constraint(reason: &str, message: &str) -> Fault {
    Fault::client("ConstraintViolationException", message).detail("Reason", reason)
}

pub(super) fn no_account() -> Fault {
    Fault::client("AccountNotFoundException", "You specified an account that doesn't exist.")
}

/// A page of what is there, as all lists of Organizations are cut (ORG-1).
pub(super) fn page<T>(
    cx: &Context<'_>,
    params: &Params,
    (name, items): (&'static str, Vec<T>),
    key: impl Fn(&T) -> String,
    shown: impl Fn(T) -> Node,
) -> Result<Answer, Fault> {
    let limit = params.number_in("MaxResults", 1..=20)?.unwrap_or(20);
    let limit = usize::try_from(limit).unwrap_or(20);
    let page = cx.page(items, key, params.text("NextToken"), limit);
    let (items, next) = page.map_err(|_| invalid("INVALID_NEXT_TOKEN"))?;
    Ok(Fields::new().list(name, items.into_iter().map(shown)).maybe("NextToken", next).into())
}
