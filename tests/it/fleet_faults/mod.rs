//! No account is lost and none is done twice, whatever happens to a run over many of them.
//!
//! [`organization`] is the organization in memory on a port, with every call written down by account, and broken where a rule says
//! so; the program runs as processes of its own. The other files are one row of docs/reliability.md each.

mod canary;
mod denied;
mod ended;
mod files;
mod killed;
mod organization;
mod ready;
mod shards;
mod throttled;
mod trust;
mod two;
