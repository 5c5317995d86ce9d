//! Ctrl-C during an apply: the first one stops with care, the second one at once.

use std::sync::{Arc, OnceLock};

use tokio::task::JoinHandle;

use super::output::Output;
use super::progress::Progress;
use crate::engine::Stop;
use crate::report::Shown;
use crate::shown;

/// The exit code of a program that Ctrl-C ended: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Where to say so: around what is drawn, once something is.
pub(super) type Screen = Arc<OnceLock<Arc<Progress>>>;

/// Listens from now on for Ctrl-C, and for what a CI runner or a closed terminal sends, until it is aborted.
pub(super) fn watch(stop: &Stop, screen: &Screen) -> JoinHandle<()> {
    let (stop, screen) = (stop.clone(), Arc::clone(screen));
    // Made here and once, so that no signal is lost before the task runs or between two of them.
    let mut signals = Signals::listen();
    tokio::spawn(async move {
        let say = |line: &Shown| match screen.get() {
            Some(progress) => progress.say(line),
            None => Output::progress(line),
        };
        while signals.next().await {
            if stop.is_set() {
                say(&shown!("stopped at once; run the same apply again to go on"));
                std::process::exit(INTERRUPTED);
            }
            stop.set();
            say(&shown!("stopping: calls in flight are finished first; press Ctrl-C again to stop at once"));
        }
    })
}

#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    /// Waits for a request to stop; false where the system lets nobody listen.
    async fn next(&mut self) -> bool {
        let waiting: Vec<_> = self.0.iter_mut().map(|signal| Box::pin(signal.recv())).collect();
        if waiting.is_empty() {
            return false;
        }
        futures::future::select_all(waiting).await.0.is_some()
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    /// Waits for a request to stop; false where the system lets nobody listen.
    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
