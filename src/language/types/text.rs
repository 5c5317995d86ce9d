//! Text, each kind with the rule AWS has for it.
//!
//! Most may carry `${account}` and `${region}`; the rule is held against the filled-in text.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::KeyType;
use crate::language::reader::Reader;
use crate::language::{Place, Span};
use crate::partition;

/// An account id of the usual length, to check text before the account is known.
pub(in crate::language) const ANY_ACCOUNT: &str = "000000000000";
/// A region, to check text before it is known.
const ANY_REGION: &str = "us-east-1";

/// What is asked of a kind of text.
pub(in crate::language) trait TextRules {
    /// Checks text in which nothing is left to fill in; says what is wrong.
    fn check(text: &str) -> Result<(), String>;

    /// Checks text as it stands in the file.
    fn check_raw(text: &str) -> Result<(), String>;
}

/// Replaces `${account}` and `${region}`.
pub(super) fn fill(text: &str, account: &str, region: &str) -> String {
    text.replace("${account}", account).replace("${region}", region)
}

/// Names the first `${...}` that is neither `${account}` nor `${region}`.
///
/// Policies have variables of their own, such as `${aws:username}`: they are left to AWS.
fn check_variables(text: &str, policy: bool) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        rest = &rest[at + 2..];
        let Some(end) = rest.find('}') else { return Err("`${` is not closed by `}`".to_owned()) };
        let name = &rest[..end];
        let known = matches!(name, "account" | "region") || (policy && name.contains(':'));
        if !known {
            return Err(format!(
                "`${{{}}}` is unknown; there are `${{account}}` and `${{region}}`",
                name.escape_debug()
            ));
        }
        rest = &rest[end + 1..];
    }
    Ok(())
}

/// Declares a kind of text: `template` may carry `${account}` and `${region}`, `policy` also AWS's own
/// variables, `plain` nothing.
macro_rules! text_type {
    ($(#[doc = $doc:literal])+ $mode:ident $name:ident, $words:literal, $check:expr $(, pattern $pattern:literal)? $(, stand_in $stand_in:literal)?) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text as it stands in the file.
            pub fn written(&self) -> &str {
                &self.0
            }

            /// The text with `${account}` and `${region}` filled in.
            pub fn fill(&self, place: &Place<'_>, region: &str) -> String {
                text_type!(@fill $mode self.0, place, region)
            }
        }

        impl TextRules for $name {
            fn check(text: &str) -> Result<(), String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(text)
            }

            fn check_raw(text: &str) -> Result<(), String> {
                text_type!(@check $mode text)
            }
        }

        impl KeyType for $name {
            fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
                let Some(text) = value.as_str() else {
                    reader.wrong_type(span, concat!("text: ", $words), value);
                    return None;
                };
                if let Err(reason) = Self::check_raw(text) {
                    reader.bad_value(span, reason);
                    return None;
                }
                Some(Self(text.to_owned()))
            }

            fn describe() -> String {
                $words.to_owned()
            }

            fn schema() -> Json {
                let schema = json!({ "type": "string" });
                $( let schema = json!({ "type": schema["type"], "pattern": $pattern }); )?
                schema
            }

            $( fn stand_in() -> Option<Self> {
                Some(Self($stand_in.to_owned()))
            } )?
        }
    };
    (@fill plain $text:expr, $place:ident, $region:ident) => {{
        let _ = ($place, $region);
        $text.clone()
    }};
    (@fill template $text:expr, $place:ident, $region:ident) => { fill(&$text, $place.account, $region) };
    (@fill policy $text:expr, $place:ident, $region:ident) => { fill(&$text, $place.account, $region) };
    (@check plain $text:ident) => { Self::check($text) };
    (@check template $text:ident) => {
        check_variables($text, false).and_then(|()| Self::check(&fill($text, ANY_ACCOUNT, ANY_REGION)))
    };
    (@check policy $text:ident) => {
        check_variables($text, true).and_then(|()| Self::check(&fill($text, ANY_ACCOUNT, ANY_REGION)))
    };
}

/// Text of `min` to `max` characters, all of which `allowed` knows.
fn check_characters(text: &str, min: usize, max: usize, allowed: fn(char) -> bool) -> Result<(), String> {
    let length = text.chars().count();
    if length < min {
        return Err(format!("{length} characters, at least {min} are needed"));
    }
    if length > max {
        return Err(format!("{length} characters, {max} at most"));
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(odd) => Err(format!("`{}` cannot stand here", odd.escape_debug())),
        None => Ok(()),
    }
}

mod existing_network;
mod fleet;
mod ipv6;

pub use existing_network::{SecurityGroupName, SubnetId, VpcId};
pub use fleet::{AccessRole, Management, SessionName, UnitLabel};
pub use ipv6::Ipv6PoolId;

text_type! {
    /// The baseline's name, from which other names are made.
    plain BaselineName, "name, 1 to 20 of a-z, 0-9 and dashes", |text| {
        check_characters(text, 1, 20, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')?;
        super::plain::check_name(text)?;
        // Security group names cannot start with sg- (SG-1), load balancer names with internal-.
        if text == "sg" || text.starts_with("sg-") {
            return Err("AWS lets no security group start with `sg-`".to_owned());
        }
        if text == "internal" || text.starts_with("internal-") {
            return Err("AWS lets no load balancer start with `internal-`".to_owned());
        }
        Ok(())
    }, pattern "^[a-z]([a-z0-9]|-[a-z0-9])*$", stand_in "unnamed"
}

/// What a route may lead to by its id (EC2, `CreateRoute`), save gateways of the internet, which the network makes itself.
const ROUTE_TARGETS: [(&str, &str); 5] = [
    ("pcx-", "a peering connection"),
    ("tgw-", "a transit gateway"),
    ("vgw-", "a virtual private gateway"),
    ("vpce-", "an endpoint of a firewall"),
    ("eni-", "a network interface"),
];

text_type! {
    /// What a route leads to, by its id.
    plain RouteTarget, "id such as \"pcx-0a1b2c3d4e5f67890\"", |text| {
        if ROUTE_TARGETS.iter().any(|(prefix, _)| is_id(text, prefix)) {
            return Ok(());
        }
        let kinds: Vec<String> = ROUTE_TARGETS.iter().map(|(prefix, what)| format!("{what}, {prefix}...")).collect();
        Err(format!("must be the id of something that exists: {}", kinds.join("; ")))
    }, pattern "^(pcx|tgw|vgw|vpce|eni)-[0-9a-f]+$"
}

/// Whether that is an id of EC2 of one kind: its prefix, and 8 or 17 hexadecimal digits.
fn is_id(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

text_type! {
    /// A region, such as `us-east-1`.
    plain RegionName, "region such as \"us-east-1\"", |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let words = |parts: &[&str]| parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()));
        match parts.split_last() {
            Some((number, rest))
                if (2..=3).contains(&rest.len())
                    && words(rest)
                    && number.len() == 1
                    && number.bytes().all(|b| b.is_ascii_digit()) => {}
            _ => return Err("not a region such as us-east-1".to_owned()),
        }
        if partition::of_region(text).is_some() {
            Ok(())
        } else {
            Err("no partition of AWS has regions of this name; write one such as us-east-1".to_owned())
        }
    }, pattern "^[a-z]+(-[a-z]+){1,2}-[0-9]$", stand_in "us-east-1"
}

text_type! {
    /// A region, or a pattern with `*` for any text, such as `eu-*`.
    plain RegionPattern, "region such as \"us-east-1\" or \"eu-*\"", |text| {
        if !text.contains('*') {
            return RegionName::check(text);
        }
        if text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-*".contains(&b)) {
            Ok(())
        } else {
            Err("not a region such as us-east-1, nor a pattern such as eu-*".to_owned())
        }
    }, pattern "^[a-z0-9*-]+$"
}

text_type! {
    /// An availability zone, such as `us-east-1a`.
    plain ZoneName, "zone such as \"us-east-1a\"", |text| {
        let zone = text.chars().last().filter(char::is_ascii_lowercase);
        match zone.map(|_| RegionName::check(&text[..text.len() - 1])) {
            Some(Ok(())) => Ok(()),
            _ => Err("not an availability zone such as us-east-1a".to_owned()),
        }
    }, pattern "^[a-z]+(-[a-z]+){1,2}-[0-9][a-z]$"
}

text_type! {
    /// An account id: twelve digits.
    plain AccountId, "account id, twelve digits", |text| {
        if partition::is_account(text) {
            Ok(())
        } else {
            Err("an account id has twelve digits".to_owned())
        }
    }, pattern "^[0-9]{12}$"
}

text_type! {
    /// An account id, or `${account}` for the account itself.
    template TrustedAccount, "account id, or \"${account}\"", AccountId::check,
    pattern "^([0-9]{12}|\\$\\{account\\})$"
}

text_type! {
    /// An ARN.
    template Arn, "ARN", check_arn
}

text_type! {
    /// The ARN of a managed policy.
    template ManagedPolicyArn, "ARN of a managed policy", |text| {
        check_arn(text)?;
        if text.contains(":iam::") && text.contains(":policy/") {
            Ok(())
        } else {
            Err("not the ARN of a managed policy, such as arn:aws:iam::aws:policy/SecurityAudit".to_owned())
        }
    }
}

text_type! {
    /// The ARN of an identity provider.
    template ProviderArn, "ARN of an identity provider", |text| {
        check_arn(text)?;
        if text.contains(":oidc-provider/") || text.contains(":saml-provider/") {
            Ok(())
        } else {
            Err("not the ARN of an OIDC or SAML provider".to_owned())
        }
    }
}

text_type! {
    /// The name of a bucket, which may be older than the rules for new ones.
    template BucketName, "bucket name", check_existing_bucket_name
}

text_type! {
    /// The name of a role.
    template RoleName, "role name", check_role_name
}

text_type! {
    /// The name of a managed policy.
    template PolicyName, "policy name", check_policy_name
}

text_type! {
    /// The name of a group of users.
    template GroupName, "group name", check_policy_name
}

text_type! {
    /// The path of something in IAM.
    template PolicyPath, "path such as \"/team/\"", |text| {
        let rest = text.strip_prefix('/').filter(|rest| rest.is_empty() || rest.ends_with('/'));
        let Some(rest) = rest else { return Err("a path begins and ends with `/`".to_owned()) };
        check_characters(rest, 0, 510, |c| c.is_ascii_graphic() && !"*?:".contains(c))
    }
}

text_type! {
    /// The ARN of a role.
    template RoleArn, "ARN of a role", |text| {
        check_arn(text)?;
        if text.contains(":iam::") && text.contains(":role/") && !text.contains('*') {
            Ok(())
        } else {
            Err("not the ARN of one role, such as arn:aws:iam::123456789012:role/auditor".to_owned())
        }
    }
}

text_type! {
    /// The name of an IAM user.
    plain UserName, "name of an IAM user", check_user_name
}

text_type! {
    /// The name of a profile of the AWS configuration files.
    plain ProfileName, "profile of the AWS configuration files", |text| {
        check_characters(text, 1, 128, |c| !c.is_control() && !"[]".contains(c))
    }
}

text_type! {
    /// An account, by its twelve digits or the name that its organization gives it.
    plain AccountLabel, "account, by id or name", |text| check_characters(text, 1, 50, |c| !c.is_control())
}

text_type! {
    /// A file, seen from the folder of the file that names it.
    plain FileName, "file, such as \"landing-zone.toml\"", |text| check_characters(text, 1, 1024, |c| !c.is_control())
}

text_type! {
    /// What a role may ask for from whoever assumes it (sts:AssumeRole, `ExternalId`).
    plain ExternalId, "external id", |text| {
        check_characters(text, 2, 1224, |c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c))
    }
}

text_type! {
    /// The name of an IAM user or role, or its ARN where both have one name.
    template PrincipalName, "name of an IAM user or role, or its ARN", |text| {
        if text.contains(':') { check_arn(text) } else { check_user_name(text) }
    }
}

text_type! {
    /// The name of a trail.
    template TrailName, "trail name", check_trail_name
}

text_type! {
    /// The id of an organization.
    plain OrganizationId, "id of an organization, such as o-exampleorgid", |text| {
        let rest = text.strip_prefix("o-").ok_or("an organization's id starts with `o-`")?;
        check_characters(rest, 10, 32, |c| c.is_ascii_lowercase() || c.is_ascii_digit())
    }
}

text_type! {
    /// The name of a load balancer.
    template LoadBalancerName, "load balancer name", check_load_balancer_name
}

text_type! {
    /// The name of a key's alias, without `alias/`.
    template AliasName, "alias name, without `alias/`", |text| {
        check_characters(text, 1, 250, |c| c.is_ascii_alphanumeric() || "/_-".contains(c))?;
        if text.starts_with("alias/") {
            return Err("leave out `alias/`".to_owned());
        }
        if text.starts_with("aws/") {
            return Err("`aws/` belongs to AWS".to_owned());
        }
        Ok(())
    }
}

text_type! {
    /// What object keys start with.
    template ObjectPrefix, "prefix of object keys", |text| {
        check_characters(text, 0, 200, |c| c.is_ascii_alphanumeric() || "/!-_.*'()=".contains(c))?;
        if text.contains("AWSLogs") {
            return Err("AWS adds `AWSLogs` itself".to_owned());
        }
        if text.starts_with('/') {
            return Err("a prefix does not start with a slash".to_owned());
        }
        Ok(())
    }
}

text_type! {
    /// What something is for.
    template FreeText, "text", |text| check_characters(text, 0, 1000, |c| !c.is_control() && c as u32 <= 0xff)
}

text_type! {
    /// Part of a policy: an action, a resource, a condition's value.
    policy PolicyText, "text", |text| check_characters(text, 1, 2048, |c| !c.is_control() && c as u32 <= 0xff)
}

text_type! {
    /// A service that may assume a role.
    plain ServiceName, "service such as \"lambda.amazonaws.com\"", |text| {
        check_characters(text, 4, 128, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c))?;
        if partition::PARTITIONS.iter().any(|known| text.ends_with(&format!(".{}", known.dns_suffix))) {
            Ok(())
        } else {
            Err("a service's name ends in .amazonaws.com".to_owned())
        }
    }
}

text_type! {
    /// A service that has endpoints, by its short name or by its full one.
    plain EndpointService, "service such as \"ssm\"", |text| {
        check_characters(text, 1, 128, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c))
    }, pattern "^[a-z0-9._-]+$"
}

text_type! {
    /// An instance type.
    plain InstanceType, "instance type such as \"t3.micro\"", |text| {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match text.split_once('.') {
            Some((family, size)) if plain(family) && plain(size) => Ok(()),
            _ => Err("not an instance type such as t3.micro".to_owned()),
        }
    }, pattern "^[a-z0-9-]+\\.[a-z0-9-]+$"
}

text_type! {
    /// An AMI, by id or by the SSM parameter that names it.
    plain Image, "AMI id, or \"ssm:\" and a parameter", |text| {
        if let Some(id) = text.strip_prefix("ami-") {
            let hex = id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            return if hex && matches!(id.len(), 8 | 17) { Ok(()) } else { Err("not an AMI id".to_owned()) };
        }
        match text.strip_prefix("ssm:") {
            Some(name) => check_characters(name, 1, 1024, |c| c.is_ascii_alphanumeric() || "/._-".contains(c)),
            None => Err("write an AMI id or `ssm:` and the name of a parameter".to_owned()),
        }
    }, pattern "^(ami-[0-9a-f]+|ssm:.+)$"
}

text_type! {
    /// A device, such as `/dev/xvda`.
    plain DeviceName, "device such as \"/dev/xvda\"", |text| {
        if text.starts_with("/dev/") || text.starts_with("xvd") {
            check_characters(text, 4, 32, |c| c.is_ascii_alphanumeric() || c == '/')
        } else {
            Err("not a device such as /dev/xvda".to_owned())
        }
    }
}

text_type! {
    /// A path asked for over HTTP.
    plain HttpPath, "path such as \"/health\"", |text| {
        if text.starts_with('/') {
            check_characters(text, 1, 1024, |c| c.is_ascii_graphic())
        } else {
            Err("a path starts with a slash".to_owned())
        }
    }
}

text_type! {
    /// HTTP codes, such as `200` or `200-399` or `200,302`.
    plain Codes, "HTTP codes such as \"200-399\"", |text| {
        let code = |text: &str| text.parse::<u16>().is_ok_and(|code| (200..=499).contains(&code));
        let part = |text: &str| text.split_once('-').map_or_else(|| code(text), |(a, b)| code(a) && code(b) && a <= b);
        if text.split(',').all(part) {
            Ok(())
        } else {
            Err("write codes from 200 to 499, such as 200-399 or 200,302".to_owned())
        }
    }, pattern "^[0-9]{3}(-[0-9]{3})?(,[0-9]{3}(-[0-9]{3})?)*$"
}

text_type! {
    /// A script, taken as it is.
    plain Script, "text", |text| {
        // AWS takes 16 KiB of user data before it is encoded.
        if text.len() > 16 * 1024 { Err("16 KiB at most".to_owned()) } else { Ok(()) }
    }
}

fn check_arn(text: &str) -> Result<(), String> {
    check_characters(text, 8, 2048, |c| !c.is_whitespace() && !c.is_control())?;
    if partition::of_arn(text).is_some() && text.split(':').count() >= 6 {
        Ok(())
    } else {
        Err("not an ARN such as arn:aws:iam::123456789012:role/NAME".to_owned())
    }
}

/// The rules that S3 had for names of buckets since there are any (S3-33).
fn check_existing_bucket_name(text: &str) -> Result<(), String> {
    check_characters(text, 3, 255, |c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

/// The rules of IAM for names of users that exist, which may be longer than those of new ones.
fn check_user_name(text: &str) -> Result<(), String> {
    check_characters(text, 1, 128, |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

/// The rules of IAM for names of roles.
pub(in crate::language) fn check_role_name(text: &str) -> Result<(), String> {
    check_characters(text, 1, 64, |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

/// The rules of IAM for names of policies and groups (IAM-1).
pub(in crate::language) fn check_policy_name(text: &str) -> Result<(), String> {
    check_characters(text, 1, 128, |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

/// The rules of CloudTrail for names of trails (CT-14).
pub(in crate::language) fn check_trail_name(text: &str) -> Result<(), String> {
    check_characters(text, 3, 128, |c| c.is_ascii_alphanumeric() || "._-".contains(c))?;
    let mark = |c: char| "._-".contains(c);
    let double = text.chars().zip(text.chars().skip(1)).any(|(a, b)| mark(a) && mark(b));
    if text.starts_with(mark) || text.ends_with(mark) || double {
        return Err("marks stand alone between letters or digits".to_owned());
    }
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("a trail's name cannot be an address".to_owned());
    }
    Ok(())
}

/// The rules of Elastic Load Balancing for names (ELB-1).
pub(in crate::language) fn check_load_balancer_name(text: &str) -> Result<(), String> {
    check_characters(text, 1, 32, |c| c.is_ascii_alphanumeric() || c == '-')?;
    if text.starts_with('-') || text.ends_with('-') || text.starts_with("internal-") {
        return Err("it cannot start or end with a dash, nor start with `internal-`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_variable_is_named_and_policy_variables_are_left_to_aws() {
        assert!(check_variables("logs-${account}-${region}", false).is_ok());
        assert!(check_variables("logs-${acount}", false).unwrap_err().contains("${acount}"));
        assert!(check_variables("logs-${account", false).is_err());
        assert!(check_variables("home/${aws:username}", true).is_ok());
        assert!(check_variables("home/${aws:username}", false).is_err());
    }

    #[test]
    fn existing_buckets_and_users_have_names_that_aws_gives_no_more() {
        for old in ["Abc", "a_b", "logs.example.com", "abc-s3alias", &"a".repeat(255)] {
            assert_eq!(BucketName::check(old), Ok(()), "{old}");
        }
        for bad in ["ab", "a b", "a/b", "ä-b", &"a".repeat(256)] {
            assert!(BucketName::check(bad).is_err(), "{bad}");
        }
        for name in [UserName::check, PrincipalName::check] {
            assert_eq!(name(&"a".repeat(128)), Ok(()));
            assert!(name(&"a".repeat(129)).is_err());
        }
    }

    #[test]
    fn regions_and_zones_are_told_from_other_words() {
        for good in ["us-east-1", "us-gov-west-1", "eu-central-2", "eusc-de-east-1"] {
            assert_eq!(RegionName::check(good), Ok(()), "{good}");
            assert_eq!(ZoneName::check(&format!("{good}a")), Ok(()));
        }
        for bad in
            ["", "us", "us-east", "us-east-1a", "US-EAST-1", "us-east-10", "é", "xx-east-1", "eusc-fr-west-1"]
        {
            assert!(RegionName::check(bad).is_err(), "{bad}");
        }
        for bad in ["", "é", "us-east-1", "a"] {
            assert!(ZoneName::check(bad).is_err(), "{bad}");
        }
    }
}
