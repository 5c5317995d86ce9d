//! KMS keys and their aliases.

use super::{Guard, Resource, row};
use crate::sandbox::authorization::call::Call;
use crate::sandbox::authorization::reference::Action;
use crate::sandbox::kms::{Key, default_policy};
use crate::sandbox::lag::Lens;
use crate::sandbox::profile::Profile;
use crate::sandbox::world::{Milliseconds, Region};

pub fn find(call: &Call<'_>, said: &Action) -> Vec<Resource> {
    let mut found = Vec::new();
    // A name of another form is refused by the service itself.
    let alias = call.text("AliasName").filter(|name| name.starts_with("alias/"));
    if let (Some(_), Some(alias)) = (row(said, "alias"), alias) {
        found.push(Resource::new("alias", call.arn("kms", alias)));
    }
    let named = call.text("KeyId").or_else(|| call.text("TargetKeyId"));
    // Deleting an alias is checked against the key behind it, too.
    let named = named.or_else(|| call.text("AliasName").filter(|_| call.operation == "DeleteAlias"));
    found.extend(named.and_then(|name| key(call, name)));
    if let (Some(alias), "UpdateAlias") = (call.text("AliasName"), call.operation) {
        found.extend(key(call, alias));
    }
    found
}

/// The key that text names, in this account or in the one of its ARN.
fn key(call: &Call<'_>, name: &str) -> Option<Resource> {
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let (region, owner) = match parts[..] {
        ["arn", _, "kms", region, account, _] => (region, account),
        _ => (call.region, call.caller.account.as_str()),
    };
    let home = call.world.accounts.get(owner)?.regions.get(region)?;
    // What a call cannot see yet, the service itself says.
    let (id, key) = home.kms.find(call.lens, name)?;
    let arn = format!("arn:{}:kms:{region}:{owner}:key/{id}", call.partition());
    let guard = Guard {
        policy: Some(key.policy.shown(call.world).into_owned()),
        owner: owner.to_owned(),
        decides: true,
        granted: is_granted(call, key),
    };
    let tags = if counts(call.lens, key.tagged) { key.tags.clone() } else { Default::default() };
    let mut facts = vec![("kms:ResourceAliases".to_owned(), aliases(call.lens, home, id))];
    if name.contains("alias/") {
        let alias = name.splitn(6, ':').last().unwrap_or(name);
        facts.push(("kms:RequestAlias".to_owned(), vec![alias.to_owned()]));
    }
    Some(Resource { guard: Some(guard), facts, ..Resource::new("key", arn) }.tagged(tags))
}

/// Whether tags and aliases written at that time count in authorization: that takes up to five minutes (KMS-10).
fn counts(lens: Lens, written: Milliseconds) -> bool {
    let takes = if lens.profile == Profile::Hostile { 240_000 } else { 20_000 };
    lens.done(written, takes)
}

fn aliases(lens: Lens, home: &Region, id: &str) -> Vec<String> {
    let all = home.kms.aliases.iter().map(|(name, alias)| (name, alias.truth()));
    all.filter(|(_, alias)| alias.target == id && counts(lens, alias.updated))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Whether a grant lets the caller do this.
fn is_granted(call: &Call<'_>, key: &Key) -> bool {
    key.grants.values().any(|grant| {
        let operations = grant.sent.get("Operations").and_then(|listed| listed.as_array());
        let named = grant.sent.get("GranteePrincipal").and_then(|grantee| grantee.as_str());
        named == Some(&call.caller.arn)
            && operations.is_some_and(|all| all.iter().any(|it| it == call.operation))
    })
}

/// The key that `CreateKey` makes: no tag of it counts yet.
pub fn new_key(call: &Call<'_>) -> Resource {
    let policy = call.text("Policy").map_or_else(
        || default_policy(call.partition(), &call.caller.account).written().to_owned(),
        str::to_owned,
    );
    let owner = call.caller.account.clone();
    let guard = Guard { policy: Some(policy), owner, decides: true, granted: false };
    Resource { guard: Some(guard), ..Resource::new("key", call.arn("kms", "key/*")) }
}

/// The key that `PutKeyPolicy` names, under the policy it would get.
pub fn with_new_policy(call: &Call<'_>) -> Option<Resource> {
    let mut found = key(call, call.text("KeyId")?)?;
    let policy = call.text("Policy")?.to_owned();
    found.guard = found.guard.map(|guard| Guard { policy: Some(policy), ..guard });
    Some(found)
}
