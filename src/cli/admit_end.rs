//! The end of an admission that comes without anybody, where the file asks for it: schedules of EventBridge Scheduler.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::failure::Failure;
use super::temporary::Found;
use crate::aws::{Account, Error, ScheduledCall};
use crate::kinds::ec2_network_acl::temporary::OwnAcl;
use crate::kinds::ec2_security_group::temporary::OwnGroup;
use crate::temporary::{OneTimeCall, Subject, Temporary};

/// What ends the admissions of a tier by itself.
#[derive(Debug, Clone)]
pub(super) struct Ending<'a> {
    account: &'a Account,
    /// The ARN of the role that EventBridge Scheduler assumes.
    role: String,
}

/// The calls that end an admission, where it has been written or as it would be.
fn calls(acl: &OwnAcl, group: &OwnGroup, temporary: &Temporary) -> Vec<OneTimeCall> {
    match temporary.subject {
        Subject::Admit(range, service) => {
            acl.acl.ending((&acl.id, &group.id), (range, service), temporary.until)
        }
        Subject::Block(_) => Vec::new(),
    }
}

impl<'a> Ending<'a> {
    pub(super) const fn new(account: &'a Account, role: String) -> Self {
        Self { account, role }
    }

    /// Makes the schedules before anything is let in, so that a run that dies leaves nothing open for longer.
    pub(super) async fn schedule(
        &self,
        acl: &OwnAcl,
        group: &OwnGroup,
        temporary: &Temporary,
    ) -> Result<(), Failure> {
        let calls = calls(acl, group, temporary);
        let failed = self.make(&calls).await;
        let Some(error) = failed.into_iter().next() else { return Ok(()) };
        // They would find nothing to delete; those of an admission that is there already are needed still.
        if !acl.acl.temporary.iter().any(|held| held.subject == temporary.subject) {
            let _harmless_where_it_stays = self.delete(calls.iter().filter(|call| !call.is_shared)).await;
        }
        Err(unscheduled(&error))
    }

    /// Makes schedules for entries that came to stand under other numbers than was foreseen, since somebody wrote meanwhile.
    pub(super) async fn schedule_found(
        &self,
        found: &Found,
        temporary: &Temporary,
        acl: &OwnAcl,
        group: &OwnGroup,
    ) -> Result<(), Failure> {
        let Some(now) = found.acls.iter().find(|found| found.id == acl.id) else { return Ok(()) };
        let foreseen: BTreeSet<String> =
            calls(acl, group, temporary).into_iter().map(|call| call.name).collect();
        let mut missing = calls(now, group, temporary);
        missing.retain(|call| !foreseen.contains(&call.name));
        match self.make(&missing).await.first() {
            Some(error) => Err(unscheduled(error)),
            None => Ok(()),
        }
    }

    /// Deletes the schedules of what was ended before its time. What another admission needs stays.
    pub(super) async fn forget(&self, before: &Found, ended: &[Subject]) -> Result<(), Error> {
        let mut gone: Vec<OneTimeCall> = Vec::new();
        let mut needed: BTreeSet<String> = BTreeSet::new();
        for acl in &before.acls {
            let Some(group) = before.groups.iter().find(|group| group.addr.name() == acl.addr.name()) else {
                continue;
            };
            for temporary in &acl.acl.temporary {
                let calls = calls(acl, group, temporary);
                if ended.contains(&temporary.subject) {
                    gone.extend(calls);
                } else {
                    needed.extend(calls.into_iter().map(|call| call.name));
                }
            }
        }
        self.delete(gone.iter().filter(|call| !needed.contains(&call.name))).await
    }

    async fn make(&self, calls: &[OneTimeCall]) -> Vec<Error> {
        let made = calls.iter().map(|call| async {
            let (at, input) = (call.at.strftime("%Y-%m-%dT%H:%M:%S").to_string(), call.input.to_string());
            let OneTimeCall { name, operation, is_shared, .. } = call;
            let call = ScheduledCall { name, at: &at, operation, input: &input, keeps_later: *is_shared };
            self.account.schedule(&call, &self.role).await
        });
        join_all(made).await.into_iter().filter_map(Result::err).collect()
    }

    async fn delete(&self, calls: impl Iterator<Item = &OneTimeCall>) -> Result<(), Error> {
        let deleted = join_all(calls.map(|call| self.account.unschedule(&call.name))).await;
        deleted.into_iter().collect()
    }
}

fn unscheduled(error: &Error) -> Failure {
    Failure::with_hint(
        format!("nobody was let in, since the end could not be scheduled: {error}"),
        "`end_admissions` in [network] asks for it: apply the file, which makes the role for it, and allow what \
         baseline permissions FILE --for admit prints",
    )
}
