//! KMS. A key has a random id: it is known by the tag it was made with, or by its alias until it is adopted.

use super::grant::{Grant, Names, Scope};
use super::lag::{Lag, ROLES};
use super::operation::Operation;

const fn read(name: &'static str) -> Operation {
    Operation::read("kms", name).on(read_keys)
}

const fn write(name: &'static str) -> Operation {
    Operation::write("kms", name, own_or_named)
}

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("kms", "ListAliases"),
    Operation::read("kms", "ListKeys"),
    read("DescribeKey"),
    read("GetKeyPolicy"),
    read("GetKeyRotationStatus"),
    read("ListResourceTags"),
    Operation::write("kms", "CreateKey", |_, names| {
        vec![names.everything("NewKeysHaveNoArnYet").tagging(names)]
    }),
    Operation::write("kms", "TagResource", |_, names| {
        vec![names.named("TagKeys", every_key(names)).tagging(names), own(names)]
    }),
    // CreateKey checks that its caller could change the policy of the new key, which has no tag yet that counts (KMS-4, KMS-10).
    Operation::write("kms", "PutKeyPolicy", |_, names| {
        let new = names.named("CreateKeyChecksThisOnTheNewKey", every_key(names)).nobodys();
        let checked = new.when("BoolIfExists", "kms:BypassPolicyLockoutSafetyCheck", ["false"]);
        vec![own(names), named(names), checked]
    }),
    write("EnableKey"),
    write("DisableKey").where_declared(|declared| declared.is("enabled", false)),
    write("EnableKeyRotation"),
    write("DisableKeyRotation").where_declared(|declared| declared.lacks("rotation_days")),
    write("UpdateKeyDescription"),
    write("CancelKeyDeletion"),
    Operation::delete("kms", "ScheduleKeyDeletion", own_or_named),
    Operation::write("kms", "CreateAlias", aliases),
    Operation::write("kms", "UpdateAlias", aliases),
    Operation::delete("kms", "DeleteAlias", aliases),
];

/// Answers that are only true because another replica has not heard yet. Writes only: a read that says "not found" is an answer.
pub(super) const LAGS: &[Lag] = &[
    Lag::of("kms", "KMS-8", "NotFoundException", "", &["kms.key"], 120),
    Lag::of("kms", "KMS-8", "DisabledException", "", &["kms.key"], 600),
    Lag::of("kms", "KMS-5", "MalformedPolicyDocumentException", "invalid principals", ROLES, 120),
];

fn every_key(names: &Names<'_>) -> [String; 1] {
    [names.regional("kms", "key/*")]
}

fn own(names: &Names<'_>) -> Grant {
    names.named("OwnKeys", every_key(names)).tagged(names)
}

fn named(names: &Names<'_>) -> Grant {
    let keys = names.named("KeysBehindDeclaredAliases", every_key(names));
    keys.when("ForAnyValue:StringEquals", "kms:ResourceAliases", names.all("kms.key", "alias"))
}

fn own_or_named(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![own(names), named(names)]
}

/// Checked against the alias and against the key.
fn aliases(_: &str, names: &Names<'_>) -> Vec<Grant> {
    let arns = names.all("kms.key", "alias").map(|alias| names.regional("kms", alias));
    vec![names.named("Aliases", arns), own(names), named(names)]
}

fn read_keys(kind: &str, names: &Names<'_>) -> Vec<Grant> {
    if kind.is_empty() {
        // A rule looks at every key of every region.
        let Scope { partition, account, .. } = names.scope;
        let every = format!("arn:{partition}:kms:*:{account}:key/*");
        return vec![names.named("EveryKeyIsLookedAt", [every])];
    }
    // A key that lost its alias is looked for by its tags, and they have to be read to be seen.
    vec![names.named("KeysAreFoundByTheirTags", every_key(names))]
}
