//! What the planner has to know about a kind: plain data, declared in the kind's file.

use std::collections::BTreeMap;

/// What happens when an attribute changes that AWS cannot change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// The old thing is deleted, then the new one created.
    DeleteFirst,
    /// Never done; the reason is shown to the person who asked for it.
    Never(&'static str),
}

/// Whether `--prune` may delete a thing that is owned and no longer declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// With `--prune`.
    Prunable,
    /// It holds logs or keys: only with `--destroy ADDR`, which names it.
    Named,
    /// There is nothing to delete: a setting of the account, or a thing AWS itself keeps.
    Never,
}

/// Where AWS keeps a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lives {
    /// Once in an account, whatever the region.
    Once,
    /// In the home region.
    Home,
    /// In every region that the file chooses.
    EveryRegion,
}

/// Whether a thing carries the tags that a file declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagged {
    /// It gets them in the creating call, and a departure is drift.
    Carries,
    /// It carries none; why.
    Cannot(&'static str),
}

impl Tagged {
    /// Of a setting of the account or of a region.
    pub const SETTING: Self = Self::Cannot("a setting, which AWS gives no tags");
    /// Of what is only looked up.
    pub const LOOKED_UP: Self = Self::Cannot("only looked up: it is AWS's own");

    /// Those of the declared tags that it carries: all of them, or none.
    pub fn of(self, declared: &BTreeMap<String, String>) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        match self {
            Self::Carries => declared,
            Self::Cannot(_) => &NONE,
        }
    }
}

/// What the planner has to know about a kind; all of it plain data.
#[derive(Debug)]
pub struct KindMeta {
    /// Where AWS keeps it.
    pub lives: Lives,
    /// Top-level attributes that AWS cannot change in place.
    pub immutable: &'static [&'static str],
    /// What to do when one of them changes.
    pub replace: Replace,
    /// Top-level attributes written in a second step, so that two things can name each other.
    pub deferred: &'static [&'static str],
    /// Top-level attributes that name what AWS does not delete while this one is there.
    pub keeps: &'static [&'static str],
    /// Whether it carries the tags that the file declares.
    pub tags: Tagged,
    /// Whether it can be pruned.
    pub deletion: Deletion,
    /// What a person does about one that nobody declares, where pruning may delete it.
    pub undeclared_next: &'static str,
    /// Outputs that only AWS knows: `id`, `arn`. What is computable (bucket, role and trail ARNs) is not listed.
    pub outputs: &'static [&'static str],
    /// Those outputs that get another value when the thing is changed in place, such as the version of a template.
    pub moving_outputs: &'static [&'static str],
    /// Whether this kind only looks something up and is never written.
    pub lookup: bool,
    /// The attribute that holds the name its ARN ends in, for kinds that cannot list their owned things by tag.
    pub located_by: Option<&'static str>,
    /// The attribute that holds the id of one that is there already and is taken over, for kinds that the file may name by their id.
    /// Where it is wanted, none is ever made.
    pub named_by: Option<&'static str>,
    /// Whether one that nobody tagged is looked for by what it serves, where the file names things by their id.
    pub found_by_place: bool,
    /// Whether a second create makes a second thing: AWS has neither a unique name nor a lasting token
    /// for it (truth 5). Then no create is sent while an earlier one may still come to light.
    pub duplicates_on_retry: bool,
    /// Sets of which a member stays where it is managed and no longer declared, until it is pruned: a subnet that is left over keeps
    /// its network ACL and its routes, because something may run there.
    pub kept_members: &'static [&'static str],
    /// Sets of which each member is in one thing of the kind at a time: it also stays until another one takes it over.
    pub exclusive_members: &'static [&'static str],
    /// Whether it is read even where nothing of the kind is declared, because no index lists it by tag.
    pub always_read: bool,
    /// How many equal reads in a row prove that a write has settled (aws-truths 0.2, truth 3).
    pub consistent_reads: u8,
    /// Seconds within which a write must be seen (aws-truths 0.3), asynchronous creation included.
    pub settle_seconds: u64,
    /// Seconds in which a write that shows no effect yet is waited for and not sent again.
    pub patience_seconds: u64,
    /// IAM actions that `read` needs.
    pub read_actions: &'static [&'static str],
    /// IAM actions that create, update and delete need beyond those.
    pub write_actions: &'static [&'static str],
    /// IAM actions of what is read beyond those once AWS has refused a write, to say what stands in the way: an apply
    /// without them says less, and does the same. Also of what looks for things to take over, where the file names some.
    pub refusal_actions: &'static [&'static str],
    /// Practices of the thirteen that it serves.
    pub practices: &'static [u8],
}

impl KindMeta {
    /// The rules most kinds start from; a kind overrides what differs.
    pub const DEFAULT: Self = Self {
        lives: Lives::Home,
        immutable: &[],
        replace: Replace::Never("change it by hand, or declare it under another name"),
        deferred: &[],
        keeps: &[],
        tags: Tagged::Carries,
        deletion: Deletion::Prunable,
        undeclared_next: "declare it, or delete it with apply --prune",
        outputs: &[],
        moving_outputs: &[],
        lookup: false,
        located_by: None,
        named_by: None,
        found_by_place: false,
        duplicates_on_retry: false,
        kept_members: &[],
        exclusive_members: &[],
        always_read: false,
        consistent_reads: 1,
        settle_seconds: 120,
        patience_seconds: 15,
        read_actions: &[],
        write_actions: &[],
        refusal_actions: &[],
        practices: &[],
    };

    /// The rules of a kind this version does not know: nothing may be done to it.
    pub const UNKNOWN: Self =
        Self { deletion: Deletion::Never, lookup: true, tags: Tagged::LOOKED_UP, ..Self::DEFAULT };
}
