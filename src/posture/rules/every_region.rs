//! What is asked of all things of a kind in every region, with one finding about all of them that depart.
//!
//! AWS makes some of them by itself in each region, so that one finding each would be a page of the same.

use std::collections::BTreeMap;

use crate::model::Origin;
use crate::posture::facts::Region;
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule};

/// A thing that departs.
pub(super) struct Departure {
    /// What it is called in messages, such as `VPC`, and its ARN.
    pub(super) resource: Resource,
    /// What proves it, without the region.
    pub(super) evidence: String,
}

/// What a rule says of the things that depart.
pub(super) struct Words {
    /// The message, from how many depart of how many.
    pub(super) message: fn(usize, usize) -> String,
    /// What to do.
    pub(super) next: &'static str,
}

/// Judges all things of all regions by one rule: `look` gives how many there are and which depart.
pub(super) fn judge(
    facts: &Facts,
    rule: &'static Rule,
    origin: &Origin,
    findings: &mut Findings,
    words: &Words,
    look: impl Fn(&str, &Region, &mut Findings) -> Option<(usize, Vec<Departure>)>,
) {
    let Some(regions) = findings.require(&[rule], &facts.regions) else { return };
    let (mut all, mut departing, mut evidence) = (0, Vec::new(), BTreeMap::<&str, Vec<String>>::new());
    for (name, region) in regions {
        let Some((count, departures)) = look(name, region, findings) else { continue };
        all += count;
        for departure in departures {
            evidence.entry(name).or_default().push(departure.evidence);
            departing.push(departure.resource);
        }
    }
    findings.checked(rule, all);
    if departing.is_empty() {
        return;
    }
    let found = Found {
        resource: match departing.as_slice() {
            [only] => only.clone(),
            _ => Resource { kind: "account", id: facts.account.clone(), region: None },
        },
        message: (words.message)(departing.len(), all),
        evidence: evidence.iter().map(|(region, lines)| format!("{region}: {}", lines.join(", "))).collect(),
        next: words.next.to_owned(),
        origin,
    };
    findings.report_all(rule, departing, found);
}

/// The resource of that ARN in a region.
pub(super) fn resource(facts: &Facts, kind: &'static str, region: &str, what: &str) -> Resource {
    let id = format!("arn:{}:ec2:{region}:{}:{what}", facts.partition, facts.account);
    Resource { kind, id, region: Some(region.to_owned()) }
}
