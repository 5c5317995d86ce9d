//! Brings one address to its declared state and looks until it is seen there.
//!
//! Level-triggered: read, compare, write what differs, read again. No step depends on what an
//! earlier attempt remembers, so a run that was cut off anywhere is simply continued.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::event::Event;
use super::observe::{keep_members, ownership_of};
use crate::aws::{Account, Class, Error, Stop};
use crate::kinds::{
    DeleteRequest, ErasedReading, ErasedUpdate, Found, Holder, Kind, ReadRequest, Reading, State,
};
use crate::model::{Addr, Path, Value, Want, Wanted};
use crate::plan::{Change, Ownership, diff, diff_tags, resolve};

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
/// How long AWS is given to do after all what it refused to do by itself, such as launching an instance.
const REFUSED: Duration = Duration::from_secs(120);
/// How many answers of an update may be lost or contradicted by what is there already.
const UNCLEAR: u32 = 4;

/// Work on one address.
pub(super) struct Converging<'a> {
    pub(super) account: &'a Account,
    pub(super) kind: &'static dyn Kind,
    pub(super) addr: &'a Addr,
    pub(super) want: &'a Want,
    pub(super) wanted: &'a Wanted,
    pub(super) known: &'a Known,
    pub(super) say: &'a (dyn Fn(Event) + Sync),
    pub(super) stop: &'a Stop,
    /// Whether it exists and may not carry the tags it is found by.
    pub(super) by_key: bool,
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

impl Converging<'_> {
    fn resolved(&self) -> Value {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        resolve(self.want.value.clone(), &known)
    }

    /// Notes the ids of what this run has just made, whose tags may not count in policies yet.
    fn made(&self, found: &Found<Value>) {
        for id in found.outputs.values() {
            self.account.run.note_made(id);
        }
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
        let mut reading = self.look().await;
        if let Reading::Found(found) = &mut reading {
            keep_members(self.account, self.addr, &mut found.attributes);
        }
        reading
    }

    async fn look(&self) -> ErasedReading {
        let asked = vec![ReadRequest { addr: self.addr.clone(), wanted: self.resolved() }];
        let mut results: BTreeMap<Addr, ErasedReading> =
            self.kind.read(self.account, asked.clone()).await.into_iter().collect();
        let reading = results.remove(self.addr).unwrap_or_else(|| {
            Reading::Unreadable(Error::internal(format!("the read of {} gave no answer", self.addr)))
        });
        if !(self.by_key && matches!(reading, Reading::Absent)) {
            return reading;
        }
        let before = self.wanted.moved.get(self.addr).into_iter().flatten();
        if let Some(moved) = before.into_iter().find_map(|addr| results.remove(addr)) {
            return moved;
        }
        match self.kind.holders(self.account, asked).await {
            Err(error) => Reading::Unreadable(error),
            Ok(holders) => {
                let itself = holders.into_iter().find_map(|(_, holder)| match holder {
                    Holder::Itself(found) => Some(found),
                    Holder::Another(_) => None,
                });
                itself.map_or(Reading::Absent, Reading::Found)
            }
        }
    }

    /// Brings the thing into being, waits until it is seen, and tells how.
    ///
    /// A create that was sent and not answered is looked for, as long as AWS may take to show it,
    /// before it is sent again, so that a lost answer never makes a second one (truths 2 and 5).
    pub(super) async fn make(&self) -> Result<Box<Found<Value>>, Error> {
        let doubted = self.kind.meta().duplicates_on_retry && self.account.run.is_in_doubt(self.addr);
        if doubted
            && let Some(found) = self.look_for_it(DOUBT, "a run that was cut off may have made it").await?
        {
            return Ok(found);
        }
        let mut sent = 0;
        loop {
            sent += 1;
            match self.kind.create(self.account, self.addr, &self.resolved()).await {
                Ok(()) => return self.until_seen().await,
                Err(error) if error.class == Class::AlreadyExists => return self.until_ours(error).await,
                Err(error) if error.class == Class::Ambiguous => {
                    // A second one of a thing with a name of its own is refused, so it is soon sent again.
                    let rules = self.kind.meta();
                    let seconds = if rules.duplicates_on_retry { rules.settle_seconds } else { SHORT_LOOK };
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
        ownership_of(self.account, self.addr, &found.ownership) == Ownership::Managed
    }

    /// Waits until the thing that AWS says exists is seen: our own of a lost answer, or somebody's,
    /// which the refusal then tells about.
    async fn until_ours(&self, refusal: Error) -> Result<Box<Found<Value>>, Error> {
        let mut pause = Pause::new(self.kind.meta().settle_seconds);
        loop {
            match self.read().await {
                Reading::Found(found) if self.is_ours(&found) => {
                    self.made(&found);
                    self.remember(&found);
                    return Ok(found);
                }
                Reading::Found(_) => return Err(refusal),
                Reading::Absent | Reading::Unreadable(_) if pause.is_over() => return Err(refusal),
                Reading::Absent | Reading::Unreadable(_) => {
                    // Another resource may hold the range or the name; then no waiting helps.
                    let other = self.kind.held_by(self.account, self.addr, &self.resolved()).await;
                    if let Ok(Some(other)) = other {
                        let message = format!("{}; {other}", refusal.message.trim_end_matches('.'));
                        return Err(Error { message, ..refusal });
                    }
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
                    self.made(&found);
                    self.remember(&found);
                    return Ok(Some(found));
                }
                Reading::Found(_) | Reading::Absent if over => return Ok(None),
                Reading::Unreadable(error) if over || error.is_final() => return Err(error),
                Reading::Found(_) | Reading::Absent | Reading::Unreadable(_) => {
                    self.waiting(&format!("to be seen: {why}"), pause.began);
                    pause.wait().await;
                }
            }
        }
    }

    async fn until_seen(&self) -> Result<Box<Found<Value>>, Error> {
        let mut pause = Pause::new(self.kind.meta().settle_seconds);
        loop {
            match self.read().await {
                Reading::Found(found) => {
                    self.made(&found);
                    self.remember(&found);
                    return Ok(found);
                }
                Reading::Unreadable(error) if error.is_final() => return Err(error),
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
            self.kind.meta().settle_seconds
        ))
    }

    /// Writes what differs until so many reads in a row show what is wanted. The first of them may have been made.
    pub(super) async fn converge(
        &self,
        consistent_reads: u8,
        mut seen: Option<Box<Found<Value>>>,
    ) -> Result<(), Error> {
        let mut pause = Pause::new(self.kind.meta().settle_seconds);
        let mut equal = 0;
        let mut unclear = 0;
        let mut written: BTreeMap<Path, Instant> = BTreeMap::new();
        let mut tagged: Option<Instant> = None;
        // What AWS last said against a write, and is not outdated by one that it took.
        let mut refusal: Option<Error> = None;
        loop {
            let reading = match seen.take() {
                Some(found) => Reading::Found(found),
                None => self.read().await,
            };
            let found = match reading {
                Reading::Found(found) => found,
                Reading::Unreadable(error) if error.is_final() || pause.is_over() => {
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
                State::Ready | State::Short { .. } | State::Enforced(_) | State::InUse(_) => {}
            }
            let changes = diff(&self.resolved(), &found.attributes);
            let tag_changes = self.tag_changes(&found);
            if let State::Enforced(by) = &found.state
                && !changes.is_empty()
            {
                return Err(Error::internal(format!(
                    "{by} keeps {}: change it there, or declare that value",
                    departures(&changes)
                )));
            }
            if let State::InUse(by) = &found.state
                && !changes.is_empty()
            {
                return Err(Error::internal(format!(
                    "{} cannot be changed, because it is in use by now: {by}; let that use something else, then run apply \
                     again",
                    departures(&changes)
                )));
            }
            let nobodys = ownership_of(self.account, self.addr, &found.ownership) == Ownership::Unmanaged;
            let adopt = nobodys || !tag_changes.is_empty();
            if let State::Short { reason, refused } = &found.state
                && changes.is_empty()
                && !adopt
            {
                if pause.is_over() || (*refused && pause.began.elapsed() >= REFUSED) {
                    return Err(Error::internal(reason));
                }
                equal = 0;
                self.waiting(&format!("to be complete: {reason}"), pause.began);
                pause.wait().await;
                continue;
            }
            if changes.is_empty() && !adopt {
                equal += 1;
                if equal >= consistent_reads {
                    return Ok(());
                }
                sleep(BETWEEN).await;
                continue;
            }
            equal = 0;
            if pause.is_over() {
                let departures: Vec<Change> = changes.into_iter().chain(tag_changes).collect();
                return Err(self.not_settled(&departures, refusal));
            }
            // A write that shows no effect yet is lag, not a reason to write again at once. Of several
            // things written together one may be seen before the others.
            let patience = Duration::from_secs(self.kind.meta().patience_seconds);
            let recent =
                |change: &Change| written.get(&change.path).is_some_and(|at| at.elapsed() < patience);
            let tags = adopt && tagged.is_none_or(|at| at.elapsed() >= patience);
            if !tags && changes.iter().all(recent) {
                let what = if changes.is_empty() { "its tags".to_owned() } else { paths(&changes) };
                self.waiting(&format!("to see what was written at {what}"), pause.began);
                pause.wait().await;
                continue;
            }
            if self.stop.is_set() {
                return Err(Error::stopped());
            }
            match self.write(*found, &changes, tags).await {
                Ok(()) => {
                    refusal = None;
                    tagged = if tags { Some(Instant::now()) } else { tagged };
                    written.extend(changes.into_iter().map(|change| (change.path, Instant::now())));
                }
                Err(error) if error.is_not_found() && !self.is_about_another(&error) => {
                    let what = error.message.trim_end_matches('.');
                    self.waiting(&format!("for AWS to know it everywhere: {what}"), pause.began);
                    refusal = Some(error);
                    pause.wait().await;
                }
                // Our own earlier write, which is not seen yet: only the budget ends this wait.
                Err(error)
                    if error.class == Class::AlreadyExists
                        && changes.iter().all(|change| written.contains_key(&change.path)) =>
                {
                    refusal = Some(error);
                    written.extend(changes.into_iter().map(|change| (change.path, Instant::now())));
                }
                // Whether it had its effect is for the next read to say.
                Err(error) if is_unclear(&error) && unclear < UNCLEAR => {
                    unclear += 1;
                    self.waiting(
                        &format!("to see whether a write had its effect: {}", error.said()),
                        pause.began,
                    );
                    refusal = Some(error);
                    pause.wait().await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The declared tags that it does not carry.
    fn tag_changes(&self, found: &Found<Value>) -> Vec<Change> {
        diff_tags(self.kind.meta().tags.of(&self.wanted.tags), &found.tags)
    }

    async fn write(&self, live: Found<Value>, changes: &[Change], adopt: bool) -> Result<(), Error> {
        let update = ErasedUpdate {
            addr: self.addr.clone(),
            wanted: self.resolved(),
            live,
            changes: changes.iter().map(|change| change.path.clone()).collect(),
            adopt,
        };
        self.kind.update(self.account, &update).await
    }

    /// Whether "not found" is about something that the file names and that this baseline does not make: a user, a
    /// managed policy, an image. It is not there however long one waits.
    fn is_about_another(&self, error: &Error) -> bool {
        let literal = self.want.value.texts();
        let made = self.wanted.things.iter().filter_map(|(addr, want)| {
            let field = super::rules(addr.kind()).located_by?;
            match want.value.get(field) {
                Some(Value::Str(name)) => Some(name.as_str()),
                _ => None,
            }
        });
        let made: BTreeSet<&str> = made.collect();
        let ours = |name: &str| {
            made.contains(name)
                || (name.contains(self.account.id())
                    && name.rsplit(['/', ':']).next().is_some_and(|last| made.contains(last)))
        };
        error.named().into_iter().any(|name| literal.contains(name) && !ours(name))
    }

    /// What is shown instead of what was wanted, and what AWS said last against it.
    fn not_settled(&self, changes: &[Change], refusal: Option<Error>) -> Error {
        let seconds = self.kind.meta().settle_seconds;
        let shown = format!("{} still shows {} after {seconds} s", self.addr, departures(changes));
        match refusal {
            Some(refusal) => {
                let message = format!("{}; {shown}", refusal.message.trim_end_matches('.'));
                Error { message, ..refusal }
            }
            None => Error::internal(format!("{shown}, though every write was taken; plan again to see it")),
        }
    }
}

/// How many departures are told, and how long a value may be.
const TOLD: usize = 3;
const LONGEST: usize = 80;

/// What is shown and what is wanted, path by path: `members[]: nothing, not "ann"`.
fn departures(changes: &[Change]) -> String {
    let text = |value: &Value| match value {
        Value::Null => "nothing".to_owned(),
        other => {
            let text = other.plain_json().to_string();
            if text.chars().count() <= LONGEST {
                text
            } else {
                format!("{}...", text.chars().take(LONGEST).collect::<String>())
            }
        }
    };
    let told =
        |change: &Change| format!("{} at {}, not {}", text(&change.before), change.path, text(&change.after));
    let mut all: Vec<String> = changes.iter().take(TOLD).map(told).collect();
    if changes.len() > TOLD {
        all.push(format!("{} more", changes.len() - TOLD));
    }
    if all.is_empty() {
        return "the tags it had".to_owned();
    }
    all.join("; ")
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
    asked: Vec<ReadRequest<Value>>,
    live: Found<Value>,
    say: &(dyn Fn(Event) + Sync),
) -> Result<(), Error> {
    let mut pause = Pause::new(kind.meta().settle_seconds.max(300));
    let request = DeleteRequest { addr: addr.clone(), live };
    let waiting = |reason: String, since: Instant| {
        say(Event::Waiting { addr: addr.clone(), reason, waited: since.elapsed() });
    };
    loop {
        match kind.delete(account, &request).await {
            Ok(()) => break,
            // Deleting what is gone already is a success, so it may be sent again.
            Err(error) if error.class == Class::Ambiguous && !pause.is_over() => {
                waiting(format!("to delete it again: {}", error.said()), pause.began);
                pause.wait().await;
            }
            Err(error) if error.class == Class::Blocked && !pause.is_over() => {
                waiting(format!("for what still depends on it: {}", error.message), pause.began);
                pause.wait().await;
            }
            Err(error) if error.class == Class::Blocked => {
                // Which things they are is worth a question; where it cannot be answered, the refusal still stands.
                let users = kind.used_by(account, &request).await.unwrap_or_default();
                if users.is_empty() {
                    return Err(error);
                }
                let message =
                    format!("{}; it is used by {}", error.message.trim_end_matches('.'), users.join(", "));
                return Err(Error { message, ..error });
            }
            Err(error) => return Err(error),
        }
    }
    // One replica that has heard of it is not all of them (truth 3): a single absent read is never enough.
    let (enough, mut absent) = (kind.meta().consistent_reads.max(2), 0);
    loop {
        let results = kind.read(account, asked.clone()).await;
        let still = results.into_iter().find(|(seen, _)| seen == addr).map(|(_, reading)| reading);
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
            Some(Reading::Unreadable(error)) if error.is_final() || pause.is_over() => {
                return Err(error);
            }
            Some(_) if pause.is_over() => {
                return Err(Error::internal(format!(
                    "{addr} was deleted and is still there; plan again to see it"
                )));
            }
            Some(Reading::Unreadable(error)) => {
                waiting(format!("to see that it is gone: {}", error.said()), pause.began);
                pause.wait().await;
            }
            Some(Reading::Found(_)) => {
                waiting("to see that it is gone".to_owned(), pause.began);
                pause.wait().await;
            }
        }
    }
}
