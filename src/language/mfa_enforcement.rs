//! What `[users]` and `[root]` ask `apply` to do, once it is known who there is and with which credentials.

use serde_json::{Value as Json, json};

use super::names::Names;
use super::policies::document;
use super::users::{Missing, StaleKey, UserMfa, Users};
use super::{Baseline, Diagnostic, Place};
use crate::kinds::iam_access_key::AccessKey;
use crate::kinds::iam_group::Group;
use crate::kinds::iam_root_credentials::RootCredentials;
use crate::model::{Addr, DecodeError, Dict, Origin, ResourceSpec as _, Set, Wanted};
use crate::posture::asked::{Central, UsersAsked};
use crate::posture::{Asked, Facts, Seen, remediation};

/// What a user without a second factor may still do: get one.
const ENROL: [&str; 10] = [
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "iam:GetUser",
    "iam:ChangePassword",
    "iam:GetAccountPasswordPolicy",
    "sts:GetSessionToken",
];

/// The name of the group of console users.
pub(super) const GUARD: &str = "mfa-guard";

impl Baseline {
    /// What is wanted because of what was found: the guard for console users, old keys switched off, and the root
    /// user without credentials.
    ///
    /// # Errors
    /// As [`Baseline::expand`].
    pub fn expand_found(
        &self,
        place: &Place<'_>,
        facts: &Facts,
        asked: &Asked,
    ) -> Result<Wanted, Vec<Diagnostic>> {
        let names = Names { file: &self.file, place };
        let mut wanted = Wanted::default();
        let failed = |error: DecodeError| {
            let message = format!("what was found cannot be expanded: {error}");
            vec![Diagnostic::error("cannot-expand", &(0..0), message)]
        };
        if let Some(central) =
            asked.root.as_ref().and_then(|asked| remediation::root_credentials(facts, asked))
        {
            expand_root(&names, central, &mut wanted).map_err(failed)?;
        }
        if let Some(asked) = &asked.users {
            expand(&names, facts, asked, &mut wanted).map_err(failed)?;
        }
        Ok(wanted)
    }

    /// What [`Baseline::expand_found`] cannot say of because something could not be read: it may be wanted, so it is
    /// never taken for something that nobody declares.
    pub fn left_open(&self, facts: &Facts) -> Vec<Addr> {
        let guards = self.file.users.as_ref().is_some_and(|users| guards(users));
        let is_known = matches!(facts.credentials, Seen::Seen(_));
        if guards && !is_known { vec![Addr::new(Group::KIND, GUARD)] } else { Vec::new() }
    }

    /// What may be wanted in any account because of what is found there, with nobody in it: what permissions must cover.
    /// Not the root user's credentials, which are reached with other permissions than the account's own.
    ///
    /// # Errors
    /// As [`Baseline::expand`].
    pub fn expand_possible(&self, place: &Place<'_>) -> Result<Wanted, DecodeError> {
        let names = Names { file: &self.file, place };
        let mut wanted = Wanted::default();
        self.expand_any_default_group(place, &mut wanted)?;
        let Some(users) = &self.file.users else { return Ok(wanted) };
        let origin = Origin::from(&users.header);
        if guards(users) {
            wanted.add(GUARD, &guard(&names, Set::default())?, [], &origin)?;
        }
        if users.on_stale_key.value == StaleKey::Deactivate {
            let nobodys = AccessKey { user: String::new(), key: String::new(), active: false };
            wanted.add("any", &nobodys, [], &origin)?;
        }
        Ok(wanted)
    }
}

fn expand(
    names: &Names<'_>,
    facts: &Facts,
    asked: &UsersAsked,
    wanted: &mut Wanted,
) -> Result<(), DecodeError> {
    let Some(users) = &names.file.users else { return Ok(()) };
    let origin = Origin::from(&users.header);
    let members = if guards(users) { remediation::console_users(facts, asked) } else { None };
    if let Some(members) = members.filter(|members| !members.is_empty()) {
        wanted.add(GUARD, &guard(names, members.into_iter().collect())?, [], &origin)?;
    }
    if users.on_stale_key.value == StaleKey::Deactivate {
        for key in remediation::stale_keys(facts, asked) {
            let name = key.id.clone();
            wanted.add(name, &AccessKey { user: key.user, key: key.id, active: false }, [], &origin)?;
        }
    }
    Ok(())
}

fn expand_root(names: &Names<'_>, central: Central, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(root) = &names.file.root else { return Ok(()) };
    let all = central == Central::AllDeleted;
    let nothing = RootCredentials {
        access_keys: Set::default(),
        certificates: Set::default(),
        password: all.then_some(false),
        mfa: all.then(Set::default),
    };
    wanted.add("account", &nothing, [], &Origin::from(&root.header)).map(drop)
}

fn guards(users: &Users) -> bool {
    users.mfa.value != UserMfa::Ignored && users.on_missing_mfa.value == Missing::Guard
}

fn guard(names: &Names<'_>, members: Set<String>) -> Result<Group, DecodeError> {
    Ok(Group {
        group: names.prefixed(GUARD),
        inline: Dict([(GUARD.to_owned(), document(statements(names))?)].into()),
        managed: Set::default(),
        members: Some(members),
    })
}

/// Lets a user manage their own device, and denies everything else to a session without one.
///
/// `Bool` holds only where the session says that it has no second factor, as one of the console does: a program
/// that signs with an access key says nothing, and goes on working.
fn statements(names: &Names<'_>) -> Vec<Json> {
    let own = names.arn("iam", "", "user/${aws:username}");
    vec![
        json!({
            "Sid": "ListDevices",
            "Effect": "Allow",
            "Action": ["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"],
            "Resource": "*",
        }),
        json!({
            "Sid": "ManageOwnDevice",
            "Effect": "Allow",
            "Action": [
                "iam:ChangePassword", "iam:EnableMFADevice", "iam:GetMFADevice", "iam:GetUser",
                "iam:ListMFADevices", "iam:ResyncMFADevice",
            ],
            "Resource": own,
        }),
        json!({
            "Sid": "MakeDevice",
            "Effect": "Allow",
            "Action": "iam:CreateVirtualMFADevice",
            "Resource": names.arn("iam", "", "mfa/*"),
        }),
        json!({
            "Sid": "NothingWithoutDevice",
            "Effect": "Deny",
            "NotAction": ENROL,
            "Resource": "*",
            "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } },
        }),
    ]
}
