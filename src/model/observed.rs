//! What a read of an account says about one address: the types that kinds, plan and engine share.

use std::collections::BTreeMap;

use super::{Remark, Value};

/// What was found at one address: by a kind, or by a look at a whole account.
#[derive(Debug, Clone)]
pub enum Observed<T = LiveResource, E = Unread> {
    /// It exists.
    Found(T),
    /// AWS said by name, or by a complete list, that it does not.
    Absent,
    /// It could not be read: denied, throttled, timed out, or not understood. Never taken for absence.
    Unreadable(E),
}

/// How far AWS has come with a resource that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can be used.
    Ready,
    /// AWS is still at work; what it says about it.
    Pending(String),
    /// It can be used and changed, and is not all that it was made for.
    Short {
        /// What is missing, and why.
        reason: String,
        /// Whether AWS refuses to go on, so that waiting long is in vain.
        refused: bool,
    },
    /// It can be used, and somebody above the account keeps it as it is; who.
    Enforced(String),
    /// It can be used, and changing it would harm what uses it; who.
    InUse(String),
    /// It will not become usable by waiting; what is wrong and what a person can do.
    Broken(String),
}

/// A resource that exists.
#[derive(Debug, Clone)]
pub struct LiveResource {
    /// Its attributes, ids as AWS spells them.
    pub attributes: Value,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Those of its tags whose keys the file declares.
    pub tags: BTreeMap<String, String>,
    /// Whose it is.
    pub ownership: Ownership,
    /// Whether it can be used.
    pub state: State,
    /// What else a person should know about it.
    pub remarks: Vec<Remark>,
}

/// Whose a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// This baseline's.
    Managed,
    /// Nobody's: it would be adopted.
    Unmanaged,
    /// Another baseline's, by its tag; never touched.
    Foreign(String),
    /// A setting of the account, which carries no tags.
    Setting,
}

/// Why a read failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The caller may not make the call.
    Denied,
    /// The account, the region or the service is not active yet.
    NotActive,
    /// Anything else.
    Failed,
}

impl Why {
    /// By what the call was refused for, if it was.
    pub const fn of(is_denied: bool, is_not_active: bool) -> Self {
        match (is_not_active, is_denied) {
            (true, _) => Self::NotActive,
            (false, true) => Self::Denied,
            (false, false) => Self::Failed,
        }
    }

    /// What happened to the call, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Denied => "was denied",
            Self::NotActive => "is not active yet",
            Self::Failed => "failed",
        }
    }
}

/// A read that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The call, such as `s3:GetBucketPolicy`; empty where no call was made.
    pub call: String,
    /// Why it failed.
    pub why: Why,
    /// What the caller lacks: the IAM action and its resource. Empty where nothing was denied.
    pub lacking: String,
    /// The regions in which it failed alike; empty where the call is not one of many.
    pub regions: Vec<String>,
    /// What a person does next, where the cause is known to be another than a missing permission; else empty.
    pub next: String,
    /// What AWS said, not cleaned.
    pub message: String,
}

impl Unread {
    /// What a person does next, in words; not cleaned.
    pub fn next_step(&self) -> String {
        let is_silent = self.message.is_empty();
        if !self.next.is_empty() {
            return self.next.clone();
        }
        match (self.why == Why::Denied, self.lacking.is_empty()) {
            (false, _) if is_silent => "try again; nothing was said about the reason".to_owned(),
            (true, false) => format!("allow {} to these credentials, then plan again", self.lacking),
            (true, true) => "allow these credentials to read it, then plan again".to_owned(),
            (false, _) => "retry; if it persists, see the AWS error".to_owned(),
        }
    }
}
