//! What runs already with a role, and what lets somebody run code of their own there.

use std::collections::BTreeMap;

use super::principal::Principal;
use super::trust::is_trusted;
use crate::posture::Seen;
use crate::posture::facts::{Instance, Region, Role};

/// Rights over things that run with a role and that nothing here reads. They count where they cover things of any
/// name, and the evidence says what must be there.
struct Runs {
    /// Who assumes the role.
    service: &'static str,
    /// All of these are needed.
    actions: &'static [&'static str],
    /// The service and the beginning of the resource in an ARN of such a thing.
    things: (&'static str, &'static str),
    /// What it is.
    thing: &'static str,
}

const RUNS: &[Runs] = &[
    Runs {
        service: "lambda.amazonaws.com",
        actions: &["lambda:UpdateFunctionCode"],
        things: ("lambda", "function:"),
        thing: "a function",
    },
    // A build takes another build specification than that of its project.
    Runs {
        service: "codebuild.amazonaws.com",
        actions: &["codebuild:StartBuild"],
        things: ("codebuild", "project/"),
        thing: "a project",
    },
    // An update goes on with the role that the stack has.
    Runs {
        service: "cloudformation.amazonaws.com",
        actions: &["cloudformation:UpdateStack"],
        things: ("cloudformation", "stack/"),
        thing: "a stack",
    },
    Runs {
        service: "glue.amazonaws.com",
        actions: &["glue:UpdateDevEndpoint"],
        things: ("glue", "devEndpoint/"),
        thing: "a development endpoint",
    },
    Runs {
        service: "sagemaker.amazonaws.com",
        actions: &["sagemaker:CreatePresignedNotebookInstanceUrl"],
        things: ("sagemaker", "notebook-instance/"),
        thing: "a notebook",
    },
    Runs {
        service: "ecs-tasks.amazonaws.com",
        actions: &["ecs:ExecuteCommand"],
        things: ("ecs", "task/"),
        thing: "a task",
    },
];

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
                instance.running
                    && instance
                        .profile
                        .as_ref()
                        .is_some_and(|profile| role.instance_profiles.contains(profile))
            };
            found.extend(instances.iter().filter(with_it).map(|instance| (name.as_str(), instance)));
        }
        (all_known || !found.is_empty()).then_some(found)
    }
}

/// The step by which a principal gets hold of something that runs with the role, if it can.
pub(super) fn take_over(principal: &Principal<'_>, role: &Role, machines: Machines<'_>) -> Option<String> {
    on_machine(principal, role, machines).or_else(|| on_service(principal, role))
}

fn on_machine(principal: &Principal<'_>, role: &Role, machines: Machines<'_>) -> Option<String> {
    let known = ["ssm:StartSession", "ssm:SendCommand", "ec2-instance-connect:SendSSHPublicKey"];
    if role.instance_profiles.is_empty() || !known.iter().any(|action| principal.knows(action)) {
        return None;
    }
    match machines.with_role(role) {
        Some(found) => found.into_iter().find_map(|(region, instance)| {
            let what = format!("{} in {region}, which runs with {}", instance.id, role.identity.name);
            step(principal, role, region, &instance.id, &what)
        }),
        None => {
            // Without a list of instances, only rights over every one of them count.
            let what = format!("any instance (if one runs with {})", role.identity.name);
            places(principal, &known)
                .into_iter()
                .find_map(|region| step(principal, role, &region, "i-00000000000000000", &what))
        }
    }
}

/// The step on one instance.
fn step(principal: &Principal<'_>, role: &Role, region: &str, instance: &str, what: &str) -> Option<String> {
    let (partition, account) = (part(role, 1), part(role, 4));
    let arn = format!("arn:{partition}:ec2:{region}:{account}:instance/{instance}");
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
    let grant = principal.may("ec2-instance-connect:SendSSHPublicKey", &arn, &[])?;
    Some(format!("ec2-instance-connect:SendSSHPublicKey on {what}, where its port 22 is reached: {grant}"))
}

fn on_service(principal: &Principal<'_>, role: &Role) -> Option<String> {
    let (partition, account) = (part(role, 1), part(role, 4));
    RUNS.iter().find_map(|runs| {
        if !runs.actions.iter().all(|action| principal.knows(action)) || !is_trusted(role, runs.service) {
            return None;
        }
        let (service, beginning) = runs.things;
        places(principal, runs.actions).into_iter().find_map(|region| {
            let arn = format!("arn:{partition}:{service}:{region}:{account}:{beginning}unheard-of");
            let grants: Vec<String> =
                runs.actions.iter().map(|action| principal.may(action, &arn, &[])).collect::<Option<_>>()?;
            let (actions, thing, name) = (runs.actions.join(" and "), runs.thing, &role.identity.name);
            Some(format!(
                "{actions} on any such thing (if {thing} runs with {name}): {}",
                grants.join(", and ")
            ))
        })
    })
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
