//! The results of a run in files: who is expected, and what became of each.
//!
//! `run.json` says of a run what it is; every shard writes the same one. `begun/<id>.json` says what an apply is about to do in an account,
//! `accounts/<id>.json` what became of it, `shards/<n>.json` that a shard has ended. No file is ever changed: one is written whole, or again whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::fold::{Apart, Outcome, Seen, Verdict};
use super::inventory::Listed;
use super::inventory::Selection;
use super::shard::Shard;

/// The version of these files; it grows when a program that reads them could break.
pub const FORMAT_VERSION: u32 = 1;

/// An account that a run has to account for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Expected {
    /// Its twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of its organizational units, from the outermost; null where the list of accounts does not say it.
    pub unit: Option<String>,
    /// Its state on the list; `ACTIVE` for one that only the fleet file names.
    pub state: String,
    /// Why it is not looked at; null where it is.
    pub apart: Option<Apart>,
    /// The same in words.
    pub reason: Option<String>,
}

impl Expected {
    /// What is known of it without a result: that it is not looked at, and why.
    fn outcome(&self) -> Option<Outcome> {
        let verdict = Verdict::Apart(self.apart?, self.reason.clone().unwrap_or_default());
        Some(Outcome { id: self.id.clone(), name: self.name.clone(), verdict })
    }
}

/// What a run is: `run.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Run {
    /// The version of this format.
    pub format_version: u32,
    /// The version of the program.
    pub version: String,
    /// A digest of everything below: two runs of the same digest may write to the same folder.
    pub run: String,
    /// `plan`, `drift` or `apply`.
    pub command: String,
    /// The name of the fleet.
    pub fleet: String,
    /// The SHA-256 of the fleet file.
    pub fleet_digest: String,
    /// How many shards there are.
    pub shards: usize,
    /// Every account, by id.
    pub accounts: Vec<Expected>,
}

/// What a run is made of.
#[derive(Debug, Clone, Copy)]
pub struct RunOf<'a> {
    /// `plan`, `drift` or `apply`.
    pub command: &'a str,
    /// The name of the fleet.
    pub fleet: &'a str,
    /// The SHA-256 of the fleet file.
    pub fleet_digest: &'a str,
    /// How many shards there are.
    pub shards: usize,
    /// Every account, sorted to one of three lists.
    pub selection: &'a Selection,
    /// The accounts of the list.
    pub listed: &'a [Listed],
}

impl Run {
    /// A run, the same for the same command, files, list and number of shards, wherever it is begun.
    pub fn of(parts: RunOf<'_>) -> Self {
        let RunOf { command, fleet, fleet_digest, shards, selection, listed } = parts;
        let listed: BTreeMap<&str, &Listed> = listed.iter().map(|one| (one.id.as_str(), one)).collect();
        let expected = |id: &str, name: &str, apart: Option<(Apart, &str)>| {
            let listed = listed.get(id);
            Expected {
                id: id.to_owned(),
                name: name.to_owned(),
                unit: listed.and_then(|one| one.unit.clone()),
                state: listed.map_or("ACTIVE", |one| one.state.as_str()).to_owned(),
                apart: apart.map(|(why, _)| why),
                reason: apart.map(|(_, reason)| reason.to_owned()),
            }
        };
        let members = selection.members.iter().map(|one| expected(&one.id, &one.name, None));
        let not_ready = selection.not_ready.iter();
        let skipped = selection.skipped.iter();
        let mut accounts: Vec<Expected> = members
            .chain(
                not_ready
                    .map(|one| expected(&one.id, &one.name, Some((selection.why_not(one), &one.reason)))),
            )
            .chain(skipped.map(|one| expected(&one.id, &one.name, Some((Apart::Skipped, &one.reason)))))
            .collect();
        accounts.sort_by(|a, b| a.id.cmp(&b.id));
        let mut run = Self {
            format_version: FORMAT_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: String::new(),
            command: command.to_owned(),
            fleet: fleet.to_owned(),
            fleet_digest: fleet_digest.to_owned(),
            shards,
            accounts,
        };
        run.run = run.digest();
        run
    }

    fn digest(&self) -> String {
        let mut text = format!(
            "{}|{}|{}|{:?}|{}|{}",
            self.format_version, self.version, self.command, self.fleet, self.fleet_digest, self.shards
        );
        for account in &self.accounts {
            text.push_str(&format!("|{account:?}"));
        }
        Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads `run.json`.
    ///
    /// # Errors
    /// Says why it is none.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let run: Self = serde_json::from_slice(text).map_err(|error| format!("run.json: {error}"))?;
        if run.format_version != FORMAT_VERSION || run.version != env!("CARGO_PKG_VERSION") {
            return Err(format!(
                "baseline {} wrote it, and this is {}",
                run.version,
                env!("CARGO_PKG_VERSION")
            ));
        }
        if run.run != run.digest() {
            return Err("run.json was changed by hand: its digest is another".to_owned());
        }
        Ok(run)
    }

    /// Fails where a folder holds another run.
    ///
    /// # Errors
    /// Says in what they differ.
    pub fn same(&self, there: &Self) -> Result<(), String> {
        let differs =
            |what: &str, there: &str, here: &str| Err(format!("{what} is {there} there, and {here} here"));
        if self.run == there.run {
            return Ok(());
        }
        for (what, there, here) in [
            ("the command", &there.command, &self.command),
            ("the fleet", &there.fleet, &self.fleet),
            ("the version of baseline", &there.version, &self.version),
            ("the SHA-256 of the fleet file", &there.fleet_digest, &self.fleet_digest),
        ] {
            if there != here {
                return differs(what, there, here);
            }
        }
        if there.shards != self.shards {
            return differs("the number of shards", &there.shards.to_string(), &self.shards.to_string());
        }
        let of_both = |one: &&Expected| !there.accounts.contains(one);
        let other = self.accounts.iter().find(of_both);
        let other = other.or_else(|| there.accounts.iter().find(|one| !self.accounts.contains(one)));
        let name = other.map(|one| one.id.clone()).unwrap_or_default();
        Err(format!("the list of accounts is another one, as to account {name}"))
    }

    /// What is known of accounts that are not looked at.
    pub fn apart(&self) -> Vec<Outcome> {
        self.accounts.iter().filter_map(Expected::outcome).collect()
    }

    /// The accounts that must have a result.
    pub fn expected(&self) -> impl Iterator<Item = &Expected> {
        self.accounts.iter().filter(|one| one.apart.is_none())
    }

    /// An account of the run.
    pub fn account(&self, id: &str) -> Option<&Expected> {
        let at = self.accounts.binary_search_by(|one| one.id.as_str().cmp(id)).ok()?;
        self.accounts.get(at)
    }
}

/// What became of an account, in words of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// It was looked at; in an apply, after everything was done.
    LookedAt,
    /// An apply failed in it.
    Failed,
    /// It could not be looked at.
    NotReached,
    /// AWS was not done with it yet.
    NotReady,
    /// An apply stopped before it came to it.
    NotBegun,
    /// It was left alone, which only shows once it is reached: it is new.
    Skipped,
}

/// Which account a result is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Whose {
    /// Its twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of its organizational units, from the outermost.
    pub unit: Option<String>,
}

/// What became of an account: `accounts/<id>.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AccountResult<R> {
    /// The version of this format.
    pub format_version: u32,
    /// The run, by its digest.
    pub run: String,
    /// The shard that wrote it.
    pub shard: Shard,
    /// The account.
    pub account: Whose,
    /// What became of it.
    pub outcome: Of,
    /// Why, unless it was looked at.
    pub reason: Option<String>,
    /// What was seen of it, a line each; null unless it was looked at.
    pub lines: Option<Seen>,
    /// The baseline file.
    pub baseline: String,
    /// The SHA-256 of what the file says.
    pub baseline_digest: String,
    /// When work on it began.
    pub begun: String,
    /// When it ended.
    pub ended: String,
    /// What reports are made of.
    pub details: R,
}

impl<R> AccountResult<R> {
    /// What it says, for the fold.
    ///
    /// # Errors
    /// Fails where it is of another run or another account, or says that an account was looked at and not what was seen.
    pub fn outcome(&self, run: &Run, id: &str) -> Result<Outcome, String> {
        if self.run != run.run {
            return Err(format!("the result of account {id} is of another run"));
        }
        if self.account.id != id {
            return Err(format!("the result of account {id} is of account {}", self.account.id));
        }
        let verdict = self.outcome.verdict(self.reason.as_deref(), self.lines.as_ref());
        let verdict =
            verdict.ok_or_else(|| format!("the result of account {id} does not say what was seen"))?;
        Ok(Outcome { id: id.to_owned(), name: self.account.name.clone(), verdict })
    }
}

impl Of {
    /// The verdict that has these three parts; nothing where it was looked at and what was seen is not there.
    pub fn verdict(self, reason: Option<&str>, lines: Option<&Seen>) -> Option<Verdict> {
        let why = match self {
            Self::LookedAt => return lines.cloned().map(Verdict::Looked),
            Self::Failed => Apart::Failed,
            Self::NotReached => Apart::NotReached,
            Self::NotReady => Apart::NotReady,
            Self::NotBegun => Apart::NotBegun,
            Self::Skipped => Apart::Skipped,
        };
        Some(Verdict::Apart(why, reason.unwrap_or_default().to_owned()))
    }

    /// What became of an account, in three parts: the outcome, the reason, and what was seen.
    pub fn parts(verdict: Verdict) -> (Self, Option<String>, Option<Seen>) {
        let (why, reason) = match verdict {
            Verdict::Looked(seen) => return (Self::LookedAt, None, Some(seen)),
            Verdict::Apart(why, reason) => (why, reason),
        };
        let outcome = match why {
            Apart::Failed => Self::Failed,
            Apart::NotReached => Self::NotReached,
            Apart::NotReady => Self::NotReady,
            Apart::NotBegun => Self::NotBegun,
            Apart::Skipped => Self::Skipped,
        };
        (outcome, Some(reason), None)
    }
}

/// A step that an apply is about to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BegunStep {
    /// The address.
    pub addr: String,
    /// `create`, `adopt`, `update`, `replace` or `delete`.
    pub action: String,
}

/// What an apply has begun to do in an account: `begun/<id>.json`, there before the first write. A run that is stopped is no longer able to say
/// what it did; the one that goes on knows it by this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BegunResult {
    /// The version of this format.
    pub format_version: u32,
    /// The run, by its digest.
    pub run: String,
    /// The account's twelve digits.
    pub account: String,
    /// The SHA-256 of what the baseline file says.
    pub baseline_digest: String,
    /// The steps of all that have begun, in the order of their plans.
    pub steps: Vec<BegunStep>,
}

impl BegunResult {
    /// The steps, where they are those of the same account, run and baseline file.
    pub fn steps_of(self, run: &Run, account: &str, baseline_digest: &str) -> Vec<BegunStep> {
        let is_same =
            self.run == run.run && self.account == account && self.baseline_digest == baseline_digest;
        if is_same { self.steps } else { Vec::new() }
    }
}

/// What was begun at any time: what was begun first, and what else is begun now. A thing stands there once, as it was begun first.
pub fn begun_in_all(earlier: &[BegunStep], now: Vec<BegunStep>) -> Vec<BegunStep> {
    let is_new = |step: &BegunStep| !earlier.iter().any(|one| one.addr == step.addr);
    let new: Vec<BegunStep> = now.into_iter().filter(is_new).collect();
    [earlier, &new].concat()
}

/// That a shard has ended: `shards/<n>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ShardResult {
    /// The version of this format.
    pub format_version: u32,
    /// The run, by its digest.
    pub run: String,
    /// The shard.
    pub shard: Shard,
    /// The wave that it was limited to; null where it was not.
    pub wave: Option<String>,
    /// The accounts that it was to work on.
    pub accounts: Vec<String>,
    /// Those of them that had a result already.
    pub done_before: usize,
    /// Those of them that have no result.
    pub missing: Vec<String>,
    /// When it began.
    pub begun: String,
    /// When it ended.
    pub ended: String,
}

/// Whether an account needs no more work: it is left alone, or it was looked at and all of it could be read. In an apply that is: what was to be
/// done is done. What is left then is for people, and a look again would find the same.
pub fn is_done(verdict: &Verdict) -> bool {
    !is_not_right(verdict)
}

/// Whether an account uses up what may fail in an apply. One with which AWS is not done yet does not.
pub fn is_failure(verdict: &Verdict) -> bool {
    is_not_right(verdict) && !verdict.waits_for_aws()
}

/// Whether an account failed, was not begun or not reached, or could not be read whole.
pub fn is_not_right(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Apart(why, _) => *why != Apart::Skipped,
        Verdict::Looked(seen) => !seen.unknown.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Member, Reach, Skipped};

    fn selection(ids: &[&str]) -> Selection {
        let member = |id: &&str| Member {
            id: (*id).to_owned(),
            name: format!("n{id}"),
            baseline: "x.toml".to_owned(),
            reach: Reach::Profile("p".to_owned()),
        };
        let skipped = Skipped { id: "000000000000".into(), name: "old".into(), reason: "CLOSED".into() };
        Selection {
            members: ids.iter().map(member).collect(),
            skipped: vec![skipped],
            ..Selection::default()
        }
    }

    fn run(command: &str, digest: &str, shards: usize, ids: &[&str]) -> Run {
        let selection = selection(ids);
        Run::of(RunOf {
            command,
            fleet: "acme",
            fleet_digest: digest,
            shards,
            selection: &selection,
            listed: &[],
        })
    }

    const IDS: &[&str] = &["111122223333", "222233334444"];

    #[test]
    fn a_run_is_the_same_for_the_same_command_files_list_and_shards_and_for_no_others() {
        let one = run("drift", "aa", 4, IDS);
        assert_eq!(one.same(&run("drift", "aa", 4, &[IDS[1], IDS[0]])), Ok(()));
        for (other, told) in [
            (run("plan", "aa", 4, IDS), "the command is plan there, and drift here"),
            (run("drift", "bb", 4, IDS), "the SHA-256 of the fleet file is bb there, and aa here"),
            (run("drift", "aa", 5, IDS), "the number of shards is 5 there, and 4 here"),
            (
                run("drift", "aa", 4, &IDS[..1]),
                "the list of accounts is another one, as to account 222233334444",
            ),
        ] {
            assert_eq!(one.same(&other), Err(told.to_owned()));
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_what_was_changed_by_hand_is_not() {
        let one = run("drift", "aa", 4, IDS);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(Run::read(text.as_bytes()), Ok(one.clone()));
        let without = text.replace("222233334444", "333344445555");
        assert!(Run::read(without.as_bytes()).is_err_and(|error| error.contains("by hand")));
        let older = text.replace(concat!("\"", env!("CARGO_PKG_VERSION"), "\""), "\"0.0.1\"");
        assert!(Run::read(older.as_bytes()).is_err_and(|error| error.contains("0.0.1")));
        assert_eq!(one.expected().count(), 2);
        assert_eq!(one.apart().len(), 1, "who is left alone needs no result");
    }

    #[test]
    fn what_was_begun_first_stays_as_it_was_begun_and_is_of_that_run_account_and_file_alone() {
        let step = |addr: &str, action: &str| BegunStep { addr: addr.into(), action: action.into() };
        let earlier = [step("s3.bucket.a", "create"), step("iam.role.b", "update")];
        let all = begun_in_all(&earlier, vec![step("s3.bucket.c", "create"), step("s3.bucket.a", "update")]);
        assert_eq!(all, [earlier[0].clone(), earlier[1].clone(), step("s3.bucket.c", "create")]);
        let one = run("apply", "aa", 1, IDS);
        let begun = BegunResult {
            format_version: FORMAT_VERSION,
            run: one.run.clone(),
            account: IDS[0].into(),
            baseline_digest: "d".into(),
            steps: all.clone(),
        };
        assert_eq!(begun.clone().steps_of(&one, IDS[0], "d"), all);
        assert_eq!(begun.clone().steps_of(&one, IDS[1], "d"), []);
        assert_eq!(begun.clone().steps_of(&one, IDS[0], "e"), []);
        assert_eq!(begun.steps_of(&run("apply", "aa", 2, IDS), IDS[0], "d"), []);
    }

    #[test]
    fn every_verdict_is_read_again_as_it_was() {
        let one = run("drift", "aa", 4, IDS);
        let seen = Seen { unknown: ["x".to_owned()].into(), ..Seen::default() };
        let verdicts = [
            Verdict::Looked(seen),
            Verdict::Looked(Seen::default()),
            Verdict::Apart(Apart::Failed, "a".into()),
            Verdict::Apart(Apart::NotReached, "b".into()),
            Verdict::Apart(Apart::NotReady, "d".into()),
            Verdict::Apart(Apart::Skipped, "e".into()),
            Verdict::Apart(Apart::NotBegun, "c".into()),
        ];
        for verdict in verdicts {
            let (outcome, reason, lines) = Of::parts(verdict.clone());
            let result = AccountResult {
                format_version: FORMAT_VERSION,
                run: one.run.clone(),
                shard: Shard::WHOLE,
                account: Whose { id: IDS[0].into(), name: "n".into(), unit: None },
                outcome,
                reason,
                lines,
                baseline: "x.toml".into(),
                baseline_digest: "d".into(),
                begun: String::new(),
                ended: String::new(),
                details: (),
            };
            assert_eq!(result.outcome(&one, IDS[0]).unwrap().verdict, verdict);
            assert!(result.outcome(&one, IDS[1]).is_err());
            assert!(result.outcome(&run("plan", "aa", 4, IDS), IDS[0]).is_err());
        }
    }
}
