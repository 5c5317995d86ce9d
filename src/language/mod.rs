//! The language: one TOML file that says what an account must look like.
//!
//! Pure. [`Baseline::parse`] finds every problem of a file at once; [`Baseline::expand`] turns what it says
//! into [`Wanted`] things. One section of the language a file; each declares its keys once, and the parser,
//! the JSON Schema and the reference are made of that declaration.

pub mod account;
mod asked;
pub mod assertion;
pub mod audit;
pub mod auto_scaling;
mod blocking;
pub mod bucket;
mod carried;
pub mod cloudtrail;
mod codes;
mod contradictions;
pub mod default_network;
mod diagnostic;
pub mod egress;
mod end_admissions;
pub mod endpoint;
mod endpoint_things;
pub mod file;
pub mod fleet;
pub mod fleet_for;
mod flows;
mod foreign_arns;
pub mod group;
pub mod ipv6;
mod kms_key;
mod layers;
pub mod load_balancer;
pub mod merged;
mod mfa_enforcement;
pub mod moved;
mod names;
pub mod network;
mod network_acl;
mod network_things;
pub mod organization;
mod password_policy;
pub mod policies;
pub mod policy;
pub mod proof;
pub mod protocol;
mod reader;
mod reference;
pub mod references;
mod regions;
pub mod role;
pub mod root;
pub mod route;
mod scaling;
mod schema;
mod section;
mod security_group;
mod source;
pub mod spelling;
mod starter;
mod subnets;
pub mod tags;
pub mod tier;
pub mod tier_subnet;
mod tls_policy;
mod traffic;
pub mod types;
pub mod users;
pub mod variables;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DecodeError, Wanted};
use crate::partition;

use file::File;
use names::Names;
use reader::Reader;
use references::Known;
use section::Section;
use types::KeyType;

pub use codes::{CODES, meaning};
pub use diagnostic::{Diagnostic, Severity, render};
pub use layers::Layers;
pub use policies::load_balancer_logs::load_balancer_accounts;
pub use reference::reference;
pub use schema::{fleet_schema, schema};
pub use source::{Files, Given, Header, LAYERS, MAX_BYTES, Saying, Source, Span, Spanned, Spot};
use source::{Lines, Tables, tables};
pub use starter::starter;

/// Where a baseline is applied. The region is the baseline's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The account's id.
    pub account: &'a str,
    /// The partition, such as `aws`.
    pub partition: &'a str,
}

/// A parsed baseline file without errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// Its name.
    pub name: String,
    /// The home region.
    pub region: String,
    /// The accounts it may be applied to; any account where empty.
    pub allowed_accounts: Vec<String>,
    /// What the file says, defaults filled in.
    pub file: File,
}

impl Baseline {
    /// Reads a file, or layers. All problems come at once, in the order of the files; a baseline only if none is an error.
    pub fn parse(files: &dyn Files) -> (Option<Self>, Vec<Diagnostic>) {
        Self::read(files, true)
    }

    /// The same of a network that may be other than what must hold of it.
    pub fn parse_unproven(files: &dyn Files) -> (Option<Self>, Vec<Diagnostic>) {
        Self::read(files, false)
    }

    fn read(files: &dyn Files, prove: bool) -> (Option<Self>, Vec<Diagnostic>) {
        let Tables { mut table, broken, mentioned } = match tables(files) {
            Ok(tables) => tables,
            Err(problem) => return (None, vec![problem]),
        };
        // What cannot be read may declare variables and refer to them.
        let is_broken = !broken.is_empty();
        let known = Known::of(&table, files, &mentioned);
        let references = known.fill(&mut table);
        let mut reader = Reader::new(files);
        let file = File::read_table(&table, Header::top(), &mut reader);
        if !is_broken {
            reader.check_mentions();
        }
        let mut problems = reader.problems;
        if is_broken {
            keep_certain(&mut problems, &broken, &Lines::of(files));
            references.leave_out(&mut problems);
            problems.extend(broken);
        } else if let Some(file) = &file {
            let region = file.region.written();
            foreign_arns::check(region, &table, &mut problems);
            let place = Place { account: types::ANY_ACCOUNT, partition: partition_of(region) };
            let names = Names { file, place: &place };
            check(&names, &mut problems);
            // Of a network that is wrong nothing is proven.
            if !problems.iter().any(Diagnostic::is_error) {
                proof::check(&names, prove, &mut problems);
            }
        }
        if !is_broken {
            references.explain(&mut problems, files);
            problems.extend(references.problems);
            problems.extend(known.problems);
        }
        problems.sort_by(|a, b| {
            (a.span.start, a.span.end, a.severity).cmp(&(b.span.start, b.span.end, b.severity))
        });
        problems.dedup();
        let usable = !problems.iter().any(Diagnostic::is_error);
        (file.filter(|_| usable).map(Self::from), problems)
    }

    /// The profile through which the root user is reached.
    pub fn root_profile(&self) -> Option<&str> {
        self.file.root.as_ref()?.assume_root_profile.as_ref().map(|profile| profile.written())
    }

    /// The tags of everything that is made from the file.
    pub fn tags(&self) -> BTreeMap<String, String> {
        self.file.tags.declared()
    }

    /// The partition its region lies in.
    pub fn partition(&self) -> &'static str {
        partition_of(&self.region)
    }

    /// A place to expand the file for where no account is at hand: the first one it allows, or one that nobody has.
    pub fn place_without_account(&self) -> Place<'_> {
        let account = self.allowed_accounts.first().map_or(types::ANY_ACCOUNT, String::as_str);
        Place { account, partition: self.partition() }
    }

    /// Says which things the baseline wants in one place. The same place always gives the same answer.
    ///
    /// # Errors
    /// Fails only where a section wants something that no policy document or attribute tree can hold.
    pub fn expand(&self, place: &Place<'_>) -> Result<Wanted, Vec<Diagnostic>> {
        let names = Names { file: &self.file, place };
        let mut wanted = Wanted::default();
        expand(&names, &mut wanted).map_err(|error| {
            vec![Diagnostic::error(
                "cannot-expand",
                &(0..0),
                format!("the baseline cannot be expanded: {error}"),
            )]
        })?;
        Ok(wanted)
    }
}

/// What cannot be read may hide keys and sections of its file: only what was read and is wrong is certain.
fn keep_certain(problems: &mut Vec<Diagnostic>, broken: &[Diagnostic], lines: &Lines) {
    let mut first: BTreeMap<usize, usize> = BTreeMap::new();
    for problem in broken {
        let at = problem.span.start;
        first.entry(lines.begins(at)).and_modify(|first| *first = at.min(*first)).or_insert(at);
    }
    let place = |at: usize| (lines.begins(at), lines.line(at));
    let wrong: BTreeSet<(usize, usize)> = broken.iter().map(|problem| place(problem.span.start)).collect();
    problems.retain(|problem| {
        let at = problem.span.start;
        let is_read = || first.get(&lines.begins(at)).is_none_or(|first| at < *first);
        problem.code != "missing-key"
            && (problem.code != "unknown-key" || is_read())
            && !wrong.contains(&place(at))
    });
}

/// What is wrong with the TOML itself, in a file that begins there.
fn syntax_problem(error: &toml::de::Error, begins: usize) -> Diagnostic {
    let message = error.message().trim().replace('\n', ", ");
    let span = error.span().unwrap_or(0..0);
    let span = span.start + begins..span.end + begins;
    if message == "duplicate key" {
        return Diagnostic::error("duplicate", &span, "this name stands twice in the same place")
            .hint("keep one of the two");
    }
    Diagnostic::error("syntax", &span, "this is not TOML").label(message)
}

impl From<File> for Baseline {
    fn from(file: File) -> Self {
        let allowed = file.account.as_ref().and_then(|account| account.allowed.as_ref());
        Self {
            name: file.name.written().to_owned(),
            region: file.region.written().to_owned(),
            allowed_accounts: allowed
                .map(|ids| ids.iter().map(|id| id.written().to_owned()).collect())
                .unwrap_or_default(),
            file,
        }
    }
}

/// The partition of a region whose name was checked.
fn partition_of(region: &str) -> &'static str {
    partition::of_region(region).map_or("aws", |partition| partition.id)
}

/// What only shows when all sections are known.
fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    tags::check(names, problems);
    account::check(names, problems);
    root::check(names, problems);
    users::check(names, problems);
    contradictions::check(names, problems);
    kms_key::check(names, problems);
    bucket::check(names, problems);
    cloudtrail::check(names, problems);
    password_policy::check(names, problems);
    policy::check(names, problems);
    group::check(names, problems);
    role::check(names, problems);
    network::check(names, problems);
    moved::check(names, problems);
    load_balancer::check(names, problems);
    auto_scaling::check(names, problems);
    end_admissions::check(names.file, problems);
}

fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    account::expand(names, wanted)?;
    kms_key::expand(names, wanted)?;
    bucket::expand(names, wanted)?;
    cloudtrail::expand(names, wanted)?;
    password_policy::expand(names, wanted)?;
    policy::expand(names, wanted)?;
    group::expand(names, wanted)?;
    role::expand(names, wanted)?;
    network::expand(names, wanted)?;
    load_balancer::expand(names, wanted)?;
    auto_scaling::expand(names, wanted)?;
    end_admissions::expand(names, wanted)?;
    moved::expand(names, wanted);
    wanted.tags = names.file.tags.declared();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<Baseline>, Vec<Diagnostic>) {
        Baseline::parse(&Source { name: "x.toml".into(), text: text.into() })
    }

    #[test]
    fn the_smallest_useful_file_is_ten_lines() {
        let text = "name = 'small'\nregion = 'us-east-1'\n[account]\n[password_policy]\n[cloudtrail]\n\
                    bucket = 'logs'\nkms_key = 'logs'\n[kms_key.logs]\n[bucket.logs]\naccess_log = false\n";
        let (baseline, problems) = parse(text);
        assert_eq!(problems, []);
        let wanted = baseline.unwrap().expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
        let addrs: Vec<String> = wanted.things.keys().map(ToString::to_string).collect();
        assert_eq!(
            addrs,
            [
                "cloudtrail.trail.main",
                "ec2.ebs-encryption.account",
                "ec2.image-public-access.account",
                "ec2.instance-metadata-defaults.account",
                "ec2.snapshot-public-access.account",
                "iam.password-policy.account",
                "kms.key.logs",
                "s3.account-public-access.account",
                "s3.bucket.logs",
            ]
        );
    }

    #[test]
    fn every_problem_is_found_at_once() {
        let (baseline, problems) = parse(
            "name = 'X'\nregoin = 'us-east-1'\n[cloudtrail]\nbucket = 'lgs'\nvalidation = 'yes'\n[bucket.logs]\nlifecycle = { expire_after_days = 0 }\n",
        );
        assert!(baseline.is_none());
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(
            codes,
            [
                "missing-key",
                "bad-value",
                "unknown-key",
                "trail-without-key",
                "unknown-name",
                "wrong-type",
                "bad-value"
            ]
        );
    }
}
