//! The root, its units, and where an account is.

use super::access::{constraint, invalid, keep, manage, no_account, page, read};
use super::state::{Organization, Unit};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("ListRoots", list_roots),
    operation("CreateOrganizationalUnit", create),
    operation("UpdateOrganizationalUnit", update),
    operation("DeleteOrganizationalUnit", delete),
    operation("DescribeOrganizationalUnit", describe),
    operation("ListOrganizationalUnitsForParent", list),
    operation("ListParents", list_parents),
    operation("ListChildren", list_children),
    operation("MoveAccount", move_account),
];

/// How deep units may lie in each other below the root ("Quotas", AWS Organizations User Guide).
const DEEPEST: usize = 5;

/// The root or unit that `ParentId` names.
pub(super) fn parent(organization: &Organization, params: &Params) -> Result<String, Fault> {
    let id = params.required("ParentId")?;
    let is_there = id == organization.root() || organization.units.contains_key(id);
    is_there
        .then(|| id.to_owned())
        .ok_or_else(|| Fault::client("ParentNotFoundException", "You specified parent that doesn't exist."))
}

fn no_unit() -> Fault {
    Fault::client(
        "OrganizationalUnitNotFoundException",
        "You specified an organizational unit that doesn't exist.",
    )
}

fn shown(management: &str, organization: &Organization, id: &str, unit: &Unit) -> Fields {
    let path = || format!("{}/{}/{id}/", organization.id, organization.around(id).join("/"));
    Fields::new()
        .with("Id", id)
        .with("Arn", organization.arn(management, id))
        .with("Name", &unit.name)
        .maybe("Path", (!organization.without_paths).then(path))
}

fn list_roots(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    let control = Fields::new().with("Type", "SERVICE_CONTROL_POLICY").with("Status", "ENABLED");
    let root = Fields::new()
        .with("Id", organization.root())
        .with("Arn", organization.arn(&management, &organization.root()))
        .with("Name", "Root")
        .list("PolicyTypes", organization.controls.then_some(control));
    page(cx, params, ("Roots", vec![root]), |_| organization.root(), Into::into)
}

/// Refuses a name that another unit of the same parent has.
fn is_free(organization: &Organization, parent: &str, name: &str, own: &str) -> Result<(), Fault> {
    if name.chars().count() > 128 {
        return Err(invalid("MAX_LENGTH_EXCEEDED"));
    }
    let taken =
        organization.units.iter().any(|(id, unit)| id != own && unit.parent == parent && unit.name == name);
    if taken {
        return Err(Fault::client(
            "DuplicateOrganizationalUnitException",
            "An OU with the same name already exists.",
        ));
    }
    Ok(())
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let (parent, name) = (parent(&organization, params)?, params.required("Name")?.to_owned());
    is_free(&organization, &parent, &name, "")?;
    let depth = if parent.starts_with("r-") { 0 } else { organization.around(&parent).len() };
    if depth >= DEEPEST {
        return Err(constraint("OU_DEPTH_LIMIT_EXCEEDED", "You have exceeded the OU depth limit."));
    }
    let tags = params.tags("Tags", "Key", "Value")?;
    let id = format!("ou-{}-{}", organization.root().trim_start_matches("r-"), cx.world.ids.hex(8));
    organization.units.insert(id.clone(), Unit { name, parent });
    if !tags.is_empty() {
        organization.tags.insert(id.clone(), tags);
    }
    answer_with(cx, management, organization, &id)
}

/// Keeps the organization, and answers with one of its units.
fn answer_with(
    cx: &mut Context<'_>,
    management: String,
    organization: Organization,
    id: &str,
) -> Result<Answer, Fault> {
    let unit = organization.units.get(id).ok_or_else(no_unit)?;
    let shown = shown(&management, &organization, id, unit);
    keep(cx, &management, organization);
    Ok(Answer::empty().with("OrganizationalUnit", shown))
}

fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let id = params.required("OrganizationalUnitId")?;
    let unit = organization.units.get(id).ok_or_else(no_unit)?;
    if let Some(name) = params.text("Name") {
        is_free(&organization, &unit.parent, name, id)?;
        if let Some(unit) = organization.units.get_mut(id) {
            name.clone_into(&mut unit.name);
        }
    }
    answer_with(cx, management, organization, id)
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let id = params.required("OrganizationalUnitId")?;
    if !organization.units.contains_key(id) {
        return Err(no_unit());
    }
    let is_used = organization.members.values().any(|member| member.unit == id)
        || organization.units.values().any(|unit| unit.parent == id);
    if is_used {
        let message = "The specified OU is not empty. Move all accounts to another root or to other OUs, remove \
                       all child OUs, and try the operation again.";
        return Err(Fault::client("OrganizationalUnitNotEmptyException", message));
    }
    organization.units.remove(id);
    organization.tags.remove(id);
    organization.attached.remove(id);
    keep(cx, &management, organization);
    Ok(Answer::done())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    let id = params.required("OrganizationalUnitId")?;
    let unit = organization.units.get(id).ok_or_else(no_unit)?;
    Ok(Answer::empty().with("OrganizationalUnit", shown(&management, &organization, id, unit)))
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = read(cx)?;
    let parent = parent(&organization, params)?;
    let units = organization.units.iter().filter(|(_, unit)| unit.parent == parent).collect();
    page(
        cx,
        params,
        ("OrganizationalUnits", units),
        |(id, _)| (*id).clone(),
        |(id, unit)| shown(&management, &organization, id, unit).into(),
    )
}

fn list_parents(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (_, organization) = read(cx)?;
    let child = params.required("ChildId")?;
    if !organization.members.contains_key(child) && !organization.units.contains_key(child) {
        let message = "You specified a child that doesn't exist.";
        return Err(Fault::client("ChildNotFoundException", message));
    }
    let id = organization.parent(child);
    let kind = if id.starts_with("r-") { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    page(cx, params, ("Parents", vec![id]), String::clone, |id| {
        Fields::new().with("Id", id).with("Type", kind).into()
    })
}

fn list_children(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (_, organization) = read(cx)?;
    let parent = parent(&organization, params)?;
    let kind = params.choice("ChildType", &["ACCOUNT", "ORGANIZATIONAL_UNIT"])?;
    let kind = kind.ok_or_else(|| params.missing("ChildType"))?.to_owned();
    let all: Vec<&String> = match kind.as_str() {
        "ACCOUNT" => organization.members.keys().collect(),
        _ => organization.units.keys().collect(),
    };
    let children = all.into_iter().filter(|id| organization.parent(id) == parent).collect();
    page(
        cx,
        params,
        ("Children", children),
        |id| (*id).clone(),
        |id| Fields::new().with("Id", id).with("Type", &kind).into(),
    )
}

fn move_account(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, mut organization) = manage(cx)?;
    let id = params.required("AccountId")?;
    let (from, to) = (params.required("SourceParentId")?, params.required("DestinationParentId")?);
    let root = organization.root();
    let is_there = |id: &str| id == root || organization.units.contains_key(id);
    if !is_there(to) {
        let message = "You specified a destination parent that doesn't exist.";
        return Err(Fault::client("DestinationParentNotFoundException", message));
    }
    if !organization.members.contains_key(id) {
        return Err(no_account());
    }
    if !is_there(from) || organization.parent(id) != from {
        let message = "You specified a source parent that doesn't exist.";
        return Err(Fault::client("SourceParentNotFoundException", message));
    }
    if from == to {
        let message = "That account is already present in the specified destination.";
        return Err(Fault::client("DuplicateAccountException", message));
    }
    if let Some(member) = organization.members.get_mut(id) {
        member.unit = if to == root { String::new() } else { to.to_owned() };
    }
    keep(cx, &management, organization);
    Ok(Answer::done())
}
