//! Counts API calls and the depth of dependent questions, by the program itself.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::woken::when_woken;

tokio::task_local! {
    static CHAIN: Arc<Chain>;
}

/// A chain of questions: a call that starts after another one of its chain has ended may depend on it.
#[derive(Debug, Default)]
struct Chain {
    answered: AtomicU32,
}

/// Every request of one run.
#[derive(Debug, Default)]
pub struct Trace {
    calls: Mutex<BTreeMap<(String, String), u64>>,
    writes: Mutex<u64>,
    /// Rounds that lie behind every chain: the caller's identity.
    behind: AtomicU32,
    rounds: AtomicU32,
}

/// The counts of a run, or of a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests by service and operation, retries included.
    pub calls: BTreeMap<(String, String), u64>,
    /// Requests that were not reads.
    pub writes: u64,
    /// The longest chain of requests in which each had to wait for the one before.
    pub rounds: u32,
}

impl Counts {
    /// All requests.
    pub fn total(&self) -> u64 {
        self.calls.values().sum()
    }
}

impl Trace {
    /// Starts a call and returns its depth in the current chain, counted from 1.
    pub(super) fn begin(&self) -> u32 {
        let depth = CHAIN.try_with(|chain| chain.answered.load(Ordering::Relaxed)).unwrap_or(0) + 1;
        self.rounds.fetch_max(self.behind.load(Ordering::Relaxed) + depth, Ordering::Relaxed);
        depth
    }

    /// Says that everything from here on waited for what was asked so far.
    pub(super) fn everything_waits_for_what_was_asked(&self) {
        self.behind.store(self.rounds.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub(super) fn end(&self, depth: u32) {
        waited_for(depth);
    }

    pub(super) fn sent(&self, service: &str, operation: &str) {
        let key = (service.to_owned(), operation.to_owned());
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
        if !super::is_read(operation) {
            *self.writes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        Counts {
            calls: self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            writes: *self.writes.lock().unwrap_or_else(PoisonError::into_inner),
            rounds: self.rounds.load(Ordering::Relaxed),
        }
    }
}

/// How many calls in a row lie behind whoever asks, in its chain.
pub(super) fn depth() -> u32 {
    CHAIN.try_with(|chain| chain.answered.load(Ordering::Relaxed)).unwrap_or(0)
}

/// Says that the current chain has waited for an answer that as many calls in a row led to.
pub(super) fn waited_for(depth: u32) {
    let _outside_a_chain = CHAIN.try_with(|chain| chain.answered.fetch_max(depth, Ordering::Relaxed));
}

/// Runs a part of the work as a chain of its own, so that neighbours do not deepen each other.
///
/// It starts at the depth its caller has reached when this is called, not when it is first polled: a neighbour that is
/// polled late has waited for nobody. The caller ends at the deepest of its parts.
///
/// It is looked at only when something in it has happened: of hundreds of calls in flight one has an answer.
pub fn chain<F: Future>(part: F) -> impl Future<Output = F::Output> {
    let outer = CHAIN.try_with(Arc::clone).ok();
    let start = outer.as_ref().map_or(0, |chain| chain.answered.load(Ordering::Relaxed));
    let inner = Arc::new(Chain { answered: AtomicU32::new(start) });
    // Boxed: what is moved into a future takes its room there twice, and chains are parts of chains.
    let part = when_woken(Box::pin(CHAIN.scope(Arc::clone(&inner), part)));
    async move {
        let output = part.await;
        if let Some(outer) = outer {
            outer.answered.fetch_max(inner.answered.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        output
    }
}

/// Runs parts side by side, each as a [`chain`] of its own, and returns their answers in order.
pub async fn chains<F: Future>(parts: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    futures::future::join_all(parts.into_iter().map(chain)).await
}
