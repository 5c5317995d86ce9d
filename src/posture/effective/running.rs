//! What runs with a role, and what lets somebody run code of their own there.

use std::collections::BTreeMap;

use super::principal::Principal;
use super::services::{WAYS, passed_to};
use super::step::Step;
use super::trust::{is_trusted, spellings};
use super::way::{EC2, Role as Gets, Thing, Way};
use crate::posture::Seen;
use crate::posture::facts::{Instance, Region, Role};

/// The instances of an account, as far as they were read.
#[derive(Debug, Clone, Copy)]
pub(in crate::posture) struct Machines<'a>(pub(in crate::posture) &'a Seen<BTreeMap<String, Region>>);

impl<'a> Machines<'a> {
    /// Running instances with that role, each with its region; nothing where not all of them are known.
    fn with_role(self, role: &Role) -> Option<Vec<(&'a str, &'a Instance)>> {
        let Seen::Seen(regions) = self.0 else { return None };
        let mut found = Vec::new();
        let mut all_known = true;
        for (name, region) in regions {
            let Seen::Seen(instances) = &region.instances else {
                all_known = false;
                continue;
            };
            let with_it = |instance: &&Instance| {
                instance.profile.as_ref().is_some_and(|profile| role.instance_profiles.contains(profile))
            };
            found.extend(instances.iter().filter(with_it).map(|instance| (name.as_str(), instance)));
        }
        (all_known || !found.is_empty()).then_some(found)
    }
}

/// The step by which a principal gets code of its own to run with the role, if it can.
pub(super) fn run_as(principal: &Principal<'_>, role: &Role, machines: Machines<'_>) -> Option<Step> {
    by_passing(principal, role)
        .or_else(|| on_machine(principal, role, machines))
        .or_else(|| on_what_is_there(principal, role))
}

/// By a service that it has run something with that role; where there is a choice, by what needs nothing else to be there.
fn by_passing(principal: &Principal<'_>, role: &Role) -> Option<Step> {
    if !principal.knows("iam:PassRole") {
        return None;
    }
    let surely = known_ways(principal).filter(|way| way.given.is_empty());
    let perhaps = known_ways(principal).filter(|way| !way.given.is_empty());
    surely.chain(perhaps).find_map(|way| {
        let can = match way.role {
            Gets::There(_) => false,
            Gets::PassedInProfile => !role.instance_profiles.is_empty(),
            Gets::Passed => true,
        };
        if !can {
            return None;
        }
        let actions = || way.actions.iter().chain(way.besides);
        let passes = passing(principal, role, way)?;
        let runs: Vec<String> =
            actions().map(|action| principal.may_somewhere(action)).collect::<Option<_>>()?;
        let given = if way.given.is_empty() { String::new() } else { format!(" (if {})", way.given) };
        Some(Step::new(format!(
            "iam:PassRole of {} with {}{given}: {passes}, and {}",
            role.identity.name,
            actions().copied().collect::<Vec<_>>().join(" and "),
            runs.first().map_or("", String::as_str)
        )))
    })
}

/// The ways for which a principal holds a right to every action: what else they take is worth asking for these only.
fn known_ways(principal: &Principal<'_>) -> impl Iterator<Item = &'static Way> {
    let is_known = |way: &&Way| way.actions.iter().chain(way.besides).all(|action| principal.knows(action));
    principal.ways.get_or_init(|| WAYS.iter().filter(is_known).collect()).iter().copied()
}

/// The grant by which the role is passed to the service of this way, which it trusts.
fn passing(principal: &Principal<'_>, role: &Role, way: &Way) -> Option<String> {
    if !is_trusted(role, way.principal, way.asking) {
        return None;
    }
    let own = [way.principal];
    let services = match passed_to(way.principal) {
        [] => own.as_slice(),
        several => several,
    };
    services.iter().flat_map(|service| spellings(role, service)).find_map(|service| {
        principal.may("iam:PassRole", &role.identity.arn, &[("iam:PassedToService", &service)])
    })
}

/// What gives somebody a shell, or other code, on an instance.
const ON_MACHINES: [&str; 4] = [
    "ssm:StartSession",
    "ssm:SendCommand",
    "ec2-instance-connect:SendSSHPublicKey",
    "ec2:ModifyInstanceAttribute",
];

fn on_machine(principal: &Principal<'_>, role: &Role, machines: Machines<'_>) -> Option<Step> {
    if role.instance_profiles.is_empty() || !ON_MACHINES.iter().any(|action| principal.knows(action)) {
        return None;
    }
    let words = match machines.with_role(role) {
        Some(found) => found.into_iter().find_map(|(region, instance)| {
            let what = format!("{} in {region}, which runs with {}", instance.id, role.identity.name);
            on_instance(principal, role, region, &instance.id, instance.running, &what)
        }),
        None => {
            // Without a list of instances, only rights over every one of them count.
            let what = format!("any instance (if one runs with {})", role.identity.name);
            places(principal, &ON_MACHINES)
                .into_iter()
                .find_map(|region| on_instance(principal, role, &region, "i-00000000000000000", true, &what))
        }
    };
    words.map(Step::new)
}

/// The step on one instance.
fn on_instance(
    principal: &Principal<'_>,
    role: &Role,
    region: &str,
    instance: &str,
    running: bool,
    what: &str,
) -> Option<String> {
    let (partition, account) = (part(role, 1), part(role, 4));
    let arn = format!("arn:{partition}:ec2:{region}:{account}:instance/{instance}");
    // Other user data runs when an instance that was stopped starts.
    let restart: &[&str] = if running {
        &["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"]
    } else {
        &["ec2:ModifyInstanceAttribute", "ec2:StartInstances"]
    };
    let restarted = || {
        let grants: Vec<String> =
            restart.iter().map(|action| principal.may(action, &arn, &[])).collect::<Option<_>>()?;
        Some(format!("{} on {what}: {}", restart.join(" and "), grants.join(", and ")))
    };
    if !running {
        return restarted();
    }
    if let Some(grant) = principal.may("ssm:StartSession", &arn, &[]) {
        return Some(format!("ssm:StartSession on {what}: {grant}"));
    }
    if let Some(grant) = principal.may("ssm:SendCommand", &arn, &[]) {
        // A command is a document on an instance, and both must be allowed.
        let document = ["AWS-RunShellScript", "AWS-RunPowerShellScript"].iter().find_map(|name| {
            principal.may("ssm:SendCommand", &format!("arn:{partition}:ssm:{region}::document/{name}"), &[])
        });
        if document.is_some() {
            return Some(format!("ssm:SendCommand on {what}: {grant}"));
        }
    }
    if let Some(grant) = principal.may("ec2-instance-connect:SendSSHPublicKey", &arn, &[]) {
        return Some(format!(
            "ec2-instance-connect:SendSSHPublicKey on {what}, where its port 22 is reached: {grant}"
        ));
    }
    restarted()
}

fn on_what_is_there(principal: &Principal<'_>, role: &Role) -> Option<Step> {
    known_ways(principal).find_map(|way| {
        let Gets::There(thing) = way.role else { return None };
        // An instance gets its role by a profile.
        let can = way.principal != EC2 || !role.instance_profiles.is_empty();
        if !can || !is_trusted(role, way.principal, way.asking) {
            return None;
        }
        let besides: Vec<String> =
            way.besides.iter().map(|action| principal.may_somewhere(action)).collect::<Option<_>>()?;
        places(principal, way.actions).into_iter().find_map(|region| {
            let mut grants = on_any(principal, role, way, thing, &region)?;
            grants.extend(besides.iter().cloned());
            let actions = way.actions.iter().chain(way.besides).copied().collect::<Vec<_>>().join(" and ");
            Some(Step::new(format!(
                "{actions} on any such thing (if {} runs with {}): {}",
                thing.name,
                role.identity.name,
                grants.join(", and ")
            )))
        })
    })
}

/// The grants for all actions on things of any name in a region.
fn on_any(
    principal: &Principal<'_>,
    role: &Role,
    way: &Way,
    thing: Thing,
    region: &str,
) -> Option<Vec<String>> {
    let (partition, account) = (part(role, 1), part(role, 4));
    let arn = format!("arn:{partition}:{}:{region}:{account}:{}unheard-of", thing.service, thing.beginning);
    way.actions.iter().map(|action| principal.may(action, &arn, &[])).collect()
}

/// Regions that the statements name, and one that stands for all.
fn places(principal: &Principal<'_>, actions: &[&str]) -> Vec<String> {
    let mut regions = principal.regions_named(actions);
    regions.insert("us-east-1".to_owned());
    regions.into_iter().collect()
}

/// A part of the role's ARN.
fn part(role: &Role, index: usize) -> &str {
    role.identity.arn.split(':').nth(index).unwrap_or_default()
}
