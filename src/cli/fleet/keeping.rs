//! Keeps what becomes of every account, and knows which are worked on here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use futures::StreamExt as _;
use jiff::Timestamp;

use super::look::Run;
use super::one::Became;
use super::part::PartArgs;
use super::plans::Plans;
use super::reporting;
use super::store::{self, RUN, Store};
use crate::cli::endpoints;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::fleet::{
    AccountResult, BegunResult, BegunStep, Change, FORMAT_VERSION, Fold, Member, Of, Outcome,
    Run as Recorded, RunOf, Shard, ShardResult, Wave, Whose, dealt, is_done, waves,
};
use crate::report::fleet::{Resumed, Whole, Written};
use crate::report::{Command, Endpoint, Shown};

/// What is kept of a run, and where.
pub(super) struct Keeping<'a> {
    run: &'a Run,
    command: Command,
    recorded: Recorded,
    /// Nothing where neither results nor reports are asked for.
    store: Option<Store>,
    shard: Shard,
    wave: Option<String>,
    /// Whether other processes work on the other accounts.
    is_part: bool,
    /// The accounts of this part.
    part: BTreeSet<String>,
    /// In which order accounts are changed.
    pub(super) waves: Vec<Wave>,
    /// Those of them that were done before.
    done: BTreeMap<String, Outcome>,
    /// What was changed in accounts before, with success.
    pub(super) changed_before: BTreeSet<Change>,
    /// Whether this run has been begun before: what it began then may be told there.
    is_begun: bool,
    /// Where their answers came from.
    endpoints_before: BTreeSet<Endpoint>,
    begun: Timestamp,
    /// Results that could not be written, and why.
    lost: Mutex<BTreeMap<String, String>>,
    /// The plans of accounts, where somebody is to agree to them.
    plans: Option<Mutex<Plans>>,
}

impl<'a> Keeping<'a> {
    /// Opens the place of the results, and finds out which accounts are to be worked on.
    pub(super) async fn begin(args: &PartArgs, run: &'a Run, command: Command) -> Result<Self, Failure> {
        let shard = args.shard()?;
        let recorded = Recorded::of(RunOf {
            command: command.word(),
            fleet: run.fleet.name.written(),
            fleet_digest: &run.digest,
            shards: shard.map_or(1, |shard| shard.of),
            selection: &run.selection,
            listed: &run.list.accounts,
        });
        let waves = waves(&run.fleet, &run.selection.members, &run.list.accounts);
        if command == Command::Apply {
            args.check_waves(&waves)?;
        }
        let store = match args.place() {
            Some(place) => Some(Store::of(place, &run.caller)),
            None if args.reports.is_empty() => None,
            None => Some(Store::passing()?),
        };
        let mut keeping = Self {
            run,
            command,
            recorded,
            store,
            shard: shard.unwrap_or(Shard::WHOLE),
            wave: args.wave().map(str::to_owned),
            is_part: shard.is_some() || args.wave().is_some(),
            part: BTreeSet::new(),
            waves,
            done: BTreeMap::new(),
            changed_before: BTreeSet::new(),
            is_begun: false,
            endpoints_before: BTreeSet::new(),
            begun: Timestamp::now(),
            lost: Mutex::default(),
            plans: None,
        };
        keeping.part = keeping.dealt()?;
        if let Some(place) = args.place() {
            let hint = "name another folder: results of two runs are not mixed";
            let refused =
                |reason: String| Failure::with_hint(format!("{place} cannot be used: {reason}"), hint);
            keeping.is_begun = keeping.claim().await.map_err(refused)?;
            let found = keeping.found(args.goes_on()).await.map_err(refused)?;
            if let Some(first) = found.first().filter(|_| !args.goes_on()) {
                return Err(Failure::with_hint(
                    format!("{place} has a result of account {first} already"),
                    "go on there with --resume in the place of --results, or name another folder",
                ));
            }
        }
        Ok(keeping)
    }

    /// The accounts of this part.
    fn dealt(&self) -> Result<BTreeSet<String>, Failure> {
        let mut part: BTreeSet<String> = dealt(&self.waves, self.shard.of)
            .into_iter()
            .nth(self.shard.number - 1)
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect();
        if let Some(name) = &self.wave {
            let wave = self.waves.iter().find(|wave| wave.name == *name);
            let wave = wave.ok_or_else(|| Failure::new(format!("there is no wave {name}")))?;
            let of_wave: BTreeSet<&str> = wave.members.iter().map(|member| member.id.as_str()).collect();
            part.retain(|id| of_wave.contains(id.as_str()));
        }
        Ok(part)
    }

    /// Says in the folder which run it is for, unless it says so already. Answers whether it does.
    async fn claim(&self) -> Result<bool, String> {
        let Some(store) = &self.store else { return Ok(false) };
        match store.run().await? {
            Some(there) => self.recorded.same(&there).map(|()| true),
            None => {
                let text = Shown::json(&self.recorded).map_err(|error| error.to_string())?;
                store.put(RUN, &text).await.map(|()| false)
            }
        }
    }

    /// The accounts of this part that have results. Those that are done with the same baseline file are taken as they are.
    async fn found(&mut self, takes: bool) -> Result<Vec<String>, String> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let (mut found, mut done, mut endpoints) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let mut changed = BTreeSet::new();
        let before = self.waves_before();
        let members = self.run.selection.members.iter();
        let members = members.filter(|one| self.part.contains(&one.id) || before.contains(&one.id));
        let ask = |member: &'a Member| async move { (member, store.account::<Resumed>(&member.id).await) };
        let mut results = futures::stream::iter(members.map(ask)).buffered(store::AT_ONCE);
        while let Some((member, result)) = results.next().await {
            let Some(result) = result? else { continue };
            let is_own = self.part.contains(&member.id);
            if is_own {
                found.push(member.id.clone());
                if !takes {
                    break;
                }
            }
            let outcome = result.outcome(&self.recorded, &member.id)?;
            if is_done(&outcome.verdict) && result.baseline_digest == self.run.digest_of(member) {
                if self.command == Command::Apply {
                    let report = result.details.report;
                    changed.extend(report.map(|report| Change::of(&report.steps, &member.id)));
                }
                if is_own {
                    endpoints.extend(result.details.endpoints);
                    done.insert(member.id.clone(), outcome);
                }
            }
        }
        drop(results);
        (self.done, self.endpoints_before, self.changed_before) = (done, endpoints, changed);
        Ok(found)
    }

    /// The accounts of the waves before the one that is worked on alone: another process has changed them.
    fn waves_before(&self) -> BTreeSet<String> {
        let Some(name) = self.wave.as_ref().filter(|_| self.command == Command::Apply) else {
            return BTreeSet::new();
        };
        let before = self.waves.iter().take_while(|wave| wave.name != *name);
        before.flat_map(|wave| &wave.members).map(|member| member.id.clone()).collect()
    }

    /// The same, with the plans of all accounts, too.
    pub(super) fn with_plans(self) -> Self {
        Self { plans: Some(Mutex::default()), ..self }
    }

    /// The plans of all accounts that were looked at, and why others have none.
    pub(super) fn plans(self) -> Plans {
        let plans = self.plans.unwrap_or_default();
        plans.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same accounts, of which nothing but their plans is kept: for a look before an apply.
    pub(super) fn beforehand(&self) -> Self {
        Self {
            run: self.run,
            command: self.command,
            recorded: self.recorded.clone(),
            store: None,
            shard: self.shard,
            wave: self.wave.clone(),
            is_part: self.is_part,
            part: self.part.clone(),
            waves: self.waves.clone(),
            done: self.done.clone(),
            changed_before: self.changed_before.clone(),
            is_begun: self.is_begun,
            endpoints_before: BTreeSet::new(),
            begun: self.begun,
            lost: Mutex::default(),
            plans: Some(Mutex::default()),
        }
    }

    /// The command.
    pub(super) fn command(&self) -> &'static str {
        self.command.word()
    }

    /// Whether more is kept than the lines of an account.
    pub(super) fn keeps(&self) -> bool {
        self.store.is_some()
    }

    /// Whether other processes work on the other accounts.
    pub(super) fn is_part(&self) -> bool {
        self.is_part
    }

    /// Whether an account is to be worked on here and now.
    pub(super) fn is_to_do(&self, id: &str) -> bool {
        self.part.contains(id) && !self.done.contains_key(id)
    }

    /// How many are.
    pub(super) fn count_to_do(&self) -> usize {
        self.part.len() - self.done.len()
    }

    /// What became of those that were done before.
    pub(super) fn done(&self) -> Vec<Outcome> {
        self.done.values().cloned().collect()
    }

    /// Where answers came from that are not AWS's own, now and in what was done before.
    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        let mut all: BTreeSet<Endpoint> = self.run.told.all().into_iter().collect();
        all.extend(self.endpoints_before.iter().cloned());
        all.into_iter().collect()
    }

    /// What is told of an account that nothing was asked of.
    pub(super) fn nothing(&self) -> Written {
        let endpoints = endpoints::custom(&self.run.caller.account);
        Written { endpoints, ..Written::default() }
    }

    /// The steps that this run began in an account before it was stopped.
    pub(super) async fn begun_before(&self, member: &Member) -> Result<Vec<BegunStep>, String> {
        let Some(store) = self.store.as_ref().filter(|_| self.is_begun) else { return Ok(Vec::new()) };
        let begun = store.begun(&member.id).await?;
        let digest = self.run.digest_of(member);
        Ok(begun.map(|begun| begun.steps_of(&self.recorded, &member.id, digest)).unwrap_or_default())
    }

    /// Keeps the steps that are about to be taken in an account, with those that were begun before.
    pub(super) async fn begins(&self, member: &Member, steps: Vec<BegunStep>) -> Result<(), String> {
        let Some(store) = self.store.as_ref().filter(|store| store.lasts()) else { return Ok(()) };
        let begun = BegunResult {
            format_version: FORMAT_VERSION,
            run: self.recorded.run.clone(),
            account: member.id.clone(),
            baseline_digest: self.run.digest_of(member).to_owned(),
            steps,
        };
        let text = Shown::json_line(&begun).map_err(|error| error.to_string())?;
        store.put(&store::begun(&member.id), &text).await
    }

    /// Keeps what became of an account.
    pub(super) async fn keep(&self, member: &Member, begun: Timestamp, became: &Became) {
        // As it is told in the end.
        let verdict = became.verdict.clone().settled();
        if let Some(plans) = &self.plans {
            let mut plans = plans.lock().unwrap_or_else(PoisonError::into_inner);
            plans.add(member, verdict.clone(), became.agreed.clone());
        }
        let Some(store) = &self.store else { return };
        let (outcome, reason, lines) = Of::parts(verdict);
        let unit = self.recorded.account(&member.id).and_then(|one| one.unit.clone());
        let result = AccountResult {
            format_version: FORMAT_VERSION,
            run: self.recorded.run.clone(),
            shard: self.shard,
            account: Whose { id: member.id.clone(), name: member.name.clone(), unit },
            outcome,
            reason,
            lines,
            baseline: member.baseline.clone(),
            baseline_digest: self.run.digest_of(member).to_owned(),
            begun: begun.to_string(),
            ended: Timestamp::now().to_string(),
            details: &became.details,
        };
        let text = Shown::json_line(&result).map_err(|error| error.to_string());
        let kept = match text {
            Ok(text) => store.put(&store::account(&member.id), &text).await,
            Err(error) => Err(error),
        };
        if let Err(reason) = kept {
            self.lost.lock().unwrap_or_else(PoisonError::into_inner).insert(member.id.clone(), reason);
        }
    }

    /// Says that this part has ended, and writes its reports. Answers how the command exits: as its result says, or, as a part of a
    /// run, with 0 where every account has one.
    pub(super) async fn end(
        &self,
        args: &PartArgs,
        fold: &Fold,
        by_result: Exit,
        stopped: Option<&str>,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (Some(store), Some(_)) = (&self.store, args.place()) {
            self.shard_ended(store, &lost).await?;
        }
        if !lost.is_empty() {
            let lines = lost.iter().map(|(id, reason)| format!("{id}: {reason}")).collect();
            let hint = "run it again with --resume: what is kept is not done again";
            return Err(Failure::list("these accounts have no result:", lines, hint));
        }
        if let Some(store) = &self.store {
            let endpoints = self.endpoints();
            let name = self.run.fleet.name.written();
            let whole =
                Whole { fleet: name, command: self.command, endpoints: &endpoints, fold, since: None };
            let is_told = |id: &str| !self.is_part || self.part.contains(id);
            reporting::write(&args.reports, &whole, (&self.recorded, store), &is_told).await?;
        }
        if !self.is_part || args.exits_by_result() {
            return Ok(by_result);
        }
        let (number, of) = (self.shard.number, self.shard.of);
        if let Some(reason) = stopped {
            output.err(&crate::shown!(
                "error: shard {} of {} is not done: {}\n",
                number,
                of,
                Shown::line(reason)
            ));
            return Ok(Exit::Error);
        }
        output.note(&crate::shown!("shard {} of {}: every account has a result", number, of));
        Ok(Exit::Success)
    }

    async fn shard_ended(&self, store: &Store, lost: &BTreeMap<String, String>) -> Result<(), Failure> {
        let ended = ShardResult {
            format_version: FORMAT_VERSION,
            run: self.recorded.run.clone(),
            shard: self.shard,
            wave: self.wave.clone(),
            accounts: self.part.iter().cloned().collect(),
            done_before: self.done.len(),
            missing: lost.keys().cloned().collect(),
            begun: self.begun.to_string(),
            ended: Timestamp::now().to_string(),
        };
        let wave = self.wave.as_ref().map(|wave| format!("-{wave}")).unwrap_or_default();
        let text = Shown::json(&ended).map_err(Failure::bug)?;
        store.put(&format!("shards/{}{wave}.json", self.shard.number), &text).await.map_err(Failure::new)
    }
}
