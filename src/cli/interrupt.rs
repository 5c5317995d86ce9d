//! Ctrl-C during an apply: the first one stops with care, the second one at once.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::progress::Progress;
use crate::engine::Stop;

/// The exit code of a program that Ctrl-C ended: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Listens for Ctrl-C, and for the SIGTERM that a CI runner sends, until it is aborted.
pub(super) fn watch(stop: Arc<Stop>, progress: Arc<Progress>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while asked().await {
            if stop.is_set() {
                progress.say("stopped at once; run the same apply again to go on");
                std::process::exit(INTERRUPTED);
            }
            stop.set();
            progress.say("stopping: calls in flight are finished first; press Ctrl-C again to stop at once");
        }
    })
}

/// Waits for a request to stop; false where the system lets nobody listen.
#[cfg(unix)]
async fn asked() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.is_ok();
    };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.is_ok(),
        received = terminated.recv() => received.is_some(),
    }
}

/// Waits for a request to stop; false where the system lets nobody listen.
#[cfg(not(unix))]
async fn asked() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}
