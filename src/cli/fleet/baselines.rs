//! The baselines of a run over many accounts: each distinct one is read once, before any account is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Fleet, Which};
use crate::baseline::fleet::FleetAccount;
use crate::baseline::{Baseline, Diagnostic, Layers, Source};
use crate::cli::failure::Failure;
use crate::cli::file::{self, Loaded};
use crate::cli::output::Output;
use crate::fleet::{Member, Named, Settings};
use crate::report::{Shown, fleet as report, problems};
use crate::shown;

/// Every baseline, and whose it is.
pub(super) struct Baselines {
    all: Vec<Loaded>,
    /// The place in the list, by account.
    of: BTreeMap<String, usize>,
}

impl Baselines {
    /// Reads and checks them; all problems of all are shown, each with the accounts that have it.
    pub(super) fn read(which: &Which, fleet: &Fleet, output: &Output) -> Result<Self, Failure> {
        let mut sources = Sources { which, read: BTreeMap::new(), failed: false };
        let mut problems = Problems::default();
        let (mut all, mut of, mut broken) = (Vec::new(), BTreeMap::new(), false);
        for (settings, members) in distinct(fleet) {
            let Some(source) = sources.layers(&settings, output) else { continue };
            let (baseline, found) = Baseline::parse(&source);
            problems.add(&source, &found, &members, output);
            let Some(baseline) = baseline else {
                broken = true;
                continue;
            };
            of.extend(members.iter().map(|member| (member.id.clone(), all.len())));
            all.push(Loaded { source, baseline });
        }
        problems.show(fleet.selection.members.len(), output);
        if broken || sources.failed { Err(Failure::Shown) } else { Ok(Self { all, of }) }
    }

    /// Each distinct one.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Loaded> {
        self.all.iter()
    }

    /// That of an account.
    pub(super) fn of(&self, member: &Member) -> Option<&Loaded> {
        self.all.get(*self.of.get(&member.id)?)
    }
}

/// The accounts by what stands for them, in the order of the first account of each.
fn distinct(fleet: &Fleet) -> Vec<(Settings, Vec<&Member>)> {
    let named: BTreeMap<&str, &FleetAccount> =
        fleet.file.account.iter().map(|entry| (entry.section.id.written(), &entry.section)).collect();
    let mut distinct: Vec<(Settings, Vec<&Member>)> = Vec::new();
    for member in &fleet.selection.members {
        let settings = Settings::of(&fleet.file, named.get(member.id.as_str()).copied());
        match distinct.iter_mut().find(|(known, _)| *known == settings) {
            Some((_, members)) => members.push(member),
            None => distinct.push((settings, vec![member])),
        }
    }
    distinct
}

/// Files, each read once.
struct Sources<'w> {
    which: &'w Which,
    /// Nothing where it cannot be read, which has then been shown.
    read: BTreeMap<String, Option<Arc<Source>>>,
    failed: bool,
}

impl Sources<'_> {
    fn layers(&mut self, settings: &Settings, output: &Output) -> Option<Layers> {
        // Every file is tried, so that all that cannot be read are named.
        let layers: Vec<Option<Arc<Source>>> =
            settings.layers.iter().map(|name| self.source(name, output)).collect();
        layers.into_iter().collect::<Option<Vec<_>>>().map(Layers::new)
    }

    fn source(&mut self, name: &str, output: &Output) -> Option<Arc<Source>> {
        if let Some(known) = self.read.get(name) {
            return known.clone();
        }
        let path = self.which.baseline(name);
        let read = file::bytes(&path).and_then(|bytes| file::source(&path, bytes, output));
        let source = match read {
            Ok(source) => Some(Arc::new(source)),
            Err(failure) => {
                failure.show(output);
                self.failed = true;
                None
            }
        };
        self.read.insert(name.to_owned(), source.clone());
        source
    }
}

/// Problems as they are shown, each once, with the accounts that have it.
#[derive(Default)]
struct Problems {
    shown: Vec<(Shown, Vec<Named>)>,
}

impl Problems {
    fn add(&mut self, source: &Layers, found: &[Diagnostic], members: &[&Member], output: &Output) {
        let named = |member: &&Member| Named { id: member.id.clone(), name: member.name.clone() };
        for problem in found.iter().filter(|problem| problem.is_error() || !output.is_quiet()) {
            let text = problems(source, std::slice::from_ref(problem), output.err_has_color());
            match self.shown.iter_mut().find(|(known, _)| *known == text) {
                Some((_, accounts)) => accounts.extend(members.iter().map(named)),
                None => self.shown.push((text, members.iter().map(named).collect())),
            }
        }
    }

    fn show(&self, of: usize, output: &Output) {
        for (text, accounts) in &self.shown {
            output.err(text);
            // What is wrong for every account needs no list of them.
            if accounts.len() < of {
                output.err(&shown!("   = for {}\n", report::names(accounts)));
            }
            output.err(&shown!("\n"));
        }
    }
}
