//! A rule: what is asked of an account, why, and which benchmark controls ask for the same.

use super::Control;

/// How much a departure matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth acting on.
    Medium,
    /// A way in for somebody who gets hold of one more thing.
    High,
    /// A way in.
    Critical,
}

/// One thing that is asked of an account.
#[derive(Debug)]
pub struct Rule {
    /// Its stable name, such as `root-access-keys`. Reports, exemptions and scanners' baselines lean on it.
    pub id: &'static str,
    /// What holds where the rule is kept, in a few words.
    pub title: &'static str,
    /// How much a departure matters.
    pub severity: Severity,
    /// The practice of the thirteen it belongs to.
    pub practice: u8,
    /// The benchmark controls that ask for the same, by benchmark version.
    pub controls: &'static [Control],
    /// What can happen where it is not kept.
    pub risk: &'static str,
    /// What to do about a departure, whatever it was found at; a finding names the resource, and often the command.
    pub remedy: &'static str,
    /// The API operations whose answers decide it, as `service:Operation`.
    pub calls: &'static [&'static str],
}
