//! What was found in one account, as formats for other programs take it: owned, so that it can be kept in a file and read again.

use super::item::{Item, items};
use super::{Ending, Heading, View, clean, unread};

/// Every check of an account and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Which command, file and account.
    pub heading: Heading,
    /// When the account was looked at.
    pub at: jiff::Timestamp,
    /// Whether everything that was asked could be read and decided.
    pub is_complete: bool,
    /// How the apply before it ended; nothing where there was none.
    pub ending: Option<Ending>,
    /// Reads that failed and rules that could not be decided, a sentence each.
    pub not_known: Vec<String>,
    /// Departures first.
    pub(super) items: Vec<Item>,
}

impl Sheet {
    /// What a look found.
    pub fn of(view: &View<'_>) -> Self {
        let mut not_known: Vec<String> = Vec::new();
        not_known.extend(view.unread().map(|unread| {
            let (call, verdict) = (unread::call(unread), unread::verdict(unread));
            let message = clean::cut(&unread.message, clean::LONGEST);
            format!("{call} {verdict}: {message}; {}", unread.next_step())
        }));
        not_known.extend(view.posture.undecided.iter().map(|(rule, reason)| {
            format!("{rule} could not be decided: {}", clean::cut(reason, clean::LONGEST))
        }));
        Self {
            heading: view.heading.clone(),
            at: view.at,
            is_complete: view.is_complete(),
            ending: view.ending.cloned(),
            not_known,
            items: items(view),
        }
    }
}
