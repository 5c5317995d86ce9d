//! Where the results of a run are kept, and which part of its accounts one process works on.

use std::env;
use std::path::PathBuf;
use std::str::FromStr;

use futures::StreamExt as _;

use super::reporting::{self, FleetFormat};
use super::store::{AT_ONCE, Place, Store};
use crate::cli::arguments::report_file;
use crate::cli::built_in::BuiltIn;
use crate::cli::failure::Failure;
use crate::fleet::{Expected, Shard, Wave, is_not_right};
use crate::report::fleet::Brief;

/// Where results are kept, and which part is worked on.
#[derive(Debug, clap::Args)]
pub(super) struct PartArgs {
    /// Keep the result of every account in this folder, or under s3://BUCKET/PREFIX
    #[arg(long, value_name = "DIR")]
    results: Option<Place>,

    /// The same, and go on where an earlier run stopped: accounts that are done there with the same baseline file are not
    /// looked at again
    #[arg(long, value_name = "DIR", conflicts_with = "results")]
    resume: Option<Place>,

    /// Work on a part of the accounts, such as 3/20. `auto` takes the number from the environment: JOB_COMPLETION_INDEX,
    /// AWS_BATCH_JOB_ARRAY_INDEX, or CI_NODE_INDEX and CI_NODE_TOTAL
    #[arg(long, value_name = "NUMBER/COUNT")]
    shard: Option<ShardChoice>,

    /// How many shards there are, for --shard auto
    #[arg(long, value_name = "COUNT", requires = "shard")]
    shards: Option<usize>,

    /// Work on the accounts of this wave only
    #[arg(long, value_name = "NAME")]
    wave: Option<String>,

    /// Exit by what was found, and not with 0 as soon as every account of the part has a result
    #[arg(long)]
    exit_by_result: bool,

    /// Write a report to a file too, such as html=fleet.html; give it once for each file
    #[arg(long = "report", value_name = "NAME=FILE", value_parser = report_file::<FleetFormat>)]
    pub(super) reports: Vec<(FleetFormat, PathBuf)>,
}

/// A shard as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShardChoice {
    /// From the environment.
    Auto,
    /// This one.
    Is(Shard),
}

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Is) }
    }
}

/// Which shard the environment says this is. Kubernetes and AWS Batch count from 0, GitLab and others from 1.
fn from_environment(
    count: Option<usize>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Shard, String> {
    let number = |name: &str| -> Result<Option<usize>, String> {
        let Some(text) = variable(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name} is no number: {text}"))
    };
    let needs_count = || "say how many shards there are with --shards".to_owned();
    for name in ["JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"] {
        if let Some(index) = number(name)? {
            return Shard::new(index.saturating_add(1), count.ok_or_else(needs_count)?);
        }
    }
    if let Some(index) = number("CI_NODE_INDEX")? {
        let total = number("CI_NODE_TOTAL")?;
        if let (Some(total), Some(count)) = (total, count)
            && total != count
        {
            return Err(format!("CI_NODE_TOTAL is {total}, and --shards is {count}"));
        }
        return Shard::new(index, total.or(count).ok_or_else(needs_count)?);
    }
    Err("none of JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX and CI_NODE_INDEX is set".to_owned())
}

impl PartArgs {
    /// Fails where the arguments do not fit together or a report cannot be written, before anything is done.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let is_part = self.shard.is_some() || self.wave.is_some();
        if is_part && self.place().is_none() {
            return Err(Failure::with_hint(
                "a part of a run needs a place for its results",
                "name a folder or a bucket that all parts share, with --results, or with --resume to go on there",
            ));
        }
        if self.exit_by_result && !is_part {
            return Err(Failure::with_hint(
                "--exit-by-result is for a part of a run",
                "leave it out: a whole run exits by its result",
            ));
        }
        self.shard()?;
        reporting::can_be_written(&self.reports)
    }

    /// Where results are kept.
    pub(super) fn place(&self) -> Option<&Place> {
        self.results.as_ref().or(self.resume.as_ref())
    }

    /// Whether accounts that are done there are not looked at again.
    pub(super) fn goes_on(&self) -> bool {
        self.resume.is_some()
    }

    /// The wave that is worked on alone.
    pub(super) fn wave(&self) -> Option<&str> {
        self.wave.as_deref()
    }

    /// Whether a part exits by what it found.
    pub(super) fn exits_by_result(&self) -> bool {
        self.exit_by_result
    }

    /// Which shard this is; nothing where it is no shard.
    pub(super) fn shard(&self) -> Result<Option<Shard>, Failure> {
        let hint = "write --shard 3/20, or --shard auto --shards 20 where the environment has the number";
        let wrong = |reason: String| Failure::with_hint(reason, hint);
        match (self.shard, self.shards) {
            (None, _) => Ok(None),
            (Some(ShardChoice::Is(shard)), Some(count)) if count != shard.of => {
                Err(wrong(format!("--shard says {} shards, and --shards {count}", shard.of)))
            }
            (Some(ShardChoice::Is(shard)), _) => Ok(Some(shard)),
            (Some(ShardChoice::Auto), count) => {
                from_environment(count, &|name| env::var(name).ok()).map(Some).map_err(wrong)
            }
        }
    }

    /// Fails where a shard would begin with a wave before the other shards are through with the one before it.
    pub(super) fn check_waves(&self, waves: &[Wave]) -> Result<(), Failure> {
        let names: Vec<String> = waves.iter().map(|wave| wave.name.clone()).collect();
        match &self.wave {
            Some(wave) if !names.contains(wave) => {
                Err(Failure::list("there is no such wave; there are:", names, "name one of them with --wave"))
            }
            None if self.shard.is_some_and(|_| names.len() > 1) => Err(Failure::list(
                "one shard does not know how far the others are, so it works on one wave; there are:",
                names,
                "give --wave NAME, and begin the next wave when every shard of the one before has ended",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Accounts that were asked for, with those in the place of `failed:DIR` that are not right there.
    pub(super) async fn only(
        &self,
        only: &[String],
        (profile, sandbox): (Option<&str>, &BuiltIn),
    ) -> Result<Vec<String>, Failure> {
        let mut all = Vec::new();
        for label in only {
            match label.strip_prefix("failed:") {
                Some(place) => all.extend(failed(place, profile, sandbox).await?),
                None => all.push(label.clone()),
            }
        }
        Ok(all)
    }
}

/// The accounts of a run that have no result, or one that is not right.
async fn failed(place: &str, profile: Option<&str>, sandbox: &BuiltIn) -> Result<Vec<String>, Failure> {
    let parsed: Place = place.parse().map_err(Failure::new)?;
    let store = Store::open(&parsed, profile, sandbox).await?;
    let run = store.run().await.map_err(Failure::new)?;
    let run = run.ok_or_else(|| {
        Failure::with_hint(format!("there are no results in {place}"), "name the folder of an earlier run")
    })?;
    let mut ids = Vec::new();
    let ask =
        async |expected: &'_ Expected| (expected.id.clone(), store.account::<Brief>(&expected.id).await);
    let mut results = futures::stream::iter(run.expected().map(ask)).buffered(AT_ONCE);
    while let Some((id, result)) = results.next().await {
        let result = result.map_err(Failure::new)?;
        let verdict = result.map(|result| result.outcome(&run, &id).map(|outcome| outcome.verdict));
        if verdict.transpose().map_err(Failure::new)?.is_none_or(|verdict| is_not_right(&verdict)) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return Err(Failure::with_hint(
            format!("no account failed in {place}"),
            "there is nothing to do again: leave --only out to look at all of them",
        ));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: Option<usize>, set: &[(&str, &str)]) -> Result<Shard, String> {
        let variable =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        from_environment(count, &variable)
    }

    #[test]
    fn every_engine_counts_in_its_own_way() {
        let is = |number, of| Ok(Shard { number, of });
        assert_eq!(of(Some(20), &[("JOB_COMPLETION_INDEX", "0")]), is(1, 20));
        assert_eq!(of(Some(20), &[("AWS_BATCH_JOB_ARRAY_INDEX", "19")]), is(20, 20));
        assert_eq!(of(None, &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "4")]), is(1, 4));
        assert_eq!(of(Some(4), &[("CI_NODE_INDEX", "4")]), is(4, 4));
        for (count, set) in [
            (Some(20), &[("JOB_COMPLETION_INDEX", "20")][..]),
            (None, &[("JOB_COMPLETION_INDEX", "0")]),
            (Some(4), &[("CI_NODE_INDEX", "0")]),
            (Some(3), &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "4")]),
            (Some(3), &[("JOB_COMPLETION_INDEX", "x")]),
            (Some(3), &[]),
        ] {
            assert!(of(count, set).is_err(), "{set:?}");
        }
    }
}
