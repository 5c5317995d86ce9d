//! Whom a plan cuts off besides its caller: strangers who read a bucket, such as the visitors of a website, and users whom a group
//! that denies takes in.
//!
//! Told and not refused: it may well be what is wanted.

use std::collections::BTreeSet;

use super::facts::{Bucket, Facts, PublicAccessBlock, Seen};
use super::last_administrators::{as_text, document};
use super::rules::public_buckets::ways_in;
use super::words::ago;
use crate::model::{Addr, Value, Wanted};
use crate::policy::Effect;

/// What is cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutOff {
    /// The resource whose change does it.
    pub addr: Addr,
    /// Who, and from what, in words that follow the address.
    pub message: String,
    /// Whether it is known that there is somebody.
    pub is_known: bool,
    /// What to do about it.
    pub next: &'static str,
}

/// The kind of the account's own block of public access.
const ACCOUNT_BLOCK: &str = "s3.account-public-access";

/// Everybody whom a plan cuts off, of the account as it is found and as the plan leaves it.
pub fn cut_off(facts: &Facts, found: &Wanted, left: &Wanted) -> Vec<CutOff> {
    found
        .changes(left)
        .filter_map(|(addr, before, after)| Some((addr, before, after?)))
        .flat_map(|(addr, before, after)| match addr.kind() {
            ACCOUNT_BLOCK => closed_buckets(facts, addr, before, after),
            "iam.group" => caught_users(facts, addr, before, after),
            _ => Vec::new(),
        })
        .collect()
}

fn switch(block: Option<&Value>, name: &str) -> bool {
    block.and_then(|block| block.get(name)) == Some(&Value::Bool(true))
}

/// Buckets that strangers reach until the block of the account keeps them out.
fn closed_buckets(facts: &Facts, addr: &Addr, before: Option<&Value>, after: &Value) -> Vec<CutOff> {
    let decide = ["ignore_public_acls", "restrict_public_buckets"];
    if !decide.iter().any(|name| !switch(before, name) && switch(Some(after), name)) {
        return Vec::new();
    }
    let told = |message: String, is_known, next| CutOff { addr: addr.clone(), message, is_known, next };
    let Seen::Seen(buckets) = &facts.buckets else {
        let message =
            "will close every public bucket of the account, and it is not known whether there is one"
                .to_owned();
        return vec![told(
            message,
            false,
            "ask for [audit], which lists them, or look whether a website is served from a bucket",
        )];
    };
    let of = |value: Option<&Value>| PublicAccessBlock {
        block_acls: switch(value, "block_public_acls"),
        ignore_acls: switch(value, "ignore_public_acls"),
        block_policy: switch(value, "block_public_policy"),
        restrict: switch(value, "restrict_public_buckets"),
    };
    let ways = |block: PublicAccessBlock, bucket: &Bucket| {
        ways_in(&Facts { account_block: Seen::Seen(block), buckets: Seen::NotAsked, ..facts.clone() }, bucket)
    };
    let mut all = Vec::new();
    for bucket in buckets {
        let left: BTreeSet<String> = ways(of(Some(after)), bucket).into_iter().collect();
        let gone: Vec<String> =
            ways(of(before), bucket).into_iter().filter(|way| !left.contains(way)).collect();
        if !gone.is_empty() {
            let message = format!("will close the bucket {} to strangers: {}", bucket.name, gone.join("; "));
            all.push(told(
                message,
                true,
                "nothing, where it is meant; a website or download served from it stops answering",
            ));
        }
    }
    all
}

/// Users who become members of a group that denies.
fn caught_users(facts: &Facts, addr: &Addr, before: Option<&Value>, after: &Value) -> Vec<CutOff> {
    if !denies(after) {
        return Vec::new();
    }
    let caught_already = before.filter(|before| denies(before)).map(members).unwrap_or_default();
    let caught: Vec<String> = members(after)
        .into_iter()
        .filter(|user| !caught_already.contains(user))
        .map(|user| format!("{user} ({})", last_use(facts, user)))
        .collect();
    if caught.is_empty() {
        return Vec::new();
    }
    let message = format!("will apply its denials to {}", caught.join(", "));
    let next = "tell those who still sign in or whose keys are used, before this is applied";
    vec![CutOff { addr: addr.clone(), message, is_known: true, next }]
}

fn denies(group: &Value) -> bool {
    let Some(Value::Dict(documents)) = group.get("inline") else { return false };
    let policies = documents.values().filter_map(document);
    policies.flat_map(|policy| policy.statements).any(|statement| statement.effect == Effect::Deny)
}

fn members(group: &Value) -> BTreeSet<&str> {
    let Some(Value::Set(members)) = group.get("members") else { return BTreeSet::new() };
    members.iter().filter_map(as_text).collect()
}

/// When a user was last seen, by the credential report.
fn last_use(facts: &Facts, user: &str) -> String {
    let Seen::Seen(report) = &facts.credentials else { return "it is not known when last used".to_owned() };
    let Some(row) = report.rows.iter().find(|row| row.user == user) else {
        return "made after the credential report".to_owned();
    };
    let used = row.keys.iter().filter_map(|key| key.used).chain(row.password_used).max();
    used.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", ago(facts.now, at)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Document, Origin, Want};
    use crate::policy::Policy;
    use crate::posture::facts::{CredentialReport, CredentialRow, Grant, KeyRow};

    fn tree(kind: &str, value: serde_json::Value) -> Wanted {
        let want = Want { value: Value::decode(value).unwrap(), after: [].into(), origin: Origin::default() };
        Wanted { things: [(Addr::new(kind, "main"), want)].into(), ..Wanted::default() }
    }

    fn block(on: bool) -> Wanted {
        let switches = json!({
            "block_public_acls": on, "ignore_public_acls": on, "block_public_policy": on, "restrict_public_buckets": on
        });
        tree(ACCOUNT_BLOCK, switches)
    }

    fn bucket(name: &str, policy: Option<serde_json::Value>, grants: Vec<Grant>) -> Bucket {
        Bucket {
            name: name.to_owned(),
            region: None,
            policy: Seen::Seen(policy.map(|policy| Policy::of(&policy).unwrap())),
            policy_is_public: Seen::Seen(None),
            grants: Seen::Seen(grants),
            block: Seen::Seen(PublicAccessBlock::default()),
            access_logs: Seen::NotAsked,
            lifecycle: Seen::NotAsked,
            access_points: Seen::NotAsked,
        }
    }

    fn messages(facts: &Facts, found: &Wanted, left: &Wanted) -> Vec<String> {
        cut_off(facts, found, left).into_iter().map(|cut| cut.message).collect()
    }

    #[test]
    fn a_website_that_the_block_of_the_account_takes_down_is_named_with_what_served_it() {
        let public = json!({"Statement": [{
            "Sid": "Site", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"
        }]});
        let everybody = Grant {
            grantee: "http://acs.amazonaws.com/groups/global/AllUsers".to_owned(),
            permission: "READ".to_owned(),
        };
        let mut facts = crate::posture::tests::clean();
        facts.buckets = Seen::Seen(vec![
            bucket("site", Some(public), Vec::new()),
            bucket("old-site", None, vec![everybody]),
            bucket("private", None, Vec::new()),
        ]);
        let told = messages(&facts, &block(false), &block(true));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].starts_with("will close the bucket site to strangers: ") && told[0].contains("Site"),
            "{told:?}"
        );
        assert!(
            told[1].starts_with("will close the bucket old-site to strangers: its ACL grants READ"),
            "{told:?}"
        );
        assert_eq!(messages(&facts, &block(true), &block(true)), Vec::<String>::new());
        assert_eq!(messages(&facts, &block(true), &block(false)), Vec::<String>::new());
        facts.buckets = Seen::NotAsked;
        let told = messages(&facts, &block(false), &block(true));
        assert!(told[0].contains("it is not known whether there is one"), "{told:?}");
    }

    #[test]
    fn whoever_a_denying_group_takes_in_is_named_with_their_last_use() {
        let group = |effect: &str, members: &[&str]| {
            let json = json!({"Statement": [{"Effect": effect, "Action": "*", "Resource": "*"}]});
            let document = serde_json::to_value(Document::new(&json).unwrap()).unwrap();
            tree(
                "iam.group",
                json!({
                    "group": "guard", "inline": {"$dict": {"guard": document}}, "managed": {"$set": []}, "members": {"$set": members}
                }),
            )
        };
        let mut facts = crate::posture::tests::clean();
        let used = facts.now - jiff::SignedDuration::from_hours(72);
        let row = |user: &str, used| CredentialRow {
            user: user.to_owned(),
            keys: [KeyRow { active: true, used, ..KeyRow::default() }, KeyRow::default()],
            ..CredentialRow::default()
        };
        let rows = vec![row("anna", Some(used)), row("ben", None)];
        facts.credentials = Seen::Seen(CredentialReport { made: None, rows });
        let told = messages(&facts, &group("Deny", &[]), &group("Deny", &["anna", "ben"]));
        assert_eq!(told.len(), 1, "{told:?}");
        for words in ["anna (last used 3 days ago", "ben (never used)"] {
            assert!(told[0].contains(words), "{words}: {told:?}");
        }
        let one_more = messages(&facts, &group("Deny", &["anna"]), &group("Deny", &["anna", "ben"]));
        assert!(one_more[0].contains("ben") && !one_more[0].contains("anna"), "{one_more:?}");
        assert_eq!(messages(&facts, &group("Allow", &[]), &group("Allow", &["anna"])), Vec::<String>::new());
        // A group that begins to deny catches all that are in it.
        assert!(messages(&facts, &group("Allow", &["anna"]), &group("Deny", &["anna"]))[0].contains("anna"));
    }
}
