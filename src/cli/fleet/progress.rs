//! One line for all accounts that are worked on: how far that is, and what takes longest and why.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cli::output::Output;
use crate::cli::progress::{Doing, REPEAT, Waiting};
use crate::report::{Shown, clean};
use crate::shown;

/// How often the line is drawn anew.
const TURN: Duration = Duration::from_secs(1);

/// From when on an account takes long.
const LONG: Duration = Duration::from_secs(5);

/// The progress of a run over many accounts.
pub(super) struct FleetProgress<'a> {
    output: &'a Output,
    /// What is done to them, such as "looking at 40 accounts".
    what: Shown,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: usize,
    at_work: BTreeMap<String, AtWork>,
}

/// An account that is worked on.
struct AtWork {
    name: String,
    begun: Instant,
    doing: Doing,
}

impl<'a> FleetProgress<'a> {
    /// Of the accounts to which that is done.
    pub(super) fn of(output: &'a Output, what: Shown) -> Self {
        Self { output, what, state: Mutex::default() }
    }

    /// Begins with an account. What is told through the answer says what it is at.
    pub(super) fn begin(&self, id: &str, name: &str) -> Doing {
        let doing = Doing::default();
        doing.say(&shown!("asking for its credentials"));
        let at_work = AtWork { name: name.to_owned(), begun: Instant::now(), doing: doing.clone() };
        self.state().at_work.insert(id.to_owned(), at_work);
        doing
    }

    /// Ends with it.
    pub(super) fn end(&self, id: &str) {
        let mut state = self.state();
        state.at_work.remove(id);
        state.done += 1;
    }

    /// Shows how far the work is while it goes on: beside a spinner on a terminal, else on a line now and then.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let waiting = Waiting::begin(self.output, self.what.clone());
        let every = if waiting.is_drawn() { TURN } else { REPEAT };
        let mut work = std::pin::pin!(work);
        let done = loop {
            tokio::select! {
                biased;
                done = &mut work => break done,
                () = sleep(every) => waiting.say(self.output, &self.line()),
            }
        };
        waiting.end();
        done
    }

    fn line(&self) -> Shown {
        let state = self.state();
        let so_far = shown!("{} done, {} at work", state.done, state.at_work.len());
        let longest = state.at_work.iter().min_by_key(|(_, one)| one.begun);
        match longest {
            Some((id, one)) if one.begun.elapsed() >= LONG => {
                let name = if one.name.is_empty() { id } else { &one.name };
                shown!(
                    "{}; {} takes {} s: {}",
                    so_far,
                    Shown::cut(name, 40),
                    one.begun.elapsed().as_secs(),
                    Shown::cut(&one.doing.now().written(), clean::LONGEST)
                )
            }
            Some(_) | None => so_far,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_line_says_how_far_it_is_and_what_takes_longest_and_why() {
        let output = Output::kept();
        let progress = FleetProgress::of(&output, shown!("looking at 3 accounts"));
        let first = progress.begin("111122223333", "shop\u{1b}[2J");
        insta::assert_snapshot!(progress.line(), @"0 done, 1 at work");
        progress.begin("222233334444", "");
        progress.end("222233334444");
        first.say(&shown!("reading the account, waits iam:GetUser (3 s)"));
        sleep(Duration::from_secs(12)).await;
        progress.begin("333344445555", "late");
        insta::assert_snapshot!(progress.line(), @r"1 done, 2 at work; shop\u{1b}[2J takes 12 s: reading the account, waits iam:GetUser (3 s)");
        progress.end("111122223333");
        insta::assert_snapshot!(progress.line(), @"2 done, 1 at work");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_soon_says_nothing_and_what_takes_long_says_it_now_and_then() {
        let output = Output::kept_with_notes();
        let progress = FleetProgress::of(&output, shown!("looking at 1 account"));
        progress.during(sleep(Duration::from_secs(10))).await;
        assert_eq!(output.taken(), "");
        progress.begin("111122223333", "shop");
        progress.during(sleep(Duration::from_secs(40))).await;
        assert_eq!(output.taken().matches("looking at 1 account").count(), 2, "{}", output.taken());
    }
}
