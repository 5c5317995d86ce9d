//! Services that work for many customers, and whether a policy says for whom it trusts them.
//!
//! Such a service does for one customer what another asks of it, unless the policy asks for the source: then it is no deputy that
//! can be confused (IAM User Guide, "The confused deputy problem"). Whoever hands a role to a service needs iam:PassRole in the
//! role's own account, so most services are silent here: those alone are asked about whose guides advise the keys.

use std::collections::BTreeSet;

use crate::policy::{Ask, Context, Policy, Scope, Statement, Who, glob};
use crate::posture::asked::{AuditAsked, Declared};
use crate::posture::control::nist;
use crate::posture::facts::Role;
use crate::posture::judgement::{Found, Judgement};
use crate::posture::{Facts, Resource, Rule, Severity};

/// Roles say for whom services of many customers may use them.
pub const ROLES: Rule = Rule {
    id: "role-service-source",
    title: "roles say for whom services of many customers may use them",
    severity: Severity::Low,
    practice: 9,
    controls: &[nist("AC-3"), nist("AC-6")],
    risk: "a service that works for many customers can be talked into using the role for another of them",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Buckets say for whom services of many customers may use them.
pub const BUCKETS: Rule = Rule {
    id: "bucket-service-source",
    title: "buckets say for whom services of many customers may use them",
    severity: Severity::Medium,
    practice: 13,
    controls: &[nist("AC-3"), nist("AC-4"), nist("AC-6")],
    risk: "any customer of that service can have it read from the bucket, or write into it, on their own behalf",
    calls: &["s3:ListBuckets", "s3:GetBucketPolicy"],
};

/// Keys say for whom services of many customers may use them.
pub const KEYS: Rule = Rule {
    id: "key-service-source",
    title: "keys say for whom services of many customers may use them",
    severity: Severity::Low,
    practice: 9,
    controls: &[nist("AC-3"), nist("AC-6"), nist("SC-12")],
    risk: "any customer of that service can have it encrypt or decrypt with the key on their own behalf",
    calls: &["ec2:DescribeRegions", "kms:ListKeys", "kms:DescribeKey", "kms:GetKeyPolicy"],
};

/// Services whose guides advise aws:SourceAccount or aws:SourceArn in the trust policy of the role that they use, each with where.
const IN_TRUST: [(&str, &str); 17] = [
    ("bedrock", "Bedrock User Guide, service roles"),
    ("codebuild", "CodeBuild User Guide, cross-service confused deputy prevention"),
    ("comprehend", "Comprehend Developer Guide, cross-service confused deputy prevention"),
    ("datasync", "DataSync User Guide, cross-service confused deputy prevention"),
    ("ecs-tasks", "ECS Developer Guide, task IAM role"),
    ("forecast", "Forecast Developer Guide, cross-service confused deputy prevention"),
    ("frauddetector", "Fraud Detector User Guide, confused deputy prevention"),
    ("iot", "IoT Core Developer Guide, cross-service confused deputy prevention"),
    ("logs", "CloudWatch Logs User Guide, subscription filters"),
    ("personalize", "Personalize Developer Guide, cross-service confused deputy prevention"),
    ("pipes", "EventBridge User Guide, permissions of pipes"),
    ("scheduler", "EventBridge Scheduler User Guide, confused deputy prevention"),
    ("ssm", "Systems Manager User Guide, cross-service confused deputy prevention"),
    ("states", "Step Functions Developer Guide, confused deputy prevention"),
    ("transcribe", "Transcribe Developer Guide, cross-service confused deputy prevention"),
    ("transfer", "Transfer Family User Guide, cross-service confused deputy prevention"),
    ("vpc-flow-logs", "VPC User Guide, role for flow logs in CloudWatch Logs"),
];

/// Services whose guides show those keys in the policy of the bucket that they read from or write into, each with where.
const ON_BUCKET: [(&str, &str); 9] = [
    ("billingreports", "Cost and Usage Reports User Guide, bucket policy"),
    ("cloudfront", "CloudFront Developer Guide, origin access control"),
    ("cloudtrail", "CloudTrail User Guide, S3 bucket policy"),
    ("config", "Config Developer Guide, permissions for the S3 bucket"),
    ("delivery.logs", "CloudWatch Logs User Guide, logs sent to S3"),
    ("guardduty", "GuardDuty User Guide, exporting findings"),
    ("logging.s3", "S3 User Guide, server access logging"),
    ("s3", "S3 User Guide, inventory"),
    ("ses", "SES Developer Guide, delivery to S3"),
];

/// Services whose guides show those keys, or an encryption context, in the policy of the key that they use, each with where.
const ON_KEY: [(&str, &str); 6] = [
    ("cloudtrail", "CloudTrail User Guide, key policies"),
    ("config", "Config Developer Guide, permissions for the KMS key"),
    ("delivery.logs", "CloudWatch Logs User Guide, logs sent to S3"),
    ("guardduty", "GuardDuty User Guide, exporting findings"),
    ("logs", "CloudWatch Logs User Guide, encrypting log data"),
    ("s3", "S3 User Guide, inventory"),
];

/// An account that stands for any other.
const STRANGER: &str = "000000000000";
/// Encryption contexts that hold the ARN of what the service works for.
const CONTEXTS: [&str; 2] =
    ["kms:EncryptionContext:aws:cloudtrail:arn", "kms:EncryptionContext:aws:logs:arn"];
/// What a service does with what a role, a bucket or a key holds. That it reads the ACL of a bucket harms nobody.
const DONE: [&str; 5] =
    ["sts:AssumeRole", "s3:GetObject", "s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey"];

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, judgement: &mut Judgement) {
    if asked.service_sources.is_none() {
        return;
    }
    roles(facts, asked, judgement);
    buckets(facts, asked, judgement);
    keys(facts, asked, judgement);
}

fn roles(facts: &Facts, asked: &AuditAsked, judgement: &mut Judgement) {
    let Some(demand) = &asked.service_sources else { return };
    let Some(iam) = judgement.need(&[&ROLES], &facts.iam) else { return };
    // Roles of AWS can only be changed there, and those of the file have the trust that it writes.
    let is_ours = |role: &&Role| {
        !role.identity.is_of_aws()
            && !asked.sections.contains_key(&Declared::Role(role.identity.name.clone()))
    };
    let roles: Vec<&Role> = iam.roles.iter().filter(is_ours).collect();
    judgement.checked(&ROLES, roles.len());
    for role in roles {
        let evidence = unbound(facts, &role.trust, &IN_TRUST, &role.identity.arn);
        if evidence.is_empty() {
            continue;
        }
        let name = &role.identity.name;
        let found = Found {
            resource: Resource { kind: "role", id: role.identity.arn.clone(), region: None },
            message: format!("the role {name} does not say for whom a service may use it"),
            evidence,
            next: format!(
                "add the condition \"StringEquals\": {{\"aws:SourceAccount\": \"{}\"}} to the statement: aws iam \
                 update-assume-role-policy --role-name {name} --policy-document file://FILE",
                facts.account
            ),
            origin: &demand.origin,
        };
        judgement.find(&ROLES, found);
    }
}

fn buckets(facts: &Facts, asked: &AuditAsked, judgement: &mut Judgement) {
    let Some(demand) = &asked.service_sources else { return };
    let Some(buckets) = judgement.need(&[&BUCKETS], &facts.buckets) else { return };
    judgement.checked(&BUCKETS, buckets.len());
    for bucket in buckets {
        let Some(policy) = judgement.need(&[&BUCKETS], &bucket.policy) else { continue };
        let arn = format!("arn:{}:s3:::{}", facts.partition, bucket.name);
        let evidence =
            policy.as_ref().map(|policy| unbound(facts, policy, &ON_BUCKET, &format!("{arn}/key")));
        let Some(evidence) = evidence.filter(|evidence| !evidence.is_empty()) else { continue };
        let found = Found {
            resource: Resource { kind: "bucket", id: arn, region: bucket.region.clone() },
            message: format!("the bucket {} does not say for whom a service may use it", bucket.name),
            evidence,
            next: match asked.sections.get(&Declared::Bucket(bucket.name.clone())) {
                Some(section) => format!(
                    "add the condition StringEquals aws:SourceAccount {} to the statement in `[{section}]`, then apply",
                    facts.account
                ),
                None => format!(
                    "add the condition \"StringEquals\": {{\"aws:SourceAccount\": \"{}\"}} to the statement: aws s3api \
                     put-bucket-policy --bucket {} --policy file://FILE",
                    facts.account, bucket.name
                ),
            },
            origin: &demand.origin,
        };
        judgement.find(&BUCKETS, found);
    }
}

fn keys(facts: &Facts, asked: &AuditAsked, judgement: &mut Judgement) {
    let Some(demand) = &asked.service_sources else { return };
    let Some(regions) = judgement.need(&[&KEYS], &facts.regions) else { return };
    for (region, read) in regions {
        let Some(keys) = judgement.need(&[&KEYS], &read.keys) else { continue };
        judgement.checked(&KEYS, keys.len());
        for key in keys {
            let Some(policy) = judgement.need(&[&KEYS], &key.policy) else { continue };
            let evidence = unbound(facts, policy, &ON_KEY, &key.arn);
            if evidence.is_empty() {
                continue;
            }
            let found = Found {
                resource: Resource { kind: "key", id: key.arn.clone(), region: Some(region.clone()) },
                message: format!("the key {} does not say for whom a service may use it", key.arn),
                evidence,
                next: format!(
                    "add the condition \"StringEquals\": {{\"aws:SourceAccount\": \"{}\"}} to the statement: aws kms \
                     put-key-policy --region {region} --key-id {} --policy-name default --policy file://FILE",
                    facts.account, key.arn
                ),
                origin: &demand.origin,
            };
            judgement.find(&KEYS, found);
        }
    }
}

/// The statements by which a service may act for any of its customers, with where AWS advises otherwise.
fn unbound(facts: &Facts, policy: &Policy, known: &[(&str, &'static str)], on: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    for statement in policy.allows().filter(|it| !is_kept_apart(facts, it)) {
        for service in statement.principals.iter().flat_map(|principals| &principals.services) {
            let Some((name, source)) = known.iter().find(|(name, _)| is_called(service, name)) else {
                continue;
            };
            let acts_for_anybody = DONE.iter().any(|action| {
                sources(facts, statement, service, name).iter().any(|context| {
                    let resource = example(statement, on);
                    let ask = Ask { who: Who::Service(service), action, resource: &resource, context };
                    statement.applies(&ask).is_possible() && policy.denying(&ask).is_none()
                })
            });
            if acts_for_anybody {
                found.insert(format!(
                    "{} lets {service} in, whomever it acts for; AWS advises aws:SourceAccount or aws:SourceArn ({source})",
                    statement.label
                ));
            }
        }
    }
    found.into_iter().collect()
}

/// Whether a principal is that service: in every partition, and with a region in its name.
fn is_called(service: &str, name: &str) -> bool {
    let rest = service.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
    rest.is_some_and(|rest| {
        let region = rest.split('.').next().unwrap_or_default();
        rest.starts_with("amazonaws.com") || region.bytes().filter(|byte| *byte == b'-').count() >= 2
    })
}

/// Whether something else than the source keeps other customers apart: an external id, an encryption context, or a path with the
/// account's id, under which the service writes for nobody else.
fn is_kept_apart(facts: &Facts, statement: &Statement) -> bool {
    let asks_for_id = statement.conditions.iter().any(|condition| {
        let key = condition.key.to_ascii_lowercase();
        key == "sts:externalid" || (key.starts_with("kms:encryptioncontext:") && !known_context(&key))
    });
    let own = format!("AWSLogs/{}/", facts.account);
    let in_own_path = match &statement.resources {
        Some(Scope::Only(resources)) => resources.iter().all(|resource| resource.text.contains(&own)),
        Some(Scope::AllBut(_)) | None => false,
    };
    asks_for_id || in_own_path
}

/// Whether an encryption context, in small letters, is one that tells for whom a service works.
fn known_context(key: &str) -> bool {
    CONTEXTS.iter().any(|context| context.eq_ignore_ascii_case(key))
}

/// A resource of which the statement speaks.
fn example(statement: &Statement, on: &str) -> String {
    match &statement.resources {
        Some(Scope::Only(resources)) => resources
            .iter()
            .map(|resource| &resource.text)
            .find(|text| text.contains('/'))
            .map_or_else(|| on.to_owned(), |text| text.replace(['*', '?'], "x")),
        Some(Scope::AllBut(_)) | None => on.to_owned(),
    }
}

/// What requests of a service carry that acts for somebody else: from a source that conditions may speak of, and for somebody in an
/// organization and in none.
fn sources(facts: &Facts, statement: &Statement, service: &str, name: &str) -> Vec<Context> {
    let on_source = statement
        .conditions
        .iter()
        .filter(|it| it.key.eq_ignore_ascii_case("aws:SourceArn") || known_context(&it.key));
    let named = on_source.flat_map(|condition| &condition.values).filter_map(|value| {
        let parts: Vec<&str> = value.text.splitn(6, ':').collect();
        let [_, _, service, region, account, thing] = parts.as_slice() else { return None };
        let of_anybody = !account.is_empty() && glob(account, STRANGER);
        let filled = |part: &str| part.replace(['*', '?'], "x");
        of_anybody.then(|| {
            format!(
                "arn:{}:{}:{}:{STRANGER}:{}",
                facts.partition,
                filled(service),
                filled(region),
                filled(thing)
            )
        })
    });
    let other = match name {
        "s3" | "logging.s3" => format!("arn:{}:s3:::a-bucket-of-somebody", facts.partition),
        _ => format!("arn:{}:{name}:us-east-1:{STRANGER}:thing/of-somebody", facts.partition),
    };
    let mut found = Vec::new();
    for source in named.chain([other]) {
        let known = Context::open()
            .with("aws:SourceAccount", STRANGER)
            .with("aws:SourceArn", source.clone())
            .with(CONTEXTS[0], source.clone())
            .with(CONTEXTS[1], source)
            // SES puts the account there for which it acts, and its older examples ask for that.
            .with("aws:Referer", STRANGER)
            .with("aws:PrincipalIsAWSService", "true")
            .with("aws:PrincipalServiceName", service)
            .with("aws:SecureTransport", "true")
            .with("aws:CurrentTime", facts.now.to_string());
        let absent =
            ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalAccount", "aws:PrincipalArn"];
        let known = absent.iter().fold(known, |known, key| known.with_all(key, []));
        found.push(known.clone().with_all("aws:SourceOrgID", []).with_all("aws:SourceOrgPaths", []));
        found.push(
            known.with("aws:SourceOrgID", "o-stranger").with("aws:SourceOrgPaths", "o-stranger/r-stranger/"),
        );
    }
    found
}
