//! Tests the new trust policy of the caller's own role while the old session lives, and puts the old one back where it fails.

use std::time::Duration;

use super::look::Look;
use super::output::Output;
use crate::aws::{Account, Class, Error, Renewal};
use crate::engine::{Event, Outcome, Stop};
use crate::kinds::iam_role::{self, Role};
use crate::model::{Addr, Shape as _, Wanted, restore};
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

/// The caller's own role where a step has changed its trust policy, with what it was before.
fn changed(account: &Account, look: &Look, outcome: &Outcome) -> Option<(Addr, Role)> {
    let (found, left) = look.states.as_ref()?;
    let session = account.identity.arn.split_once(":assumed-role/")?.1;
    let own = session.split('/').next()?;
    let addr =
        outcome.done.iter().map(|(addr, _)| addr).find(|addr| {
            addr.kind() == Role::KIND && role(found, addr).is_some_and(|role| role.role == own)
        })?;
    let (before, after) = (role(found, addr)?, role(left, addr)?);
    (before.trust != after.trust).then(|| (addr.clone(), before))
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

async fn try_role(account: &Account, stop: &Stop) -> Tried {
    for number in 0..TRIES {
        if number > 0 {
            stop.sleep(PAUSE).await;
        }
        if stop.is_set() {
            return Tried::Unknown(shown!("the run was asked to stop"));
        }
        match account.renew_credentials().await {
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

/// Assumes the caller's own role again where its trust policy was changed, unless it is certain and meant that it shuts the caller
/// out. Refused, the old policy is put back and the step has failed.
pub(super) async fn test_trust(
    account: &Account,
    look: &Look,
    outcome: &mut Outcome,
    (say, stop): (&(dyn Fn(Event) + Sync), &Stop),
    output: &Output,
) {
    let Some((addr, before)) = changed(account, look, outcome) else { return };
    if look.lockouts.iter().any(|lockout| lockout.addr == addr && lockout.depends_on.is_empty()) {
        return;
    }
    let error = match try_role(account, stop).await {
        Tried::Fits => return,
        Tried::Refused(error) => error,
        Tried::Unknown(reason) => {
            return output.note(&shown!(
                "note: {} has a new trust policy, and it was not tested whether it lets you in again: {}",
                addr,
                reason
            ));
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
