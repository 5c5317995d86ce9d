//! What others list besides, as facts: each is found by a step that the evidence names, or says why it is none here.
//!
//! Rhino Security Labs' methods by number (AWS-IAM-Privilege-Escalation, BSD 3-clause), the edges of NCC Group's Principal Mapper
//! (AGPL; only what an edge needs is told here), and what pathfinding.cloud (Apache 2.0) has published since its first 65 paths.

use std::collections::BTreeSet;

use super::published_paths::There::{self, *};
use super::published_paths::{READS, way};

/// What becomes of an entry.
enum Answer {
    /// With these actions it is found, and the steps say this.
    Found(There, &'static str, &'static str),
    /// It is no way, for this reason.
    None(&'static str),
}

use Answer::{Found, None as No};

const LAMBDA: There = Service("lambda.amazonaws.com");
const GLUE: There = Service("glue.amazonaws.com");
const SAGE_MAKER: There = Service("sagemaker.amazonaws.com");
const AGENT_CORE: There = Service("bedrock-agentcore.amazonaws.com");
const ECS: There = Service("ecs-tasks.amazonaws.com");
const STACKS: There = Service("cloudformation.amazonaws.com");
const BUILDS: There = Service("codebuild.amazonaws.com");

const CODE_STAR: &str = "AWS ended CodeStar projects on July 31, 2024";
const IDENTITY_CENTER: &str = "permission sets belong to the instance of IAM Identity Center, whose account is not the one that is \
                               judged; the roles it makes are not counted";

const RHINO: [(&str, Answer); 28] = [
    ("1", Found(Policy, "iam:CreatePolicyVersion", "iam:CreatePolicyVersion on held")),
    ("2", Found(StrongVersion, "iam:SetDefaultPolicyVersion", "whose v1 allows everything")),
    ("3", Found(Instance, "iam:PassRole ec2:RunInstances", "with ec2:RunInstances")),
    ("4", Found(Administrator { password: true }, "iam:CreateAccessKey", "iam:CreateAccessKey on boss")),
    (
        "5",
        Found(Administrator { password: false }, "iam:CreateLoginProfile", "iam:CreateLoginProfile on boss"),
    ),
    (
        "6",
        Found(Administrator { password: true }, "iam:UpdateLoginProfile", "iam:UpdateLoginProfile on boss"),
    ),
    ("7", Found(Nobody, "iam:AttachUserPolicy", "iam:AttachUserPolicy on itself")),
    ("8", Found(Group, "iam:AttachGroupPolicy", "iam:AttachGroupPolicy on team")),
    ("9", Found(IsARole, "iam:AttachRolePolicy", "iam:AttachRolePolicy on itself")),
    ("10", Found(Nobody, "iam:PutUserPolicy", "iam:PutUserPolicy on itself")),
    ("11", Found(Group, "iam:PutGroupPolicy", "iam:PutGroupPolicy on team")),
    ("12", Found(IsARole, "iam:PutRolePolicy", "iam:PutRolePolicy on itself")),
    ("13", Found(StrongGroup, "iam:AddUserToGroup", "iam:AddUserToGroup on team")),
    (
        "14",
        Found(ClosedRole, "iam:UpdateAssumeRolePolicy sts:AssumeRole", "iam:UpdateAssumeRolePolicy on admin"),
    ),
    (
        "15",
        Found(
            LAMBDA,
            "iam:PassRole lambda:CreateFunction lambda:InvokeFunction",
            "with lambda:CreateFunction and lambda:InvokeFunction",
        ),
    ),
    (
        "16",
        Found(
            LAMBDA,
            "iam:PassRole lambda:CreateFunction lambda:AddPermission",
            "with lambda:CreateFunction and lambda:AddPermission",
        ),
    ),
    (
        "17",
        Found(
            LAMBDA,
            "iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping dynamodb:PutItem dynamodb:CreateTable",
            "with lambda:CreateFunction and lambda:CreateEventSourceMapping",
        ),
    ),
    ("18", Found(LAMBDA, "lambda:UpdateFunctionCode", "a function runs with admin")),
    ("19", Found(GLUE, "iam:PassRole glue:CreateDevEndpoint", "with glue:CreateDevEndpoint")),
    ("20", Found(GLUE, "glue:UpdateDevEndpoint", "a development endpoint runs with admin")),
    ("21", Found(STACKS, "iam:PassRole cloudformation:CreateStack", "with cloudformation:CreateStack")),
    // Their list leaves out that nothing runs before the pipeline is activated.
    (
        "22",
        Found(
            Service("datapipeline.amazonaws.com"),
            "iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
            "and datapipeline:ActivatePipeline",
        ),
    ),
    ("23", No(CODE_STAR)),
    ("24", No(CODE_STAR)),
    ("25", No(CODE_STAR)),
    ("26", Found(LAMBDA, "lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionConfiguration on any")),
    (
        "27",
        Found(
            SAGE_MAKER,
            "iam:PassRole sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl",
            "with sagemaker:CreateNotebookInstance",
        ),
    ),
    ("28", Found(SAGE_MAKER, "sagemaker:CreatePresignedNotebookInstanceUrl", "a notebook runs with admin")),
];

const PMAPPER: &[(&str, Answer)] = &[
    (
        "autoscaling: a new launch configuration",
        Found(
            Instance,
            "iam:PassRole autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup",
            "with autoscaling:CreateLaunchConfiguration and autoscaling:CreateAutoScalingGroup",
        ),
    ),
    (
        "autoscaling: a launch configuration that is there",
        No("what an instance does is in the launch configuration, which nobody changes once it is made"),
    ),
    (
        "cloudformation: a new stack",
        Found(STACKS, "iam:PassRole cloudformation:CreateStack", "with cloudformation:CreateStack"),
    ),
    (
        "cloudformation: a stack that has the role",
        Found(STACKS, "cloudformation:UpdateStack", "a stack runs with admin"),
    ),
    (
        "cloudformation: a stack that is given the role",
        Found(
            STACKS,
            "iam:PassRole cloudformation:UpdateStack",
            "with cloudformation:UpdateStack (if there is a stack)",
        ),
    ),
    (
        "cloudformation: a change set",
        Found(
            STACKS,
            "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
            "a stack runs with admin",
        ),
    ),
    ("codebuild: a build of a project", Found(BUILDS, "codebuild:StartBuild", "a project runs with admin")),
    (
        "codebuild: a batch of a project",
        Found(BUILDS, "codebuild:StartBuildBatch", "a project runs with admin"),
    ),
    (
        "codebuild: a new project",
        Found(
            BUILDS,
            "iam:PassRole codebuild:CreateProject codebuild:StartBuild",
            "with codebuild:CreateProject and codebuild:StartBuild",
        ),
    ),
    (
        "codebuild: a new project and a batch",
        Found(
            BUILDS,
            "iam:PassRole codebuild:CreateProject codebuild:StartBuildBatch",
            "with codebuild:CreateProject and codebuild:StartBuildBatch",
        ),
    ),
    (
        "codebuild: a changed project",
        Found(
            BUILDS,
            "iam:PassRole codebuild:UpdateProject codebuild:StartBuild",
            "with codebuild:UpdateProject and codebuild:StartBuild",
        ),
    ),
    (
        "codebuild: a changed project and a batch",
        Found(
            BUILDS,
            "iam:PassRole codebuild:UpdateProject codebuild:StartBuildBatch",
            "with codebuild:UpdateProject and codebuild:StartBuildBatch",
        ),
    ),
    (
        "ec2: an instance with a profile that is there",
        Found(Instance, "iam:PassRole ec2:RunInstances", "with ec2:RunInstances"),
    ),
    (
        "ec2: an instance with a new profile",
        Found(
            Service("ec2.amazonaws.com"),
            "iam:PassRole iam:CreateInstanceProfile iam:AddRoleToInstanceProfile ec2:RunInstances",
            "with iam:CreateInstanceProfile and iam:AddRoleToInstanceProfile and ec2:RunInstances",
        ),
    ),
    // It supposes that one's own instance is reached; nothing but a command or session of Systems Manager needs no network.
    (
        "ec2: a profile associated with an instance that is there",
        Found(
            Instance,
            "iam:PassRole ec2:AssociateIamInstanceProfile ssm:SendCommand",
            "with ec2:AssociateIamInstanceProfile and ssm:SendCommand",
        ),
    ),
    (
        "iam: access keys",
        Found(Administrator { password: true }, "iam:CreateAccessKey", "iam:CreateAccessKey on boss"),
    ),
    (
        "iam: access keys in place of others",
        Found(
            Administrator { password: true },
            "iam:CreateAccessKey iam:DeleteAccessKey",
            "iam:CreateAccessKey on boss",
        ),
    ),
    (
        "iam: a password",
        Found(Administrator { password: false }, "iam:CreateLoginProfile", "iam:CreateLoginProfile on boss"),
    ),
    (
        "iam: another password",
        Found(Administrator { password: true }, "iam:UpdateLoginProfile", "iam:UpdateLoginProfile on boss"),
    ),
    (
        "iam: trust policies",
        Found(ClosedRole, "iam:UpdateAssumeRolePolicy", "iam:UpdateAssumeRolePolicy on admin"),
    ),
    (
        "lambda: a new function",
        Found(
            LAMBDA,
            "iam:PassRole lambda:CreateFunction lambda:InvokeFunction",
            "with lambda:CreateFunction and lambda:InvokeFunction",
        ),
    ),
    ("lambda: other code", Found(LAMBDA, "lambda:UpdateFunctionCode", "a function runs with admin")),
    (
        "lambda: another configuration",
        Found(LAMBDA, "lambda:UpdateFunctionConfiguration", "a function runs with admin"),
    ),
    (
        "sagemaker: a notebook",
        Found(
            SAGE_MAKER,
            "iam:PassRole sagemaker:CreateNotebookInstance",
            "with sagemaker:CreateNotebookInstance",
        ),
    ),
    (
        "sagemaker: a training job",
        Found(SAGE_MAKER, "iam:PassRole sagemaker:CreateTrainingJob", "with sagemaker:CreateTrainingJob"),
    ),
    (
        "sagemaker: a processing job",
        Found(SAGE_MAKER, "iam:PassRole sagemaker:CreateProcessingJob", "with sagemaker:CreateProcessingJob"),
    ),
    ("ssm: a command", Found(Instance, "ssm:SendCommand", "ssm:SendCommand on i-1")),
    ("ssm: a session", Found(Instance, "ssm:StartSession", "ssm:StartSession on i-1")),
    ("sts: a role", Found(StrongRole, "sts:AssumeRole", "sts:AssumeRole on admin")),
];

const SINCE: &[(&str, Answer)] = &[
    (
        "amplify-001",
        Found(
            Service("amplify.amazonaws.com"),
            "iam:PassRole amplify:CreateApp amplify:CreateBranch amplify:StartJob",
            "and amplify:StartJob",
        ),
    ),
    (
        "batch-001",
        Found(
            ECS,
            "iam:PassRole batch:RegisterJobDefinition batch:SubmitJob",
            "with batch:RegisterJobDefinition and batch:SubmitJob",
        ),
    ),
    ("batch-002", Found(ECS, "batch:SubmitJob", "a job definition runs with admin")),
    (
        "batch-003",
        Found(
            ECS,
            "iam:PassRole batch:CreateComputeEnvironment batch:CreateJobQueue batch:RegisterJobDefinition batch:SubmitJob",
            "with batch:RegisterJobDefinition and batch:SubmitJob",
        ),
    ),
    (
        "bedrock-003",
        Found(
            AGENT_CORE,
            "iam:PassRole bedrock-agentcore:CreateAgentRuntime bedrock-agentcore:CreateAgentRuntimeEndpoint bedrock-agentcore:CreateWorkloadIdentity bedrock-agentcore:InvokeAgentRuntimeCommand",
            "and bedrock-agentcore:InvokeAgentRuntimeCommand",
        ),
    ),
    (
        "an agent that is there",
        Found(AGENT_CORE, "bedrock-agentcore:InvokeAgentRuntimeCommand", "an agent runs with admin"),
    ),
    (
        "a new browser",
        Found(
            AGENT_CORE,
            "iam:PassRole bedrock-agentcore:CreateBrowser bedrock-agentcore:StartBrowserSession bedrock-agentcore:ConnectBrowserAutomationStream",
            "with bedrock-agentcore:CreateBrowser",
        ),
    ),
    (
        "a browser that is there",
        Found(
            AGENT_CORE,
            "bedrock-agentcore:StartBrowserSession bedrock-agentcore:ConnectBrowserAutomationStream",
            "a browser runs with admin",
        ),
    ),
    (
        "braket-001",
        Found(Service("braket.amazonaws.com"), "iam:PassRole braket:CreateJob", "with braket:CreateJob"),
    ),
    (
        "codedeploy-001",
        Found(
            Instance,
            "codedeploy:CreateDeployment codedeploy:RegisterApplicationRevision codedeploy:GetDeploymentConfig",
            "an instance of a deployment group runs with admin",
        ),
    ),
    (
        "cognitoidentity-001",
        Found(
            Guests,
            "iam:PassRole cognito-identity:SetIdentityPoolRoles",
            "with cognito-identity:SetIdentityPoolRoles",
        ),
    ),
    (
        "ec2-005",
        Found(
            Instance,
            "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate",
            "a launch template runs with admin",
        ),
    ),
    ("ecs-006", Found(ECS, "ecs:ExecuteCommand", "a task runs with admin")),
    ("ecs-007", Found(ECS, "iam:PassRole ecs:StartTask ecs:RegisterContainerInstance", "with ecs:StartTask")),
    ("ecs-008", Found(ECS, "iam:PassRole ecs:RunTask", "with ecs:RunTask")),
    ("ecs-009", Found(ECS, "iam:PassRole ecs:StartTask", "with ecs:StartTask")),
    (
        "emr-001",
        Found(Instance, "iam:PassRole elasticmapreduce:RunJobFlow", "with elasticmapreduce:RunJobFlow"),
    ),
    (
        "emrserverless-001",
        Found(
            Service("emr-serverless.amazonaws.com"),
            "iam:PassRole emr-serverless:CreateApplication emr-serverless:StartJobRun",
            "with emr-serverless:CreateApplication and emr-serverless:StartJobRun",
        ),
    ),
    (
        "gamelift-001",
        Found(
            Service("gamelift.amazonaws.com"),
            "iam:PassRole gamelift:CreateBuild gamelift:CreateFleet gamelift:RequestUploadCredentials",
            "and gamelift:CreateFleet",
        ),
    ),
    (
        "glue-007",
        Found(
            GLUE,
            "iam:PassRole glue:CreateSession glue:RunStatement",
            "with glue:CreateSession and glue:RunStatement",
        ),
    ),
    (
        "iam-022",
        Found(Bound, "iam:DeleteUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary on itself"),
    ),
    (
        "iam-023",
        Found(
            BoundRole,
            "sts:AssumeRole iam:DeleteRolePermissionsBoundary",
            "iam:DeleteRolePermissionsBoundary on admin",
        ),
    ),
    (
        "imagebuilder-001",
        Found(
            Instance,
            "iam:PassRole imagebuilder:CreateComponent imagebuilder:CreateImageRecipe imagebuilder:CreateInfrastructureConfiguration imagebuilder:CreateImage",
            "and imagebuilder:CreateImage",
        ),
    ),
    (
        "kinesisanalytics-001",
        Found(
            Service("kinesisanalytics.amazonaws.com"),
            "iam:PassRole kinesisanalytics:CreateApplication kinesisanalytics:StartApplication",
            "and kinesisanalytics:StartApplication",
        ),
    ),
    (
        "omics-001",
        Found(
            Service("omics.amazonaws.com"),
            "iam:PassRole omics:CreateWorkflow omics:StartRun s3:GetObject",
            "with omics:CreateWorkflow and omics:StartRun",
        ),
    ),
    (
        "scheduler-001",
        Found(
            Service("scheduler.amazonaws.com"),
            "iam:PassRole scheduler:CreateSchedule",
            "with scheduler:CreateSchedule",
        ),
    ),
    (
        "ssm-003",
        Found(
            Service("ssm.amazonaws.com"),
            "iam:PassRole ssm:CreateDocument ssm:StartAutomationExecution",
            "with ssm:StartAutomationExecution",
        ),
    ),
    ("sso-001", No(IDENTITY_CENTER)),
    ("sso-002", No(IDENTITY_CENTER)),
    ("sso-003", No(IDENTITY_CENTER)),
    (
        "stepfunctions-001",
        Found(
            Service("states.amazonaws.com"),
            "iam:PassRole states:CreateStateMachine states:StartExecution",
            "with states:CreateStateMachine and states:StartExecution",
        ),
    ),
    (
        "stepfunctions-002",
        Found(
            Service("states.amazonaws.com"),
            "states:UpdateStateMachine states:StartExecution",
            "a state machine runs with admin",
        ),
    ),
];

fn actions(words: &'static str) -> BTreeSet<&'static str> {
    words.split(' ').collect()
}

#[test]
fn what_others_list_is_found_by_the_step_that_answers_it_or_says_why_it_is_none() {
    for (list, entries) in [("Rhino", &RHINO[..]), ("PMapper", PMAPPER), ("pathfinding.cloud", SINCE)] {
        let mut names = BTreeSet::new();
        for (name, answer) in entries {
            assert!(names.insert(name), "{list} {name} stands there twice");
            match answer {
                Found(there, words, says) => {
                    let steps = way(*there, &actions(words));
                    let steps = steps.unwrap_or_else(|| panic!("{list} {name} is not found"));
                    let said = steps.iter().any(|step| step.contains(says));
                    assert!(said, "{list} {name}: {says} is not in {steps:#?}");
                    assert_eq!(way(*there, &BTreeSet::new()), None, "{list} {name} without any right");
                }
                No(reason) => assert!(reason.split(' ').count() > 5, "{list} {name}: {reason}"),
            }
        }
    }
    assert!(READS.contains("s3:Get*"), "what is left of somebody without any right");
}
