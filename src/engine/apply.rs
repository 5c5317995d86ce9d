//! Runs the steps of a plan as a graph: side by side where they may, in order where they must.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use futures::future::{BoxFuture, FusedFuture};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::time::{Instant, timeout};

use super::converge::{Converging, Known, remove};
use super::event::{Event, Outcome};
use super::observe::lacking;
use super::parts::{Part, parts};
use crate::aws::{Account, Class, Error, OwnershipTags, Stop, aloud};
use crate::kinds::{Found, Kind, ReadRequest, State, kind};
use crate::model::{Addr, Value, Wanted};
use crate::plan::{Action, Live, LiveResource, Observed, Plan, Step};

/// How many steps are under way at once.
const WIDTH: usize = 16;

/// How long writes in flight may take after somebody asked to stop; then their answers are not awaited.
const GRACE: Duration = Duration::from_millis(2500);

/// Runs the plan's steps. A failed step holds only what depends on it; the rest goes on.
pub async fn apply(
    account: &Account,
    wanted: &Wanted,
    live: &Live,
    plan: &Plan,
    say: &(dyn Fn(Event) + Sync),
    stop: &Stop,
) -> Outcome {
    account.heed(stop);
    let known: Known = Mutex::new(outputs(wanted, live));
    let run = Run { account, wanted, live, known: &known, say, stop };
    let steps: BTreeMap<&Addr, &Step> = plan.steps.iter().map(|step| (&step.addr, step)).collect();
    let mut outcome = Outcome::default();
    let mut waiting = parts(wanted, live, plan);
    for step in &plan.steps {
        if let Some(reason) = &step.held {
            say(Event::Held { addr: step.addr.clone(), reason: reason.clone() });
            outcome.held.push((step.addr.clone(), reason.clone()));
        }
    }
    let mut running: FuturesUnordered<BoxFuture<'_, (Part, Result<(), Error>)>> = FuturesUnordered::new();
    let mut confirming: FuturesUnordered<BoxFuture<'_, (Addr, Result<(), Error>)>> = FuturesUnordered::new();
    let mut begun: BTreeMap<Addr, Instant> = BTreeMap::new();
    let mut under_way: BTreeSet<Part> = BTreeSet::new();
    let mut stopped: BTreeSet<Addr> = BTreeSet::new();
    // After a stop no write is begun. Once those in flight have ended, what is left only waits and looks.
    let cut = async {
        stop.asked().await;
        let _in_time = timeout(GRACE, account.writes_ended()).await;
    };
    let mut cut = std::pin::pin!(cut.fuse());
    loop {
        while running.len() < WIDTH && !stop.is_set() {
            let Some(part) = waiting.iter().find(|(_, needs)| needs.is_empty()).map(|(part, _)| part.clone())
            else {
                break;
            };
            waiting.remove(&part);
            let Some(step) = steps.get(part.addr()) else { continue };
            begun.entry(step.addr.clone()).or_insert_with(|| {
                say(Event::Started { addr: step.addr.clone(), action: step.action });
                Instant::now()
            });
            under_way.insert(part.clone());
            running.push(run.start(part, step));
        }
        let next = tokio::select! {
            biased;
            next = running.next() => next,
            () = &mut cut => None,
        };
        let Some((part, result)) = next else { break };
        under_way.remove(&part);
        let addr = part.addr().clone();
        let Some(step) = steps.get(&addr) else { continue };
        match result {
            Ok(()) => {
                for needs in waiting.values_mut() {
                    needs.remove(&part);
                }
                if matches!(part, Part::Make(_)) {
                    continue;
                }
                let took = begun.get(&addr).map(Instant::elapsed).unwrap_or_default();
                say(Event::Done { addr: addr.clone(), action: step.action, took });
                if step.action != Action::Delete {
                    confirming.extend(run.confirm(step));
                }
                outcome.done.push((addr, step.action));
            }
            Err(error) if error.class == Class::Stopped => {
                say(Event::Stopped { addr: addr.clone(), left: false });
                stopped.insert(addr);
            }
            Err(error) => {
                let told = run.told(&addr, &error);
                say(Event::Failed { addr: addr.clone(), action: step.action, error: told.clone() });
                outcome.failed.push((addr.clone(), told));
                hold_dependants(&part, &mut waiting, say, &mut outcome);
            }
        }
    }
    for part in under_way {
        say(Event::Stopped { addr: part.addr().clone(), left: true });
        stopped.insert(part.addr().clone());
    }
    let left: BTreeSet<Addr> = waiting.into_keys().map(|part| part.addr().clone()).collect();
    if stop.is_set() {
        stopped.extend(left);
    } else {
        for addr in left {
            let error = "its steps wait for each other; this is a bug of baseline: please report it";
            outcome.failed.push((addr, error.to_owned()));
        }
    }
    outcome.interrupted = stopped.into_iter().collect();
    while !cut.is_terminated() {
        let next = tokio::select! {
            biased;
            next = confirming.next() => next,
            () = &mut cut => None,
        };
        match next {
            None => break,
            // It was seen once; that it was not looked at again is no failure.
            Some((_, Err(error))) if error.class == Class::Stopped => {}
            Some((addr, Err(error))) => {
                outcome.done.retain(|(done, _)| *done != addr);
                let told = run.told(&addr, &error);
                outcome.failed.push((addr, told));
            }
            Some((_, Ok(()))) => {}
        }
    }
    outcome
}

struct Run<'a> {
    account: &'a Account,
    wanted: &'a Wanted,
    live: &'a Live,
    known: &'a Known,
    say: &'a (dyn Fn(Event) + Sync),
    stop: &'a Stop,
}

impl<'a> Run<'a> {
    /// An error in words, and what to do next.
    fn told(&self, addr: &Addr, error: &Error) -> String {
        if error.operation.is_empty() {
            return error.to_string();
        }
        let next = after(error);
        if !next.is_empty() {
            return format!("{error}; {next}");
        }
        if error.class != Class::Denied && error.refused_within().is_none() {
            return error.to_string();
        }
        let lacking = lacking(self.account, Some((self.wanted, addr)), error);
        format!("{error}; allow {lacking} to these credentials, then run apply again")
    }

    fn converging(&self, addr: &'a Addr) -> Result<Converging<'a>, Error> {
        let want =
            self.wanted.things.get(addr).ok_or_else(|| Error::internal(format!("{addr} is not declared")))?;
        let Run { account, wanted, known, say, stop, .. } = *self;
        Ok(Converging { account, kind: kind_of(addr)?, addr, want, wanted, known, say, stop, by_key: false })
    }

    fn start(&self, part: Part, step: &'a Step) -> BoxFuture<'a, (Part, Result<(), Error>)> {
        let converging = self.converging(&step.addr);
        let Run { account, live, say, .. } = *self;
        Box::pin(async move {
            let work = async {
                if matches!(part, Part::Remove(_)) {
                    return remove_step(account, live, &step.addr, Vec::new(), say).await;
                }
                let mut converging = converging?;
                converging.by_key = step.action == Action::Adopt;
                let deferred = !converging.kind.meta().deferred.is_empty();
                let makes = matches!(part, Part::Make(_)) || !deferred;
                if makes && step.action == Action::Replace {
                    let asked =
                        vec![ReadRequest { addr: step.addr.clone(), wanted: converging.want.value.clone() }];
                    remove_step(account, live, &step.addr, asked, say).await?;
                }
                let mut seen = None;
                if makes && matches!(step.action, Action::Create | Action::Replace) {
                    seen = Some(converging.make().await?);
                }
                if matches!(part, Part::Finish(_)) {
                    converging.converge(1, seen).await?;
                }
                Ok(())
            };
            let told = |what: &str, waited: Duration| {
                say(Event::Waiting { addr: step.addr.clone(), reason: what.to_owned(), waited });
            };
            let result = aloud(work, told).await;
            (part, result)
        })
    }

    /// The equal reads that prove a write has reached every replica (truth 3).
    ///
    /// They run once all steps are done. What depends on the thing does not need them: a write of AWS goes by the
    /// truth, and answers of replicas that have not heard are waited for by the consistency table.
    fn confirm(&self, step: &'a Step) -> Option<BoxFuture<'a, (Addr, Result<(), Error>)>> {
        let converging = self.converging(&step.addr).ok()?;
        let reads = converging.kind.meta().consistent_reads;
        (reads > 1).then(|| -> BoxFuture<'a, _> {
            Box::pin(async move { (step.addr.clone(), converging.converge(reads, None).await) })
        })
    }
}

/// What a person does about a refusal that is no missing permission; nothing where AWS's words say it.
fn after(error: &Error) -> &'static str {
    match error.class {
        Class::Denied | Class::Elsewhere => error.remedy(),
        Class::NotFound => "create what is named there, or change the file, then run apply again",
        Class::AlreadyExists => {
            "declare it under another name or range, or delete the one that is there, then run apply again"
        }
        Class::Blocked => "delete or detach what uses it, then run apply again",
        Class::Quota => "ask for more in Service Quotas, or declare fewer, then run apply again",
        Class::Throttled | Class::Ambiguous => "run apply again",
        Class::Guard | Class::Stopped | Class::Other => "",
    }
}

fn kind_of(addr: &Addr) -> Result<&'static dyn Kind, Error> {
    kind(addr.kind()).ok_or_else(|| Error::internal(format!("there is no kind {}", addr.kind())))
}

async fn remove_step(
    account: &Account,
    live: &Live,
    addr: &Addr,
    asked: Vec<ReadRequest<Value>>,
    say: &(dyn Fn(Event) + Sync),
) -> Result<(), Error> {
    let kind = kind_of(addr)?;
    let Some(Observed::Found(thing)) = live.resources.get(addr) else { return Ok(()) };
    // A named kind answers only for names it is asked for; what was found holds the name.
    let asked = if asked.is_empty() && kind.meta().located_by.is_some() {
        vec![ReadRequest { addr: addr.clone(), wanted: thing.attributes.clone() }]
    } else {
        asked
    };
    remove(account, kind, addr, asked, found(kind, thing), say).await
}

fn found(kind: &dyn Kind, thing: &LiveResource) -> Found<Value> {
    let names = kind.meta().outputs;
    Found {
        attributes: thing.attributes.clone(),
        outputs: names.iter().filter_map(|name| Some((*name, thing.outputs.get(*name)?.clone()))).collect(),
        ownership: OwnershipTags::Untagged,
        tags: thing.tags.clone(),
        state: State::Ready,
        remarks: Vec::new(),
    }
}

/// Outputs of wanted things that exist and stay.
fn outputs(wanted: &Wanted, live: &Live) -> BTreeMap<Addr, BTreeMap<String, String>> {
    let known = |addr: &Addr| match live.resources.get(addr) {
        Some(Observed::Found(thing)) => Some((addr.clone(), thing.outputs.clone())),
        Some(Observed::Absent | Observed::Unreadable(_)) | None => None,
    };
    wanted.things.keys().filter_map(known).collect()
}

fn hold_dependants(
    failed: &Part,
    waiting: &mut BTreeMap<Part, BTreeSet<Part>>,
    say: &(dyn Fn(Event) + Sync),
    outcome: &mut Outcome,
) {
    let mut causes = vec![failed.clone()];
    while let Some(cause) = causes.pop() {
        let held: Vec<Part> = waiting
            .iter()
            .filter(|(_, needs)| needs.contains(&cause))
            .map(|(part, _)| part.clone())
            .collect();
        for part in held {
            waiting.remove(&part);
            let addr = part.addr().clone();
            let known = outcome.held.iter().any(|(other, _)| *other == addr)
                || outcome.failed.iter().any(|(other, _)| *other == addr);
            if !known {
                let reason = format!("{} failed", failed.addr());
                say(Event::Held { addr: addr.clone(), reason: reason.clone() });
                outcome.held.push((addr, reason));
            }
            causes.push(part);
        }
    }
}
