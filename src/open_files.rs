//! How many files and connections the process may have open.
//!
//! AWS has one host for each service and region, and connections to all of them are kept for a while: a look at 17 regions has more than
//! three hundred, and one at a fleet that many for each account that is at work. Systems begin a process with 256 or 1,024.

/// More than the connections of 64 accounts at work, and no more than macOS gives (`OPEN_MAX`).
const ENOUGH: u64 = 10_240;

/// Asks for as many as are needed, as far as the system lets a process ask, and says how many of them it may have now.
#[cfg(unix)]
pub(crate) fn allow() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let asked = limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
    match limit.current {
        Some(current) if current < asked => {
            let allowed = setrlimit(Resource::Nofile, Rlimit { current: Some(asked), ..limit });
            allowed.map_or(current, |()| asked)
        }
        Some(_) | None => asked,
    }
}

/// Where there is no such limit.
#[cfg(not(unix))]
pub(crate) fn allow() -> u64 {
    ENOUGH
}
