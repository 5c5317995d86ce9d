//! What was found, as plain data.

use std::collections::BTreeMap;

use crate::model::{Addr, Obstacle, Remark, Value};

/// Everything one look at an account found.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// By address: what was asked for, and what is owned though nobody asked for it.
    pub sights: BTreeMap<Addr, Sight>,
    /// What is in the way of things that are wanted and absent.
    pub obstacles: BTreeMap<Addr, Vec<Obstacle>>,
    /// What carries this baseline's tags in regions that are not its home region, with its ARN.
    pub elsewhere: BTreeMap<Addr, String>,
    /// Lists that could not be read, so that nothing can be said of undeclared things.
    pub unlisted: Vec<Unread>,
}

/// What was found at one address.
#[derive(Debug, Clone)]
pub enum Sight {
    /// It exists.
    Found(Thing),
    /// AWS said so.
    Absent,
    /// Nobody knows.
    Unreadable(Unread),
}

/// A live thing.
#[derive(Debug, Clone)]
pub struct Thing {
    /// Its attributes, ids as AWS spells them.
    pub attributes: Value,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Those of its tags whose keys the file declares.
    pub tags: BTreeMap<String, String>,
    /// Whose it is.
    pub whose: Whose,
    /// Whether it can be used.
    pub condition: Condition,
    /// What else a person should know about it.
    pub remarks: Vec<Remark>,
}

/// Whose a live thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// This baseline's.
    Ours,
    /// Nobody's: it would be adopted.
    Nobodys,
    /// Another baseline's, by its tag; never touched.
    Anothers(String),
    /// A setting of the account, which carries no tags.
    Setting,
}

/// Whether a live thing can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It can.
    Ready,
    /// AWS is still at work.
    Pending(String),
    /// It can be used, and somebody above the account keeps it as it is; who.
    Enforced(String),
    /// It can be used, and changing it would harm what uses it; who.
    InUse(String),
    /// Waiting will not help; what is wrong and what to do.
    Broken(String),
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
