//! Those who come from outside, and whether a resource's policy surely denies them what it grants.

use crate::policy::{Ask, Context, Policy, Reach, Who};

/// Somebody, with what their requests carry.
pub(super) type Outsider = (Who<'static>, Context);

/// Addresses all over the internet, for a deny of all but some networks.
const ELSEWHERE: [&str; 4] = ["5.101.1.9", "77.88.1.9", "139.59.1.9", "201.17.1.9"];

/// Keys of requests that come through a network or a service of the account, or through an access point.
const OF_THE_WAY: [&str; 8] = [
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
];

/// Keys that say who it is, which signed requests alone carry.
const OF_THE_PRINCIPAL: [&str; 5] = [
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalIsAWSService",
];

/// Somebody without credentials, and somebody with those of another account, in an organization and in none; through an access
/// point of that account and ARN, or straight.
pub(super) fn outsiders(access_point: Option<(&str, &str)>) -> Vec<Outsider> {
    const ACCOUNT: &str = "000000000000";
    const ARN: &str = "arn:aws:iam::000000000000:role/stranger";
    let without =
        |known: Context, keys: &[&str]| keys.iter().fold(known, |known, key| known.with_all(key, []));
    let mut found = Vec::new();
    for address in ELSEWHERE {
        let known = Context::open().with("aws:SourceIp", address).with("aws:SecureTransport", "true");
        let known = match access_point {
            Some((account, arn)) => without(known, &OF_THE_WAY[..6])
                .with("s3:DataAccessPointAccount", account)
                .with("s3:DataAccessPointArn", arn),
            None => without(known, &OF_THE_WAY),
        };
        let anonymous = without(known.clone(), &OF_THE_PRINCIPAL);
        let signed = known
            .with("aws:PrincipalAccount", ACCOUNT)
            .with("aws:PrincipalArn", ARN)
            .with("aws:PrincipalIsAWSService", "false");
        let alone = without(signed.clone(), &["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"]);
        let member = signed
            .with("aws:PrincipalOrgID", "o-stranger")
            .with("aws:PrincipalOrgPaths", "o-stranger/r-stranger/");
        let stranger = Who::Aws { account: ACCOUNT, arn: ARN, identity: ARN };
        found.extend([(Who::Anonymous, anonymous), (stranger, alone), (stranger, member)]);
    }
    found
}

/// Whether a policy surely denies to everybody outside what a statement of it grants. `whole` is the bucket or access point that
/// it is on, and `inside` something in it.
pub(super) fn is_denied(
    policy: &Policy,
    reach: &Reach,
    outsiders: &[Outsider],
    whole: &str,
    inside: &str,
) -> bool {
    let named = reach.examples.iter().map(String::as_str);
    let mut objects: Vec<&str> = named.filter(|it| it.len() > whole.len() && it.starts_with(whole)).collect();
    if objects.is_empty() {
        objects.push(inside);
    }
    let denied = |action, resource: &str| {
        outsiders
            .iter()
            .all(|(who, context)| policy.denying(&Ask { who: *who, action, resource, context }).is_some())
    };
    let is_denied = |(action, on_object): &(&'static str, bool)| match on_object {
        true => objects.iter().all(|object| denied(action, object)),
        false => denied(action, whole),
    };
    !reach.samples.is_empty() && reach.samples.iter().all(is_denied)
}
