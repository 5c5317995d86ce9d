//! Services that run code with a role, as data: what somebody needs to have code of theirs run there.
//!
//! From the published lists of paths (pathfinding.cloud, Rhino Security Labs, Principal Mapper), each checked against the
//! service's actions in AWS's Service Authorization Reference.

/// How the role gets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is passed, with `iam:PassRole`.
    Passed,
    /// It is passed inside an instance profile that holds it already.
    PassedInProfile,
    /// It is there: something that exists runs with it.
    There(Thing),
}

/// Things that run with a role and that nothing here reads. A right over them counts where it covers things of any name, and
/// the evidence says what must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thing {
    /// The service in its ARN.
    pub(super) service: &'static str,
    /// The beginning of the resource in its ARN.
    pub(super) beginning: &'static str,
    /// What it is.
    pub(super) name: &'static str,
}

/// One way to run code with a role that a service assumes.
#[derive(Debug)]
pub(super) struct Way {
    /// Who assumes the role.
    pub(super) principal: &'static str,
    /// All of these are needed. On what exists they are needed for that very thing.
    pub(super) actions: &'static [&'static str],
    /// These are needed too, on anything.
    pub(super) besides: &'static [&'static str],
    /// How the role gets there.
    pub(super) role: Role,
}

const fn passed(principal: &'static str, actions: &'static [&'static str]) -> Way {
    Way { principal, actions, besides: &[], role: Role::Passed }
}

const fn in_profile(actions: &'static [&'static str]) -> Way {
    Way { principal: EC2, actions, besides: &[], role: Role::PassedInProfile }
}

const fn there(principal: &'static str, thing: Thing, actions: &'static [&'static str]) -> Way {
    Way { principal, actions, besides: &[], role: Role::There(thing) }
}

const fn thing(service: &'static str, beginning: &'static str, name: &'static str) -> Thing {
    Thing { service, beginning, name }
}

const EC2: &str = "ec2.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
const APP_RUNNER: &str = "tasks.apprunner.amazonaws.com";
const AGENT_CORE: &str = "bedrock-agentcore.amazonaws.com";
const CLOUD_FORMATION: &str = "cloudformation.amazonaws.com";
const CODE_BUILD: &str = "codebuild.amazonaws.com";
const ECS: &str = "ecs-tasks.amazonaws.com";
const GLUE: &str = "glue.amazonaws.com";
const SAGE_MAKER: &str = "sagemaker.amazonaws.com";
const STEP_FUNCTIONS: &str = "states.amazonaws.com";

const FUNCTION: Thing = thing("lambda", "function:", "a function");
const STACK: Thing = thing("cloudformation", "stack/", "a stack");
const PROJECT: Thing = thing("codebuild", "project/", "a project");
const NOTEBOOK: Thing = thing("sagemaker", "notebook-instance/", "a notebook");

/// Every known way.
pub(super) const WAYS: &[Way] = &[
    passed(LAMBDA, &["lambda:CreateFunction", "lambda:InvokeFunction"]),
    passed(LAMBDA, &["lambda:CreateFunction", "lambda:CreateEventSourceMapping"]),
    passed(LAMBDA, &["lambda:CreateFunction", "lambda:AddPermission"]),
    passed(LAMBDA, &["lambda:CreateFunction", "lambda:CreateFunctionUrlConfig"]),
    there(LAMBDA, FUNCTION, &["lambda:UpdateFunctionCode"]),
    // A layer runs before the function does.
    there(LAMBDA, FUNCTION, &["lambda:UpdateFunctionConfiguration"]),
    in_profile(&["ec2:RunInstances"]),
    in_profile(&["ec2:RequestSpotInstances"]),
    in_profile(&["ec2:RequestSpotFleet"]),
    in_profile(&["ec2:CreateLaunchTemplate", "ec2:CreateFleet"]),
    in_profile(&["autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"]),
    in_profile(&["ec2:CreateLaunchTemplate", "autoscaling:CreateAutoScalingGroup"]),
    in_profile(&["ec2:AssociateIamInstanceProfile", "ssm:StartSession"]),
    in_profile(&["ec2:AssociateIamInstanceProfile", "ssm:SendCommand"]),
    in_profile(&["ec2:ReplaceIamInstanceProfileAssociation", "ssm:StartSession"]),
    in_profile(&["elasticmapreduce:RunJobFlow"]),
    in_profile(&[
        "datapipeline:CreatePipeline",
        "datapipeline:PutPipelineDefinition",
        "datapipeline:ActivatePipeline",
    ]),
    passed(EC2, &["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "ec2:RunInstances"]),
    there(
        EC2,
        thing("ec2", "launch-template/", "a launch template"),
        &["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
    ),
    passed(CLOUD_FORMATION, &["cloudformation:CreateStack"]),
    // The role that is passed assumes the one that makes things, in this account or another.
    passed(CLOUD_FORMATION, &["cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"]),
    passed(CLOUD_FORMATION, &["cloudformation:UpdateStackSet"]),
    passed(CLOUD_FORMATION, &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]),
    // An update goes on with the role that the stack has.
    there(CLOUD_FORMATION, STACK, &["cloudformation:UpdateStack"]),
    there(CLOUD_FORMATION, STACK, &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]),
    passed(GLUE, &["glue:CreateDevEndpoint"]),
    passed(GLUE, &["glue:CreateJob", "glue:StartJobRun"]),
    passed(GLUE, &["glue:CreateJob", "glue:CreateTrigger"]),
    passed(GLUE, &["glue:UpdateJob", "glue:StartJobRun"]),
    passed(GLUE, &["glue:UpdateJob", "glue:CreateTrigger"]),
    passed(GLUE, &["glue:CreateSession", "glue:RunStatement"]),
    there(GLUE, thing("glue", "devEndpoint/", "a development endpoint"), &["glue:UpdateDevEndpoint"]),
    there(GLUE, thing("glue", "session/", "a session"), &["glue:RunStatement"]),
    passed(CODE_BUILD, &["codebuild:CreateProject", "codebuild:StartBuild"]),
    passed(CODE_BUILD, &["codebuild:CreateProject", "codebuild:StartBuildBatch"]),
    passed(CODE_BUILD, &["codebuild:UpdateProject", "codebuild:StartBuild"]),
    // A build takes another build specification than that of its project.
    there(CODE_BUILD, PROJECT, &["codebuild:StartBuild"]),
    there(CODE_BUILD, PROJECT, &["codebuild:StartBuildBatch"]),
    passed(ECS, &["ecs:RegisterTaskDefinition", "ecs:RunTask"]),
    passed(ECS, &["ecs:RegisterTaskDefinition", "ecs:CreateService"]),
    passed(ECS, &["ecs:RegisterTaskDefinition", "ecs:StartTask"]),
    passed(ECS, &["ecs:RegisterTaskDefinition", "ecs:UpdateService"]),
    // A task runs with another role and another command than those of its definition.
    passed(ECS, &["ecs:RunTask"]),
    passed(ECS, &["batch:RegisterJobDefinition", "batch:SubmitJob"]),
    there(ECS, thing("ecs", "task/", "a task"), &["ecs:ExecuteCommand"]),
    passed(SAGE_MAKER, &["sagemaker:CreateNotebookInstance"]),
    passed(SAGE_MAKER, &["sagemaker:CreateTrainingJob"]),
    passed(SAGE_MAKER, &["sagemaker:CreateProcessingJob"]),
    there(SAGE_MAKER, NOTEBOOK, &["sagemaker:CreatePresignedNotebookInstanceUrl"]),
    // A lifecycle configuration runs as root when the notebook starts.
    Way {
        principal: SAGE_MAKER,
        actions: &[
            "sagemaker:StopNotebookInstance",
            "sagemaker:UpdateNotebookInstance",
            "sagemaker:StartNotebookInstance",
        ],
        besides: &["sagemaker:CreateNotebookInstanceLifecycleConfig"],
        role: Role::There(NOTEBOOK),
    },
    passed(APP_RUNNER, &["apprunner:CreateService"]),
    there(APP_RUNNER, thing("apprunner", "service/", "a service"), &["apprunner:UpdateService"]),
    passed(
        AGENT_CORE,
        &[
            "bedrock-agentcore:CreateCodeInterpreter",
            "bedrock-agentcore:StartCodeInterpreterSession",
            "bedrock-agentcore:InvokeCodeInterpreter",
        ],
    ),
    there(
        AGENT_CORE,
        thing("bedrock-agentcore", "code-interpreter-custom/", "a code interpreter"),
        &["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"],
    ),
    passed(STEP_FUNCTIONS, &["states:CreateStateMachine", "states:StartExecution"]),
    there(
        STEP_FUNCTIONS,
        thing("states", "stateMachine:", "a state machine"),
        &["states:UpdateStateMachine", "states:StartExecution"],
    ),
    passed("ssm.amazonaws.com", &["ssm:StartAutomationExecution"]),
    passed("scheduler.amazonaws.com", &["scheduler:CreateSchedule"]),
    passed("events.amazonaws.com", &["events:PutRule", "events:PutTargets"]),
    passed("emr-serverless.amazonaws.com", &["emr-serverless:StartJobRun"]),
    passed(
        "datapipeline.amazonaws.com",
        &[
            "datapipeline:CreatePipeline",
            "datapipeline:PutPipelineDefinition",
            "datapipeline:ActivatePipeline",
        ],
    ),
];

/// The values of `iam:PassedToService` under which a role for this principal is passed.
pub(super) fn passed_to(principal: &'static str) -> &'static [&'static str] {
    const TO_APP_RUNNER: &[&str] = &["apprunner.amazonaws.com", APP_RUNNER];
    const TO_EC2: &[&str] =
        &[EC2, "autoscaling.amazonaws.com", "elasticmapreduce.amazonaws.com", "datapipeline.amazonaws.com"];
    const TO_ECS: &[&str] = &[ECS, "ecs.amazonaws.com", "batch.amazonaws.com"];
    match principal {
        APP_RUNNER => TO_APP_RUNNER,
        EC2 => TO_EC2,
        ECS => TO_ECS,
        _ => &[],
    }
}
