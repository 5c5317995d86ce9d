//! Work of many parts, of which only those are looked at in which something has happened.
//!
//! Parts that are joined are all asked again whenever one of them has an answer, and so are the parts of those. With a few hundred calls
//! of an account in flight that is most of what the processor does.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;

/// Whether something has happened in a part, and whom to tell.
#[derive(Debug)]
struct Woken {
    is_due: AtomicBool,
    whole: AtomicWaker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_due.store(true, Ordering::Release);
        self.whole.wake();
    }
}

/// The same part, which answers that nothing has happened without being asked, until something has.
pub(super) fn when_woken<F: Future>(mut part: Pin<Box<F>>) -> impl Future<Output = F::Output> {
    let woken = Arc::new(Woken { is_due: AtomicBool::new(true), whole: AtomicWaker::new() });
    let waker = Waker::from(Arc::clone(&woken));
    poll_fn(move |context| {
        // Whom to tell is noted first: what happens from here on is told, and what happened before is seen.
        woken.whole.register(context.waker());
        if !woken.is_due.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        part.as_mut().poll(&mut Context::from_waker(&waker))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    /// Parts that wait for one answer each, and how often any of them was looked at.
    async fn looks(order: impl Iterator<Item = usize>, parts: usize) -> usize {
        let looks = AtomicUsize::new(0);
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..parts).map(|_| oneshot::channel::<usize>()).unzip();
        let mut senders: Vec<_> = senders.into_iter().map(Some).collect();
        let part = |mut receiver: oneshot::Receiver<usize>| {
            let looks = &looks;
            when_woken(Box::pin(poll_fn(move |context| {
                looks.fetch_add(1, Ordering::Relaxed);
                Pin::new(&mut receiver).poll(context)
            })))
        };
        let all = join_all(receivers.into_iter().map(part));
        let answers = async {
            for number in order {
                senders[number].take().unwrap().send(number).unwrap();
                tokio::task::yield_now().await;
            }
        };
        let (answered, ()) = tokio::join!(all, answers);
        assert_eq!(answered.into_iter().collect::<Result<Vec<_>, _>>(), Ok((0..parts).collect()));
        looks.into_inner()
    }

    #[tokio::test]
    async fn a_part_is_looked_at_once_and_again_when_it_has_its_answer() {
        // Without this each of the thirty would be looked at whenever one is answered.
        assert_eq!(looks(0..30, 30).await, 60);
        assert_eq!(looks((0..30).rev(), 30).await, 60);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_answer_is_missed_whichever_thread_it_comes_from() {
        for _ in 0..200 {
            let parts = (0..20).map(|number| {
                when_woken(Box::pin(async move {
                    for _ in 0..5 {
                        tokio::spawn(tokio::task::yield_now()).await.unwrap();
                    }
                    number
                }))
            });
            let inner = async { join_all(parts).await };
            let all = when_woken(Box::pin(inner)).await;
            assert_eq!(all, (0..20).collect::<Vec<_>>());
        }
    }
}
