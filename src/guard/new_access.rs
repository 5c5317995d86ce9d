//! What a plan lets somebody do that nobody could before: the policies that it changes, each compared with the one it replaces.
//!
//! Of a bucket, key or role that the plan makes, everything is new. A bucket whose own block keeps strangers out lets nobody outside
//! in by a public policy; the block of the whole account is not known here.

use std::collections::BTreeSet;

use super::text;
use crate::model::{Addr, Document, Value, Wanted, restore};
use crate::policy::{About, Comparison, NewAccess, Policy, compare, reach};

/// Whose new access counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// That of principals outside of the account, services of AWS not among them.
    Outsiders,
    /// That of everybody: services of AWS and the account's own users, roles and groups, too.
    Everybody,
}

/// What one changed policy lets somebody do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The resource that is changed.
    pub addr: Addr,
    /// Which of its policies, such as `trust policy`.
    pub policy: &'static str,
    /// What came of comparing it with the one before.
    pub comparison: Comparison,
    /// ARNs of managed policies that it newly has.
    pub attached: Vec<String>,
}

impl Opened {
    /// Each new access, and why there may be more, in words that follow the address.
    pub fn lines(&self) -> Vec<String> {
        let new = self.comparison.new.iter().map(|access| format!("will let {}", words(access)));
        let attached = self.attached.iter().map(|arn| format!("will get the policy {arn}"));
        let unproven = self.comparison.unproven.iter().map(|reason| {
            format!("may let somebody do more, which is not proven: in its {}, {reason}", self.policy)
        });
        new.chain(attached).chain(unproven).collect()
    }
}

/// What strangers can no longer do by the policies that a plan changes, in words that follow the address: a website or download
/// that is served from a bucket, another account's use of a key.
pub fn lost_access(found: &Wanted, left: &Wanted, place: &Place<'_>) -> Vec<(Addr, String)> {
    let stays =
        |(_, before, after): &(&Addr, Option<&Value>, Option<&Value>)| before.is_some() && after.is_some();
    let swapped = found
        .changes(left)
        .filter(stays)
        .filter_map(|(addr, before, after)| Some(opened(addr, after, before?, place, Whose::Outsiders)))
        .flatten();
    let lost = swapped.flat_map(|lost| {
        lost.comparison
            .new
            .into_iter()
            .map(move |access| (lost.addr.clone(), format!("will no longer let {}", words(&access))))
    });
    lost.collect()
}

/// A request in words.
fn words(access: &NewAccess) -> String {
    let who = access.who.as_deref().unwrap_or("whoever has it");
    let on = access.resource.as_ref().map_or_else(String::new, |resource| format!(" on {resource}"));
    let carried = access.conditions.iter().filter(|(_, values)| !values.is_empty());
    let carried: Vec<String> = carried.map(|(key, values)| format!("{key} {}", values.join(", "))).collect();
    let left_out = access.conditions.iter().filter(|(_, values)| values.is_empty());
    let left_out: Vec<&str> = left_out.map(|(key, _)| key.as_str()).collect();
    let listed = |word: &str, list: String| match list.as_str() {
        "" => String::new(),
        list => format!(", {word} {list}"),
    };
    let with = listed("with", carried.join(" and "));
    let without = listed("without", left_out.join(" and "));
    format!("{who} call {}{on}{with}{without} ({})", access.action, access.statement)
}

/// Where the policies are.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The account's twelve digits.
    pub account: &'a str,
    /// The partition, such as `aws`.
    pub partition: &'a str,
    /// Accounts of AWS from which its services deliver: nobody outside.
    pub of_aws: &'a [&'a str],
}

/// Whether resources of a kind have policies that are compared here.
pub fn has_policies(kind: &str) -> bool {
    ["iam.group", "iam.policy", "iam.role", "kms.key", "s3.bucket"].contains(&kind)
}

/// Everything that the policies which a plan changes let somebody do and the ones before did not, by address.
pub fn new_access(found: &Wanted, left: &Wanted, place: &Place<'_>, whose: Whose) -> Vec<Opened> {
    let opened = found
        .changes(left)
        .filter_map(|(addr, before, after)| Some(opened(addr, before, after?, place, whose)));
    opened
        .flatten()
        .filter(|opened| opened.comparison != Comparison::default() || !opened.attached.is_empty())
        .collect()
}

fn opened(
    addr: &Addr,
    before: Option<&Value>,
    after: &Value,
    place: &Place<'_>,
    whose: Whose,
) -> Vec<Opened> {
    let Place { account, partition, of_aws } = *place;
    let everybody = whose == Whose::Everybody;
    let about =
        |resources| About { resources, account: Some(account), only_outside: !everybody, inside: of_aws };
    let told = |policy, comparison| Opened { addr: addr.clone(), policy, comparison, attached: Vec::new() };
    let compared = |policy: &'static str, attribute: &str, resources: Vec<String>| {
        let (old, new) = (one(before, attribute, place), one(Some(after), attribute, place));
        told(policy, compare(&old, &new, &about(resources)))
    };
    let of_identity = |attribute: &str| {
        let (old, new) = (all(before, attribute, place), all(Some(after), attribute, place));
        let comparison = compare(&old, &new, &about(Vec::new()));
        Opened { attached: attached(before, after), ..told("policies", comparison) }
    };
    match addr.kind() {
        "s3.bucket" => {
            let arn = format!("arn:{partition}:s3:::{}", text(after, "bucket").unwrap_or_default());
            let policy = |thing| {
                let policy = one(thing, "policy", place);
                let is_kept_in = !everybody && restricts(thing) && !reach(&policy).is_empty();
                if is_kept_in { Policy::default() } else { policy }
            };
            let about = about(vec![arn.clone(), format!("{arn}/?*")]);
            vec![told("bucket policy", compare(&policy(before), &policy(Some(after)), &about))]
        }
        "kms.key" => {
            let mut opened =
                compared("key policy", "policy", vec![format!("arn:{partition}:kms:?*:{account}:key/?*")]);
            // The policy of a key speaks of that key alone.
            opened.comparison.new.iter_mut().for_each(|access| access.resource = None);
            vec![opened]
        }
        "iam.role" => {
            let trust = compared("trust policy", "trust", Vec::new());
            let own = everybody.then(|| of_identity("inline"));
            [trust].into_iter().chain(own).collect()
        }
        "iam.group" if everybody => vec![of_identity("inline")],
        "iam.policy" if everybody => vec![compared("policy", "document", Vec::new())],
        _ => Vec::new(),
    }
}

/// Whether a bucket's own block lets a public policy reach the account alone.
fn restricts(bucket: Option<&Value>) -> bool {
    let block = bucket.and_then(|bucket| bucket.get("public_access"));
    block.and_then(|block| block.get("restrict_public_buckets")) == Some(&Value::Bool(true))
}

/// A policy document; one that is not there says nothing.
fn one(thing: Option<&Value>, attribute: &str, place: &Place<'_>) -> Policy {
    let document = thing.and_then(|thing| thing.get(attribute)).cloned();
    document.and_then(|document| parsed(document, place)).unwrap_or_default()
}

/// All documents of an attribute as one policy.
fn all(thing: Option<&Value>, attribute: &str, place: &Place<'_>) -> Policy {
    let Some(Value::Dict(documents)) = thing.and_then(|thing| thing.get(attribute)) else {
        return Policy::default();
    };
    let statements = documents.values().filter_map(|document| parsed(document.clone(), place));
    Policy { statements: statements.flat_map(|policy| policy.statements).collect() }
}

/// A document in which what apply makes first has an ARN of its own in the account.
fn parsed(document: Value, place: &Place<'_>) -> Option<Policy> {
    let filled = document.map_leaves(&mut |leaf| match leaf {
        Value::Ref(reference) => {
            let (partition, account) = (place.partition, place.account);
            Value::Str(format!("arn:{partition}:baseline::{account}:{}/{}", reference.addr, reference.output))
        }
        leaf => leaf,
    });
    let document = restore::<Option<Document>>(&filled).ok()??;
    Policy::of(&document.json()).ok()
}

fn attached(before: Option<&Value>, after: &Value) -> Vec<String> {
    let of = |thing: Option<&Value>| -> BTreeSet<String> {
        match thing.and_then(|thing| thing.get("managed")) {
            Some(Value::Set(arns)) => arns
                .iter()
                .filter_map(|arn| match arn {
                    Value::Str(arn) => Some(arn.clone()),
                    Value::Ref(reference) => Some(reference.addr.to_string()),
                    _ => None,
                })
                .collect(),
            _ => BTreeSet::new(),
        }
    };
    of(Some(after)).difference(&of(before)).cloned().collect()
}
