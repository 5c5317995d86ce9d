//! Steps towards every right, typed: who takes which, by what grant.

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// What is done, on what, and the grant that allows it.
    pub(super) words: String,
}

impl Step {
    pub(super) fn new(words: String) -> Self {
        Self { words }
    }
}

/// How somebody gets there by its own steps, and who it is then.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Course {
    /// The steps, in their order.
    pub(super) steps: Vec<Step>,
    /// The role that nobody has made yet which it is then, by its place; nothing where it can do everything by now.
    pub(super) made: Option<usize>,
}

impl Course {
    /// A course at whose end everything is allowed.
    pub(super) fn to_everything(steps: Vec<Step>) -> Self {
        Self { steps, made: None }
    }
}
