//! Many accounts, one baseline: which are looked at, and what departs in all of them, told once.
//!
//! Pure. Every account stands on exactly one line: looked at, not reached with the reason, or skipped with the reason.

mod change;
mod conditions;
mod fold;
mod inventory;
mod listing;
mod readiness;
mod results;
mod settings;
mod shard;
mod units;
mod waves;

pub use change::Change;
pub use conditions::{About, problems};
pub use fold::{Apart, Fold, Group, Named, Outcome, Seen, SetApart, Verdict, canonical, fold};
pub use inventory::{
    AccountList, Chain, Listed, Member, NotReady, Reach, Roles, Selection, Skipped, listed, management,
    select, session_name,
};
pub use listing::{Since, since, written};
pub use readiness::is_not_ready;
pub use results::{
    AccountResult, BegunResult, BegunStep, Expected, FORMAT_VERSION, Of, Run, RunOf, ShardResult, Whose,
    begun_in_all, is_done, is_failure, is_not_right,
};
pub use settings::Settings;
pub use shard::{Shard, dealt};
pub use waves::{Wave, admits, waves};
