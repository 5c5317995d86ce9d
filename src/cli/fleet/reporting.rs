//! Writes the reports of a fleet from its results, one account at a time.

use std::path::{Path, PathBuf};

use futures::StreamExt as _;

use super::store::{AT_ONCE, Store};
use crate::cli::failure::Failure;
use crate::cli::show::unwritten;
use crate::cli::whole_file::{self, Growing};
use crate::fleet::{Expected, Run};
use crate::report::Shown;
use crate::report::fleet::{
    Account, Pages, Read, Whole, asff, csv, html, json_of, junit, markdown, ocsf, prometheus, sarif, slack,
    text_of,
};

/// The formats of a report of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FleetFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For comments and summaries
    Markdown,
    /// For CI systems, as a list of tests
    Junit,
    /// For code scanning, all accounts in one run
    Sarif,
    /// For spreadsheets
    Csv,
    /// One page: totals, groups, and every account to open
    Html,
    /// For SIEMs
    Ocsf,
    /// For a Slack channel: a message in Block Kit
    Slack,
    /// For Security Hub: a folder of files, each as batch-import-findings takes it
    Asff,
    /// For Prometheus, as a text file that its node exporter reads
    Prometheus,
}

/// Fails where a report could not be written, before anything is done.
pub(super) fn can_be_written(reports: &[(FleetFormat, PathBuf)]) -> Result<(), Failure> {
    for (format, path) in reports {
        let can = match format {
            FleetFormat::Asff => whole_file::empty_folder(path),
            _ => whole_file::can_be_written(path),
        };
        can.map_err(|error| unwritten(path, &error))?;
    }
    Ok(())
}

/// What is written as it comes.
enum Writer {
    File(PathBuf, Growing, Box<dyn Pages + Send>),
    /// A folder.
    Folder(PathBuf),
}

impl Writer {
    fn begin(format: FleetFormat, path: &Path, whole: &Whole<'_>) -> Result<Self, Failure> {
        let mut pages: Box<dyn Pages + Send> = match format {
            FleetFormat::Text => Box::new(Once(text_of(whole).without_styles())),
            FleetFormat::Json => Box::new(Once(Shown::json(&json_of(whole)).map_err(Failure::bug)?)),
            FleetFormat::Markdown => Box::new(Once(markdown::page(whole).into())),
            FleetFormat::Slack => Box::new(Once(slack::message(whole).map_err(Failure::bug)?)),
            FleetFormat::Junit => Box::new(junit::Suites::new(whole)),
            FleetFormat::Sarif => Box::new(sarif::Run::new(whole)),
            FleetFormat::Csv => Box::new(csv::Table::new(whole)),
            FleetFormat::Html => Box::new(html::Page::new(whole)),
            FleetFormat::Ocsf => Box::new(ocsf::Events::new(whole)),
            FleetFormat::Prometheus => Box::new(prometheus::Metrics::new(whole)),
            FleetFormat::Asff => return Ok(Self::Folder(path.to_owned())),
        };
        let mut file = Growing::begin(path).map_err(|error| unwritten(path, &error))?;
        let begun = pages.begin().map_err(Failure::bug)?;
        file.add(&begun).map_err(|error| unwritten(path, &error))?;
        Ok(Self::File(path.to_owned(), file, pages))
    }

    fn add(&mut self, account: &Account, whole: &Whole<'_>) -> Result<(), Failure> {
        match self {
            Self::File(path, file, pages) => {
                let text = pages.account(account).map_err(Failure::bug)?;
                file.add(&text).map_err(|error| unwritten(path, &error))
            }
            Self::Folder(folder) => {
                for (name, text) in asff::files(account, whole).map_err(Failure::bug)? {
                    let path = folder.join(name);
                    whole_file::write(&path, &text).map_err(|error| unwritten(&path, &error))?;
                }
                Ok(())
            }
        }
    }

    fn end(self) -> Result<(), Failure> {
        let Self::File(path, mut file, pages) = self else { return Ok(()) };
        let pieces = pages.end().map_err(Failure::bug)?;
        let ended = pieces.iter().try_for_each(|piece| file.add(piece)).and_then(|()| file.end());
        ended.map_err(|error| unwritten(&path, &error))
    }
}

/// A report that needs no account by itself.
struct Once(Shown);

impl Pages for Once {
    fn account(&mut self, _: &Account) -> Result<Shown, String> {
        Ok(Shown::default())
    }

    fn end(self: Box<Self>) -> Result<Vec<Shown>, String> {
        Ok(vec![self.0])
    }
}

/// Writes every report, of the accounts that are told here.
pub(super) async fn write(
    reports: &[(FleetFormat, PathBuf)],
    whole: &Whole<'_>,
    (run, store): (&Run, &Store),
    is_told: &dyn Fn(&str) -> bool,
) -> Result<(), Failure> {
    let writers = reports.iter().map(|(format, path)| Writer::begin(*format, path, whole));
    let mut writers = writers.collect::<Result<Vec<Writer>, Failure>>()?;
    if writers.is_empty() {
        return Ok(());
    }
    let told = run.accounts.iter().filter(|one| is_told(&one.id));
    accounts((run, store), told, |account| {
        writers.iter_mut().try_for_each(|writer| writer.add(account, whole))
    })
    .await?;
    writers.into_iter().try_for_each(Writer::end)
}

/// Tells accounts as reports take them, in their order; one that has no result is left out, which its fold knows.
pub(super) async fn accounts<'r>(
    (run, store): (&'r Run, &Store),
    expected: impl Iterator<Item = &'r Expected>,
    mut tell: impl FnMut(&Account) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let ask = async |expected: &'r Expected| {
        let result = match expected.apart {
            Some(_) => Ok(None),
            None => store.account::<Read>(&expected.id).await,
        };
        (expected, result)
    };
    let mut results = futures::stream::iter(expected.map(ask)).buffered(AT_ONCE);
    while let Some((expected, result)) = results.next().await {
        if expected.apart.is_some() {
            tell(&Account::left_alone(expected))?;
        } else if let Some(result) = result.map_err(Failure::new)? {
            tell(&Account::of(run, &expected.id, result).map_err(Failure::new)?)?;
        }
    }
    Ok(())
}
