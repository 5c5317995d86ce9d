//! Tests the new trust policy of the caller's own role, and of roles that a fleet comes through, while the old session lives, and puts the old
//! one back where it fails.

use std::time::Duration;

use super::look::Look;
use super::output::Output;
use crate::aws::{Account, Class, Error, Renewal};
use crate::engine::{Event, Outcome, Stop};
use crate::kinds::iam_role::{self, Role};
use crate::model::{Addr, ResourceSpec as _, Wanted, restore};
use crate::plan::Action;
use crate::report::Shown;
use crate::shown;

/// How often the role is assumed again. IAM is eventually consistent: one success may still go by the old policy (truth 3).
const TRIES: u32 = 4;

/// How long there is between two tries.
const PAUSE: Duration = Duration::from_secs(3);

/// The role in a tree.
fn role(tree: &Wanted, addr: &Addr) -> Option<Role> {
    restore(tree.value(addr)?).ok()
}

/// How the caller comes by a role.
enum Way {
    /// It is the one that it acts as.
    Own,
    /// It comes through this one before that.
    Through(String),
}

/// A role that the caller acts as or comes through, whose trust policy a step has changed.
struct Changed {
    addr: Addr,
    before: Role,
    way: Way,
}

/// Those roles, the first on the way first: who cannot come by that comes by none.
fn changed(account: &Account, look: &Look, outcome: &Outcome) -> Vec<Changed> {
    let Some((found, left)) = look.states.as_ref() else { return Vec::new() };
    let name = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let through = account.roles_on_the_way().map(|arn| (name(arn), Way::Through(arn.to_owned())));
    let session = account.identity.arn.split_once(":assumed-role/");
    let own = session.and_then(|(_, rest)| rest.split('/').next()).map(|own| (own.to_owned(), Way::Own));
    let of_step = |(name, way): (String, Way)| {
        let mut addrs = outcome.done.iter().map(|(addr, _)| addr).filter(|addr| addr.kind() == Role::KIND);
        let addr = addrs.find(|addr| role(found, addr).is_some_and(|role| role.role == name))?;
        let (before, after) = (role(found, addr)?, role(left, addr)?);
        (before.trust != after.trust).then(|| Changed { addr: addr.clone(), before, way })
    };
    through.chain(own).filter_map(of_step).collect()
}

/// What was found of the new trust policy.
enum Tried {
    /// It lets the caller in.
    Fits,
    /// It does not.
    Refused(Error),
    /// Nobody knows, for this reason.
    Unknown(Shown),
}

async fn ask(account: &Account, way: &Way) -> Result<Renewal, Error> {
    match way {
        Way::Own => account.renew_credentials().await,
        Way::Through(arn) => account.ask_again(arn).await.map(|()| Renewal::Given),
    }
}

async fn try_role(account: &Account, way: &Way, stop: &Stop) -> Tried {
    for number in 0..TRIES {
        if number > 0 {
            stop.sleep(PAUSE).await;
        }
        if stop.is_set() {
            return Tried::Unknown(shown!("the run was asked to stop"));
        }
        match ask(account, way).await {
            Ok(Renewal::Given) => {}
            Ok(Renewal::NotAsked) => {
                return Tried::Unknown(shown!("these credentials do not come from assuming the role here"));
            }
            Err(error) if error.class == Class::Denied => return Tried::Refused(error),
            Err(error) => return Tried::Unknown(Shown::line(&error.to_string())),
        }
    }
    Tried::Fits
}

/// Assumes the caller's own role again where its trust policy was changed, and every role of the account that a fleet came through, unless it
/// is certain and meant that it shuts the caller out. Refused, the old policy is put back and the step has failed.
pub(super) async fn test_trust(
    account: &Account,
    look: &Look,
    outcome: &mut Outcome,
    (say, stop): (&(dyn Fn(Event) + Sync), &Stop),
    output: &Output,
) {
    for Changed { addr, before, way } in changed(account, look, outcome) {
        if look.lockouts.iter().any(|lockout| lockout.addr == addr && lockout.depends_on.is_empty()) {
            continue;
        }
        let error = match try_role(account, &way, stop).await {
            Tried::Fits => continue,
            Tried::Refused(error) => error,
            Tried::Unknown(reason) => {
                output.note(&shown!(
                    "note: {} has a new trust policy, and it was not tested whether it lets you in again: {}",
                    addr,
                    reason
                ));
                continue;
            }
        };
        let put_back = match iam_role::write_trust(account, &before.role, &before.trust).await {
            Ok(()) => "the old one was put back".to_owned(),
            Err(failure) => format!("the old one could not be put back: {failure}"),
        };
        let error =
            format!("the new trust policy does not let these credentials in again, so {put_back}; {error}");
        say(Event::Failed { addr: addr.clone(), action: Action::Update, error: error.clone() });
        outcome.done.retain(|(done, _)| *done != addr);
        outcome.failed.push((addr, error));
    }
}
