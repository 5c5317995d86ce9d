//! The 65 published paths to an administrator of pathfinding.cloud (Apache 2.0), as facts: what each needs, and what must be there.
//!
//! Each is found, and none is found with one of its actions less, unless what is left is another of the paths.

use std::collections::BTreeSet;

use super::administrators::{
    EVERYTHING, PROFILE, identity, managed, one_instance, own_account, role, service, user,
};
use super::*;

/// What is there besides `ann`, who has the actions of a path on everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum There {
    /// Nothing: she raises herself.
    Nobody,
    /// She is a role, not a user.
    IsARole,
    /// She is in a group.
    Group,
    /// A group of administrators, in which she is not.
    StrongGroup,
    /// A policy of the customer is attached to her.
    Policy,
    /// Likewise, and a version of it that is not in force allows everything.
    StrongVersion,
    /// An administrator who is a user, with this password.
    Administrator { password: bool },
    /// A weak user.
    WeakUser,
    /// A weak role that trusts the account, and one that trusts nobody; each with a policy of the customer.
    WeakRoles,
    /// An administrator's role that trusts the account.
    StrongRole,
    /// An administrator's role that trusts nobody here.
    ClosedRole,
    /// An administrator's role that a service runs with.
    Service(&'static str),
    /// Likewise for instances: in an instance profile, with which one runs.
    Instance,
    /// A role for stack sets, which may assume an administrator's role.
    StackSets,
    /// An administrator's role for the guests of an identity pool.
    Guests,
    /// She could do everything, but a boundary leaves her what she has here.
    Bound,
    /// An administrator's role that trusts the account, which a boundary keeps from it.
    BoundRole,
}

use There::*;

const PATHS: &[(&str, There, &str)] = &[
    ("apprunner-001", Service("tasks.apprunner.amazonaws.com"), "iam:PassRole apprunner:CreateService"),
    ("apprunner-002", Service("tasks.apprunner.amazonaws.com"), "apprunner:UpdateService"),
    (
        "bedrock-001",
        Service("bedrock-agentcore.amazonaws.com"),
        "iam:PassRole bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
    ),
    (
        "bedrock-002",
        Service("bedrock-agentcore.amazonaws.com"),
        "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
    ),
    (
        "cloudformation-001",
        Service("cloudformation.amazonaws.com"),
        "iam:PassRole cloudformation:CreateStack",
    ),
    ("cloudformation-002", Service("cloudformation.amazonaws.com"), "cloudformation:UpdateStack"),
    (
        "cloudformation-003",
        StackSets,
        "iam:PassRole cloudformation:CreateStackSet cloudformation:CreateStackInstances",
    ),
    ("cloudformation-004", StackSets, "iam:PassRole cloudformation:UpdateStackSet"),
    (
        "cloudformation-005",
        Service("cloudformation.amazonaws.com"),
        "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
    ),
    (
        "codebuild-001",
        Service("codebuild.amazonaws.com"),
        "iam:PassRole codebuild:CreateProject codebuild:StartBuild",
    ),
    ("codebuild-002", Service("codebuild.amazonaws.com"), "codebuild:StartBuild"),
    ("codebuild-003", Service("codebuild.amazonaws.com"), "codebuild:StartBuildBatch"),
    (
        "codebuild-004",
        Service("codebuild.amazonaws.com"),
        "iam:PassRole codebuild:CreateProject codebuild:StartBuildBatch",
    ),
    (
        "datapipeline-001",
        Service("datapipeline.amazonaws.com"),
        "iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
    ),
    // The list adds ec2:DescribeInstances, which only finds the instance.
    ("ec2instanceconnect-003", Instance, "ec2-instance-connect:SendSSHPublicKey"),
    ("ec2-001", Instance, "iam:PassRole ec2:RunInstances"),
    ("ec2-002", Instance, "ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances"),
    ("ec2-003", Instance, "iam:PassRole ec2:RequestSpotInstances"),
    ("ec2-004", Instance, "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate"),
    // With or without a cluster of one's own making (ecs:CreateCluster).
    (
        "ecs-001",
        Service("ecs-tasks.amazonaws.com"),
        "iam:PassRole ecs:RegisterTaskDefinition ecs:CreateService",
    ),
    ("ecs-002", Service("ecs-tasks.amazonaws.com"), "iam:PassRole ecs:RunTask"),
    (
        "ecs-003",
        Service("ecs-tasks.amazonaws.com"),
        "iam:PassRole ecs:RegisterTaskDefinition ecs:CreateService",
    ),
    // A task that is there runs with another role and command, so the definition is not needed.
    ("ecs-004", Service("ecs-tasks.amazonaws.com"), "iam:PassRole ecs:RunTask"),
    // Likewise: see ecs-009, which came later.
    ("ecs-005", Service("ecs-tasks.amazonaws.com"), "iam:PassRole ecs:StartTask"),
    ("glue-001", Service("glue.amazonaws.com"), "iam:PassRole glue:CreateDevEndpoint"),
    ("glue-002", Service("glue.amazonaws.com"), "glue:UpdateDevEndpoint"),
    ("glue-003", Service("glue.amazonaws.com"), "iam:PassRole glue:CreateJob glue:StartJobRun"),
    ("glue-004", Service("glue.amazonaws.com"), "iam:PassRole glue:CreateJob glue:CreateTrigger"),
    ("glue-005", Service("glue.amazonaws.com"), "iam:PassRole glue:UpdateJob glue:StartJobRun"),
    ("glue-006", Service("glue.amazonaws.com"), "iam:PassRole glue:UpdateJob glue:CreateTrigger"),
    ("iam-001", Policy, "iam:CreatePolicyVersion"),
    ("iam-002", Administrator { password: true }, "iam:CreateAccessKey"),
    ("iam-003", Administrator { password: true }, "iam:CreateAccessKey iam:DeleteAccessKey"),
    ("iam-004", Administrator { password: false }, "iam:CreateLoginProfile"),
    ("iam-005", IsARole, "iam:PutRolePolicy"),
    ("iam-006", Administrator { password: true }, "iam:UpdateLoginProfile"),
    ("iam-007", Nobody, "iam:PutUserPolicy"),
    ("iam-008", Nobody, "iam:AttachUserPolicy"),
    ("iam-009", IsARole, "iam:AttachRolePolicy"),
    ("iam-010", Group, "iam:AttachGroupPolicy"),
    ("iam-011", Group, "iam:PutGroupPolicy"),
    ("iam-012", ClosedRole, "iam:UpdateAssumeRolePolicy"),
    ("iam-013", StrongGroup, "iam:AddUserToGroup"),
    ("iam-014", WeakRoles, "iam:AttachRolePolicy sts:AssumeRole"),
    ("iam-015", WeakUser, "iam:AttachUserPolicy iam:CreateAccessKey"),
    ("iam-016", WeakRoles, "iam:CreatePolicyVersion sts:AssumeRole"),
    ("iam-017", WeakRoles, "iam:PutRolePolicy sts:AssumeRole"),
    ("iam-018", WeakUser, "iam:PutUserPolicy iam:CreateAccessKey"),
    ("iam-019", WeakRoles, "iam:AttachRolePolicy iam:UpdateAssumeRolePolicy"),
    ("iam-020", WeakRoles, "iam:CreatePolicyVersion iam:UpdateAssumeRolePolicy"),
    ("iam-021", WeakRoles, "iam:PutRolePolicy iam:UpdateAssumeRolePolicy"),
    (
        "lambda-001",
        Service("lambda.amazonaws.com"),
        "iam:PassRole lambda:CreateFunction lambda:InvokeFunction",
    ),
    (
        "lambda-002",
        Service("lambda.amazonaws.com"),
        "iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping",
    ),
    ("lambda-003", Service("lambda.amazonaws.com"), "lambda:UpdateFunctionCode"),
    ("lambda-004", Service("lambda.amazonaws.com"), "lambda:UpdateFunctionCode lambda:InvokeFunction"),
    ("lambda-005", Service("lambda.amazonaws.com"), "lambda:UpdateFunctionCode lambda:AddPermission"),
    (
        "lambda-006",
        Service("lambda.amazonaws.com"),
        "iam:PassRole lambda:CreateFunction lambda:AddPermission",
    ),
    ("sagemaker-001", Service("sagemaker.amazonaws.com"), "iam:PassRole sagemaker:CreateNotebookInstance"),
    ("sagemaker-002", Service("sagemaker.amazonaws.com"), "iam:PassRole sagemaker:CreateTrainingJob"),
    ("sagemaker-003", Service("sagemaker.amazonaws.com"), "iam:PassRole sagemaker:CreateProcessingJob"),
    ("sagemaker-004", Service("sagemaker.amazonaws.com"), "sagemaker:CreatePresignedNotebookInstanceUrl"),
    (
        "sagemaker-005",
        Service("sagemaker.amazonaws.com"),
        "sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance",
    ),
    ("ssm-001", Instance, "ssm:StartSession"),
    ("ssm-002", Instance, "ssm:SendCommand"),
    ("sts-001", StrongRole, "sts:AssumeRole"),
];

pub(super) const READS: &str = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;

fn is_found(there: There, actions: &BTreeSet<&str>) -> bool {
    way(there, actions).is_some()
}

/// The steps by which `ann` is found to get there with these actions.
pub(super) fn way(there: There, actions: &BTreeSet<&str>) -> Option<Vec<String>> {
    let listed = actions.iter().map(|action| format!("\"{action}\"")).collect::<Vec<_>>().join(",");
    let own = if actions.is_empty() {
        READS.to_owned()
    } else {
        format!(r#"{{"Effect":"Allow","Action":[{listed}],"Resource":"*"}}"#)
    };
    let trusting = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/ann"},"Action":"sts:AssumeRole"}"#;
    let closed = r#"{"Effect":"Allow","Principal":{"Federated":"login.example.com"},"Action":"sts:AssumeRoleWithWebIdentity"}"#;
    let mut iam = Iam { users: vec![user("ann", &own)], ..Iam::default() };
    let mut report = CredentialReport { made: days_ago(0), rows: vec![root_row()] };
    let mut regions = clean().regions;
    match there {
        Nobody => {}
        IsARole => {
            iam = Iam { roles: vec![role("ann", closed, &own)], ..Iam::default() };
        }
        Group | StrongGroup => {
            let mut group = identity("group", "team");
            group.inline.push(("own".into(), policy(if there == Group { READS } else { EVERYTHING })));
            iam.groups.push(group);
            if there == Group {
                iam.users[0].groups.push("team".into());
            }
        }
        Policy | StrongVersion => {
            let (arn, mut held) = managed("held", READS);
            if there == StrongVersion {
                held.others.push(("v1".into(), policy(EVERYTHING)));
            }
            iam.users[0].identity.attached.push(arn.clone());
            iam.policies.insert(arn, held);
        }
        Administrator { password } => {
            let boss = user("boss", EVERYTHING);
            report.rows.push(CredentialRow {
                user: "boss".into(),
                arn: boss.identity.arn.clone(),
                password: Some(password),
                ..CredentialRow::default()
            });
            iam.users.push(boss);
        }
        WeakUser => iam.users.push(user("bob", READS)),
        WeakRoles => {
            let (arn, held) = managed("held", READS);
            let open = own_account();
            for (name, trust) in [("open", open.as_str()), ("closed", closed)] {
                let mut weak = role(name, trust, READS);
                weak.identity.attached.push(arn.clone());
                iam.roles.push(weak);
            }
            iam.policies.insert(arn, held);
        }
        StrongRole => iam.roles.push(role("admin", &own_account(), EVERYTHING)),
        ClosedRole => iam.roles.push(role("admin", closed, EVERYTHING)),
        Service(name) => iam.roles.push(role("admin", &service(name), EVERYTHING)),
        Instance => {
            let mut admin = role("admin", &service("ec2.amazonaws.com"), EVERYTHING);
            admin.instance_profiles.push(PROFILE.into());
            iam.roles.push(admin);
            regions = one_instance(Some(PROFILE), true);
        }
        Guests => {
            let guests = closed.replace("login.example.com", "cognito-identity.amazonaws.com");
            iam.roles.push(role("admin", &guests, EVERYTHING));
        }
        Bound => {
            let (arn, bounds) = managed("bounds", &own);
            iam.users = vec![user("ann", EVERYTHING)];
            iam.users[0].identity.boundary = Some(arn.clone());
            iam.policies.insert(arn, bounds);
        }
        BoundRole => {
            let (arn, bounds) = managed("bounds", READS);
            let mut admin = role("admin", &own_account(), EVERYTHING);
            admin.identity.boundary = Some(arn.clone());
            iam.roles.push(admin);
            iam.policies.insert(arn, bounds);
        }
        StackSets => {
            let assume =
                r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/execution"}"#;
            iam.roles.push(role("administration", &service("cloudformation.amazonaws.com"), assume));
            let trust = trusting.replace("user/ann", "role/administration");
            iam.roles.push(role("execution", &trust, EVERYTHING));
        }
    }
    let facts = Facts { iam: Seen::Seen(iam), credentials: Seen::Seen(report), regions, ..clean() };
    let posture = judge(&facts, &Asked { users: everything_asked().users, ..Asked::default() });
    let mut found = posture.findings.iter().filter(|finding| finding.rule.id == "privilege-escalation");
    found.find(|finding| finding.resource.id.ends_with("/ann")).map(|finding| finding.evidence.clone())
}

fn actions(words: &'static str) -> BTreeSet<&'static str> {
    words.split(' ').collect()
}

#[test]
fn every_published_path_is_found() {
    let missed: Vec<&str> = PATHS
        .iter()
        .filter(|(_, there, words)| !is_found(*there, &actions(words)))
        .map(|(id, _, _)| *id)
        .collect();
    assert_eq!(missed, Vec::<&str>::new());
    assert_eq!(PATHS.iter().map(|(id, _, _)| id).collect::<BTreeSet<_>>().len(), 65);
}

#[test]
fn a_path_with_an_action_less_is_none() {
    let mut tried = 0;
    for (id, there, words) in PATHS {
        let all = actions(words);
        for action in &all {
            let mut fewer = all.clone();
            fewer.remove(action);
            // What raises herself does so wherever she is a user.
            let also_there = |other: &There| other == there || (*other == Nobody && *there != IsARole);
            let is_another =
                PATHS.iter().any(|(_, other, words)| also_there(other) && actions(words).is_subset(&fewer));
            if !is_another {
                assert!(!is_found(*there, &fewer), "{id} without {action}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "only {tried} tried");
}
