//! The baselines of a run over many accounts: each distinct one is read once, before any account is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::plans::SavedFleetPlan;
use super::{Fleet, Which};
use crate::cli::failure::Failure;
use crate::cli::file::{self, Loaded};
use crate::cli::output::Output;
use crate::cli::saved_plan::digest;
use crate::fleet::{Member, Named, Settings};
use crate::language::fleet::FleetFile;
use crate::language::references::UNKNOWN;
use crate::language::{Baseline, Diagnostic, Files as _, Layers, Severity, Source};
use crate::report::{Shown, fleet as report, problems};
use crate::shown;

/// Every baseline, and whose it is.
pub(super) struct Baselines {
    /// Each with the SHA-256 of what its files say. The values of variables stand in the fleet file, which has a digest of its own.
    all: Vec<(Loaded, String)>,
    /// The place in the list, by account.
    of: BTreeMap<String, usize>,
    /// Their files, by the names that the fleet file gives them.
    pub(super) files: BTreeMap<String, Arc<Source>>,
}

/// Where the files of baselines are read.
#[derive(Clone, Copy)]
pub(super) enum ReadFrom<'w> {
    /// The folder of the fleet file.
    Folder(&'w Which),
    /// A saved plan.
    Plan(&'w SavedFleetPlan),
}

impl ReadFrom<'_> {
    fn source(self, name: &str, output: &Output) -> Result<Source, Failure> {
        match self {
            Self::Folder(which) => {
                let path = which.baseline(name);
                file::bytes(&path).and_then(|bytes| file::source(&path, bytes, output))
            }
            Self::Plan(saved) => saved.file(name),
        }
    }
}

impl Baselines {
    /// Reads and checks them; all problems of all are shown, each with the accounts that have it.
    pub(super) fn read(from: ReadFrom<'_>, fleet: &Fleet, output: &Output) -> Result<Self, Failure> {
        let mut sources = Sources::of(from);
        let mut problems = Problems::default();
        let (mut all, mut of, mut broken) = (Vec::new(), BTreeMap::new(), false);
        let mut unknown = Unknown::default();
        for (settings, members) in distinct(fleet) {
            let Some(source) = sources.layers(&settings, output) else { continue };
            let source = with_values(source, &fleet.source, &settings);
            let (baseline, mut found) = Baseline::parse(&source);
            unknown.take(&mut found, &source, &settings, &members);
            problems.add(&source, &found, &members, output);
            let Some(baseline) = baseline else {
                broken = true;
                continue;
            };
            of.extend(members.iter().map(|member| (member.id.clone(), all.len())));
            let digest = digest(&source.texts());
            all.push((Loaded { source, baseline }, digest));
        }
        for Lacking { source, problem, members } in unknown.slips() {
            broken = true;
            problems.add(&source, &[problem], &members, output);
        }
        problems.show(fleet.selection.members.len(), output);
        if broken || sources.failed {
            return Err(Failure::Shown);
        }
        let files = sources.read.into_iter().filter_map(|(name, source)| Some((name, source?))).collect();
        Ok(Self { all, of, files })
    }

    /// Each distinct one.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Loaded> {
        self.all.iter().map(|(loaded, _)| loaded)
    }

    /// That of an account.
    pub(super) fn of(&self, member: &Member) -> Option<&Loaded> {
        self.found(member).map(|(loaded, _)| loaded)
    }

    /// The digest of its files.
    pub(super) fn digest_of(&self, member: &Member) -> Option<&str> {
        self.found(member).map(|(_, digest)| digest.as_str())
    }

    fn found(&self, member: &Member) -> Option<&(Loaded, String)> {
        self.all.get(*self.of.get(&member.id)?)
    }
}

/// What stands for one account, and the files of its baseline with the values.
pub(super) fn of_one(
    which: &Which,
    fleet: &Fleet,
    (id, name): (&str, &str),
    output: &Output,
) -> Result<(Settings, Layers), Failure> {
    let settings = Settings::of(&fleet.file, &fleet.about().of(id, name));
    let mut sources = Sources::of(ReadFrom::Folder(which));
    let layers = sources.layers(&settings, output).ok_or(Failure::Shown)?;
    let layers = with_values(layers, &fleet.source, &settings);
    Ok((settings, layers))
}

/// Every baseline that the file makes with one of its settings, whichever accounts there are.
pub(super) fn of_every_setting(
    which: &Which,
    source: &Arc<Source>,
    file: &FleetFile,
    output: &Output,
) -> Result<Vec<Loaded>, Failure> {
    let mut sources = Sources::of(ReadFrom::Folder(which));
    let (mut all, mut seen, mut broken) = (Vec::new(), BTreeSet::new(), false);
    for settings in Settings::every(file) {
        if !seen.insert(key(&settings)) {
            continue;
        }
        let Some(layers) = sources.layers(&settings, output) else { continue };
        let layers = with_values(layers, source, &settings);
        let (baseline, mut found) = Baseline::parse(&layers);
        // A value at the top may be for some of the baselines.
        found.retain(|problem| problem.is_error());
        output.err(&problems(&layers, &found, output.err_has_color()));
        match baseline {
            Some(baseline) => all.push(Loaded { source: layers, baseline }),
            None => broken = true,
        }
    }
    if broken || sources.failed { Err(Failure::Shown) } else { Ok(all) }
}

fn key(settings: &Settings) -> Key {
    let values = settings.vars.iter().map(|(name, value)| (name.clone(), value.span.start)).collect();
    (settings.layers.clone(), values)
}

fn with_values(layers: Layers, source: &Arc<Source>, settings: &Settings) -> Layers {
    layers.giving(source, settings.vars.iter().map(|(name, value)| (name.as_str(), value)))
}

/// What makes a baseline another one: its layers, and its values by name and by where they stand.
type Key = (Vec<String>, Vec<(String, usize)>);

/// The accounts by their baselines, in the order of the first account of each.
fn distinct(fleet: &Fleet) -> Vec<(Settings, Vec<&Member>)> {
    let mut distinct: Vec<(Settings, Vec<&Member>)> = Vec::new();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let about = fleet.about();
    // Whoever is not ready is tried again at the end of a run.
    for member in fleet.selection.members.iter().chain(fleet.selection.later.values()) {
        let settings = Settings::of(&fleet.file, &about.of(&member.id, &member.name));
        let place = *places.entry(key(&settings)).or_insert(distinct.len());
        match distinct.get_mut(place) {
            Some((_, members)) => members.push(member),
            None => distinct.push((settings, vec![member])),
        }
    }
    distinct
}

/// Values for variables that a baseline does not have. Where no baseline has it that the value is for, it is a slip.
#[derive(Default)]
struct Unknown<'m> {
    /// By where the value stands in the fleet file.
    values: BTreeMap<usize, Given<'m>>,
}

/// A value of the fleet file.
#[derive(Default)]
struct Given<'m> {
    /// How many baselines it is for.
    baselines: usize,
    /// Those that do not have the variable.
    lacking: Vec<Lacking<'m>>,
}

/// A baseline that does not have a variable.
struct Lacking<'m> {
    source: Layers,
    problem: Diagnostic,
    members: Vec<&'m Member>,
}

impl<'m> Unknown<'m> {
    /// Takes them from the problems of a baseline.
    fn take(
        &mut self,
        found: &mut Vec<Diagnostic>,
        source: &Layers,
        settings: &Settings,
        members: &[&'m Member],
    ) {
        for value in settings.vars.values() {
            self.values.entry(value.span.start).or_default().baselines += 1;
        }
        for problem in found.extract_if(.., |problem| problem.code == UNKNOWN && !problem.is_error()) {
            let given = source.given().iter().find(|given| given.span == problem.span);
            if let Some(value) = given.and_then(|given| settings.vars.get(&given.name)) {
                let lacking = Lacking { source: source.clone(), problem, members: members.to_vec() };
                self.values.entry(value.span.start).or_default().lacking.push(lacking);
            }
        }
    }

    /// Those that no baseline has.
    fn slips(self) -> impl Iterator<Item = Lacking<'m>> {
        let slips = self.values.into_values().filter(|given| given.baselines == given.lacking.len());
        slips.filter_map(|given| {
            let members = given.lacking.iter().flat_map(|one| one.members.iter().copied()).collect();
            let Lacking { source, problem, .. } = given.lacking.into_iter().next()?;
            Some(Lacking { source, problem: Diagnostic { severity: Severity::Error, ..problem }, members })
        })
    }
}

/// Files, each read once.
struct Sources<'w> {
    from: ReadFrom<'w>,
    /// Nothing where it cannot be read, which has then been shown.
    read: BTreeMap<String, Option<Arc<Source>>>,
    failed: bool,
}

impl<'w> Sources<'w> {
    fn of(from: ReadFrom<'w>) -> Self {
        Self { from, read: BTreeMap::new(), failed: false }
    }

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
        let source = match self.from.source(name, output) {
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
