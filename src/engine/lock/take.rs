//! Taking the lock: at once, after a wait, or over from a run that is gone.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::claim::{Claim, Holder, Standing, State, state};
use super::{ACTIONS, Lock, NAME, address, text, versions_up_to, write};
use crate::aws::{Account, Class, Error, Stop};

/// How long to wait between two looks at a lock that is held, at first and at most.
const LOOK: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// For how long answers that make no sense yet are asked for again, at least.
const PATIENCE: Duration = Duration::from_secs(30);

/// On what terms the lock is taken.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The random id of this run (see [`random_id`]).
    pub run: &'a str,
    /// How long to wait while another run holds it.
    pub wait: Duration,
    /// The machine's clock, in milliseconds since 1970: for the times that people are shown, and for nothing else.
    pub clock: fn() -> i64,
    /// Whether a run of that id is known to be dead.
    pub is_dead: &'a (dyn Fn(&str) -> bool + Sync),
    /// Ends the wait.
    pub stop: &'a Stop,
}

impl fmt::Debug for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms").field("wait", &self.wait).finish_non_exhaustive()
    }
}

/// What happens while the lock is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Another run holds it.
    Waiting {
        /// Who.
        holder: Holder,
        /// For how long this run has waited already.
        waited: Duration,
    },
    /// A lock that had run out was taken over.
    TakenOver {
        /// From whom.
        holder: Holder,
    },
}

/// Why the lock is not held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockError {
    /// Another run holds it.
    Held(Box<Holder>),
    /// The parameter holds something else.
    Foreign,
    /// The caller may not use it.
    Denied(Error),
    /// Somebody asked to stop.
    Stopped,
    /// Anything else.
    Failed(Error),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(holder) => write!(
                f,
                "another apply holds the lock {NAME}: {} ({}, baseline {}, run {}), since {}, until {} unless it \
                 goes on",
                holder.arn, holder.program, holder.baseline, holder.run, holder.taken, holder.until
            ),
            Self::Foreign => {
                write!(f, "the parameter {NAME} holds something that is no lock of this version")
            }
            Self::Denied(error) => {
                write!(f, "the lock {NAME} cannot be taken, which needs {}: {error}", ACTIONS.join(", "))
            }
            Self::Stopped => f.write_str("stopped before the lock was taken"),
            Self::Failed(error) => write!(f, "the lock {NAME} cannot be taken: {error}"),
        }
    }
}

impl std::error::Error for LockError {}

impl From<Error> for LockError {
    fn from(error: Error) -> Self {
        match error.class {
            Class::Denied => Self::Denied(error),
            Class::Stopped => Self::Stopped,
            _ => Self::Failed(error),
        }
    }
}

/// A claim of another run, and since when this run has seen it unchanged.
struct Watched {
    number: i64,
    lock: String,
    since: Instant,
}

impl<'a> Lock<'a> {
    /// Takes the lock, waiting as long as the terms allow.
    ///
    /// # Errors
    /// Names the holder, or why the lock cannot be used.
    pub async fn take(
        account: &'a Account,
        terms: &Terms<'_>,
        say: &(dyn Fn(Notice) + Sync),
    ) -> Result<Self, LockError> {
        let (run, lock) = (terms.run, random_id()?);
        let claim = Claim::first(account, run, &lock, (terms.clock)());
        let (began, mut pause) = (Instant::now(), LOOK.0);
        let mut watched: Option<Watched> = None;
        loop {
            let sent = Instant::now();
            let held = |claim, number| {
                Ok(Self { account, clock: terms.clock, claim, number, sure: sent, lost: None }.trusted())
            };
            if watched.is_none() {
                match account.create_parameter(NAME, &text(&claim)?, &address()).await {
                    Ok(number) => return held(claim, number),
                    // Without an answer, or as an answer to a request sent twice, it may be our own.
                    Err(error) if matches!(error.class, Class::AlreadyExists | Class::Ambiguous) => {}
                    // Parameter Store takes one change of a parameter at a time.
                    Err(error) if error.code == "TooManyUpdates" => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let versions = match versions_up_to(account, 0).await {
                Ok(versions) => versions,
                // Whoever waits does not give up for one answer that was lost.
                Err(error)
                    if matches!(error.class, Class::Ambiguous | Class::Throttled)
                        && began.elapsed() < terms.wait.max(PATIENCE) =>
                {
                    wait(terms.stop, LOOK.1).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let standing = match state(&versions) {
                State::Held(standing) if standing.claim.run == run => {
                    return held(standing.claim, standing.number);
                }
                State::Held(standing) => *standing,
                State::Foreign => return Err(LockError::Foreign),
                State::Free => {
                    if began.elapsed() > terms.wait.max(PATIENCE) {
                        let error = Error::internal("it is neither there nor can it be made; try again");
                        return Err(LockError::Failed(error));
                    }
                    watched = None;
                    wait(terms.stop, LOOK.0).await?;
                    continue;
                }
            };
            let now = account.time_of_parameters();
            if is_over(&standing, now, terms, &mut watched) {
                if let Some(lock) = Self::take_over(account, terms, &claim, &standing).await? {
                    say(Notice::TakenOver { holder: standing.claim.holder() });
                    return Ok(lock);
                }
                wait(terms.stop, LOOK.0).await?;
                continue;
            }
            if began.elapsed() >= terms.wait {
                return Err(LockError::Held(Box::new(standing.claim.holder())));
            }
            say(Notice::Waiting { holder: standing.claim.holder(), waited: began.elapsed() });
            wait(terms.stop, pause.min(terms.wait.saturating_sub(began.elapsed()))).await?;
            pause = (pause * 2).min(LOOK.1);
        }
    }

    /// Leans a claim of one's own on one that has run out; nothing where another run was first.
    async fn take_over(
        account: &'a Account,
        terms: &Terms<'_>,
        claim: &Claim,
        over: &Standing,
    ) -> Result<Option<Self>, LockError> {
        let sent = Instant::now();
        let claim = claim.following(&over.claim.lock, over.number, (terms.clock)());
        let number = match write(account, &claim).await {
            Ok(number) => number,
            // It may have been written or not: the versions tell, at once or at the next look.
            Err(error) if error.class == Class::Ambiguous => 0,
            Err(error) if error.code == "TooManyUpdates" => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let versions = match versions_up_to(account, number).await {
            Ok(versions) => versions,
            Err(error) if matches!(error.class, Class::Ambiguous | Class::Throttled) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(match state(&versions) {
            State::Held(standing) if standing.claim.run == claim.run => {
                let (claim, number) = (standing.claim, standing.number);
                let lock = Self { account, clock: terms.clock, claim, number, sure: sent, lost: None };
                Some(lock.trusted())
            }
            State::Held(_) | State::Free | State::Foreign => None,
        })
    }
}

/// Whether a claim of another run has run out; remembers since when it has been seen as it is.
///
/// `now` is what AWS said the time is when it showed the claim.
fn is_over(standing: &Standing, now: Option<i64>, terms: &Terms<'_>, watched: &mut Option<Watched>) -> bool {
    let same = watched
        .as_ref()
        .filter(|watched| watched.number == standing.number && watched.lock == standing.claim.lock);
    let since = same.map_or_else(Instant::now, |watched| watched.since);
    *watched = Some(Watched { number: standing.number, lock: standing.claim.lock.clone(), since });
    since.elapsed() > Duration::from_secs(standing.claim.lease_seconds)
        || now.is_some_and(|now| standing.has_run_out(now))
        || (terms.is_dead)(&standing.claim.run)
}

async fn wait(stop: &Stop, pause: Duration) -> Result<(), LockError> {
    stop.sleep(pause).await;
    if stop.is_set() { Err(LockError::Stopped) } else { Ok(()) }
}

/// The id of a run: sixteen random bytes, with no machine and no user in them.
///
/// # Errors
/// A system that gives out no random bytes.
pub fn random_id() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Who holds the lock; nothing where it is free.
///
/// # Errors
/// What keeps it from being read.
pub async fn holder(account: &Account) -> Result<Option<Holder>, LockError> {
    match state(&account.parameter_versions(NAME).await?) {
        State::Free => Ok(None),
        State::Held(standing) => Ok(Some(standing.claim.holder())),
        State::Foreign => Err(LockError::Foreign),
    }
}

/// Takes the lock away from a run, or away altogether where no run is given; false where it is another's by now.
///
/// # Errors
/// What keeps it from being deleted.
pub async fn clear(account: &Account, run: Option<&str>) -> Result<bool, LockError> {
    if let Some(run) = run
        && let State::Held(standing) = state(&account.parameter_versions(NAME).await?)
        && standing.claim.run != run
    {
        return Ok(false);
    }
    account.delete_parameter(NAME).await?;
    Ok(true)
}
