//! Work on many accounts at once, spread over the processors.

use std::iter;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;

use super::progress::FleetProgress;
use crate::fleet::Member;

/// The stack of a thread that works on accounts, in bytes: that of the first thread of a program.
const STACK: usize = 8 << 20;

/// Works on all of them, so many at a time, on as many threads as there are processors: signing requests and reading answers is most of
/// the work, and one task runs on one of them alone. Each thread takes the next one when it has room.
pub(super) fn on_threads<'m, T, W, F>(
    members: &'m [&Member],
    parallel: usize,
    work: W,
    progress: &FleetProgress<'_>,
) -> Vec<T>
where
    T: Send,
    W: Fn(&'m Member) -> F + Sync,
    F: Future<Output = T>,
{
    let runtime = tokio::runtime::Handle::current();
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(parallel).max(1);
    let (next, ended) = (AtomicUsize::new(0), Semaphore::new(0));
    let share = |thread: usize| {
        let room = parallel / threads + usize::from(thread < parallel % threads);
        let mine = iter::from_fn(|| members.get(next.fetch_add(1, Ordering::Relaxed)));
        let worked = stream::iter(mine.map(|member| work(member))).buffer_unordered(room);
        runtime.block_on(worked.collect::<Vec<T>>())
    };
    tokio::task::block_in_place(|| {
        thread::scope(|scope| {
            let (share, ended) = (&share, &ended);
            let spawned = (0..threads).map(|thread| {
                thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
                    let _ended = Ended(ended);
                    share(thread)
                })
            });
            // One that cannot be had is done without: whoever has room takes what is left.
            let spawned: Vec<_> = spawned.flatten().collect();
            let count = u32::try_from(spawned.len()).unwrap_or(u32::MAX);
            let _all_ended = runtime.block_on(progress.during(ended.acquire_many(count)));
            let mut all = if spawned.is_empty() { share(0) } else { Vec::new() };
            for thread in spawned {
                match thread.join() {
                    Ok(more) => all.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        })
    })
}

/// Says that a thread has ended, however that was.
struct Ended<'a>(&'a Semaphore);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}
