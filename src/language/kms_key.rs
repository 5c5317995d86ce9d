//! `[kms_key.NAME]`: a customer key.

use std::collections::BTreeMap;

use super::Diagnostic;
use super::names::Names;
use super::policies::{self, key_use};
use super::role::Role;
use super::section::section;
use super::types::{AliasName, Arn, DeclaredOrArn, FreeText, List, OrOff, Sectioned, Whole};
use crate::kinds::iam_role;
use crate::kinds::kms_key::Key;
use crate::model::{DecodeError, Origin, ResourceSpec as _, Wanted};

section! {
    /// A symmetric encryption key with its alias, its policy and its rotation.
    ///
    /// The policy always lets the account itself administer the key, so nobody is locked out. What the
    /// trail, the flow logs and Auto Scaling need of a key is derived from the sections that use it.
    #[practices(6, 8)]
    KmsKey {
        /// The name of its alias, without `alias/`.
        alias: AliasName, absent "`BASELINE-NAME`";
        /// What it is for.
        description: FreeText, absent "`NAME key of BASELINE`";
        /// Days between two rotations; `false` switches rotation off.
        rotation_days: OrOff<Whole<90, 2560>>, default "365";
        /// Days between asking for deletion and deletion.
        deletion_window_days: Whole<7, 30>, default "30";
        /// Principals that administer the key without being able to use it. They must exist.
        administrators: List<Arn>, default "[]";
        /// Roles of this file, or ARNs of principals that exist, that encrypt and decrypt with the key.
        users: List<DeclaredOrArn<Role>>, default "[]";
    }
}

impl Sectioned for KmsKey {
    const SECTION: &'static str = "kms_key";
    const WORDS: &'static str = "key";
}

/// The alias of a key, with `alias/`.
fn alias(names: &Names<'_>, name: &str, key: &KmsKey) -> String {
    match &key.alias {
        Some(chosen) => format!("alias/{}", chosen.fill(names.place, names.region())),
        None => format!("alias/{}", names.prefixed(name)),
    }
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &KmsKey> = BTreeMap::new();
    for entry in names.file.kms_key.iter() {
        let (key, alias) = (&entry.section, alias(names, &entry.name, &entry.section));
        if let Some(first) = seen.get(&alias) {
            let span = key.alias.as_ref().map_or(&key.header.span, |alias| &alias.span);
            problems.push(
                Diagnostic::error("duplicate-name", span, format!("two keys would have the alias {alias}"))
                    .related(&first.header.span, "the other key")
                    .hint("give one of them another `alias`"),
            );
        }
        seen.entry(alias).or_insert(key);
        if key.rotation_days.on().is_none() {
            problems.push(
                Diagnostic::warning("no-rotation", &key.rotation_days.span, "the key is never rotated")
                    .hint("leave `rotation_days` out to rotate it every year (practice 8)"),
            );
        }
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    for entry in names.file.kms_key.iter() {
        let (name, key) = (entry.name.as_str(), &entry.section);
        let statements = key_use::statements(names, name, key);
        let attributes = Key {
            alias: alias(names, name, key),
            description: key.description.as_ref().map_or_else(
                || format!("{name} key of {}", names.file.name.written()),
                |text| text.fill(names.place, names.region()),
            ),
            policy: policies::document(statements)?,
            rotation_days: key.rotation_days.on().map(|days| days.0),
            enabled: true,
            deletion_window_days: key.deletion_window_days.0,
        };
        // A key policy that names a role which does not exist yet is refused (KMS-5).
        let after = key_use::roles(names, name, key).into_iter().map(iam_role::Role::addr);
        wanted.add(name, &attributes, after, &Origin::from(&key.header))?;
    }
    Ok(())
}
