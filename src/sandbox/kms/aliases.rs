//! Aliases: the only unique names a key can have (KMS-1).

use super::find::{Needs, bad_marker, fits, named, not_found, state};
use super::state::Alias;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateAlias", create_alias),
    operation("UpdateAlias", update_alias),
    operation("DeleteAlias", delete_alias),
    operation("ListAliases", list_aliases),
];

/// Aliases of AWS that every region lists, with a key or without one (KMS-2).
pub(super) const OF_AWS: &[&str] = &[
    "alias/aws/acm",
    "alias/aws/dynamodb",
    "alias/aws/ebs",
    "alias/aws/elasticfilesystem",
    "alias/aws/es",
    "alias/aws/glue",
    "alias/aws/kinesis",
    "alias/aws/kinesisvideo",
    "alias/aws/lambda",
    "alias/aws/rds",
    "alias/aws/redshift",
    "alias/aws/s3",
    "alias/aws/secretsmanager",
    "alias/aws/sns",
    "alias/aws/sqs",
    "alias/aws/ssm",
    "alias/aws/xray",
];

/// The name of an alias that a caller may write.
fn writable(params: &Params) -> Result<String, Fault> {
    let name = params.required("AliasName")?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    let rest = name.strip_prefix("alias/").ok_or_else(|| {
        Fault::client("ValidationException", format!("Alias must start with the prefix \"alias/\". {name}"))
    })?;
    if name.starts_with("alias/aws/") {
        return Err(Fault::client("NotAuthorizedException", ""));
    }
    if rest.contains(':') {
        let message = format!("{name} contains invalid characters for an alias");
        return Err(Fault::client("ValidationException", message));
    }
    if rest.is_empty() || name.len() > 256 || !rest.bytes().all(good) {
        return Err(
            params.invalid("AliasName", "must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$")
        );
    }
    Ok(name.to_owned())
}

/// The key an alias may point at: one that exists and is not on its way out.
fn target(cx: &mut Context<'_>, params: &Params) -> Result<String, Fault> {
    let mut key = Params::clone(params);
    let name = params.required("TargetKeyId")?.to_owned();
    if name.starts_with("alias/") || name.contains(":alias/") {
        return Err(Fault::client("ValidationException", "Aliases must refer to keys. Not aliases"));
    }
    key.set("KeyId", crate::sandbox::wire::Param::Text(name));
    let id = named(cx, &key)?;
    let shown = super::find::arn(cx, &id);
    if let Some(key) = state(cx).keys.get(&id) {
        if key.truth().of_aws {
            return Err(Fault::client("NotAuthorizedException", ""));
        }
        fits(key.truth(), Needs::Life, &shown)?;
    }
    Ok(id)
}

fn create_alias(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = writable(params)?;
    let target = target(cx, params)?;
    let (now, shown) = (cx.now(), cx.arn("kms", &name));
    let aliases = &mut state(cx).aliases;
    if aliases.contains_key(&name) {
        // Also while the alias names a key that is pending deletion (KMS-12).
        let message = format!("An alias with the name {shown} already exists");
        return Err(Fault::client("AlreadyExistsException", message));
    }
    if aliases.values().filter(|alias| alias.truth().target == target).count() >= 50 {
        return Err(Fault::client("LimitExceededException", format!("{target} has too many aliases")));
    }
    aliases.insert(name, Versioned::new(Alias { target, created: now, updated: now }, now));
    Ok(Answer::empty())
}

fn unknown(shown: &str) -> Fault {
    not_found(format!("Alias {shown} is not found."))
}

fn update_alias(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = writable(params)?;
    let target = target(cx, params)?;
    let (now, lens, shown) = (cx.now(), cx.lens(), cx.arn("kms", &name));
    let state = state(cx);
    let alias = state.aliases.get_mut(&name).ok_or_else(|| unknown(&shown))?;
    if alias.seen(lens, &name).is_none() {
        return Err(unknown(&shown));
    }
    let kind = |id: &str| state.keys.get(id).map(|key| (key.truth().spec.clone(), key.truth().usage.clone()));
    if kind(&alias.truth().target).is_some_and(|before| kind(&target) != Some(before)) {
        let message =
            "The current and new keys of an alias must be of the same type and have the same key usage";
        return Err(Fault::client("ValidationException", message));
    }
    let alias = alias.change(now);
    alias.target = target;
    alias.updated = now;
    Ok(Answer::empty())
}

fn delete_alias(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = writable(params)?;
    let shown = cx.arn("kms", &name);
    state(cx).aliases.remove(&name).ok_or_else(|| unknown(&shown))?;
    Ok(Answer::empty())
}

fn list_aliases(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let limit = params.number_in("Limit", 1..=100)?.unwrap_or(50);
    let of = match params.has("KeyId") {
        true => Some(named(cx, params)?),
        false => None,
    };
    let lens = cx.lens();
    let mut found: Vec<(String, Option<Alias>)> = state(cx)
        .aliases
        .iter()
        .filter_map(|(name, alias)| Some((name.clone(), Some(alias.seen(lens, name)?.clone()))))
        .filter(|(_, alias)| of.is_none() || alias.as_ref().map(|alias| &alias.target) == of.as_ref())
        .collect();
    if of.is_none() {
        let bare: Vec<_> = OF_AWS
            .iter()
            .filter(|name| found.iter().all(|(known, _)| known != *name))
            .map(|name| ((*name).to_owned(), None))
            .collect();
        found.extend(bare);
    }
    let (found, next) = cx
        .page(found, |(name, _)| name.clone(), params.text("Marker"), usize::try_from(limit).unwrap_or(50))
        .map_err(bad_marker)?;
    let shown = found.into_iter().map(|(name, alias)| {
        let fields = Fields::new().with("AliasArn", cx.arn("kms", &name)).with("AliasName", name);
        match alias {
            Some(alias) => fields
                .with("TargetKeyId", alias.target)
                .with("CreationDate", Node::Time(alias.created))
                .with("LastUpdatedDate", Node::Time(alias.updated)),
            None => fields,
        }
    });
    Ok(Fields::new()
        .list("Aliases", shown)
        .with("Truncated", next.is_some())
        .maybe("NextMarker", next)
        .into())
}
