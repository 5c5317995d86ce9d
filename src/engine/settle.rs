//! Brings one address to its declared state and looks until it is seen there.
//!
//! Level-triggered: read, compare, write what differs, read again. No step depends on what an
//! earlier attempt remembers, so a run that was cut off anywhere is simply continued.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::event::Event;
use super::observe::whose;
use crate::aws::{Account, Class, Error, Stop};
use crate::kinds::{Asked, Doomed, ErasedReading, ErasedUpdate, Found, Kind, Reading, State};
use crate::model::{Addr, Path, Value, Want};
use crate::plan::{Change, Whose, diff, resolve};

/// Outputs known so far, by address.
pub(super) type Known = Mutex<BTreeMap<Addr, BTreeMap<String, String>>>;

/// How often a create without an answer is sent at most.
const SENDS: u32 = 2;
/// For how many seconds a named thing without an answer is looked for.
const SHORT_LOOK: u64 = 15;
/// For how many seconds a thing is looked for that a run before this one may have made. Most such creates
/// were never sent, and AWS shows nearly all within seconds (truth 2), so not the whole budget.
const DOUBT: u64 = 60;
/// How long to wait between equal reads.
const BETWEEN: Duration = Duration::from_millis(50);
/// How long a write that shows no effect is given before it is sent again.
const PATIENCE: Duration = Duration::from_secs(15);
/// How many answers of an update may be lost or contradicted by what is there already.
const UNCLEAR: u32 = 4;

/// Work on one address.
pub(super) struct Settling<'a> {
    pub(super) account: &'a Account,
    pub(super) kind: &'static dyn Kind,
    pub(super) addr: &'a Addr,
    pub(super) want: &'a Want,
    pub(super) known: &'a Known,
    pub(super) say: &'a (dyn Fn(Event) + Sync),
    pub(super) stop: &'a Stop,
}

/// Waits in growing steps, up to a budget.
struct Pause {
    began: Instant,
    next: Duration,
    budget: Duration,
}

impl Pause {
    fn new(seconds: u64) -> Self {
        Self { began: Instant::now(), next: Duration::from_millis(100), budget: Duration::from_secs(seconds) }
    }

    fn is_over(&self) -> bool {
        self.began.elapsed() >= self.budget
    }

    async fn wait(&mut self) {
        sleep(self.next).await;
        self.next = (self.next * 2).min(Duration::from_secs(10));
    }
}

impl Settling<'_> {
    fn wanted(&self) -> Value {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        resolve(self.want.value.clone(), &known)
    }

    fn remember(&self, found: &Found<Value>) {
        let outputs = found.outputs.iter().map(|(name, id)| ((*name).to_owned(), id.clone())).collect();
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(self.addr.clone(), outputs);
    }

    fn waiting(&self, reason: &str, since: Instant) {
        let reason = reason.to_owned();
        (self.say)(Event::Waiting { addr: self.addr.clone(), reason, waited: since.elapsed() });
    }

    async fn read(&self) -> ErasedReading {
        let asked = vec![Asked { addr: self.addr.clone(), wanted: self.wanted() }];
        let sightings = self.kind.read(self.account, asked).await;
        sightings.into_iter().find(|(addr, _)| addr == self.addr).map_or_else(
            || Reading::Unreadable(Error::internal(format!("the read of {} gave no answer", self.addr))),
            |(_, reading)| reading,
        )
    }

    /// Brings the thing into being, waits until it is seen, and tells how.
    ///
    /// A create that was sent and not answered is looked for, as long as AWS may take to show it,
    /// before it is sent again, so that a lost answer never makes a second one (truths 2 and 5).
    pub(super) async fn make(&self) -> Result<Box<Found<Value>>, Error> {
        let doubted = self.kind.rules().made_twice && self.account.run.is_in_doubt(self.addr);
        if doubted
            && let Some(found) = self.look_for_it(DOUBT, "a run that was cut off may have made it").await?
        {
            return Ok(found);
        }
        let mut sent = 0;
        loop {
            sent += 1;
            match self.kind.create(self.account, self.addr, &self.wanted()).await {
                Ok(()) => return self.until_seen().await,
                Err(error) if error.class == Class::AlreadyExists => return self.until_ours(error).await,
                Err(error) if error.class == Class::Ambiguous => {
                    // A second one of a thing with a name of its own is refused, so it is soon sent again.
                    let rules = self.kind.rules();
                    let seconds = if rules.made_twice { rules.settle_seconds } else { SHORT_LOOK };
                    if let Some(found) = self.look_for_it(seconds, "its creation got no answer").await? {
                        return Ok(found);
                    }
                    if sent >= SENDS || self.stop.is_set() {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn is_ours(&self, found: &Found<Value>) -> bool {
        whose(self.account, self.addr, &found.ownership) == Whose::Ours
    }

    /// Waits until the thing that AWS says exists is seen: our own of a lost answer, or somebody's,
    /// which the refusal then tells about.
    async fn until_ours(&self, refusal: Error) -> Result<Box<Found<Value>>, Error> {
        let mut pause = Pause::new(self.kind.rules().settle_seconds);
        loop {
            match self.read().await {
                Reading::Found(found) if self.is_ours(&found) => {
                    self.remember(&found);
                    return Ok(found);
                }
                Reading::Found(_) => return Err(refusal),
                Reading::Absent | Reading::Unreadable(_) if pause.is_over() => return Err(refusal),
                Reading::Absent | Reading::Unreadable(_) => {
                    self.waiting("to be seen: AWS says it exists", pause.began);
                    pause.wait().await;
                }
            }
        }
    }

    /// What a create without an answer has made, if it had its effect. Only a thing that stays absent for as
    /// long as AWS may take to show it was not made; one that cannot be read may have been.
    async fn look_for_it(&self, seconds: u64, why: &str) -> Result<Option<Box<Found<Value>>>, Error> {
        let mut pause = Pause::new(seconds);
        loop {
            let over = pause.is_over();
            match self.read().await {
                Reading::Found(found) if self.is_ours(&found) => {
                    self.remember(&found);
                    return Ok(Some(found));
                }
                Reading::Found(_) | Reading::Absent if over => return Ok(None),
                Reading::Unreadable(error) if over || error.class == Class::Denied => return Err(error),
                Reading::Found(_) | Reading::Absent | Reading::Unreadable(_) => {
                    self.waiting(&format!("to be seen: {why}"), pause.began);
                    pause.wait().await;
                }
            }
        }
    }

    async fn until_seen(&self) -> Result<Box<Found<Value>>, Error> {
        let mut pause = Pause::new(self.kind.rules().settle_seconds);
        loop {
            match self.read().await {
                Reading::Found(found) => {
                    self.remember(&found);
                    return Ok(found);
                }
                Reading::Unreadable(error) if error.class == Class::Denied => return Err(error),
                Reading::Unreadable(error) if pause.is_over() => return Err(self.unseen(error)),
                Reading::Absent if pause.is_over() => return Err(self.not_visible()),
                Reading::Absent | Reading::Unreadable(_) => {
                    self.waiting("to be seen after its creation", pause.began);
                    pause.wait().await;
                }
            }
        }
    }

    /// A part of it that is not found belongs to what is not visible yet; anything else is told as it is.
    fn unseen(&self, error: Error) -> Error {
        if error.is_not_found() { self.not_visible() } else { error }
    }

    fn not_visible(&self) -> Error {
        Error::internal(format!(
            "{} is not visible yet after {} s; nothing was sent twice, run apply again later",
            self.addr,
            self.kind.rules().settle_seconds
        ))
    }

    /// Writes what differs until so many reads in a row show what is wanted. The first of them may have been made.
    pub(super) async fn converge(
        &self,
        equal_reads: u8,
        mut seen: Option<Box<Found<Value>>>,
    ) -> Result<(), Error> {
        let mut pause = Pause::new(self.kind.rules().settle_seconds);
        let mut equal = 0;
        let mut unclear = 0;
        let mut written: BTreeMap<Path, Instant> = BTreeMap::new();
        loop {
            let reading = match seen.take() {
                Some(found) => Reading::Found(found),
                None => self.read().await,
            };
            let found = match reading {
                Reading::Found(found) => found,
                Reading::Unreadable(error) if error.class == Class::Denied || pause.is_over() => {
                    return Err(self.unseen(error));
                }
                Reading::Absent if pause.is_over() => return Err(self.not_visible()),
                Reading::Absent | Reading::Unreadable(_) => {
                    equal = 0;
                    self.waiting("to be seen", pause.began);
                    pause.wait().await;
                    continue;
                }
            };
            self.remember(&found);
            match &found.state {
                State::Broken(reason) => return Err(Error::internal(reason)),
                State::Pending(reason) if pause.is_over() => return Err(Error::internal(reason)),
                State::Pending(reason) => {
                    self.waiting(reason, pause.began);
                    pause.wait().await;
                    continue;
                }
                State::Ready => {}
            }
            let changes = diff(&self.wanted(), &found.attributes);
            let adopt = whose(self.account, self.addr, &found.ownership) == Whose::Nobodys;
            if changes.is_empty() && !adopt {
                equal += 1;
                if equal >= equal_reads {
                    return Ok(());
                }
                sleep(BETWEEN).await;
                continue;
            }
            equal = 0;
            if pause.is_over() {
                return Err(self.not_settled(&changes));
            }
            // A write that shows no effect yet is lag, not a reason to write again at once. Of several
            // things written together one may be seen before the others.
            let recent =
                |change: &Change| written.get(&change.path).is_some_and(|at| at.elapsed() < PATIENCE);
            if !changes.is_empty() && changes.iter().all(recent) {
                self.waiting(&format!("to see what was written at {}", paths(&changes)), pause.began);
                pause.wait().await;
                continue;
            }
            if self.stop.is_set() {
                return Err(Error::stopped());
            }
            match self.write(*found, &changes, adopt).await {
                Ok(()) => {
                    written.extend(changes.into_iter().map(|change| (change.path, Instant::now())));
                }
                Err(error) if error.is_not_found() && !pause.is_over() => pause.wait().await,
                // Our own earlier write, which is not seen yet: only the budget ends this wait.
                Err(error)
                    if error.class == Class::AlreadyExists
                        && changes.iter().all(|change| written.contains_key(&change.path)) =>
                {
                    written.extend(changes.into_iter().map(|change| (change.path, Instant::now())));
                }
                // Whether it had its effect is for the next read to say.
                Err(error) if is_unclear(&error) && unclear < UNCLEAR => {
                    unclear += 1;
                    pause.wait().await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn write(&self, live: Found<Value>, changes: &[Change], adopt: bool) -> Result<(), Error> {
        let update = ErasedUpdate {
            addr: self.addr.clone(),
            wanted: self.wanted(),
            live,
            changes: changes.iter().map(|change| change.path.clone()).collect(),
            adopt,
        };
        self.kind.update(self.account, &update).await
    }

    fn not_settled(&self, changes: &[Change]) -> Error {
        Error::internal(format!(
            "{} was written and still shows another value at {} after {} s; plan again to see it",
            self.addr,
            paths(changes),
            self.kind.rules().settle_seconds
        ))
    }
}

/// An answer after which the write may have had its effect: none at all, or that it was there already.
fn is_unclear(error: &Error) -> bool {
    matches!(error.class, Class::Ambiguous | Class::AlreadyExists)
}

fn paths(changes: &[Change]) -> String {
    let paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
    paths.join(", ")
}

/// Deletes a live thing and waits until it is gone.
pub(super) async fn remove(
    account: &Account,
    kind: &'static dyn Kind,
    addr: &Addr,
    asked: Vec<Asked<Value>>,
    live: Found<Value>,
    say: &(dyn Fn(Event) + Sync),
) -> Result<(), Error> {
    let mut pause = Pause::new(kind.rules().settle_seconds.max(300));
    let doomed = Doomed { addr: addr.clone(), live };
    loop {
        match kind.delete(account, &doomed).await {
            Ok(()) => break,
            // Deleting what is gone already is a success, so it may be sent again.
            Err(error) if error.class == Class::Ambiguous && !pause.is_over() => pause.wait().await,
            Err(error) if error.class == Class::Blocked && !pause.is_over() => {
                let reason = format!("for what still depends on it: {}", error.message);
                say(Event::Waiting { addr: addr.clone(), reason, waited: pause.began.elapsed() });
                pause.wait().await;
            }
            Err(error) => return Err(error),
        }
    }
    // One replica that has heard of it is not all of them (truth 3): a single absent read is never enough.
    let (enough, mut absent) = (kind.rules().equal_reads.max(2), 0);
    loop {
        let sightings = kind.read(account, asked.clone()).await;
        let still = sightings.into_iter().find(|(seen, _)| seen == addr).map(|(_, reading)| reading);
        if !matches!(still, None | Some(Reading::Absent)) {
            absent = 0;
        }
        match still {
            None | Some(Reading::Absent) => {
                absent += 1;
                if absent >= enough {
                    return Ok(());
                }
                sleep(BETWEEN).await;
            }
            Some(Reading::Unreadable(error)) if error.class == Class::Denied || pause.is_over() => {
                return Err(error);
            }
            Some(_) if pause.is_over() => {
                return Err(Error::internal(format!(
                    "{addr} was deleted and is still there; plan again to see it"
                )));
            }
            Some(_) => pause.wait().await,
        }
    }
}
