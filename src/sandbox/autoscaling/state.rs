//! What exists in EC2 Auto Scaling, in one region of one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::group::Group;
use super::policy::Policy;
use super::refresh::Refresh;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::wire::{Fault, Fields, Params};

/// What exists in EC2 Auto Scaling, in one region of one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Groups by name.
    pub groups: BTreeMap<String, Versioned<Group>>,
    /// Scaling policies by group and name, `web/cpu`.
    pub policies: BTreeMap<String, Versioned<Policy>>,
    /// What groups have done, oldest first; of each group the last hundred.
    pub activities: Vec<Activity>,
    /// Instance refreshes, oldest first.
    pub refreshes: Vec<Refresh>,
}

/// A refusal of what cannot be meant.
pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

impl State {
    /// The group that a request names. There is no code for one that does not exist (ASG-1).
    ///
    /// # Errors
    /// `ValidationError`.
    pub fn group(&self, lens: Lens, params: &Params) -> Result<&Group, Fault> {
        let name = params.required("AutoScalingGroupName")?;
        let found = self.groups.get(name).and_then(|group| group.seen(lens, name));
        found.ok_or_else(|| {
            invalid(format!("AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"))
        })
    }

    /// The same, to change it. A group that is being deleted does not change any more.
    ///
    /// # Errors
    /// `ValidationError`.
    pub fn group_mut(&mut self, lens: Lens, params: &Params) -> Result<&mut Group, Fault> {
        let (name, going) = self.group(lens, params).map(|group| (group.name.clone(), group.deleting))?;
        if going.is_some() {
            return Err(invalid(format!(
                "AutoScalingGroup name not found - AutoScalingGroup '{name}' not found: it is pending delete"
            )));
        }
        let found = self.groups.get_mut(&name).map(|group| group.change(lens.now));
        found.ok_or_else(|| invalid(format!("AutoScalingGroup '{name}' not found")))
    }
}

impl Index for State {
    /// Groups are not in the index of tags, on AWS either.
    fn tagged(&self, _account: &str, _region: &str) -> Vec<Tagged> {
        Vec::new()
    }
}

/// How a list is paged: `NextToken` and `MaxRecords`.
///
/// # Errors
/// `InvalidNextToken`, `ValidationError`.
pub fn page(
    cx: &crate::sandbox::context::Context<'_>,
    params: &Params,
    list: &'static str,
    rows: Vec<(String, Fields)>,
) -> Result<crate::sandbox::wire::Answer, Fault> {
    let size = params.number_in("MaxRecords", 1..=100)?.unwrap_or(50);
    let token = params.text("NextToken").filter(|token| !token.is_empty());
    let (rows, next) = cx
        .page(rows, |(key, _)| key.clone(), token, usize::try_from(size).unwrap_or(50))
        .map_err(|_| Fault::client("InvalidNextToken", "The NextToken value is not valid"))?;
    Ok(Fields::new().list(list, rows.into_iter().map(|(_, row)| row)).maybe("NextToken", next).into())
}
