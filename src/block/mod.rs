//! Blocks: ranges that network ACLs deny for a while, on top of what the file says.
//!
//! Pure. The account itself remembers a block, in a tag of the ACL: entries carry none. Whoever reads the ACL, from whatever
//! machine, sees what is blocked, until when, by whom and why, and can finish what another run began.

mod acl;
mod ranges;
mod refusal;
mod tag;

pub use acl::{Acl, BLOCK_NUMBERS, Entry, Kept, Standing, Write, room};
pub use ranges::{Covered, cover, merged, range};
pub use refusal::{Protected, Refused, Whether, refused};
pub use tag::{Block, KEY_PREFIX, person};
