//! A request to stop that lets calls in flight finish.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

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

/// The request to stop that an account's writes heed, and how many of them are in flight.
#[derive(Debug, Default)]
pub(super) struct Heeded {
    stop: Mutex<Stop>,
    in_flight: watch::Sender<usize>,
}

impl Heeded {
    pub(super) fn set(&self, stop: &Stop) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop.clone();
    }

    /// Counts a write in, unless somebody asked to stop.
    ///
    /// Counted before it is asked, so that whoever stops and then waits for the writes misses none.
    pub(super) fn begin_write(&self) -> bool {
        self.in_flight.send_modify(|count| *count += 1);
        let stopping = self.stop.lock().unwrap_or_else(PoisonError::into_inner).is_set();
        if stopping {
            self.end_write();
        }
        !stopping
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
    use super::*;

    #[tokio::test]
    async fn after_a_stop_no_write_begins_and_those_in_flight_are_waited_for() {
        let (stop, heeded) = (Stop::default(), Heeded::default());
        heeded.set(&stop);
        assert!(heeded.begin_write());
        stop.set();
        assert!(!heeded.begin_write());
        let mut ended = Box::pin(heeded.writes_ended());
        assert!(futures::poll!(&mut ended).is_pending());
        heeded.end_write();
        assert!(futures::poll!(&mut ended).is_ready());
    }
}
