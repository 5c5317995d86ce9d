//! Looks at an account and compares it with a file: what plan, drift and apply have in common.

use std::collections::BTreeMap;

use futures::future::join3;

use super::failure::Failure;
use super::file::Loaded;
use super::output::Output;
use super::progress::Waiting;
use crate::aws::trace::chain;
use crate::aws::{Account, aloud};
use crate::baseline::{Diagnostic, Place};
use crate::engine::{default_groups, observe, observe_only, owned_elsewhere, rules, unlisted};
use crate::model::{Addr, Wanted};
use crate::plan::{Action, Choices, Live, Plan, Sight, Unread, plan};
use crate::posture::{self, Posture, RULES};
use crate::report::{Command, Endpoint, Heading, Shown, View, problems};
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
    /// What the rules found.
    pub(super) posture: Posture,
    /// When it was looked at.
    pub(super) at: jiff::Timestamp,
}

impl Look {
    /// The same, as reports take it.
    pub(super) fn view(&self) -> View<'_> {
        View {
            heading: &self.heading,
            wanted: &self.wanted,
            plan: &self.plan,
            posture: &self.posture,
            rules: RULES,
            ending: None,
            at: self.at,
        }
    }
}

/// Where requests go that do not go to AWS's own endpoints.
pub(super) fn custom_endpoints(account: &Account) -> Vec<Endpoint> {
    account.custom_endpoints().into_iter().map(|(service, url)| Endpoint { service, url }).collect()
}

/// Reads the account and plans; never writes.
pub(super) async fn look(
    command: Command,
    account: &Account,
    loaded: &Loaded,
    choices: &Choices,
    output: &Output,
) -> Result<Look, Failure> {
    let (look, ()) = look_while(async { Ok(()) }, command, account, loaded, choices, output).await?;
    Ok(look)
}

/// What is wanted outside the home region, and what is there.
#[derive(Debug, Default)]
struct Elsewhere {
    wanted: Wanted,
    sights: BTreeMap<Addr, Sight>,
    /// What carries the baseline's tags there.
    owned: BTreeMap<Addr, String>,
    /// Why it is not known which regions, or which groups, there are.
    unlisted: Vec<Unread>,
}

/// Looks at the regions that only AWS can list.
async fn elsewhere(
    account: &Account,
    loaded: &Loaded,
    place: &Place<'_>,
    output: &Output,
) -> Result<Elsewhere, Vec<Diagnostic>> {
    let baseline = &loaded.baseline;
    let enabled = match baseline.needs_regions() {
        false => baseline.regions_in_file(place),
        true => match account.enabled_regions().await {
            Ok(enabled) => enabled.to_vec(),
            Err(error) => {
                return Ok(Elsewhere { unlisted: vec![unlisted(account, &error)], ..Elsewhere::default() });
            }
        },
    };
    for pattern in baseline.idle_region_patterns(&enabled) {
        let pattern = Shown::line(&pattern);
        output.note(&shown!("note: {} under regions in [account] fits no enabled region\n", pattern));
    }
    let mut wanted = baseline.expand_regions(place, &enabled)?;
    let chosen = baseline.chosen_regions(&enabled);
    let groups = async {
        match baseline.seals_default_groups() {
            true => default_groups(account, &chosen).await,
            false => Default::default(),
        }
    };
    let (mut sights, (groups, mut unlisted), (owned, uncounted)) = join3(
        chain(Box::pin(observe_only(account, &wanted))),
        chain(Box::pin(groups)),
        chain(Box::pin(owned_elsewhere(account, &chosen))),
    )
    .await;
    unlisted.extend(uncounted);
    let unread = sights.values_mut().filter_map(|sight| match sight {
        Sight::Unreadable(unread) => Some(unread),
        Sight::Found(_) | Sight::Absent => None,
    });
    unread.chain(&mut unlisted).for_each(propose_exception);
    wanted.things.extend(baseline.expand_default_groups(groups.keys())?.things);
    sights.extend(groups);
    Ok(Elsewhere { wanted, sights, owned, unlisted })
}

/// Says how a region can be left alone, behind what else can be done.
fn propose_exception(unread: &mut Unread) {
    let first = match (unread.next.as_str(), unread.lacking.as_str()) {
        ("", "") => "retry".to_owned(),
        ("", lacking) => format!("allow {lacking} to these credentials, then plan again"),
        (next, _) => next.to_owned(),
    };
    unread.next = format!("{first}; to leave a region alone, name it under except_regions in [account]");
}

/// The same, beside a question whose answer everything else has to wait for.
pub(super) async fn look_while<T>(
    question: impl Future<Output = Result<T, Failure>>,
    command: Command,
    account: &Account,
    loaded: &Loaded,
    choices: &Choices,
    output: &Output,
) -> Result<(Look, T), Failure> {
    let place = Place { account: account.id(), partition: &account.identity.partition };
    let told = |found: Vec<Diagnostic>| {
        output.err(&problems(&loaded.source, &found, output.err_has_color()));
        Failure::Shown
    };
    let mut wanted = loaded.baseline.expand(&place).map_err(told)?;
    let waiting = Waiting::begin(output, shown!("reading account {}", Shown::line(account.id())));
    let asked = loaded.baseline.asked(&loaded.source, &place);
    // Both ask all they can at once, and neither waits for the other.
    let at = jiff::Timestamp::now();
    let facts = posture::read::read(account, &asked, at);
    let seen = async { Ok(observe(account, &wanted).await) };
    let known = Box::pin(async { Ok(facts.await) });
    let of_regions = Box::pin(async { elsewhere(account, loaded, &place, output).await.map_err(told) });
    let all = Box::pin(async { tokio::try_join!(question, seen, known, of_regions) });
    let (answer, mut live, facts, elsewhere) =
        aloud(all, |what, waited| waiting.tell(output, what, waited)).await?;
    wanted.things.extend(elsewhere.wanted.things);
    wanted.in_every_region = elsewhere.wanted.in_every_region;
    live.sights.extend(elsewhere.sights);
    live.elsewhere = elsewhere.owned;
    live.unlisted.extend(elsewhere.unlisted);
    // Who the users are and which keys are old is known only now.
    let found = loaded.baseline.expand_found(&place, &facts, &asked).map_err(told)?;
    let mut unseen = found.clone();
    // A group that stands already was met by its path.
    unseen.things.retain(|addr, _| !live.sights.contains_key(addr));
    live.sights.extend(observe_only(account, &unseen).await);
    wanted.things.extend(found.things);
    for addr in loaded.baseline.left_open(&facts) {
        live.sights.remove(&addr);
    }
    waiting.end();
    let plan = plan(&wanted, &live, &rules, choices).map_err(Failure::bug)?;
    let posture = posture::judge(&facts, &asked);
    let heading = Heading {
        command,
        file: loaded.source.name.clone(),
        baseline: loaded.baseline.name.clone(),
        account: account.id().to_owned(),
        region: account.region.clone(),
        endpoints: custom_endpoints(account),
    };
    for addr in &choices.destroy {
        if !plan.steps.iter().any(|step| step.addr == *addr && step.action == Action::Delete) {
            output.note(&shown!(
                "note: --destroy {} matches no managed resource missing from the file; ignored",
                addr
            ));
        }
    }
    Ok((Look { heading, wanted, live, plan, posture, at }, answer))
}
