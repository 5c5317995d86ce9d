//! Accounts that are made and closed. AWS does both in the background.

use super::access::{constraint, keep, manage, no_account, page, read};
use super::state::Creation;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateAccount", create),
    operation("DescribeCreateAccountStatus", describe),
    operation("ListCreateAccountStatus", list),
    operation("CloseAccount", close),
];

fn shown(id: &str, creation: &Creation) -> Fields {
    Fields::new()
        .with("Id", id)
        .with("AccountName", &creation.name)
        .with("State", state(creation))
        .time("RequestedTimestamp", creation.requested)
        .maybe("AccountId", creation.made.then_some(&creation.account))
        .maybe("FailureReason", creation.failure.as_ref())
}

fn state(creation: &Creation) -> &'static str {
    match (creation.made, &creation.failure) {
        (true, _) => "SUCCEEDED",
        (false, Some(_)) => "FAILED",
        (false, None) => "IN_PROGRESS",
    }
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let (email, name) = (params.required("Email")?.to_owned(), params.required("AccountName")?.to_owned());
    if !email.contains('@') || !(6..=64).contains(&email.len()) {
        return Err(
            params.invalid("Email", "must satisfy regular expression pattern: [^\\s@]+@[^\\s@]+\\.[^\\s@]+")
        );
    }
    let role = params.text("RoleName").unwrap_or("OrganizationAccountAccessRole").to_owned();
    let creation = Creation {
        name,
        email,
        role,
        tags: params.tags("Tags", "Key", "Value")?,
        account: new_account_id(cx),
        made: false,
        failure: None,
        requested: cx.now(),
    };
    let id = format!("car-{}", cx.world.ids.hex(32));
    let answer = Answer::empty().with("CreateAccountStatus", shown(&id, &creation));
    organization.requests.insert(id, creation);
    keep(cx, &management, organization);
    Ok(answer)
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (_, organization) = read(cx)?;
    let id = params.required("CreateAccountRequestId")?;
    let creation = organization.requests.get(id).ok_or_else(|| {
        let message = "You specified a create account request that doesn't exist.";
        Fault::client("CreateAccountStatusNotFoundException", message)
    })?;
    Ok(Answer::empty().with("CreateAccountStatus", shown(id, creation)))
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (_, organization) = read(cx)?;
    let asked = params.texts("States");
    let fits = |creation: &Creation| asked.is_empty() || asked.contains(&state(creation));
    let all = organization.requests.iter().filter(|(_, creation)| fits(creation)).collect();
    page(
        cx,
        params,
        ("CreateAccountStatuses", all),
        |(id, _)| (*id).clone(),
        |(id, creation)| shown(id, creation).into(),
    )
}

/// Twelve digits that no account has.
fn new_account_id(cx: &mut Context<'_>) -> String {
    loop {
        let hex = cx.world.ids.hex(12);
        let number = u64::from_str_radix(&hex, 16).unwrap_or_default();
        let id = format!("{}", 200_000_000_000 + number % 700_000_000_000);
        if !cx.world.accounts.contains_key(&id) {
            return id;
        }
    }
}

fn close(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let id = params.required("AccountId")?;
    if id == management {
        let message = "You can't close the management account.";
        return Err(constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", message));
    }
    if organization.administrators.contains_key(id) {
        let message = "You can't close an account that is registered as a delegated administrator.";
        return Err(constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", message));
    }
    let now = cx.now();
    let member = organization.members.get_mut(id).ok_or_else(no_account)?;
    match member.state.as_str() {
        "PENDING_CLOSURE" => {
            let message = "The request failed because it conflicts with the current state of the account.";
            return Err(Fault::client("ConflictException", message));
        }
        "SUSPENDED" | "CLOSED" => {
            let message = "You attempted to close an account that is already closed.";
            return Err(Fault::client("AccountAlreadyClosedException", message));
        }
        _ => {}
    }
    member.state = "PENDING_CLOSURE".to_owned();
    member.closed = Some(now);
    keep(cx, &management, organization);
    Ok(Answer::done())
}
