//! A request to stop that lets calls in flight finish.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use super::read_only::Refusal;

/// Set by the first Ctrl-C: no new write is sent, and whoever only waits stops waiting.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Asks the run to stop.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once somebody asks.
    pub async fn asked(&self) {
        let mut asked = self.0.subscribe();
        // The sender lives as long as `self`, so waiting ends with the question and with nothing else.
        let _asked = asked.wait_for(|asked| *asked).await;
    }

    /// Sleeps, but not past the moment somebody asks.
    pub async fn sleep(&self, pause: std::time::Duration) {
        tokio::select! {
            () = self.asked() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What an account's calls heed: a request to stop, the end of a lease, and whether the account is the right one.
#[derive(Debug)]
pub(super) struct WriteGate {
    stop: Mutex<Stop>,
    lease: Mutex<Lease>,
    meant: watch::Sender<bool>,
    in_flight: watch::Sender<usize>,
}

/// Until when writes are sent.
#[derive(Debug, Default)]
struct Lease {
    /// By the region whose lock is held; for ever where there is none.
    until: BTreeMap<String, Instant>,
    /// Whether a write was refused because it had run out.
    ran_out: bool,
}

impl Default for WriteGate {
    fn default() -> Self {
        Self {
            stop: Mutex::default(),
            lease: Mutex::default(),
            meant: watch::Sender::new(true),
            in_flight: watch::Sender::default(),
        }
    }
}

impl WriteGate {
    pub(super) fn set(&self, stop: &Stop) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop.clone();
    }

    /// Sends writes until then and no longer: to any region, since what a run does is one piece of work.
    pub(super) fn lease(&self, region: &str, until: Instant) {
        let mut lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        lease.until.insert(region.to_owned(), until);
        lease.ran_out = false;
    }

    /// Whether a write was refused because the lease had run out.
    pub(super) fn lease_ran_out(&self) -> bool {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner).ran_out
    }

    /// Refuses once the lease has run out, and asks the run to stop then.
    ///
    /// Asked before a write is built and again when its turn has come: a process may be paused anywhere.
    pub(super) fn is_leased(&self) -> Result<(), Refusal> {
        let mut lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if lease.until.values().all(|until| now < *until) {
            return Ok(());
        }
        lease.ran_out = true;
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).set();
        Err(Refusal::LeaseRanOut)
    }

    /// Holds back what starts something until [`Self::account_is_meant`].
    pub(super) fn account_is_supposed(&self) {
        self.meant.send_replace(false);
    }

    /// The account is the one that is meant.
    pub(super) fn account_is_meant(&self) {
        self.meant.send_replace(true);
    }

    /// Returns once the account is known to be the one that is meant.
    pub(super) async fn meant(&self) {
        let mut meant = self.meant.subscribe();
        // The sender lives as long as `self`.
        let _meant = meant.wait_for(|meant| *meant).await;
    }

    /// Counts a write in, unless somebody asked to stop or the lease has run out.
    ///
    /// Counted before it is asked, so that whoever stops and then waits for the writes misses none.
    pub(super) fn begin_write(&self) -> Result<(), Refusal> {
        self.in_flight.send_modify(|count| *count += 1);
        // The lease comes first: the stop it sets is not what somebody asked for.
        let leased = self.is_leased();
        let stopping = self.stop.lock().unwrap_or_else(PoisonError::into_inner).is_set();
        let begun = leased.and(if stopping { Err(Refusal::Stopping) } else { Ok(()) });
        if begun.is_err() {
            self.end_write();
        }
        begun
    }

    pub(super) fn end_write(&self) {
        self.in_flight.send_modify(|count| *count = count.saturating_sub(1));
    }

    pub(super) async fn writes_ended(&self) {
        let mut count = self.in_flight.subscribe();
        // The sender lives as long as `self`.
        let _ended = count.wait_for(|count| *count == 0).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn after_a_stop_no_write_begins_and_those_in_flight_are_waited_for() {
        let (stop, write_gate) = (Stop::default(), WriteGate::default());
        write_gate.set(&stop);
        assert_eq!(write_gate.begin_write(), Ok(()));
        stop.set();
        assert_eq!(write_gate.begin_write(), Err(Refusal::Stopping));
        let mut ended = Box::pin(write_gate.writes_ended());
        assert!(futures::poll!(&mut ended).is_pending());
        write_gate.end_write();
        assert!(futures::poll!(&mut ended).is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn no_write_begins_after_the_lease_and_the_run_is_asked_to_stop() {
        let (stop, write_gate) = (Stop::default(), WriteGate::default());
        write_gate.set(&stop);
        assert_eq!(write_gate.begin_write(), Ok(()), "without a lease there is no end");
        write_gate.lease("us-east-1", Instant::now() + Duration::from_secs(75));
        tokio::time::advance(Duration::from_secs(74)).await;
        assert_eq!(write_gate.begin_write(), Ok(()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!stop.is_set() && !write_gate.lease_ran_out());
        assert_eq!(write_gate.begin_write(), Err(Refusal::LeaseRanOut));
        assert!(stop.is_set() && write_gate.lease_ran_out());
        // A renewal that arrives late brings the lease back, not the run.
        write_gate.lease("us-east-1", Instant::now() + Duration::from_secs(75));
        assert_eq!(write_gate.begin_write(), Err(Refusal::Stopping));
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_locks_the_one_that_runs_out_first_ends_the_writes() {
        let (stop, write_gate) = (Stop::default(), WriteGate::default());
        write_gate.set(&stop);
        write_gate.lease("us-east-1", Instant::now() + Duration::from_secs(30));
        write_gate.lease("eu-west-1", Instant::now() + Duration::from_secs(75));
        tokio::time::advance(Duration::from_secs(29)).await;
        assert_eq!(write_gate.begin_write(), Ok(()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(write_gate.begin_write(), Err(Refusal::LeaseRanOut));
    }
}
