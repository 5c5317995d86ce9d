//! Tries the new trust policy of the caller's own role while the old session lives, and puts the old one back where it fails.

use std::time::Duration;

use super::look::Look;
use super::output::Output;
use crate::aws::{Account, Class, Renewal};
use crate::engine::Outcome;
use crate::kinds::iam_role::{self, Role};
use crate::model::{Addr, Shape as _, Wanted, restore};
use crate::report::Shown;
use crate::shown;

/// How often the role is assumed again. IAM is eventually consistent: one success may still go by the old policy (truth 3).
const TRIES: u32 = 4;

/// How long there is between two tries.
const PAUSE: Duration = Duration::from_secs(3);

/// The role in a tree.
fn role(tree: &Wanted, addr: &Addr) -> Option<Role> {
    restore(&tree.things.get(addr)?.value).ok()
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

/// Assumes the caller's own role again where its trust policy was changed, unless that it shuts the caller out is certain and
/// meant. Refused, the old policy is put back and the step has failed.
pub(super) async fn try_again(account: &Account, look: &Look, outcome: &mut Outcome, output: &Output) {
    let Some((addr, before)) = changed(account, look, outcome) else { return };
    let is_meant = |lockout: &&crate::guard::Lockout| lockout.addr == addr && lockout.depends_on.is_empty();
    if look.lockouts.iter().any(|lockout| is_meant(&lockout)) {
        return;
    }
    for pause in (0..TRIES).map(|number| if number == 0 { Duration::ZERO } else { PAUSE }) {
        tokio::time::sleep(pause).await;
        let error = match account.renew_credentials().await {
            Ok(Renewal::Given) => continue,
            Ok(Renewal::NotAsked) => {
                return output.note(&shown!(
                    "note: {} has a new trust policy, and it was not tried whether it lets you in: these credentials do not come \
                     from assuming the role here",
                    addr
                ));
            }
            Err(error) if error.class == Class::Denied => error,
            Err(error) => {
                return output.note(&shown!(
                    "note: {} has a new trust policy, and it is not known whether it lets you in: {}",
                    addr,
                    Shown::line(&error.to_string())
                ));
            }
        };
        let put_back = match iam_role::write_trust(account, &before.role, &before.trust).await {
            Ok(()) => "the old one was put back".to_owned(),
            Err(failure) => format!("the old one could not be put back: {failure}"),
        };
        outcome.done.retain(|(done, _)| *done != addr);
        let told =
            format!("the new trust policy does not let these credentials in again, so {put_back}; {error}");
        outcome.failed.push((addr, told));
        return;
    }
}
