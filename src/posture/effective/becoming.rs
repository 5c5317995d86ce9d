//! How somebody becomes somebody else.

use super::principal::{Kind, Principal};
use super::running::{Machines, take_over};
use super::trust::is_trusted;
use crate::posture::facts::{CredentialReport, Role};

/// A service that runs with a role, and what lets somebody run something there.
struct Runner {
    /// Who assumes the role.
    service: &'static str,
    /// All of these are needed.
    actions: &'static [&'static str],
    /// Whether the role must be in an instance profile.
    profile: bool,
}

const RUNNERS: &[Runner] = &[
    Runner {
        service: "lambda.amazonaws.com",
        actions: &["lambda:CreateFunction", "lambda:InvokeFunction"],
        profile: false,
    },
    Runner {
        service: "lambda.amazonaws.com",
        actions: &["lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
        profile: false,
    },
    Runner { service: "ec2.amazonaws.com", actions: &["ec2:RunInstances"], profile: true },
    Runner {
        service: "cloudformation.amazonaws.com",
        actions: &["cloudformation:CreateStack"],
        profile: false,
    },
    Runner {
        service: "glue.amazonaws.com",
        actions: &["glue:CreateJob", "glue:StartJobRun"],
        profile: false,
    },
    Runner { service: "glue.amazonaws.com", actions: &["glue:CreateDevEndpoint"], profile: false },
    Runner {
        service: "codebuild.amazonaws.com",
        actions: &["codebuild:CreateProject", "codebuild:StartBuild"],
        profile: false,
    },
    Runner {
        service: "ecs-tasks.amazonaws.com",
        actions: &["ecs:RegisterTaskDefinition", "ecs:RunTask"],
        profile: false,
    },
    Runner {
        service: "sagemaker.amazonaws.com",
        actions: &["sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
        profile: false,
    },
    Runner {
        service: "states.amazonaws.com",
        actions: &["states:CreateStateMachine", "states:StartExecution"],
        profile: false,
    },
    Runner { service: "ssm.amazonaws.com", actions: &["ssm:StartAutomationExecution"], profile: false },
    Runner { service: "scheduler.amazonaws.com", actions: &["scheduler:CreateSchedule"], profile: false },
];

/// The step by which one principal becomes another, if it can.
pub(super) fn become_another(
    principal: &Principal<'_>,
    target: &Principal<'_>,
    credentials: Option<&CredentialReport>,
    machines: Machines<'_>,
) -> Option<String> {
    let name = &target.identity.name;
    match target.kind {
        Kind::User(_) => by_credentials(principal, target, credentials),
        Kind::Role(role) => {
            if let Some(grant) = principal.may_assume(role) {
                return Some(format!("sts:AssumeRole on {name}: {grant}"));
            }
            // Roles that AWS manages can be neither changed nor passed.
            if role.identity.is_of_aws() {
                return None;
            }
            let grant = principal.may("iam:UpdateAssumeRolePolicy", &role.identity.arn, &[]);
            grant
                .map(|grant| format!("iam:UpdateAssumeRolePolicy on {name}, so that it trusts them: {grant}"))
                .or_else(|| by_service(principal, role))
                .or_else(|| take_over(principal, role, machines))
        }
    }
}

/// By a new key or a new password of that user.
fn by_credentials(
    principal: &Principal<'_>,
    target: &Principal<'_>,
    credentials: Option<&CredentialReport>,
) -> Option<String> {
    let (arn, name) = (&target.identity.arn, &target.identity.name);
    if let Some(grant) = principal.may("iam:CreateAccessKey", arn, &[]) {
        return Some(format!("iam:CreateAccessKey on {name}: {grant}"));
    }
    // Which of the two is possible depends on whether there is a password; nobody knows without the report.
    let row = credentials?.rows.iter().find(|row| row.arn == *arn)?;
    let action = if row.password == Some(true) { "iam:UpdateLoginProfile" } else { "iam:CreateLoginProfile" };
    let grant = principal.may(action, arn, &[])?;
    if !row.mfa {
        return Some(format!("{action} on {name}: {grant}"));
    }
    let deactivate = principal.may("iam:DeactivateMFADevice", arn, &[])?;
    Some(format!("{action} and iam:DeactivateMFADevice on {name}: {grant}, and {deactivate}"))
}

/// By a service that runs with that role.
fn by_service(principal: &Principal<'_>, role: &Role) -> Option<String> {
    if !principal.knows("iam:PassRole") {
        return None;
    }
    RUNNERS.iter().find_map(|runner| {
        if !is_trusted(role, runner.service) || (runner.profile && role.instance_profiles.is_empty()) {
            return None;
        }
        let passes =
            principal.may("iam:PassRole", &role.identity.arn, &[("iam:PassedToService", runner.service)])?;
        let runs: Vec<String> =
            runner.actions.iter().map(|action| principal.may_somewhere(action)).collect::<Option<_>>()?;
        Some(format!(
            "iam:PassRole of {} with {}: {passes}, and {}",
            role.identity.name,
            runner.actions.join(" and "),
            runs.first().map_or("", String::as_str)
        ))
    })
}
