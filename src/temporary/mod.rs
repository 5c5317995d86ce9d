//! What holds for a while, on top of what the file says: ranges that are blocked, and addresses that are let in.
//!
//! Pure. The account itself remembers it, in tags of network ACLs and security groups: entries and rules of these
//! are too small for it. Whoever reads them, from whatever machine, sees what holds, until when, by whom and why, and can end it.
//!
//! Tags alone bring nothing about: more people may write tags than rules. Only the command that somebody runs adds an entry or a rule,
//! for what that person asks; everybody else only takes away what has ended or never became whole.

mod acl;
mod group;
mod ranges;
mod refusal;
mod schedule;
mod subject;
mod tag;

pub use acl::{Acl, AclRule, AclWrite, Entry, room};
pub use group::{Group, GroupWrite};
pub use ranges::{Covered, cover, merged, range};
pub use refusal::{Protected, Refused, Whether, refused};
pub use schedule::{OneTimeCall, SCHEDULES};
pub use subject::{ADMIT_DAYS, BLOCK_DAYS, Protocol, Service, Subject};
pub use tag::{Kept, Standing, Temporary, person};
