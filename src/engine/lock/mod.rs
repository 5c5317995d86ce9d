//! One apply at a time in an account's region.
//!
//! The lock is a parameter of Parameter Store, [`NAME`], in the region of the baseline. It is one for all
//! baselines of the region, not one for each name: two files of different names may both declare the
//! password policy, and two runs that write it in turns would both be wrong.
//!
//! Parameter Store has no name that all regions share. Files with different home regions have in common what an account has once
//! and what it has in every region. A run whose file declares such a thing also holds the lock of the region that stands for the
//! partition, and takes that one first. So two runs that may write the same thing share a lock: the one of the home region if
//! that is the same, and else that one. Nobody who holds the lock of another region asks for it, so nobody waits in a circle.
//! Writes end with the lease that ends first.
//!
//! It keeps runs from waiting for, undoing and reporting each other's half-done work. It is not what keeps
//! things from being made twice: ownership tags and unique names do that, with or without a lock.
//!
//! # Why exactly one run holds it
//!
//! Parameter Store can create a parameter only if it does not exist, which one of many callers can do. It
//! cannot replace or delete one only if it still says what was read. What it does give is a number to every
//! write: versions are dense, in one order that all readers share, and the latest hundred can be read.
//!
//! So the parameter is read as a log. Every version names its run and the version it leans on (`follows`).
//! **Of all versions that lean on the same one, the first counts; a version that leans on one before that
//! does not.** In one comparison: a version counts if it leans on a later one than the last that counted.
//!
//! - *Created*: the creating call succeeds for one caller. A lost answer does no harm: sent again it is told
//!   that the parameter exists, and the version that counts names its own run.
//! - *Renewed*: the holder writes a version that leans on its own last one. Sent twice by the SDK, the second
//!   one leans on the same and does not count.
//! - *Run out*: a version that nobody renews runs out (below). Everybody who sees that may write a version
//!   that leans on it. All writes succeed, and the one with the lowest number counts, whatever each of them
//!   thinks; each reads the versions up to its own, without a gap, and knows. If the holder renewed in
//!   between, its version has the lowest number, and it keeps the lock.
//! - *Deleted and created anew* between a run's reading and its writing: the parameter is another one, though
//!   its numbers begin with 1 again. Versions carry the random id of the parameter they lean on, and one with
//!   another id does not count.
//!
//! A run whose lease was not renewed for [`TRUSTED`] sends no more writes: the gate that every write passes looks at the
//! monotonic clock before a write is built and again right before it is sent, so a process that was paused and goes on
//! finds the gate closed ([`Account::write_until`]). A request lives for thirty seconds at most, so a run is silent when its
//! lease runs out. Two exceptions remain. A machine that sleeps (a laptop's lid) has a monotonic clock that sleeps as
//! well: such a run may write until its next renewal, which finds that its version does not count. And a process that is
//! paused between that last look and the sending of the bytes sends the one request it was about to send.
//!
//! One step is not covered by the numbers: the release deletes the parameter whatever it says. It is sent once,
//! and only by a run that was sure of its lease less than [`TRUSTED`] ago, so it would have to be under way for the
//! rest of the lease to delete another run's. That run's next renewal would notice and stop it.
//! A renewal that arrives after the release makes a claim that nobody renews, and which so runs out.
//!
//! # When it has run out
//!
//! No wall clock of any machine has a say, since nothing keeps it near AWS's: the SDK learns from AWS how wrong it is and
//! signs accordingly. A claim has run out when it was seen unchanged for its whole lease by one run's own monotonic
//! clock; or when its time of writing lies a lease and [`EXPIRY_LAG`] before the `Date` of the answer that shows it, both
//! of which are AWS's; or when the run is known to be dead.

mod claim;
mod take;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

pub use claim::Holder;
use claim::{Claim, State, state};
pub use take::{LockError, Notice, Terms, clear, holder, random_id};

use crate::aws::{Account, Class, Error, ParameterVersion, Stop};
use crate::model::Addr;

/// The parameter's name.
pub const NAME: &str = "/baseline/lock";

/// How long a claim is valid unless it is renewed.
pub const LEASE: Duration = Duration::from_secs(120);

/// How often a claim is renewed.
pub const RENEWAL: Duration = Duration::from_secs(40);

/// How long a holder trusts in a claim that it could not renew: the lease, less what a call may take, and some.
pub const TRUSTED: Duration = Duration::from_secs(75);

/// How far beyond its lease a claim is left alone when AWS's times are compared: its servers' clocks are not one.
pub const EXPIRY_LAG: Duration = Duration::from_secs(300);

/// IAM actions that taking, renewing and releasing the lock needs; tags on creation need their own.
pub const ACTIONS: &[&str] =
    &["ssm:PutParameter", "ssm:AddTagsToResource", "ssm:GetParameterHistory", "ssm:DeleteParameter"];

/// How long after a failed renewal the next one is tried.
const RETRY: Duration = Duration::from_secs(5);

/// How long a run that was asked to stop waits for its release to be answered.
const LAST_CALL: Duration = Duration::from_millis(1500);

/// The lock, held.
#[derive(Debug)]
pub struct Lock<'a> {
    account: &'a Account,
    clock: fn() -> i64,
    claim: Claim,
    /// The number of the version that counts.
    number: i64,
    /// When the request was sent that made it count.
    sure: Instant,
    /// Why it is held no longer.
    lost: Option<String>,
}

impl Lock<'_> {
    /// The random id of the run that holds it.
    pub fn run(&self) -> &str {
        &self.claim.run
    }

    /// Why it was lost on the way; nothing while it is held.
    pub fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    /// Renews while the work goes on; where the lock is lost, asks the work to stop.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>, stop: &Stop) -> T {
        tokio::pin!(work);
        let mut pause = RENEWAL;
        while self.lost.is_none() {
            tokio::select! {
                biased;
                done = &mut work => return self.ended(done),
                () = sleep(pause) => {}
            }
            let (mut done, sure) = (None, self.sure);
            let left = TRUSTED.saturating_sub(sure.elapsed());
            let renewed = {
                let renewal = timeout(left, self.renew());
                tokio::pin!(renewal);
                // One that is under way is awaited, so that it does not arrive after the release.
                loop {
                    tokio::select! {
                        biased;
                        finished = &mut work, if done.is_none() => done = Some(finished),
                        renewed = &mut renewal => break renewed,
                        () = sleep(LAST_CALL), if done.is_some() && stop.is_set() => break Ok(Ok(true)),
                    }
                }
            };
            if let Some(done) = done {
                return self.ended(done);
            }
            let failure = match renewed {
                Ok(Ok(true)) => {
                    pause = RENEWAL;
                    continue;
                }
                Ok(Ok(false)) => {
                    self.lost = Some("another run holds it now".to_owned());
                    break;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer in time".to_owned(),
            };
            if self.sure.elapsed() + RETRY >= TRUSTED {
                self.lost = Some(format!("it could not be renewed: {failure}"));
            }
            pause = RETRY;
        }
        stop.set();
        work.await
    }

    /// What the work came to; the lock is lost where a write came too late for it.
    fn ended<T>(&mut self, done: T) -> T {
        if self.lost.is_none() && self.account.refused_too_late() {
            self.lost = Some("it was not renewed in time".to_owned());
        }
        done
    }

    /// From here on writes are sent for as long as this lease is trusted.
    fn trusted(self) -> Self {
        self.account.write_until(self.sure + TRUSTED);
        self
    }

    /// Writes a version that leans on the last one; false where another run's counts by now.
    async fn renew(&mut self) -> Result<bool, Error> {
        let sent = Instant::now();
        let claim = self.claim.following(&self.claim.lock, self.number, (self.clock)());
        let number = write(self.account, &claim).await?;
        let versions = versions_up_to(self.account, number).await?;
        match state(&versions) {
            State::Held(standing) if standing.claim.run == self.claim.run => {
                self.number = standing.number;
                self.sure = sent;
                self.account.write_until(sent + TRUSTED);
                Ok(true)
            }
            State::Held(_) | State::Free | State::Foreign => Ok(false),
        }
    }

    /// Gives it back. Where that fails it runs out by itself.
    ///
    /// # Errors
    /// Says why the parameter is still there.
    pub async fn release(self, stop: &Stop) -> Result<(), String> {
        if self.lost.is_some() {
            return Ok(());
        }
        let budget = if stop.is_set() { LAST_CALL } else { Duration::from_secs(30) };
        timeout(budget, self.delete()).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    async fn delete(&self) -> Result<(), String> {
        loop {
            if self.sure.elapsed() >= TRUSTED {
                return Err("it was not renewed for too long to be safely deleted".to_owned());
            }
            match self.account.delete_parameter(NAME).await {
                Ok(()) => return Ok(()),
                Err(error) if matches!(error.class, Class::Ambiguous | Class::Throttled) => {
                    sleep(Duration::from_millis(300)).await;
                }
                Err(error) => return Err(error.to_string()),
            }
            // Without an answer it may be gone, and another run's by now.
            let versions = self.account.parameter_versions(NAME).await.map_err(|error| error.to_string())?;
            match state(&versions) {
                State::Held(standing) if standing.claim.run == self.claim.run => {}
                State::Held(_) | State::Free | State::Foreign => return Ok(()),
            }
        }
    }
}

/// The address on the lock's tags; no kind has it, so no plan lists the lock.
fn address() -> Addr {
    Addr::new("ssm.lock", "region")
}

async fn write(account: &Account, claim: &Claim) -> Result<i64, Error> {
    account.overwrite_parameter(NAME, &text(claim)?).await
}

fn text(claim: &Claim) -> Result<String, Error> {
    serde_json::to_string(claim).map_err(Error::internal)
}

/// All versions that are kept, once they can be read without a gap up to the given one: a replica that has not
/// heard of a version yet would let a later one count in its place.
async fn versions_up_to(account: &Account, number: i64) -> Result<Vec<ParameterVersion>, Error> {
    let mut pause = Duration::from_millis(100);
    loop {
        let versions = account.parameter_versions(NAME).await?;
        let dense = versions.windows(2).all(|pair| pair[0].number + 1 == pair[1].number);
        let kept_whole = versions.first().is_some_and(|first| first.number == 1) || versions.len() >= 100;
        // Gone altogether: somebody deleted it meanwhile, which is an answer.
        if versions.is_empty()
            || (dense && kept_whole && versions.last().is_some_and(|last| last.number >= number))
        {
            return Ok(versions);
        }
        if pause > Duration::from_secs(20) {
            return Err(Error::internal(format!("version {number} of {NAME} is not visible yet")));
        }
        sleep(pause).await;
        pause *= 2;
    }
}
