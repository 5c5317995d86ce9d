//! The least policies for `block` and for `admit`: for whoever is on call, without the rights of an apply.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Lock, Scope, policy};
use crate::model::Wanted;
use crate::operations::{Grants, Names, tagged_rules, tags_of_rules, temporary_tags};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCall {
    /// `block` and `unblock`.
    Block,
    /// `admit`, and its end.
    Admit,
}

impl OnCall {
    /// What the tags are put on.
    fn tagged(self) -> &'static [&'static str] {
        match self {
            Self::Block => &["network-acl"],
            Self::Admit => &["network-acl", "security-group"],
        }
    }
}

/// What ends admissions without anybody.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The ARN of the role that is handed to schedules.
    pub role: &'a str,
    /// How the names of the schedules begin.
    pub schedules: &'a str,
}

/// The policies for what is written for a while: these reads, the lock, entries and rules of what the baseline made, tags, those that
/// the file declares among them, and the schedules that end admissions with a role, where there is one.
pub fn on_call(
    scope: &Scope<'_>,
    what: OnCall,
    reads: &[&str],
    lock: Lock<'_>,
    ending: Option<Ending<'_>>,
    tags: &BTreeMap<String, String>,
) -> Vec<Json> {
    let wanted = Wanted { tags: tags.clone(), ..Wanted::default() };
    let names = Names { scope, wanted: &wanted };
    let mut grants = Grants::default();
    for action in reads {
        grants.add(action, vec![names.everything("ReadsThatTakeNoResource")]);
    }
    for action in ["ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry"] {
        grants.add(action, vec![names.owned("network-acl")]);
    }
    if what == OnCall::Admit {
        for action in ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"] {
            grants.add(action, vec![names.owned("security-group")]);
        }
        if !tags.is_empty() {
            grants.add("ec2:AuthorizeSecurityGroupIngress", vec![tagged_rules(&names)]);
            grants.add("ec2:CreateTags", vec![tags_of_rules(&names)]);
        }
    }
    for action in ["ec2:CreateTags", "ec2:DeleteTags"] {
        grants.add(action, what.tagged().iter().map(|kind| temporary_tags(&names, kind)).collect());
    }
    if let Some(Ending { role, schedules }) = ending.filter(|_| what == OnCall::Admit) {
        let schedules = names.regional("scheduler", &format!("schedule/default/{schedules}*"));
        for operation in ["CreateSchedule", "UpdateSchedule", "GetSchedule", "DeleteSchedule"] {
            let own = names.named("SchedulesThatEndAdmissions", [schedules.clone()]);
            grants.add(&format!("scheduler:{operation}"), vec![own]);
        }
        let role = names.named("HandTheRoleToSchedules", [role.to_owned()]);
        let to = ["scheduler.amazonaws.com"];
        grants.add("iam:PassRole", vec![role.when("StringEquals", "iam:PassedToService", to)]);
    }
    for action in lock.actions {
        grants.add(action, vec![names.the_lock(lock)]);
    }
    policy::documents(grants)
}
