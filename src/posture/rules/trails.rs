//! Trails record every region, and global events once.

use crate::posture::control::{cis3, cis5, hub, nist};
use std::collections::{BTreeMap, BTreeSet};

use crate::posture::asked::{AuditAsked, Demand};
use crate::posture::facts::{Region, Trail};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// A trail records management events in every region.
pub const EVERY_REGION: Rule = Rule {
    id: "trail-in-every-region",
    title: "a trail records management events in every region",
    severity: Severity::High,
    practice: 6,
    controls: &[
        cis3("3.1"),
        cis5("3.1"),
        hub("CloudTrail.1"),
        nist("AC-2(4)"),
        nist("AC-6(9)"),
        nist("AU-2"),
        nist("AU-3"),
        nist("AU-6"),
        nist("AU-10"),
        nist("AU-12"),
        nist("AU-14"),
        nist("CA-7"),
        nist("SI-4(20)"),
    ],
    risk: "an intruder works in the region nobody uses, and nothing is written down",
    remedy: "Let a trail record every region and its management events: aws cloudtrail update-trail --is-multi-region-trail, and start-logging.",
    calls: &[
        "ec2:DescribeRegions",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
    ],
};

/// One trail records global events.
pub const GLOBAL_ONCE: Rule = Rule {
    id: "trail-global-events-once",
    title: "one trail records global events",
    severity: Severity::Low,
    practice: 6,
    controls: &[],
    risk: "events that are recorded twice cost twice, and counts and alarms on them are wrong",
    remedy: "Keep one trail that records global events, and take them off the others or delete these.",
    calls: &[
        "ec2:DescribeRegions",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
    ],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let rules: Vec<&'static Rule> =
        [(&EVERY_REGION, &asked.trail_in_every_region), (&GLOBAL_ONCE, &asked.global_events_once)]
            .into_iter()
            .filter_map(|(rule, demand)| demand.is_some().then_some(rule))
            .collect();
    if rules.is_empty() {
        return;
    }
    let Some(regions) = findings.require(&rules, &facts.regions) else { return };
    // By ARN: a trail of all regions is seen from each of them.
    let mut trails: BTreeMap<&str, &Trail> = BTreeMap::new();
    let mut unread = BTreeSet::new();
    for (name, region) in regions {
        match &region.trails {
            Seen::Seen(list) => {
                for trail in list {
                    let known = trails.entry(&trail.arn).or_insert(trail);
                    if matches!(known.logging, Seen::NotAsked) {
                        *known = trail;
                    }
                }
            }
            _ => {
                unread.insert(name.as_str());
            }
        }
    }
    let account = Account { facts, regions, trails: trails.into_values().collect(), unread };
    if let Some(demand) = &asked.trail_in_every_region {
        account.every_region(demand, asked.declares_trail, findings);
    }
    if let Some(demand) = &asked.global_events_once {
        account.global_once(demand, findings);
    }
}

/// The trails of the account itself by ARN, for a trail of all regions is seen from each of them. Nobody here can change one of
/// another account.
pub(super) fn own<'a>(
    facts: &'a Facts,
    rules: &[&'static Rule],
    findings: &mut Findings,
) -> Option<BTreeMap<&'a str, &'a Trail>> {
    let mut trails = BTreeMap::new();
    for region in findings.require(rules, &facts.regions)?.values() {
        let Some(list) = findings.require(rules, &region.trails) else { continue };
        let own = list.iter().filter(|trail| trail.account() == Some(&facts.account));
        for trail in own {
            // Its home region tells most of it.
            let known = trails.entry(trail.arn.as_str()).or_insert(trail);
            if known.key_policy == Seen::NotAsked {
                *known = trail;
            }
        }
    }
    Some(trails)
}

/// The command that takes global events off a trail. One of all regions cannot be without them, so it becomes one of its
/// home region; and only there it can be changed.
fn without_global_events(trail: &Trail) -> String {
    let one_region = if trail.all_regions { "--no-is-multi-region-trail " } else { "" };
    format!(
        "aws cloudtrail update-trail --region {} --name {} {one_region}--no-include-global-service-events",
        trail.home, trail.arn
    )
}

struct Account<'a> {
    facts: &'a Facts,
    regions: &'a BTreeMap<String, Region>,
    trails: Vec<&'a Trail>,
    /// Regions whose trails could not be listed.
    unread: BTreeSet<&'a str>,
}

/// Whether a trail records management events now, and they arrive; nothing where that could not be read.
fn records(trail: &Trail) -> Option<bool> {
    match (&trail.logging, &trail.management_events) {
        (Seen::Seen(false), _) | (_, Seen::Seen(false)) => Some(false),
        _ if trail.delivery_error.is_some() => Some(false),
        (Seen::Seen(true), Seen::Seen(true)) => Some(true),
        _ => None,
    }
}

impl Account<'_> {
    fn resource(&self) -> Resource {
        Resource { kind: "account", id: self.facts.account.clone(), region: None }
    }

    /// Whether another account of the organization made the trail.
    fn is_of_another(&self, trail: &Trail) -> bool {
        trail.account().is_some_and(|account| account != self.facts.account)
    }

    /// Says what could not be read; a rule that needed it decides nothing.
    fn cannot_tell<'t>(
        &self,
        rule: &'static Rule,
        trails: impl Iterator<Item = &'t Trail>,
        findings: &mut Findings,
    ) {
        for region in self.regions.values() {
            findings.require(&[rule], &region.trails);
        }
        for trail in trails {
            if self.is_of_another(trail) && trail.management_events == Seen::NotAsked {
                let owner = trail.account().unwrap_or_default();
                let reason = format!(
                    "only account {owner} can read what the organization's trail {} leaves out; look there, and set \
                     trail_in_every_region = false here",
                    trail.arn
                );
                findings.undecided(rule, reason);
                continue;
            }
            findings.require(&[rule], &trail.logging);
            findings.require(&[rule], &trail.management_events);
        }
    }

    fn every_region(&self, demand: &Demand<()>, declared: bool, findings: &mut Findings) {
        findings.checked(&EVERY_REGION, self.regions.len());
        self.one_of_all_regions(declared, findings);
        let covers = |region: &str, trail: &&&Trail| trail.all_regions || trail.home == region;
        let mut bare = Vec::new();
        for region in self.regions.keys() {
            let answers: Vec<Option<bool>> = self
                .trails
                .iter()
                .filter(|trail| covers(region, trail))
                .map(|trail| records(trail))
                .collect();
            if answers.contains(&Some(true)) {
                continue;
            }
            if answers.contains(&None) || self.unread.contains(region.as_str()) {
                self.cannot_tell(&EVERY_REGION, self.trails.iter().copied(), findings);
                return;
            }
            bare.push(region.as_str());
        }
        if bare.is_empty() {
            return;
        }
        let mut evidence = vec![format!("no trail records in {}", bare.join(", "))];
        evidence.extend(self.trails.iter().filter(|trail| records(trail) == Some(false)).map(|trail| {
            let why = match &trail.delivery_error {
                _ if trail.logging == Seen::Seen(false) => "is not logging".to_owned(),
                _ if trail.management_events == Seen::Seen(false) => {
                    "leaves out management events".to_owned()
                }
                failure => {
                    let said = failure.as_deref().unwrap_or_default();
                    format!(
                        "cannot deliver to its bucket: {said} (look at the bucket, its policy and the key)"
                    )
                }
            };
            format!("{} {why}", trail.arn)
        }));
        let next = if declared {
            "apply: the trail that `[cloudtrail]` declares records every region"
        } else {
            "declare `[cloudtrail]` and apply: its trail records every region"
        };
        let found = Found {
            resource: self.resource(),
            message: format!("{} of {} regions have no trail that records", bare.len(), self.regions.len()),
            evidence,
            next: next.to_owned(),
            origin: &demand.origin,
        };
        findings.report_fixable(&EVERY_REGION, found, declared);
    }

    /// The controls ask for one trail of all regions: one in each region leaves out the next that is enabled.
    fn one_of_all_regions(&self, declared: bool, findings: &mut Findings) {
        let controls = EVERY_REGION.controls;
        findings.measure(&EVERY_REGION, controls, "one trail of all regions");
        let all = self.trails.iter().filter(|trail| trail.all_regions);
        let answers: Vec<Option<bool>> = all.map(|trail| records(trail)).collect();
        if answers.contains(&Some(true)) {
            return;
        }
        if answers.contains(&None) || !self.unread.is_empty() {
            findings.doubt(&EVERY_REGION, controls, || "a trail could not be read".to_owned());
        } else {
            findings.lapse(&EVERY_REGION, controls, declared);
        }
    }

    fn global_once(&self, demand: &Demand<()>, findings: &mut Findings) {
        findings.checked(&GLOBAL_ONCE, self.trails.len());
        // Nobody here can change a trail of another account.
        let own = self.trails.iter().filter(|trail| !self.is_of_another(trail));
        let global: Vec<&&Trail> = own.filter(|trail| trail.global_events).collect();
        let recording: Vec<&&&Trail> = global.iter().filter(|trail| records(trail) == Some(true)).collect();
        if recording.len() < 2 {
            if !self.unread.is_empty() || global.iter().any(|trail| records(trail).is_none()) {
                self.cannot_tell(&GLOBAL_ONCE, global.iter().map(|trail| **trail), findings);
            }
            return;
        }
        // Those of the other accounts hang on the organization's.
        let others: Vec<String> = recording
            .iter()
            .filter(|trail| !trail.organization)
            .map(|trail| without_global_events(trail))
            .collect();
        let next = format!(
            "keep one, that of the organization or of `[cloudtrail]` where there is one, and delete each other that \
             nobody needs, or take its global events off it: {}",
            others.join("; ")
        );
        let shown = |trail: &&&&Trail| {
            let reach = if trail.all_regions { "all regions" } else { "one region" };
            format!("{} records global events ({reach})", trail.arn)
        };
        findings.report(
            &GLOBAL_ONCE,
            Found {
                resource: self.resource(),
                message: format!("{} trails record global events", recording.len()),
                evidence: recording.iter().map(shown).collect(),
                next,
                origin: &demand.origin,
            },
        );
    }
}
