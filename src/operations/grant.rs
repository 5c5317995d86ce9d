//! Grants: which resources, under which conditions, in the names of a file and an account.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Addr, Value, Wanted};

/// The ownership tag's key, as condition keys spell it after their slash.
const TAG: &str = "baseline:name";

/// Where a baseline is applied.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The baseline's name, the value of its ownership tag.
    pub baseline: &'a str,
    /// The account's twelve digits.
    pub account: &'a str,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
    /// The region.
    pub region: &'a str,
}

/// A lock in Parameter Store.
#[derive(Debug, Clone, Copy)]
pub struct Lock<'a> {
    /// The parameter's name.
    pub name: &'a str,
    /// The IAM actions that taking, renewing and releasing it needs.
    pub actions: &'a [&'a str],
    /// The regions in which it is taken.
    pub regions: &'a [&'a str],
}

/// Condition operators, their keys and the values.
pub(crate) type Condition = BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>;

/// Resources and a condition, under a name that says what they are or why they are not narrower.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    pub(crate) sid: String,
    pub(crate) resources: BTreeSet<String>,
    pub(crate) condition: Condition,
}

/// Actions by what they are granted on.
#[derive(Debug, Default)]
pub(crate) struct Grants(pub(crate) BTreeMap<Grant, BTreeSet<String>>);

impl Grants {
    pub(crate) fn add(&mut self, action: &str, grants: Vec<Grant>) {
        for grant in grants.into_iter().filter(|grant| !grant.resources.is_empty()) {
            self.0.entry(grant).or_default().insert(action.to_owned());
        }
    }
}

/// The names and ARNs of what a baseline asks for.
pub(crate) struct Names<'a> {
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) wanted: &'a Wanted,
}

impl Names<'_> {
    /// An attribute of every declared thing of a kind, where it is text.
    pub(crate) fn all<'a>(&'a self, kind: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        self.of_kind(kind).filter_map(move |(_, value)| match value.get(attribute) {
            Some(Value::Str(text)) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Every declared thing of a kind.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a Addr, &'a Value)> {
        let things = self.wanted.things.iter().filter(move |(addr, _)| addr.kind() == kind);
        things.map(|(addr, want)| (addr, &want.value))
    }

    /// An ARN in this account and region.
    pub(crate) fn regional(&self, service: &str, resource: &str) -> String {
        let Scope { partition, region, account, .. } = self.scope;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// An ARN of IAM, which has no region.
    pub(crate) fn iam(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.scope.partition, self.scope.account)
    }

    /// ARNs under that name, without a condition.
    pub(crate) fn named(&self, sid: &str, resources: impl IntoIterator<Item = String>) -> Grant {
        let resources = resources.into_iter().collect();
        Grant { sid: sid.to_owned(), resources, condition: Condition::new() }
    }

    /// Everything: the service checks no resource, or no narrower one can be named.
    pub(crate) fn everything(&self, sid: &str) -> Grant {
        self.named(sid, ["*".to_owned()])
    }

    /// EC2 things that the call makes: they carry the ownership tag from the start.
    pub(crate) fn made(&self, what: &str) -> Grant {
        let grant = self.named(&format!("Make{}", pascal(what)), [self.ec2(what)]);
        grant.when("StringEquals", &format!("aws:RequestTag/{TAG}"), [self.scope.baseline])
    }

    /// EC2 things that carry the ownership tag.
    pub(crate) fn owned(&self, what: &str) -> Grant {
        let grant = self.named(&format!("Own{}", pascal(what)), [self.ec2(what)]);
        grant.when("StringEquals", &format!("aws:ResourceTag/{TAG}"), [self.scope.baseline])
    }

    /// EC2 things that belong to no baseline, such as what AWS puts into a new VPC.
    pub(crate) fn untagged(&self, sid: &str, what: &str) -> Grant {
        let grant = self.named(sid, [self.ec2(what)]);
        grant.when("Null", &format!("aws:ResourceTag/{TAG}"), ["true"])
    }

    /// The parameter that is the lock.
    pub(crate) fn the_lock(&self, lock: Lock<'_>) -> Grant {
        let Scope { partition, account, .. } = self.scope;
        let name = lock.name.trim_start_matches('/');
        let arn = |region: &&str| format!("arn:{partition}:ssm:{region}:{account}:parameter/{name}");
        self.named("TheLockOfApply", lock.regions.iter().map(arn))
    }

    /// EC2 things of a type in this account and region.
    pub(crate) fn ec2(&self, what: &str) -> String {
        self.regional("ec2", &format!("{what}/*"))
    }
}

impl Grant {
    /// The same under another name.
    pub(crate) fn called(mut self, sid: &str) -> Self {
        sid.clone_into(&mut self.sid);
        self
    }

    /// Only where a condition key has one of those values.
    pub(crate) fn when(
        mut self,
        operator: &'static str,
        key: &str,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let values = values.into_iter().map(Into::into);
        self.condition.entry(operator).or_default().entry(key.to_owned()).or_default().extend(values);
        self
    }

    /// Only where the request puts the ownership tag on.
    pub(crate) fn tagging(self, names: &Names<'_>) -> Self {
        self.when("StringEquals", &format!("aws:RequestTag/{TAG}"), [names.scope.baseline])
    }

    /// Only where the thing carries the ownership tag.
    pub(crate) fn tagged(self, names: &Names<'_>) -> Self {
        self.when("StringEquals", &format!("aws:ResourceTag/{TAG}"), [names.scope.baseline])
    }

    /// Only where the thing belongs to no baseline.
    pub(crate) fn nobodys(self) -> Self {
        self.when("Null", &format!("aws:ResourceTag/{TAG}"), ["true"])
    }
}

/// `security-group` as `SecurityGroup`, because a Sid takes letters and digits only.
fn pascal(text: &str) -> String {
    text.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}

/// The grant of an action for which the reference lists no resource type.
pub(crate) fn no_type<const READS: bool>(_kind: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.everything(if READS { "ReadsThatTakeNoResource" } else { "WritesThatTakeNoResource" })]
}
