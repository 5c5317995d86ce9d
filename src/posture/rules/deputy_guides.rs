//! Which services work for many customers, and which page of AWS shows how a policy says for whom: data, each row with its page.
//!
//! Left out are those whose pages show a policy without such a condition for the same principal and the same use, so that nobody
//! can tell from a policy whether one may be there: EventBridge, AWS Backup, DMS, CodeStar Notifications and Systems Manager on
//! topics ("You can't use `Condition` blocks in Amazon SNS topic policies for EventBridge", EventBridge User Guide, resource-based
//! policies), WorkSpaces Applications on buckets (its icons are not shown where there is one, "Application Amazon S3 bucket
//! policy"), load balancers and Redshift on buckets, SES on keys. No page of Lambda, EC2, Glue and CodePipeline asks for one in
//! the trust of a role.

/// A service, and what AWS shows of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::posture) struct Guide {
    /// How its principal begins, such as `delivery.logs`.
    pub(in crate::posture) service: &'static str,
    /// The guide and its page.
    pub(in crate::posture) title: &'static str,
    /// Where the page is, below `https://docs.aws.amazon.com/`.
    page: &'static str,
    /// What the page asks for.
    pub(in crate::posture) asks: Asks,
}

/// What a page asks for in the condition of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::posture) enum Asks {
    /// `aws:SourceAccount`, alone or beside `aws:SourceArn`.
    Account,
    /// `aws:SourceArn` and no `aws:SourceAccount`: how it goes on after `arn:PARTITION:`, with `ACCOUNT` for the account.
    Source(&'static str),
    /// An encryption context, and how its value goes on.
    Context(&'static str, &'static str),
}

impl Guide {
    /// Its title and its address.
    pub(in crate::posture) fn cited(&self) -> String {
        format!("{}, https://docs.aws.amazon.com/{}", self.title, self.page)
    }

    /// The keys, as a sentence names them.
    pub(in crate::posture) const fn keys(&self) -> &'static str {
        match self.asks {
            Asks::Account => "aws:SourceAccount or aws:SourceArn",
            Asks::Source(_) => "aws:SourceArn",
            Asks::Context(key, _) => key,
        }
    }

    /// The condition for one account: operator, key and value.
    pub(in crate::posture) fn condition(&self, partition: &str, account: &str) -> [String; 3] {
        let arn = |rest: &str| format!("arn:{partition}:{}", rest.replace("ACCOUNT", account));
        let (operator, key, value) = match self.asks {
            Asks::Account => ("StringEquals", "aws:SourceAccount", account.to_owned()),
            Asks::Source(rest) => ("ArnLike", "aws:SourceArn", arn(rest)),
            Asks::Context(key, rest) => ("ArnLike", key, arn(rest)),
        };
        [operator.to_owned(), key.to_owned(), value]
    }
}

const fn both(service: &'static str, title: &'static str, page: &'static str) -> Guide {
    Guide { service, title, page, asks: Asks::Account }
}

const fn source(service: &'static str, title: &'static str, page: &'static str, arn: &'static str) -> Guide {
    Guide { service, title, page, asks: Asks::Source(arn) }
}

/// In the trust policy of the role that the service uses.
pub(in crate::posture) const IN_TRUST: [Guide; 27] = [
    both(
        "appstream",
        "WorkSpaces Applications Administration Guide, cross-service confused deputy prevention",
        "appstream2/latest/developerguide/confused-deputy.html",
    ),
    both(
        "batch",
        "AWS Batch User Guide, cross-service confused deputy prevention",
        "batch/latest/userguide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "bedrock",
        "Bedrock User Guide, cross-service confused deputy prevention",
        "bedrock/latest/userguide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "codebuild",
        "CodeBuild User Guide, allow CodeBuild to interact with other AWS services",
        "codebuild/latest/userguide/setting-up-service-role.html",
    ),
    both(
        "codedeploy",
        "CodeDeploy User Guide, cross-service confused deputy prevention",
        "codedeploy/latest/userguide/security_confused_deputy.html",
    ),
    both(
        "comprehend",
        "Comprehend Developer Guide, cross-service confused deputy prevention",
        "comprehend/latest/dg/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "datasync",
        "DataSync User Guide, cross-service confused deputy prevention",
        "datasync/latest/userguide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "ecs-tasks",
        "ECS Developer Guide, task IAM role",
        "AmazonECS/latest/developerguide/task-iam-roles.html",
    ),
    both(
        "events",
        "EventBridge User Guide, cross-service confused deputy prevention",
        "eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "fis",
        "Fault Injection Service User Guide, IAM roles for experiments",
        "fis/latest/userguide/getting-started-iam-service-role.html",
    ),
    both(
        "forecast",
        "Forecast Developer Guide, set up permissions",
        "forecast/latest/dg/aws-forecast-iam-roles.html",
    ),
    both(
        "frauddetector",
        "Fraud Detector User Guide, confused deputy prevention",
        "frauddetector/latest/ug/confused-deputy-prevention.html",
    ),
    both(
        "iot",
        "IoT Core Developer Guide, cross-service confused deputy prevention",
        "iot/latest/developerguide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "logs",
        "CloudWatch Logs User Guide, confused deputy prevention of subscriptions",
        "AmazonCloudWatch/latest/logs/Subscriptions-confused-deputy.html",
    ),
    both(
        "monitoring.rds",
        "RDS User Guide, cross-service confused deputy prevention",
        "AmazonRDS/latest/UserGuide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "personalize",
        "Personalize Developer Guide, cross-service confused deputy prevention",
        "personalize/latest/dg/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "pipes",
        "EventBridge User Guide, cross-service confused deputy prevention",
        "eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "rds",
        "RDS User Guide, cross-service confused deputy prevention",
        "AmazonRDS/latest/UserGuide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "sagemaker",
        "SageMaker AI Developer Guide, cross-service confused deputy prevention",
        "sagemaker/latest/dg/security-confused-deputy-prevention.html",
    ),
    both(
        "scheduler",
        "EventBridge Scheduler User Guide, confused deputy prevention",
        "scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "ses",
        "SES Developer Guide, permissions for email receiving",
        "ses/latest/dg/receiving-email-permissions.html",
    ),
    both(
        "ssm",
        "Systems Manager User Guide, cross-service confused deputy prevention",
        "systems-manager/latest/userguide/cross-service-confused-deputy-prevention.html",
    ),
    both(
        "states",
        "Step Functions Developer Guide, an IAM role for your state machine",
        "step-functions/latest/dg/procedure-create-iam-role.html",
    ),
    both(
        "transcribe",
        "Transcribe Developer Guide, cross-service confused deputy prevention",
        "transcribe/latest/dg/security-iam-confused-deputy.html",
    ),
    both(
        "transcribe.streaming",
        "Transcribe Developer Guide, identity-based policy examples",
        "transcribe/latest/dg/security_iam_id-based-policy-examples.html",
    ),
    both(
        "transfer",
        "Transfer Family User Guide, cross-service confused deputy prevention",
        "transfer/latest/userguide/confused-deputy.html",
    ),
    both(
        "vpc-flow-logs",
        "VPC User Guide, role for flow logs in CloudWatch Logs",
        "vpc/latest/userguide/flow-logs-iam-role.html",
    ),
];

/// In the policy of the bucket that the service reads from or writes into.
pub(in crate::posture) const ON_BUCKET: [Guide; 18] = [
    both(
        "acm-pca",
        "Private CA User Guide, planning a certificate revocation list",
        "privateca/latest/userguide/crl-planning.html",
    ),
    both(
        "appflow",
        "AppFlow User Guide, Amazon S3 bucket policies",
        "appflow/latest/userguide/s3-policies-management.html",
    ),
    both(
        "bcm-data-exports",
        "Data Exports User Guide, S3 bucket for data exports",
        "cur/latest/userguide/dataexports-s3-bucket.html",
    ),
    both(
        "billingreports",
        "Data Exports User Guide, S3 bucket for Cost and Usage Reports",
        "cur/latest/userguide/cur-s3.html",
    ),
    source(
        "cloudfront",
        "CloudFront Developer Guide, origin access control",
        "AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
        "cloudfront::ACCOUNT:distribution/*",
    ),
    source(
        "cloudtrail",
        "CloudTrail User Guide, S3 bucket policy",
        "awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
        "cloudtrail:*:ACCOUNT:trail/*",
    ),
    both(
        "config",
        "Config Developer Guide, permissions for the S3 bucket",
        "config/latest/developerguide/s3-bucket-policy.html",
    ),
    both(
        "delivery.logs",
        "CloudWatch Logs User Guide, logs sent to S3",
        "AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html",
    ),
    both(
        "guardduty",
        "GuardDuty User Guide, exporting findings",
        "guardduty/latest/ug/guardduty_exportfindings.html",
    ),
    both(
        "inspector2",
        "Inspector User Guide, exporting findings reports",
        "inspector/latest/user/findings-managing-exporting-reports.html",
    ),
    both(
        "logging.s3",
        "S3 User Guide, server access logging",
        "AmazonS3/latest/userguide/enable-server-access-logging.html",
    ),
    both(
        "logs",
        "CloudWatch Logs User Guide, export to S3",
        "AmazonCloudWatch/latest/logs/S3ExportTasks.html",
    ),
    both(
        "macie",
        "Macie User Guide, storing discovery results",
        "macie/latest/user/discovery-results-repository-s3.html",
    ),
    both("s3", "S3 User Guide, inventory", "AmazonS3/latest/userguide/configure-inventory.html"),
    both(
        "ses",
        "SES Developer Guide, permissions for email receiving",
        "ses/latest/dg/receiving-email-permissions.html",
    ),
    both("sns", "SNS Developer Guide, SMS usage reports", "sns/latest/dg/sms_stats_usage.html"),
    both(
        "ssm",
        "Systems Manager User Guide, resource data sync",
        "systems-manager/latest/userguide/sysman-inventory-datasync.html",
    ),
    both(
        "storage-lens.s3",
        "S3 User Guide, bucket policy examples",
        "AmazonS3/latest/userguide/example-bucket-policies.html",
    ),
];

/// In the policy of the key that the service uses.
pub(in crate::posture) const ON_KEY: [Guide; 11] = [
    source(
        "cloudfront",
        "CloudFront Developer Guide, origin access control",
        "AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
        "cloudfront::ACCOUNT:distribution/*",
    ),
    source(
        "cloudtrail",
        "CloudTrail User Guide, key policies",
        "awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html",
        "cloudtrail:*:ACCOUNT:trail/*",
    ),
    both(
        "config",
        "Config Developer Guide, permissions for the KMS key",
        "config/latest/developerguide/s3-kms-key-policy.html",
    ),
    both(
        "delivery.logs",
        "CloudWatch Logs User Guide, logs sent to S3",
        "AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html",
    ),
    both(
        "guardduty",
        "GuardDuty User Guide, exporting findings",
        "guardduty/latest/ug/guardduty_exportfindings.html",
    ),
    both(
        "inspector2",
        "Inspector User Guide, exporting findings reports",
        "inspector/latest/user/findings-managing-exporting-reports.html",
    ),
    Guide {
        service: "logs",
        title: "CloudWatch Logs User Guide, encrypting log data",
        page: "AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
        asks: Asks::Context(CONTEXTS[1], "logs:*:ACCOUNT:*"),
    },
    both(
        "macie",
        "Macie User Guide, storing discovery results",
        "macie/latest/user/discovery-results-repository-s3.html",
    ),
    both("s3", "S3 User Guide, inventory", "AmazonS3/latest/userguide/configure-inventory.html"),
    both(
        "ssm",
        "Systems Manager User Guide, resource data sync",
        "systems-manager/latest/userguide/sysman-inventory-datasync.html",
    ),
    both(
        "storage-lens.s3",
        "S3 User Guide, permissions for an encrypted export of Storage Lens",
        "AmazonS3/latest/userguide/storage_lens_encrypt_permissions.html",
    ),
];

/// In the policy of the topic that the service publishes to.
pub(in crate::posture) const ON_TOPIC: [Guide; 9] = [
    both(
        "budgets",
        "Cost Management User Guide, SNS topics for budgets",
        "cost-management/latest/userguide/budgets-sns-policy.html",
    ),
    source(
        "cloudtrail",
        "CloudTrail User Guide, SNS topic policy",
        "awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html",
        "cloudtrail:*:ACCOUNT:trail/*",
    ),
    both(
        "cloudwatch",
        "CloudWatch User Guide, notify users on alarm changes",
        "AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html",
    ),
    both(
        "codecommit",
        "CodeCommit User Guide, customer managed policies",
        "codecommit/latest/userguide/customer-managed-policies.html",
    ),
    both(
        "config",
        "Config Developer Guide, permissions for the SNS topic",
        "config/latest/developerguide/sns-topic-policy.html",
    ),
    both(
        "events.rds",
        "RDS User Guide, permissions to publish notifications",
        "AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html",
    ),
    both(
        "s3",
        "S3 User Guide, permissions to publish event notifications",
        "AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html",
    ),
    both(
        "ses",
        "SES Developer Guide, notifications by SNS",
        "ses/latest/dg/configure-sns-notifications.html",
    ),
    both(
        "ssm-incidents",
        "Incident Manager User Guide, chat channels",
        "incident-manager/latest/userguide/chat.html",
    ),
];

/// In the policy of the queue that the service sends to.
pub(in crate::posture) const ON_QUEUE: [Guide; 3] = [
    source(
        "events",
        "EventBridge User Guide, resource-based policies",
        "eventbridge/latest/userguide/eb-use-resource-based.html",
        "events:*:ACCOUNT:rule/*",
    ),
    both(
        "s3",
        "S3 User Guide, permissions to publish event notifications",
        "AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html",
    ),
    source(
        "sns",
        "SNS Developer Guide, subscribing a queue to a topic",
        "sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html",
        "sns:*:ACCOUNT:*",
    ),
];

/// Encryption contexts that hold the ARN of what the service works for.
pub(in crate::posture) const CONTEXTS: [&str; 2] =
    ["kms:EncryptionContext:aws:cloudtrail:arn", "kms:EncryptionContext:aws:logs:arn"];

/// Statements of keys that AWS shows without a condition, though the service is in [`ON_KEY`]: the service, and the actions that
/// such a statement allows, all of them and no other. Event data stores send no source (CloudTrail User Guide, "Configure AWS KMS
/// key policies for CloudTrail"), and neither does the export of logs by its page (CloudWatch Logs User Guide, "Export log data
/// to Amazon S3").
pub(in crate::posture) const SHOWN_WITHOUT: [(&str, [&str; 2]); 2] = [
    ("cloudtrail", ["kms:Decrypt", "kms:GenerateDataKey"]),
    ("logs", ["kms:Decrypt", "kms:GenerateDataKey"]),
];
