//! Takes the lock for an apply, and says who else holds it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::failure::Failure;
use super::output::Output;
use crate::aws::Account;
use crate::engine::lock::{self, Holder, Lock, LockError, Notice, Terms};
use crate::engine::{Stop, rules};
use crate::model::{Lives, Wanted};
use crate::partition;
use crate::report::{Shown, clean};
use crate::shown;

/// How often it is said again that the lock is held.
const REPEAT: Duration = Duration::from_secs(15);

/// Whether and how the lock is taken.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Lock")]
pub(super) struct Locking {
    /// Wait this long while another apply holds the lock of this account and region
    ///
    /// The default outlasts the lock of a run that died, which is then taken over. With 0 the command
    /// stops at once.
    #[arg(long, value_name = "SECONDS", default_value_t = 150)]
    lock_wait: u64,

    /// Take no lock; another apply may then write at the same time
    #[arg(long)]
    no_lock: bool,
}

impl Locking {
    /// Takes the lock unless another run holds it, without waiting.
    pub(super) async fn at_once<'a>(
        account: &'a Account,
        stop: &Stop,
        output: &Output,
    ) -> Result<Lock<'a>, Failure> {
        let run = lock::random_id().map_err(Failure::bug)?;
        let is_dead = &|_: &str| false;
        let terms = Terms { run: &run, wait: Duration::ZERO, clock: milliseconds, is_dead, stop };
        claim(account, &terms, output).await.map_err(|error| match error {
            LockError::Held(_) => Failure::with_hint(
                error.to_string(),
                "go on beside it with --now: what a block writes, an apply leaves alone",
            ),
            error => explain(account, &error),
        })
    }

    /// Takes the lock, unless none is wanted.
    pub(super) async fn take<'a>(
        &self,
        account: &'a Account,
        run: &str,
        stop: &Stop,
        is_dead: &(dyn Fn(&str) -> bool + Sync),
        output: &Output,
    ) -> Result<Option<Lock<'a>>, Failure> {
        if self.no_lock {
            return Ok(None);
        }
        let wait = Duration::from_secs(self.lock_wait);
        let lock = claim(account, &Terms { run, wait, clock: milliseconds, is_dead, stop }, output).await;
        lock.map(Some).map_err(|error| explain(account, &error))
    }
}

/// Takes the lock on these terms, and says now and then who holds it meanwhile.
async fn claim<'a>(account: &'a Account, terms: &Terms<'_>, output: &Output) -> Result<Lock<'a>, LockError> {
    let said = Mutex::new(None);
    let say = |notice| {
        if let (Some(line), Ok(mut said)) = (line(&notice), said.lock())
            && is_due(&notice, &mut said)
        {
            output.err(&shown!("{}\n", line));
        }
    };
    Lock::take(account, terms, &say).await
}

/// The places whose locks an apply takes, in the order in which it takes them.
///
/// Files with different home regions share what an account has once and what it has in every region. Whoever may write such
/// a thing also holds the lock of the region that stands for the partition, and takes it first, so that nobody waits in a circle.
pub(super) fn places(account: &Account, wanted: &Wanted) -> Vec<Arc<Account>> {
    let regions = regions(&account.region, &account.identity.partition, wanted);
    regions.into_iter().map(|region| account.in_region(region)).collect()
}

/// The regions of [`places`].
pub(super) fn regions<'a>(home: &'a str, partition: &str, wanted: &Wanted) -> Vec<&'a str> {
    let shares =
        wanted.things.keys().any(|addr| addr.region().is_some() || rules(addr.kind()).lives != Lives::Home);
    let leading = partition::named(partition).map(|partition| partition.global_region);
    leading.filter(|leading| shares && *leading != home).into_iter().chain([home]).collect()
}

/// Gives locks back; where that fails it is said, and they run out by themselves.
pub(super) async fn release(locks: Vec<Lock<'_>>, stop: &Stop, output: &Output) {
    for lock in locks.into_iter().rev() {
        if let Some(reason) = lock.lost() {
            let reason = Shown::cut(reason, clean::LONGEST);
            output.err(&shown!(
                "error: the lock was lost, so the run stopped before its next write: {}\n",
                reason
            ));
        }
        if let Err(reason) = lock.release(stop).await {
            output.err(&shown!(
                "warning: the lock {} is still there ({}); it runs out by itself in {} s\n",
                lock::NAME,
                Shown::cut(&reason, clean::LONGEST),
                lock::LEASE.as_secs()
            ));
        }
    }
}

/// Says in one line who holds the lock.
pub(super) fn named(holder: &Holder) -> Shown {
    let Holder { arn, run, program, baseline, taken, until } = holder;
    let text = format!(
        "{arn} ({program}, baseline {baseline}, run {run}), since {taken}, until {until} unless it is renewed"
    );
    Shown::cut(&text, 2 * clean::LONGEST)
}

/// What a lock that cannot be had means for the person at the keyboard.
pub(super) fn explain(account: &Account, error: &LockError) -> Failure {
    let hint = match error {
        LockError::Held(_) => {
            "wait longer with --lock-wait SECONDS; where that run is dead and you do not want \
                               to wait: baseline unlock FILE"
                .to_owned()
        }
        LockError::Foreign => format!(
            "look at it: aws ssm get-parameter --region {} --name {}; baseline unlock FILE deletes it",
            account.region,
            lock::NAME
        ),
        LockError::Denied(_) => format!(
            "allow them on {}, or go on without a lock: --no-lock",
            account.arn(format_args!("ssm:{}:{}:parameter{}", account.region, account.id(), lock::NAME))
        ),
        LockError::Stopped => "nothing was written".to_owned(),
        LockError::Failed(_) => "run apply again, or go on without a lock: --no-lock".to_owned(),
    };
    Failure::with_hint(error.to_string(), hint)
}

fn line(notice: &Notice) -> Option<Shown> {
    Some(match notice {
        Notice::Waiting { holder, waited } if waited.is_zero() || waited.as_secs() < REPEAT.as_secs() => {
            shown!("waiting for the lock that another apply holds: {}", named(holder))
        }
        Notice::Waiting { waited, .. } => shown!("still waiting for the lock ({} s)", waited.as_secs()),
        Notice::TakenOver { holder } => {
            shown!("taking over the lock of a run that is gone: {}", named(holder))
        }
    })
}

/// Whether it is to be said: what happens always, a wait only now and then.
fn is_due(notice: &Notice, said: &mut Option<Duration>) -> bool {
    let Notice::Waiting { waited, .. } = notice else { return true };
    let due = said.is_none_or(|last| *waited >= last + REPEAT);
    if due {
        *said = Some(*waited);
    }
    due
}

/// The machine's clock, in milliseconds since 1970.
fn milliseconds() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_now_and_then_and_the_holder_is_cleaned() {
        let holder = Holder {
            arn: "arn:aws:iam::1:user/\u{1b}[2Ja".into(),
            run: "r".into(),
            program: "baseline 1".into(),
            baseline: "web".into(),
            taken: "2030-01-01T00:00:00Z".into(),
            until: "2030-01-01T00:02:00Z".into(),
        };
        let wait = |seconds| Notice::Waiting { holder: holder.clone(), waited: Duration::from_secs(seconds) };
        let mut said = None;
        let mut lines = Vec::new();
        for notice in
            [wait(0), wait(5), wait(15), wait(20), wait(30), Notice::TakenOver { holder: holder.clone() }]
        {
            if is_due(&notice, &mut said) {
                lines.extend(line(&notice));
            }
        }
        insta::assert_snapshot!(Shown::joined(lines, "\n"), @r"
        waiting for the lock that another apply holds: arn:aws:iam::1:user/\u{1b}[2Ja (baseline 1, baseline web, run r), since 2030-01-01T00:00:00Z, until 2030-01-01T00:02:00Z unless it is renewed
        still waiting for the lock (15 s)
        still waiting for the lock (30 s)
        taking over the lock of a run that is gone: arn:aws:iam::1:user/\u{1b}[2Ja (baseline 1, baseline web, run r), since 2030-01-01T00:00:00Z, until 2030-01-01T00:02:00Z unless it is renewed
        ");
    }
}
