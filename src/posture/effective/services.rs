//! Services that run code with a role, as data: what somebody needs to have code of theirs run there.
//!
//! From the published lists of paths, each checked against the service's actions in AWS's Service Authorization Reference.

use super::way::{EC2, Thing, Way, in_profile, passed, there, thing};

const AGENT_CORE: &str = "bedrock-agentcore.amazonaws.com";
const APP_RUNNER: &str = "tasks.apprunner.amazonaws.com";
const CLOUD_FORMATION: &str = "cloudformation.amazonaws.com";
const CODE_BUILD: &str = "codebuild.amazonaws.com";
const CODE_PIPELINE: &str = "codepipeline.amazonaws.com";
const COGNITO: &str = "cognito-identity.amazonaws.com";
const ECS: &str = "ecs-tasks.amazonaws.com";
const GLUE: &str = "glue.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
const PODS: &str = "pods.eks.amazonaws.com";
const ROLES_ANYWHERE: &str = "rolesanywhere.amazonaws.com";
const SAGE_MAKER: &str = "sagemaker.amazonaws.com";
const STEP_FUNCTIONS: &str = "states.amazonaws.com";

const ANCHOR: Thing = thing("rolesanywhere", "trust-anchor/", "a profile of Roles Anywhere");
const FUNCTION: Thing = thing("lambda", "function:", "a function");
const STACK: Thing = thing("cloudformation", "stack/", "a stack");
const PROJECT: Thing = thing("codebuild", "project/", "a project");
const NOTEBOOK: Thing = thing("sagemaker", "notebook-instance/", "a notebook");
const CLUSTER: Thing = thing("eks", "cluster/", "a pod of the cluster");

const EMPTY_PROFILE: &str = "an instance profile has no role";

/// Every known way.
pub(super) const WAYS: &[Way] = &[
    passed("lambda-001", LAMBDA, &["lambda:CreateFunction", "lambda:InvokeFunction"]),
    passed("lambda-002", LAMBDA, &["lambda:CreateFunction", "lambda:CreateEventSourceMapping"]),
    passed("lambda-006", LAMBDA, &["lambda:CreateFunction", "lambda:AddPermission"]),
    passed(
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        LAMBDA,
        &["lambda:CreateFunction", "lambda:CreateFunctionUrlConfig"],
    ),
    there("lambda-003", LAMBDA, FUNCTION, &["lambda:UpdateFunctionCode"]),
    // A layer runs before the function does.
    there("Rhino 26", LAMBDA, FUNCTION, &["lambda:UpdateFunctionConfiguration"]),
    in_profile("ec2-001", &["ec2:RunInstances"]),
    in_profile("ec2-003", &["ec2:RequestSpotInstances"]),
    in_profile(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-fleet-prerequisites.html",
        &["ec2:RequestSpotFleet"],
    ),
    in_profile(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-prerequisites.html",
        &["ec2:CreateLaunchTemplate", "ec2:CreateFleet"],
    ),
    in_profile(
        "PMapper autoscaling",
        &["autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"],
    ),
    in_profile(
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html",
        &["ec2:CreateLaunchTemplate", "autoscaling:CreateAutoScalingGroup"],
    ),
    in_profile("Prowler", &["autoscaling:CreateLaunchConfiguration", "autoscaling:UpdateAutoScalingGroup"])
        .given("there is an Auto Scaling group"),
    in_profile(
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html",
        &["ec2:CreateLaunchTemplate", "autoscaling:UpdateAutoScalingGroup"],
    )
    .given("there is an Auto Scaling group"),
    in_profile("PMapper ec2", &["ec2:AssociateIamInstanceProfile", "ssm:StartSession"])
        .given("an instance runs without a profile"),
    in_profile("PMapper ec2", &["ec2:AssociateIamInstanceProfile", "ssm:SendCommand"])
        .given("an instance runs without a profile"),
    in_profile(
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html",
        &["ec2:ReplaceIamInstanceProfileAssociation", "ssm:StartSession"],
    )
    .given("an instance runs with a profile"),
    in_profile(
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html",
        &["ec2:ReplaceIamInstanceProfileAssociation", "ssm:SendCommand"],
    )
    .given("an instance runs with a profile"),
    in_profile("emr-001", &["elasticmapreduce:RunJobFlow"]),
    in_profile(
        "datapipeline-001",
        &[
            "datapipeline:CreatePipeline",
            "datapipeline:PutPipelineDefinition",
            "datapipeline:ActivatePipeline",
        ],
    ),
    in_profile(
        "imagebuilder-001",
        &[
            "imagebuilder:CreateComponent",
            "imagebuilder:CreateImageRecipe",
            "imagebuilder:CreateInfrastructureConfiguration",
            "imagebuilder:CreateImage",
        ],
    ),
    passed(
        "PMapper ec2",
        EC2,
        &["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "ec2:RunInstances"],
    ),
    // A profile holds one role, which can be exchanged; what runs with the profile runs with the new one within the hour.
    passed(
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html",
        EC2,
        &["iam:RemoveRoleFromInstanceProfile", "iam:AddRoleToInstanceProfile", "ec2:RunInstances"],
    )
    .given("there is an instance profile"),
    passed(
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html",
        EC2,
        &["iam:RemoveRoleFromInstanceProfile", "iam:AddRoleToInstanceProfile", "ssm:StartSession"],
    )
    .given("an instance runs with a profile"),
    passed(
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html",
        EC2,
        &["iam:RemoveRoleFromInstanceProfile", "iam:AddRoleToInstanceProfile", "ssm:SendCommand"],
    )
    .given("an instance runs with a profile"),
    passed(
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html",
        EC2,
        &["iam:AddRoleToInstanceProfile", "ec2:RunInstances"],
    )
    .given(EMPTY_PROFILE),
    there(
        "ec2-005",
        EC2,
        thing("ec2", "launch-template/", "a launch template"),
        &["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
    ),
    there(
        "codedeploy-001",
        EC2,
        thing("codedeploy", "deploymentgroup:", "an instance of a deployment group"),
        &["codedeploy:CreateDeployment"],
    )
    .besides(&["codedeploy:RegisterApplicationRevision", "codedeploy:GetDeploymentConfig"]),
    passed("cloudformation-001", CLOUD_FORMATION, &["cloudformation:CreateStack"]),
    // The role that is passed assumes the one that makes things, in this account or another.
    passed(
        "cloudformation-003",
        CLOUD_FORMATION,
        &["cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"],
    ),
    passed("cloudformation-004", CLOUD_FORMATION, &["cloudformation:UpdateStackSet"])
        .given("there is a stack set"),
    passed(
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html",
        CLOUD_FORMATION,
        &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
    ),
    passed("PMapper cloudformation", CLOUD_FORMATION, &["cloudformation:UpdateStack"])
        .given("there is a stack"),
    // An update goes on with the role that the stack has.
    there("cloudformation-002", CLOUD_FORMATION, STACK, &["cloudformation:UpdateStack"]),
    there(
        "cloudformation-005",
        CLOUD_FORMATION,
        STACK,
        &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
    ),
    passed("glue-001", GLUE, &["glue:CreateDevEndpoint"]),
    passed("glue-003", GLUE, &["glue:CreateJob", "glue:StartJobRun"]),
    passed("glue-004", GLUE, &["glue:CreateJob", "glue:CreateTrigger"]),
    passed("glue-005", GLUE, &["glue:UpdateJob", "glue:StartJobRun"]).given("there is a job"),
    passed("glue-006", GLUE, &["glue:UpdateJob", "glue:CreateTrigger"]).given("there is a job"),
    passed("glue-007", GLUE, &["glue:CreateSession", "glue:RunStatement"]),
    there(
        "glue-002",
        GLUE,
        thing("glue", "devEndpoint/", "a development endpoint"),
        &["glue:UpdateDevEndpoint"],
    ),
    there(
        "https://docs.aws.amazon.com/glue/latest/webapi/API_RunStatement.html",
        GLUE,
        thing("glue", "session/", "a session"),
        &["glue:RunStatement"],
    ),
    passed("codebuild-001", CODE_BUILD, &["codebuild:CreateProject", "codebuild:StartBuild"]),
    passed("codebuild-004", CODE_BUILD, &["codebuild:CreateProject", "codebuild:StartBuildBatch"]),
    passed("PMapper codebuild", CODE_BUILD, &["codebuild:UpdateProject", "codebuild:StartBuild"])
        .given("there is a project"),
    passed("PMapper codebuild", CODE_BUILD, &["codebuild:UpdateProject", "codebuild:StartBuildBatch"])
        .given("there is a project"),
    // A build takes another build specification than that of its project.
    there("codebuild-002", CODE_BUILD, PROJECT, &["codebuild:StartBuild"]),
    there("codebuild-003", CODE_BUILD, PROJECT, &["codebuild:StartBuildBatch"]),
    // Its `Commands` actions are shell commands; a new pipeline starts by itself.
    passed(
        "https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html",
        CODE_PIPELINE,
        &["codepipeline:CreatePipeline"],
    ),
    passed(
        "https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html",
        CODE_PIPELINE,
        &["codepipeline:UpdatePipeline", "codepipeline:StartPipelineExecution"],
    )
    .given("a pipeline runs with it"),
    passed("ecs-004", ECS, &["ecs:RegisterTaskDefinition", "ecs:RunTask"]),
    passed("ecs-003", ECS, &["ecs:RegisterTaskDefinition", "ecs:CreateService"]),
    passed("ecs-005", ECS, &["ecs:RegisterTaskDefinition", "ecs:StartTask"])
        .given("a cluster has an instance"),
    passed(
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html",
        ECS,
        &["ecs:RegisterTaskDefinition", "ecs:UpdateService"],
    )
    .given("there is a service"),
    // A task runs with another role and another command than those of its definition.
    passed("ecs-008", ECS, &["ecs:RunTask"]).given("there is a task definition"),
    passed("ecs-009", ECS, &["ecs:StartTask"])
        .given("there is a task definition, and a cluster has an instance"),
    passed("batch-001", ECS, &["batch:RegisterJobDefinition", "batch:SubmitJob"])
        .given("there is a job queue"),
    // A job runs with another command than that of its definition.
    there(
        "batch-002",
        ECS,
        thing("batch", "job-definition/", "a job definition"),
        &["batch:SubmitJob"],
    ),
    there("ecs-006", ECS, thing("ecs", "task/", "a task"), &["ecs:ExecuteCommand"]),
    passed(
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html",
        PODS,
        &["eks:CreatePodIdentityAssociation"],
    )
    .given("they may run a pod in a cluster"),
    passed(
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdatePodIdentityAssociation.html",
        PODS,
        &["eks:UpdatePodIdentityAssociation"],
    )
    .given("they may run a pod in a cluster"),
    // Whoever administers a cluster runs pods under any service account of it.
    there(
        "https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html",
        PODS,
        CLUSTER,
        &["eks:CreateAccessEntry"],
    )
    .besides(&["eks:AssociateAccessPolicy"]),
    passed("sagemaker-001", SAGE_MAKER, &["sagemaker:CreateNotebookInstance"]),
    passed("sagemaker-002", SAGE_MAKER, &["sagemaker:CreateTrainingJob"]),
    passed("sagemaker-003", SAGE_MAKER, &["sagemaker:CreateProcessingJob"]),
    passed(
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedDomainUrl.html",
        SAGE_MAKER,
        &["sagemaker:CreateDomain", "sagemaker:CreateUserProfile", "sagemaker:CreatePresignedDomainUrl"],
    ),
    passed(
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateUserProfile.html",
        SAGE_MAKER,
        &["sagemaker:CreateUserProfile", "sagemaker:CreatePresignedDomainUrl"],
    )
    .given("there is a domain"),
    passed(
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateUserProfile.html",
        SAGE_MAKER,
        &["sagemaker:UpdateUserProfile", "sagemaker:CreatePresignedDomainUrl"],
    )
    .given("there is a user profile"),
    there(
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedDomainUrl.html",
        SAGE_MAKER,
        thing("sagemaker", "user-profile/", "a user profile of a domain"),
        &["sagemaker:CreatePresignedDomainUrl"],
    ),
    there("sagemaker-004", SAGE_MAKER, NOTEBOOK, &["sagemaker:CreatePresignedNotebookInstanceUrl"]),
    // A lifecycle configuration runs as root when the notebook starts.
    there(
        "sagemaker-005",
        SAGE_MAKER,
        NOTEBOOK,
        &[
            "sagemaker:StopNotebookInstance",
            "sagemaker:UpdateNotebookInstance",
            "sagemaker:StartNotebookInstance",
        ],
    )
    .besides(&["sagemaker:CreateNotebookInstanceLifecycleConfig"]),
    passed("apprunner-001", APP_RUNNER, &["apprunner:CreateService"]),
    there(
        "apprunner-002",
        APP_RUNNER,
        thing("apprunner", "service/", "a service"),
        &["apprunner:UpdateService"],
    ),
    passed(
        "bedrock-001",
        AGENT_CORE,
        &[
            "bedrock-agentcore:CreateCodeInterpreter",
            "bedrock-agentcore:StartCodeInterpreterSession",
            "bedrock-agentcore:InvokeCodeInterpreter",
        ],
    ),
    there(
        "bedrock-002",
        AGENT_CORE,
        thing("bedrock-agentcore", "code-interpreter-custom/", "a code interpreter"),
        &["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"],
    ),
    passed(
        "bedrock-003",
        AGENT_CORE,
        &[
            "bedrock-agentcore:CreateAgentRuntime",
            "bedrock-agentcore:CreateAgentRuntimeEndpoint",
            "bedrock-agentcore:CreateWorkloadIdentity",
            "bedrock-agentcore:InvokeAgentRuntimeCommand",
        ],
    ),
    there(
        "Prowler",
        AGENT_CORE,
        thing("bedrock-agentcore", "runtime/", "an agent"),
        &["bedrock-agentcore:InvokeAgentRuntimeCommand"],
    ),
    passed(
        "Prowler",
        AGENT_CORE,
        &[
            "bedrock-agentcore:CreateBrowser",
            "bedrock-agentcore:StartBrowserSession",
            "bedrock-agentcore:ConnectBrowserAutomationStream",
        ],
    ),
    there(
        "Prowler",
        AGENT_CORE,
        thing("bedrock-agentcore", "browser-custom/", "a browser"),
        &["bedrock-agentcore:StartBrowserSession", "bedrock-agentcore:ConnectBrowserAutomationStream"],
    ),
    passed("stepfunctions-001", STEP_FUNCTIONS, &["states:CreateStateMachine", "states:StartExecution"]),
    there(
        "stepfunctions-002",
        STEP_FUNCTIONS,
        thing("states", "stateMachine:", "a state machine"),
        &["states:UpdateStateMachine", "states:StartExecution"],
    ),
    // A runbook may be anybody's that is shared with everybody.
    passed("ssm-003", "ssm.amazonaws.com", &["ssm:StartAutomationExecution"]),
    passed("scheduler-001", "scheduler.amazonaws.com", &["scheduler:CreateSchedule"]),
    passed(
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html",
        "events.amazonaws.com",
        &["events:PutRule", "events:PutTargets"],
    ),
    passed(
        "emrserverless-001",
        "emr-serverless.amazonaws.com",
        &["emr-serverless:CreateApplication", "emr-serverless:StartJobRun"],
    ),
    passed(
        "https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_StartJobRun.html",
        "emr-serverless.amazonaws.com",
        &["emr-serverless:StartJobRun"],
    )
    .given("there is an application"),
    passed(
        "datapipeline-001",
        "datapipeline.amazonaws.com",
        &[
            "datapipeline:CreatePipeline",
            "datapipeline:PutPipelineDefinition",
            "datapipeline:ActivatePipeline",
        ],
    ),
    passed(
        "amplify-001",
        "amplify.amazonaws.com",
        &["amplify:CreateApp", "amplify:CreateBranch", "amplify:StartJob"],
    ),
    passed("braket-001", "braket.amazonaws.com", &["braket:CreateJob"]),
    passed(
        "gamelift-001",
        "gamelift.amazonaws.com",
        &["gamelift:CreateBuild", "gamelift:RequestUploadCredentials", "gamelift:CreateFleet"],
    ),
    passed(
        "kinesisanalytics-001",
        "kinesisanalytics.amazonaws.com",
        &["kinesisanalytics:CreateApplication", "kinesisanalytics:StartApplication"],
    ),
    passed("omics-001", "omics.amazonaws.com", &["omics:CreateWorkflow", "omics:StartRun"]),
    // The credentials come without code, to whoever the pool lets in.
    passed("cognitoidentity-001", COGNITO, &["cognito-identity:SetIdentityPoolRoles"])
        .given("an identity pool that the role trusts lets them in"),
    // A certificate of one's own authority gets the credentials.
    passed(
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_rolesanywhere.html",
        ROLES_ANYWHERE,
        &["rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"],
    )
    .asking(ANCHOR),
    passed(
        "https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_UpdateTrustAnchor.html",
        ROLES_ANYWHERE,
        &["rolesanywhere:UpdateTrustAnchor", "rolesanywhere:CreateProfile"],
    )
    .given("there is a trust anchor"),
    there(
        "https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_CreateTrustAnchor.html",
        ROLES_ANYWHERE,
        ANCHOR,
        &["rolesanywhere:CreateTrustAnchor"],
    )
    .asking(ANCHOR),
    there(
        "https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_UpdateTrustAnchor.html",
        ROLES_ANYWHERE,
        ANCHOR,
        &["rolesanywhere:UpdateTrustAnchor"],
    ),
];

/// The values of `iam:PassedToService` under which a role for this principal is passed.
pub(super) fn passed_to(principal: &'static str) -> &'static [&'static str] {
    const TO_APP_RUNNER: &[&str] = &["apprunner.amazonaws.com", APP_RUNNER];
    const TO_EC2: &[&str] =
        &[EC2, "autoscaling.amazonaws.com", "elasticmapreduce.amazonaws.com", "datapipeline.amazonaws.com"];
    const TO_ECS: &[&str] = &[ECS, "ecs.amazonaws.com", "batch.amazonaws.com"];
    const TO_PODS: &[&str] = &[PODS, "eks.amazonaws.com"];
    match principal {
        APP_RUNNER => TO_APP_RUNNER,
        EC2 => TO_EC2,
        ECS => TO_ECS,
        PODS => TO_PODS,
        _ => &[],
    }
}
