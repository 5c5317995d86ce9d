//! Looks at an account and compares it with a file: what plan, drift and apply have in common.

use super::failure::Failure;
use super::file::Loaded;
use super::output::Output;
use super::progress::Waiting;
use super::{endpoints, lockout, new_access, regions, taken_over};
use crate::aws::{Account, Identity, aloud};
use crate::engine::{observe, observe_only, rules};
use crate::guard::{Lockout, Whose};
use crate::kinds::ec2_vpc::Vpc;
use crate::language::proof::{BROKEN_NEXT, Judged, NetworkChange};
use crate::language::{Diagnostic, Files as _, Place};
use crate::model::{Addr, ResourceSpec as _, Severity, Wanted};
use crate::plan::{Action, Choices, Finding, Live, Plan, as_found, as_left, plan};
use crate::posture::{self, Facts, Posture, RULES};
use crate::report::{Command, Heading, Shown, View};
use crate::shown;

/// What one look at an account found.
#[derive(Debug)]
pub(super) struct Look {
    /// Which file and account.
    pub(super) heading: Heading,
    /// What the file asks for.
    pub(super) wanted: Wanted,
    /// What is there.
    pub(super) live: Live,
    /// What is to be done.
    pub(super) plan: Plan,
    /// What the plan changes for packets.
    pub(super) network: Option<NetworkChange>,
    /// What the plan takes from these credentials themselves.
    pub(super) lockouts: Vec<Lockout>,
    /// The account as it is found and as the plan leaves it; nothing where it changes nothing.
    pub(super) states: Option<(Wanted, Wanted)>,
    /// The partition of the account, such as `aws`.
    pub(super) partition: String,
    /// What the rules found.
    pub(super) posture: Posture,
    /// When it was looked at.
    pub(super) at: jiff::Timestamp,
}

impl Look {
    /// Says which addresses are to be destroyed and are nothing that is: of a first look, since a second one finds none.
    pub(super) fn tell_unmatched(&self, choices: &Choices, output: &Output) {
        for addr in &choices.destroy {
            if !self.plan.steps.iter().any(|step| step.addr == *addr && step.action == Action::Delete) {
                output.note(&shown!(
                    "note: --destroy {} matches no managed resource missing from the file; ignored",
                    addr
                ));
            }
        }
    }

    /// The same, as reports take it.
    pub(super) fn view(&self) -> View<'_> {
        View {
            heading: &self.heading,
            wanted: &self.wanted,
            plan: &self.plan,
            network: self.network.as_ref(),
            posture: &self.posture,
            rules: RULES,
            ending: None,
            at: self.at,
        }
    }
}

/// What a plan changes for packets, for the caller, and the account before and after it.
#[derive(Default)]
struct Consequences {
    network: Option<NetworkChange>,
    lockouts: Vec<Lockout>,
    states: Option<(Wanted, Wanted)>,
}

/// What the plan changes; nothing where it has no step at all.
async fn consequences(
    (account, caller): (&Account, &Identity),
    loaded: &Loaded,
    (wanted, live, facts): (&Wanted, &Live, &Facts),
    plan: &Plan,
) -> Result<Consequences, Failure> {
    if plan.steps.is_empty() {
        return Ok(Consequences::default());
    }
    let found = as_found(wanted, live);
    let left = as_left(wanted, &found, plan);
    let unreadable = plan.unreadable.keys().cloned();
    let taken_over = taken_over::change(account, loaded, (wanted, live, plan), (&found, &left));
    let network = match taken_over.await.map_err(Failure::bug)? {
        Some(change) => Some(change),
        None => loaded.baseline.network_change(&found, &left, unreadable).map_err(Failure::bug)?,
    };
    let states = (&found, &left);
    let lockouts = lockout::find((account, caller), &loaded.baseline, facts, states, network.as_ref()).await;
    let lockouts = lockouts.map_err(Failure::bug)?;
    Ok(Consequences { network, lockouts, states: Some((found, left)) })
}

/// An assertion that does not hold of what is found; the plan makes it hold, since it holds of what the file plans.
fn broken(judged: &Judged) -> Option<Finding> {
    Some(Finding {
        addr: Vpc::addr("main"),
        severity: Severity::Warning,
        message: judged.broken()?,
        next: BROKEN_NEXT.to_owned(),
        origin: judged.origin(),
    })
}

/// Reads the account and plans; never writes.
pub(super) async fn look(
    command: Command,
    account: &Account,
    loaded: &Loaded,
    choices: &Choices,
    output: &Output,
) -> Result<Look, Failure> {
    let caller = async { Ok(account.identity.clone()) };
    let (look, _) = look_while(caller, command, account, loaded, choices, output).await?;
    Ok(look)
}

/// The same, beside the question who calls.
pub(super) async fn look_while(
    caller: impl Future<Output = Result<Identity, Failure>>,
    command: Command,
    account: &Account,
    loaded: &Loaded,
    choices: &Choices,
    output: &Output,
) -> Result<(Look, Identity), Failure> {
    let place = Place { account: account.id(), partition: &account.identity.partition };
    let told = |found: Vec<Diagnostic>| loaded.tell(&found, output);
    let mut wanted = loaded.expand(&place, output)?;
    let waiting = Waiting::begin(output, shown!("reading account {}", Shown::line(account.id())));
    let asked = loaded.baseline.asked(&loaded.source, &place);
    // Both ask all they can at once, and neither waits for the other.
    let at = jiff::Timestamp::now();
    let facts = posture::read::read(account, &asked, at);
    let seen = async { Ok(observe(account, &wanted).await) };
    let known = Box::pin(async { Ok(facts.await) });
    let of_regions =
        Box::pin(async { regions::look(account, loaded, &place, choices, output).await.map_err(told) });
    let all = Box::pin(async { tokio::try_join!(caller, seen, known, of_regions) });
    let (caller, mut live, facts, mut elsewhere) =
        aloud(all, |what, waited| waiting.tell(output, what, waited)).await?;
    let of_default_vpcs = elsewhere.take_findings();
    elsewhere.add_to(&mut wanted, &mut live);
    // Who the users are and which keys are old is known only now.
    let found = loaded.baseline.expand_found(&place, &facts, &asked).map_err(told)?;
    let mut unseen = found.clone();
    // A group that stands already was met by its path.
    unseen.things.retain(|addr, _| !live.resources.contains_key(addr));
    live.resources.extend(observe_only(account, &unseen).await);
    wanted.things.extend(found.things);
    for addr in loaded.baseline.left_open(&facts) {
        live.resources.remove(&addr);
    }
    waiting.end();
    let mut plan = plan(&wanted, &live, &rules, choices).map_err(Failure::bug)?;
    let Consequences { network, lockouts, states } =
        consequences((account, &caller), loaded, (&wanted, &live, &facts), &plan).await?;
    let origin = |addr: &Addr| wanted.things.get(addr).map(|want| want.origin.clone()).unwrap_or_default();
    plan.last = lockouts.iter().map(|lockout| lockout.addr.clone()).collect();
    plan.findings.extend(lockouts.iter().map(|lockout| lockout::finding(lockout, origin)));
    if let Some((found, left)) = &states {
        let new =
            new_access::compare(found, left, account.id(), &account.identity.partition, Whose::Outsiders);
        plan.findings.extend(new_access::findings(&new, origin));
        let partition = &account.identity.partition;
        plan.findings.extend(new_access::lost((found, left), account.id(), partition, origin));
        plan.findings.extend(posture::cut_off(&facts, found, left).into_iter().map(|cut| Finding {
            origin: origin(&cut.addr),
            addr: cut.addr,
            severity: if cut.is_known { Severity::Warning } else { Severity::Note },
            message: cut.message,
            next: cut.next.to_owned(),
        }));
    }
    plan.findings.extend(network.iter().flat_map(|change| &change.broken).filter_map(broken));
    plan.findings.extend(network.iter().filter_map(|change| taken_over::unnamed(change, origin)));
    plan.findings.extend(of_default_vpcs);
    let posture = posture::judge(&facts, &asked);
    let heading = Heading {
        command,
        file: loaded.source.name(),
        baseline: loaded.baseline.name.clone(),
        account: account.id().to_owned(),
        region: account.region.clone(),
        endpoints: endpoints::custom(account),
    };
    let partition = account.identity.partition.clone();
    Ok((Look { heading, wanted, live, plan, network, lockouts, states, partition, posture, at }, caller))
}
