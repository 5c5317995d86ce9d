//! The file of a fleet: which accounts one baseline is for, and how each is reached.

use std::collections::BTreeMap;

use super::fleet_for::{For, Tags};
use super::organization::Organization;
use super::reader::Reader;
use super::section::{Section as _, section};
use super::source::{Files, Header, Tables, tables};
use super::types::{
    AccountId, AccountLabel, BaselineName, ExternalId, FileName, List, Management, Named, ProfileName,
    Sectioned, SessionName, UnitLabel, Whole, choice,
};
use super::variables::Values;
use super::{Diagnostic, Span};

pub use super::organization::NewAccounts;
pub use super::types::{AccessRole, OneOrMore, Tolerance};

choice! {
    /// When an apply goes on to a wave, once those before have succeeded. What is not done for it is told, account by account.
    Continue {
        /// At once.
        Always = "always",
        /// When a person says so; with `--auto-approve` at once.
        Ask = "ask",
        /// Accounts in which nothing is changed but what an account of a wave before was changed in, with success.
        SameAsCanary = "same-as-canary",
        /// Accounts in which nothing is deleted, nor deleted and created again.
        NoDeletes = "no-deletes",
    }
}

section! {
    /// A fleet: one baseline for many accounts. The accounts are those of a list, which `baseline fleet accounts --out` or
    /// `aws organizations list-accounts` writes, and those that the file names.
    #[practices()]
    FleetFile {
        /// The name of the fleet, as reports show it.
        name: BaselineName, required;
        /// The baseline file, seen from the folder of this one, or its layers: the files of a list are merged key by key, and a
        /// later one wins.
        baseline: OneOrMore<FileName>, required;
        /// Values for the variables of the baseline.
        vars: Values, default "{}";
        /// How many accounts are looked at at a time.
        parallel: Whole<1, 64>, default "8";
        /// How many accounts that no wave names may fail before an apply stops: a number, or a part of them such as `5%`.
        max_failures: Tolerance, default "0";
        /// When an apply goes on to the accounts that no wave names, once the waves before have succeeded.
        r#continue: Continue, default "\"always\"";
        /// How accounts are reached.
        access: Access, absent "every account needs a profile of its own";
        /// The organization: how it is read, and which of its accounts are meant.
        organization: Organization, absent "all accounts of the list";
        /// Accounts of the list that are left alone. They are told as skipped.
        except: List<AccountId>, default "[]";
        /// Settings for some accounts, in order: later ones win.
        r#for: List<For>, default "[]";
        /// Which accounts an apply changes first, in the order of the file. Accounts that no wave names come last.
        wave: List<Wave>, default "[]";
        /// Accounts by name: outside of the list, or with settings of their own.
        account: Named<FleetAccount>, default "{}";
    }
}

section! {
    /// How accounts are reached: as a role that each of them has. The account that the credentials belong to is reached with
    /// the credentials themselves.
    #[practices()]
    Access {
        /// The role, such as `OrganizationAccountAccessRole`, or its ARN where it has a path:
        /// `arn:aws:iam::${account}:role/baseline/Apply`. Of a list each is assumed with the session of the one before it.
        role: OneOrMore<AccessRole>, required;
        /// The role for looking: plan and drift.
        plan_role: OneOrMore<AccessRole>, absent "`role`";
        /// The external id that the role asks for.
        external_id: ExternalId, absent "none";
        /// The name of the sessions, in which `${run}` stands for eight letters of the run's own and `${user}` for the name of the
        /// caller. The accounts' CloudTrail shows it.
        session_name: SessionName, default "\"baseline\"";
        /// What is done with the account that manages the organization, in which AWS makes no such role: `skip` leaves it alone;
        /// `direct` reaches it with the credentials of the run, where they are its own; or the name of a role that it has.
        management: Management, default "\"direct\"";
        /// Limits the sessions of plan and drift to AWS's policies ReadOnlyAccess and SecurityAudit, so that AWS itself refuses
        /// their writes, whatever the role may do.
        limit_plan: bool, default "true";
    }
}

section! {
    /// Accounts that an apply changes together, before it goes on to the next.
    ///
    /// In the first wave no more accounts are at work than may still fail, and one more, so that what is wrong is seen in few
    /// of them. Where more have failed than may, nothing further is begun; accounts at work are finished.
    #[practices()]
    Wave {
        /// Its name, as reports show it.
        name: BaselineName, required;
        /// The accounts, by id or name.
        accounts: List<AccountLabel>, absent "any account";
        /// Organizational units, by their names from the outermost, such as `Workloads/Prod`, or by id. An account in a unit below is in it.
        units: List<UnitLabel>, absent "any unit";
        /// Tags of the accounts, all of which each must have.
        tags: Tags, absent "any tags";
        /// So many in a hundred of these accounts, those left out that a wave before names, at least one.
        percent: Whole<1, 100>, absent "all of them";
        /// How many accounts may fail before the apply stops: a number, or a part of them such as `5%`.
        max_failures: Tolerance, default "0";
        /// How many accounts are at work at a time. In the first wave no more than may still fail, and one more.
        parallel: Whole<1, 64>, absent "that of the fleet";
        /// When an apply goes on to this wave, once the waves before have succeeded.
        r#continue: Continue, default "\"always\"";
    }
}

section! {
    /// An account by name.
    #[practices()]
    FleetAccount {
        /// Its twelve digits.
        id: AccountId, required;
        /// Another baseline file than the fleet's, or its layers.
        baseline: OneOrMore<FileName>, absent "the fleet's";
        /// Values for the variables of its baseline, beside and over those of the fleet.
        vars: Values, default "{}";
        /// Another role than the fleet's, or several.
        role: OneOrMore<AccessRole>, absent "the fleet's";
        /// A profile of the AWS configuration files whose credentials reach it, with no role.
        profile: ProfileName, absent "a role is assumed";
    }
}

impl Sectioned for FleetAccount {
    const SECTION: &'static str = "account";
    const WORDS: &'static str = "account";
}

impl FleetFile {
    /// Reads a file. All problems come at once, in the order of the file; a fleet only if none is an error.
    pub fn parse(file: &dyn Files) -> (Option<Self>, Vec<Diagnostic>) {
        let Tables { table, broken, .. } = match tables(file) {
            Ok(tables) => tables,
            Err(problem) => return (None, vec![problem]),
        };
        let mut reader = Reader::new(file);
        let file = Self::read_table(&table, Header::top(), &mut reader);
        let mut problems = reader.problems;
        if broken.is_empty() {
            if let Some(file) = &file {
                file.check(&mut problems);
            }
        } else {
            // What cannot be read may hide keys and sections.
            problems = broken;
        }
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        let usable = !problems.iter().any(Diagnostic::is_error);
        (file.filter(|_| usable), problems)
    }

    fn check(&self, problems: &mut Vec<Diagnostic>) {
        let mut except: BTreeMap<&str, &Span> = BTreeMap::new();
        for id in self.except.iter() {
            except.entry(id.written()).or_insert(&id.span);
        }
        self.r#for.iter().for_each(|settings| settings.check(problems));
        let settings_reach = self.r#for.iter().any(|settings| settings.reaches());
        let mut seen: BTreeMap<&str, &Span> = BTreeMap::new();
        for entry in self.account.iter() {
            let account = &entry.section;
            let id = account.id.written();
            if let Some(first) = seen.get(id) {
                problems.push(
                    Diagnostic::error("duplicate", &account.id.span, format!("account {id} is named twice"))
                        .related(first, "here"),
                );
            }
            seen.entry(id).or_insert(&account.id.span);
            if let Some(except) = except.get(id) {
                problems.push(
                    Diagnostic::error("contradiction", except, format!("account {id} is named below"))
                        .related(&account.header.span, "here")
                        .hint("take it out of `except`, or take the section out"),
                );
            }
            if let (Some(profile), Some(role)) = (&account.profile, &account.role) {
                problems.push(
                    Diagnostic::error(
                        "contradiction",
                        &profile.span,
                        "a profile reaches the account without a role",
                    )
                    .related(&role.span, "the role")
                    .hint("keep one of the two"),
                );
            }
            if self.access.is_none() && !settings_reach && account.profile.is_none() && account.role.is_none()
            {
                problems.push(
                    Diagnostic::error(
                        "missing-key",
                        &account.header.span,
                        "nothing says how this account is reached",
                    )
                    .hint("add `profile`, or `role` in `[access]`"),
                );
            }
        }
        let mut waves: BTreeMap<&str, &Span> = BTreeMap::new();
        for wave in self.wave.iter() {
            let name = wave.name.written();
            if let Some(first) = waves.get(name) {
                problems.push(
                    Diagnostic::error("duplicate", &wave.name.span, format!("wave {name} stands twice"))
                        .related(first, "here"),
                );
            }
            waves.entry(name).or_insert(&wave.name.span);
            let hint = "say which accounts it holds: accounts = [\"sandbox-1\"], units = [\"Sandbox\"] or percent = 5";
            let names_some = wave.accounts.is_some() || wave.units.is_some() || wave.tags.is_some();
            if !names_some && wave.percent.is_none() {
                let message = "this wave says no accounts";
                problems.push(Diagnostic::error("missing-key", &wave.header.span, message).hint(hint));
            }
            let is_first = waves.len() == 1;
            if is_first && matches!(wave.r#continue.value, Continue::SameAsCanary | Continue::Ask) {
                let message = "no wave is before the first one";
                problems.push(
                    Diagnostic::error("contradiction", &wave.r#continue.span, message)
                        .hint("write it in a later wave, or at the top for the accounts that no wave names"),
                );
            }
            if let (Some(accounts), Some(percent)) = (&wave.accounts, &wave.percent) {
                let message = "a wave has either `accounts` or `percent`";
                problems.push(
                    Diagnostic::error("contradiction", &percent.span, message)
                        .related(&accounts.span, "the accounts")
                        .hint(hint),
                );
            }
        }
        if self.access.is_none() && !settings_reach && self.account.iter().next().is_none() {
            problems.push(
                Diagnostic::error("missing-key", &self.header.span, "this fleet reaches no account")
                    .hint("add `[access]` with a `role`, or accounts with a `profile`"),
            );
        }
    }
}
