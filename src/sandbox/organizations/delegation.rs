//! Members that administer a service for the organization, and may read it.

use super::access::{constraint, keep, manage, no_account, page, read};
use super::accounts;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("RegisterDelegatedAdministrator", register),
    operation("DeregisterDelegatedAdministrator", deregister),
    operation("ListDelegatedAdministrators", list),
    operation("ListDelegatedServicesForAccount", list_services),
];

fn register(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let (id, service) = (params.required("AccountId")?, params.required("ServicePrincipal")?);
    if !organization.members.contains_key(id) {
        return Err(no_account());
    }
    if id == management {
        let message =
            "You cannot register master account/yourself as delegated administrator for your organization.";
        return Err(constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", message));
    }
    let now = cx.now();
    let services = organization.administrators.entry(id.to_owned()).or_default();
    if services.contains_key(service) {
        let message = "The provided account is already a delegated administrator for your organization.";
        return Err(Fault::client("AccountAlreadyRegisteredException", message));
    }
    services.insert(service.to_owned(), now);
    keep(cx, &management, organization);
    Ok(Answer::done())
}

fn not_registered() -> Fault {
    let message = "The provided account is not a registered delegated administrator for your organization.";
    Fault::client("AccountNotRegisteredException", message)
}

fn deregister(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let (id, service) = (params.required("AccountId")?, params.required("ServicePrincipal")?);
    if !organization.members.contains_key(id) {
        return Err(no_account());
    }
    let services = organization.administrators.get_mut(id).ok_or_else(not_registered)?;
    services.remove(service).ok_or_else(not_registered)?;
    if services.is_empty() {
        organization.administrators.remove(id);
    }
    keep(cx, &management, organization);
    Ok(Answer::done())
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    let service = params.text("ServicePrincipal");
    let administers = |services: &std::collections::BTreeMap<String, i64>| {
        service.is_none_or(|service| services.contains_key(service))
    };
    let all = organization.administrators.iter().filter(|(_, services)| administers(services));
    let all = all.filter_map(|(id, services)| Some((id, services, organization.members.get(id)?))).collect();
    page(
        cx,
        params,
        ("DelegatedAdministrators", all),
        |(id, ..)| (*id).clone(),
        |(id, services, member)| {
            let since = services.values().min().copied().unwrap_or_default();
            accounts::shown(&management, &organization, id, member)
                .time("DelegationEnabledDate", since)
                .into()
        },
    )
}

fn list_services(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (_, organization) = read(cx)?;
    let id = params.required("AccountId")?;
    if !organization.members.contains_key(id) {
        return Err(no_account());
    }
    let services = organization.administrators.get(id).ok_or_else(not_registered)?;
    page(
        cx,
        params,
        ("DelegatedServices", services.iter().collect()),
        |(service, _)| (*service).clone(),
        |(service, since)| {
            Fields::new().with("ServicePrincipal", service).time("DelegationEnabledDate", *since).into()
        },
    )
}
