//! What is worth telling about a live resource beside its attributes.

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth acting on.
    Warning,
    /// The account cannot reach the declared state without a person.
    Error,
}

/// Something that a read saw and that no attribute holds: who enforces a setting, a part of a managed
/// resource that nobody declared and apply leaves alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters. Only an error keeps the resource from being in sync.
    pub severity: Severity,
    /// What was seen, not cleaned.
    pub message: String,
    /// What to do next; empty where there is nothing to do.
    pub next: String,
}
