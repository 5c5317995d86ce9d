//! Whether a bucket policy is public, as S3 Block Public Access understands the word.
//!
//! A policy is taken for public until every grant in it is bound to fixed values: to principals, or by a condition
//! to networks, accounts, organisations or sources. A wildcard or a variable is not a fixed value.

use ipnet::IpNet;

use super::condition::{Condition, Quantifier};
use super::context::Context;
use super::principal::Principals;
use super::statement::{Policy, Scope, Statement};
use crate::partition::is_account;

/// Condition keys that bind a grant when their values are fixed.
const BINDING: &[&str] = &[
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Actions on objects and on buckets that stand for their families where a deny is looked for.
const SAMPLES: [(&str, bool); 16] = [
    ("s3:GetObject", true),
    ("s3:GetObjectVersion", true),
    ("s3:GetObjectAcl", true),
    ("s3:GetObjectTagging", true),
    ("s3:GetBucketAcl", false),
    ("s3:GetBucketPolicy", false),
    ("s3:ListBucket", false),
    ("s3:ListBucketVersions", false),
    ("s3:PutObject", true),
    ("s3:PutObjectAcl", true),
    ("s3:PutBucketAcl", false),
    ("s3:PutBucketPolicy", false),
    ("s3:DeleteObject", true),
    ("s3:DeleteObjectVersion", true),
    ("s3:AbortMultipartUpload", true),
    ("s3:RestoreObject", true),
];

/// A grant to everybody, and what it lets them do, in the families of actions that AWS judges public access by (IAM Access
/// Analyzer and the Config rules for public buckets).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The statement that grants.
    pub statement: String,
    /// Whether objects or settings can be read: any of `s3:Get*`.
    pub reads: bool,
    /// Whether objects can be listed: any of `s3:List*`.
    pub lists: bool,
    /// Whether objects or settings can be written or deleted: `s3:Put*`, `s3:Delete*` and the like.
    pub writes: bool,
    /// Well-known actions that it allows, each with whether it is one on objects rather than on the bucket.
    pub samples: Vec<(&'static str, bool)>,
    /// Resources of which it speaks, one for each of its patterns; none where it speaks of all of them.
    pub examples: Vec<String>,
    /// Whom it lets in.
    pub whom: &'static str,
    /// Its conditions, none of which binds it: `key operator values`.
    pub conditions: Vec<String>,
}

/// The grants of a policy that let everybody in.
pub fn reach(policy: &Policy) -> Vec<Reach> {
    open_statements(policy).map(|(statement, whom)| describe(statement, whom)).collect()
}

/// The statements of a policy on whatever resource that let everybody in, each with who that is.
pub fn open_statements(policy: &Policy) -> impl Iterator<Item = (&Statement, &'static str)> {
    policy.allows().filter_map(|statement| {
        let whom = statement.principals.as_ref().and_then(everybody)?;
        (!statement.is_bound()).then_some((statement, whom))
    })
}

/// The grants of a bucket policy by which everybody could come in through an access point that `context` is about: those that
/// nothing binds but the access points from which they hold.
pub fn through_access_points(policy: &Policy, context: &Context) -> Vec<Reach> {
    let names_a_door =
        |condition: &&Condition| condition.key.to_ascii_lowercase().starts_with("s3:dataaccesspoint");
    // A policy that says nothing about access points lets in through them whom it lets in without.
    let mut conditions = policy.statements.iter().flat_map(|statement| &statement.conditions);
    if !conditions.any(|condition| names_a_door(&condition)) {
        return Vec::new();
    }
    let open = policy.allows().filter_map(|statement| {
        let whom = statement.principals.as_ref().and_then(everybody)?;
        let bound = statement.conditions.iter().any(|it| binds(it) && !names_a_door(&it));
        (!bound && statement.holds(context).is_possible()).then(|| describe(statement, whom))
    });
    open.collect()
}

impl Statement {
    /// Whether a condition binds it to fixed networks, accounts, organisations or sources.
    pub fn is_bound(&self) -> bool {
        self.conditions.iter().any(binds)
    }
}

fn everybody(principals: &Principals) -> Option<&'static str> {
    if principals.all_but {
        return Some("everybody but a few");
    }
    if principals.everyone {
        return Some("everybody");
    }
    // A provider of the account has an ARN; a bare name is a public sign-in that anybody has.
    let public_sign_in = principals.federated.iter().any(|provider| !provider.starts_with("arn:"));
    public_sign_in.then_some("everybody who signs in with a public identity provider")
}

impl Condition {
    /// As a sentence shows it: key, operator and values.
    pub fn shown(&self) -> String {
        let values: Vec<&str> = self.values.iter().map(|value| value.text.as_str()).collect();
        format!("{} {} {}", self.key, self.written, values.join(", "))
    }
}

fn describe(statement: &Statement, whom: &'static str) -> Reach {
    let any = |families: &[&str]| families.iter().any(|family| statement.may_cover_one_of(family));
    Reach {
        statement: statement.label.clone(),
        reads: any(&["s3:Get*"]),
        lists: any(&["s3:List*"]),
        writes: any(&["s3:AbortMultipartUpload", "s3:Delete*", "s3:Put*", "s3:RestoreObject"]),
        samples: SAMPLES.into_iter().filter(|(action, _)| statement.covers_action(action)).collect(),
        examples: examples(statement),
        whom,
        conditions: statement.conditions.iter().map(Condition::shown).collect(),
    }
}

/// A resource for each pattern, named as nobody would name one: what another statement says of it, it says of nearly all.
fn examples(statement: &Statement) -> Vec<String> {
    const UNLIKELY: &str = "qx7-unlikely";
    let Some(Scope::Only(patterns)) = &statement.resources else { return Vec::new() };
    let texts = patterns.iter().map(|pattern| pattern.text.as_str()).filter(|text| *text != "*");
    texts.map(|text| text.replace('*', UNLIKELY).replace('?', "q")).collect()
}

/// Whether a condition binds a grant: a known key, always compared, with fixed values only.
fn binds(condition: &Condition) -> bool {
    let key = condition.key.to_ascii_lowercase();
    // `ForAllValues` and `IfExists` hold where the request does not carry the key at all.
    let always = condition.is_equality() && !condition.if_exists && condition.quantifier != Quantifier::All;
    always && BINDING.contains(&key.as_str()) && {
        !condition.values.is_empty()
            && condition.values.iter().all(|value| match key.as_str() {
                "aws:sourceip" => is_narrow(&value.text),
                "s3:dataaccesspointarn" => names_the_account(&value.text),
                "aws:principalorgpaths" => names_the_organization(&value.text),
                _ => !value.is_open(),
            })
    }
}

/// Ranges wider than /8, or /32 of IPv6, hold everybody, unless they are private.
fn is_narrow(range: &str) -> bool {
    let net = range.parse::<IpNet>().or_else(|_| range.parse::<std::net::IpAddr>().map(IpNet::from));
    match net {
        Ok(IpNet::V4(net)) => net.prefix_len() >= 8,
        Ok(IpNet::V6(net)) => net.prefix_len() >= 32,
        Err(_) => false,
    }
}

/// A path may end in a wildcard as long as it begins with the id of an organization.
fn names_the_organization(path: &str) -> bool {
    path.split_once('/').is_some_and(|(id, rest)| !id.contains(['*', '?', '$']) && !rest.contains("${"))
}

/// Access points may be written with a wildcard as long as their account is fixed.
fn names_the_account(arn: &str) -> bool {
    arn.split(':').nth(4).is_some_and(is_account)
}
