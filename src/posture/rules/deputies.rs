//! Services that work for many customers, and whether a policy says for whom it trusts them.
//!
//! Such a service does for one customer what another asks of it, unless the policy asks for the source: then it is no deputy that
//! can be confused (IAM User Guide, "The confused deputy problem"). Whoever hands a role to a service needs iam:PassRole in the
//! role's own account, so most services are silent here: those alone are asked about whose guides advise the keys.

use std::collections::{BTreeMap, BTreeSet};

use super::deputy_guides::{CONTEXTS, Guide, IN_TRUST, ON_BUCKET, ON_KEY, ON_QUEUE, ON_TOPIC, SHOWN_WITHOUT};
use crate::policy::{Ask, Context, Policy, Scope, Statement, Who, glob};
use crate::posture::asked::{AuditAsked, Declared};
use crate::posture::control::nist;
use crate::posture::facts::{MessagePlace, Role};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// Roles say for whom services of many customers may use them.
pub const ROLES: Rule = Rule {
    id: "role-service-source",
    title: "roles say for whom services of many customers may use them",
    severity: Severity::Low,
    practice: 9,
    controls: &[nist("AC-3"), nist("AC-6")],
    risk: "a service that works for many customers can be talked into using the role for another of them",
    remedy: "Add aws:SourceAccount or aws:SourceArn to the statement that lets the service in.",
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
    remedy: "Add aws:SourceAccount or aws:SourceArn to the statement that lets the service in.",
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
    remedy: "Add aws:SourceAccount, aws:SourceArn or the encryption context to the statement that lets the service in.",
    calls: &["ec2:DescribeRegions", "kms:ListKeys", "kms:DescribeKey", "kms:GetKeyPolicy"],
};

/// Topics say for whom services of many customers may publish to them.
pub const TOPICS: Rule = Rule {
    id: "topic-service-source",
    title: "topics say for whom services of many customers may publish to them",
    severity: Severity::Low,
    practice: 9,
    controls: &[nist("AC-3"), nist("AC-4"), nist("AC-6")],
    risk: "any customer of that service can have it publish whatever they like, as if it came from the account",
    remedy: "Add aws:SourceAccount or aws:SourceArn to the statement that lets the service in.",
    calls: &["ec2:DescribeRegions", "sns:ListTopics", "sns:GetTopicAttributes"],
};

/// Queues say for whom services of many customers may send to them.
pub const QUEUES: Rule = Rule {
    id: "queue-service-source",
    title: "queues say for whom services of many customers may send to them",
    severity: Severity::Low,
    practice: 9,
    controls: &[nist("AC-3"), nist("AC-4"), nist("AC-6")],
    risk: "any customer of that service can have it send whatever they like, as if it came from the account",
    remedy: "Add aws:SourceAccount or aws:SourceArn to the statement that lets the service in.",
    calls: &["ec2:DescribeRegions", "sqs:ListQueues", "sqs:GetQueueAttributes"],
};

/// An account that stands for any other.
const STRANGER: &str = "000000000000";
/// What a service does with a role, a bucket, a key, a topic or a queue. That it reads the ACL of a bucket harms nobody.
const DONE: [&str; 7] = [
    "sts:AssumeRole",
    "s3:GetObject",
    "s3:PutObject",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "sns:Publish",
    "sqs:SendMessage",
];

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    if asked.service_sources.is_none() {
        return;
    }
    roles(facts, asked, findings);
    buckets(facts, asked, findings);
    keys(facts, asked, findings);
    messages(facts, asked, findings);
}

fn roles(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.service_sources else { return };
    let Some(iam) = findings.require(&[&ROLES], &facts.iam) else { return };
    // Roles of AWS can only be changed there, and those of the file have the trust that it writes.
    let is_ours = |role: &&Role| {
        !role.identity.is_of_aws()
            && !asked.sections.contains_key(&Declared::Role(role.identity.name.clone()))
    };
    let roles: Vec<&Role> = iam.roles.iter().filter(is_ours).collect();
    findings.checked(&ROLES, roles.len());
    for role in roles {
        let lacking = unbound(facts, &role.trust, &IN_TRUST, &role.identity.arn);
        if lacking.is_empty() {
            continue;
        }
        let name = &role.identity.name;
        let found = Found {
            resource: Resource { kind: "role", id: role.identity.arn.clone(), region: None },
            message: format!("the role {name} does not say for whom a service may use it"),
            evidence: lacking.iter().map(Lacking::evidence).collect(),
            next: format!(
                "add {}: aws iam update-assume-role-policy --role-name {name} --policy-document file://FILE",
                conditions(&lacking)
            ),
            origin: &demand.origin,
        };
        findings.report(&ROLES, found);
    }
}

fn buckets(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.service_sources else { return };
    let Some(buckets) = findings.require(&[&BUCKETS], &facts.buckets) else { return };
    findings.checked(&BUCKETS, buckets.len());
    for bucket in buckets {
        let Some(policy) = findings.require(&[&BUCKETS], &bucket.policy) else { continue };
        let arn = format!("arn:{}:s3:::{}", facts.partition, bucket.name);
        let lacking = policy.as_ref().map(|policy| unbound(facts, policy, &ON_BUCKET, &format!("{arn}/key")));
        let Some(lacking) = lacking.filter(|lacking| !lacking.is_empty()) else { continue };
        let found = Found {
            resource: Resource { kind: "bucket", id: arn, region: bucket.region.clone() },
            message: format!("the bucket {} does not say for whom a service may use it", bucket.name),
            evidence: lacking.iter().map(Lacking::evidence).collect(),
            next: match asked.sections.get(&Declared::Bucket(bucket.name.clone())) {
                Some(section) => {
                    format!("add {} in `[{section}]`, then apply", conditions(&lacking))
                }
                None => format!(
                    "add {}: aws s3api put-bucket-policy --bucket {} --policy file://FILE",
                    conditions(&lacking),
                    bucket.name
                ),
            },
            origin: &demand.origin,
        };
        findings.report(&BUCKETS, found);
    }
}

fn keys(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.service_sources else { return };
    let Some(regions) = findings.require(&[&KEYS], &facts.regions) else { return };
    for (region, read) in regions {
        let Some(keys) = findings.require(&[&KEYS], &read.keys) else { continue };
        findings.checked(&KEYS, keys.len());
        for key in keys {
            let Some(policy) = findings.require(&[&KEYS], &key.policy) else { continue };
            let lacking = unbound(facts, policy, &ON_KEY, &key.arn);
            if lacking.is_empty() {
                continue;
            }
            let found = Found {
                resource: Resource { kind: "key", id: key.arn.clone(), region: Some(region.clone()) },
                message: format!("the key {} does not say for whom a service may use it", key.arn),
                evidence: lacking.iter().map(Lacking::evidence).collect(),
                next: format!(
                    "add {}: aws kms put-key-policy --region {region} --key-id {} --policy-name default --policy \
                     file://FILE",
                    conditions(&lacking),
                    key.arn
                ),
                origin: &demand.origin,
            };
            findings.report(&KEYS, found);
        }
    }
}

fn messages(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.service_sources else { return };
    let rules: [&'static Rule; 2] = [&TOPICS, &QUEUES];
    let Some(regions) = findings.require(&rules, &facts.regions) else { return };
    for (region, read) in regions {
        for (rule, kind, places, known) in [
            (rules[0], "topic", &read.topics, ON_TOPIC.as_slice()),
            (rules[1], "queue", &read.queues, ON_QUEUE.as_slice()),
        ] {
            let Some(places) = findings.require(&[rule], places) else { continue };
            findings.checked(rule, places.len());
            for place in places {
                let Some(policy) = findings.require(&[rule], &place.policy) else { continue };
                let Some(policy) = policy else { continue };
                let lacking = unbound(facts, policy, known, &place.arn);
                if lacking.is_empty() {
                    continue;
                }
                let found = Found {
                    resource: Resource { kind, id: place.arn.clone(), region: Some(region.clone()) },
                    message: format!(
                        "the {kind} {} does not say for whom a service may use it",
                        place.name()
                    ),
                    evidence: lacking.iter().map(Lacking::evidence).collect(),
                    next: format!("add {}: {}", conditions(&lacking), place.command(region)),
                    origin: &demand.origin,
                };
                findings.report(rule, found);
            }
        }
    }
}

impl MessagePlace {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or_default()
    }

    /// The command that puts another policy on it.
    pub(super) fn command(&self, region: &str) -> String {
        if self.handle == self.arn {
            format!(
                "aws sns set-topic-attributes --region {region} --topic-arn {} --attribute-name Policy --attribute-value \
                 file://FILE",
                self.arn
            )
        } else {
            format!(
                "aws sqs set-queue-attributes --region {region} --queue-url {} --attributes file://FILE; FILE holds \
                 the document as the text of \"Policy\"",
                self.handle
            )
        }
    }
}

/// A statement by which a service may act for any of its customers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Lacking {
    statement: String,
    service: String,
    /// Keys, and the page that shows them.
    advised: (&'static str, String),
    /// Operator, key and value of the condition for this account.
    condition: [String; 3],
}

impl Lacking {
    fn evidence(&self) -> String {
        let Self { statement, service, advised: (keys, page), .. } = self;
        format!("{statement} lets {service} in, whomever it acts for; AWS advises {keys} ({page})")
    }
}

/// The conditions to add, each with the services that it is for.
fn conditions(lacking: &[Lacking]) -> String {
    let mut services: BTreeMap<&[String; 3], BTreeSet<&str>> = BTreeMap::new();
    for Lacking { condition, service, .. } in lacking {
        services.entry(condition).or_default().insert(service);
    }
    let each = services.into_iter().map(|([operator, key, value], services)| {
        let services: Vec<&str> = services.into_iter().collect();
        let services = services.join(" and ");
        format!("the condition \"{operator}\": {{\"{key}\": \"{value}\"}} to the statement for {services}")
    });
    let each: Vec<String> = each.collect();
    format!("{}, with the account that it works for where that is another", each.join(" and "))
}

/// The statements by which a service may act for any of its customers, where AWS advises otherwise.
fn unbound(facts: &Facts, policy: &Policy, known: &[Guide], on: &str) -> Vec<Lacking> {
    let mut found = BTreeSet::new();
    for statement in policy.allows().filter(|it| !is_kept_apart(facts, it)) {
        for service in statement.principals.iter().flat_map(|principals| &principals.services) {
            let Some(guide) = known.iter().find(|guide| is_called(service, guide.service)) else { continue };
            if is_shown_without(statement, guide.service) {
                continue;
            }
            let acts_for_anybody = DONE.iter().any(|action| {
                sources(facts, statement, service, guide.service).iter().any(|context| {
                    let resource = example(statement, on);
                    let ask = Ask { who: Who::Service(service), action, resource: &resource, context };
                    statement.applies(&ask).is_possible() && policy.denying(&ask).is_none()
                })
            });
            if acts_for_anybody {
                found.insert(Lacking {
                    statement: statement.label.clone(),
                    service: service.clone(),
                    advised: (guide.keys(), guide.cited()),
                    condition: guide.condition(&facts.partition, &facts.account),
                });
            }
        }
    }
    found.into_iter().collect()
}

/// Whether it is a statement as AWS shows it for another use of the same service, which sends no source.
fn is_shown_without(statement: &Statement, service: &str) -> bool {
    let Scope::Only(actions) = &statement.actions else { return false };
    statement.conditions.is_empty()
        && SHOWN_WITHOUT.iter().any(|(known, shown)| {
            let is = |action: &&String, shown: &str| action.eq_ignore_ascii_case(shown);
            *known == service
                && shown.iter().all(|shown| actions.iter().any(|action| is(&action, shown)))
                && actions.iter().all(|action| shown.iter().any(|shown| is(&action, shown)))
        })
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
        let filled = |part: &str| part.replace(['*', '?'], "x");
        // The ARN of a bucket has neither region nor account, whatever a pattern leaves room for, and its name is one owner's alone.
        if *service == "s3" && [region, account].iter().all(|part| part.is_empty() || **part == "*") {
            let any = thing.contains(['*', '?']);
            return any.then(|| format!("arn:{}:s3:::{}", facts.partition, filled(thing)));
        }
        let of_anybody = !account.is_empty() && glob(account, STRANGER);
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
            .with("aws:SourceOwner", STRANGER)
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
