//! What is being waited for, so that nobody waits in silence.
//!
//! Every call notes itself here while it runs, and so does a kind that waits in a loop of its own. Whoever runs
//! them listens with [`aloud`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// What takes longer than this is told, and told again after as long.
const SILENCE: Duration = Duration::from_secs(5);

tokio::task_local! {
    static WAITS: Arc<Waits>;
}

#[derive(Debug, Default)]
struct Waits(Mutex<(u64, BTreeMap<u64, Wait>)>);

#[derive(Debug)]
struct Wait {
    what: String,
    since: Instant,
}

/// A wait that goes on until this is dropped.
#[derive(Debug)]
pub(crate) struct Waiting(Option<(u64, Arc<Waits>)>);

/// Notes that something is waited for from now on: `the answer to s3:GetBucketPolicy`.
///
/// The text is made only where somebody listens.
pub(crate) fn waiting(what: impl FnOnce() -> String) -> Waiting {
    let waits = WAITS.try_with(Arc::clone).ok();
    Waiting(waits.map(|waits| {
        let mut all = waits.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.0 += 1;
        let number = all.0;
        all.1.insert(number, Wait { what: what(), since: Instant::now() });
        drop(all);
        (number, waits)
    }))
}

impl Waiting {
    /// Says anew what is waited for; the clock goes on.
    pub(crate) fn now(&self, what: impl FnOnce() -> String) {
        if let Some((number, waits)) = &self.0
            && let Some(wait) = waits.0.lock().unwrap_or_else(PoisonError::into_inner).1.get_mut(number)
        {
            wait.what = what();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((number, waits)) = &self.0 {
            waits.0.lock().unwrap_or_else(PoisonError::into_inner).1.remove(number);
        }
    }
}

impl Waits {
    /// The wait that has gone on for longest, if it is worth telling.
    fn longest(&self) -> Option<(String, Duration)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = all.1.values().min_by_key(|wait| wait.since)?;
        let waited = oldest.since.elapsed();
        (waited >= SILENCE).then(|| (oldest.what.clone(), waited))
    }
}

/// Runs something and tells, every few seconds, what it has been waiting for and for how long.
pub async fn aloud<T>(work: impl Future<Output = T>, tell: impl Fn(&str, Duration)) -> T {
    let waits = Arc::new(Waits::default());
    let mut work = std::pin::pin!(WAITS.scope(Arc::clone(&waits), work));
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = sleep(SILENCE) => {
                if let Some((what, waited)) = waits.longest() {
                    tell(&what, waited);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_is_told_and_what_does_not_is_not() {
        let told = Mutex::new(Vec::new());
        let work = async {
            for seconds in [1, 17] {
                let wait = waiting(|| "the answer".to_owned());
                sleep(Duration::from_secs(seconds)).await;
                wait.now(|| "another answer".to_owned());
            }
        };
        aloud(work, |what, waited| told.lock().unwrap().push((what.to_owned(), waited.as_secs()))).await;
        let times: Vec<u64> = told.into_inner().unwrap().into_iter().map(|(_, seconds)| seconds).collect();
        assert_eq!(times, [9, 14], "the first wait was short");
    }
}
