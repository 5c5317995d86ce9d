//! Which services a role trusts.

use super::way::Thing;
use crate::partition;
use crate::policy::{Ask, Context, Who};
use crate::posture::facts::Role;

/// A service as policies about a role name it: as in most partitions, and with the suffix of the role's own.
pub(super) fn spellings(role: &Role, service: &str) -> Vec<String> {
    let own = partition::of_arn(&role.identity.arn);
    let name = service.strip_suffix(".amazonaws.com").unwrap_or(service);
    let local = own.map(|own| format!("{name}.{}", own.dns_suffix)).filter(|local| local != service);
    local.into_iter().chain([service.to_owned()]).collect()
}

/// Whether that service may assume the role, or whoever it gives a token may; where something new asks for the role, in the name
/// of that. What it is called nobody chooses, so no policy that names one thing lets it in.
pub(super) fn is_trusted(role: &Role, service: &str, asking: Option<Thing>) -> bool {
    if !may_speak_of(role, service) {
        return false;
    }
    let contexts: Vec<Context> = match asking {
        Some(thing) => names_of_new(role, thing)
            .into_iter()
            .map(|arn| Context::open().with("aws:SourceArn", arn))
            .collect(),
        None => vec![Context::open()],
    };
    let lets_in = |who: Who<'_>, action: &str| {
        contexts.iter().any(|context| {
            let ask = Ask { who, action, resource: &role.identity.arn, context };
            role.trust.allowing(&ask).is_some() && role.trust.denying(&ask).is_none()
        })
    };
    spellings(role, service).iter().any(|service| {
        lets_in(Who::Service(service), "sts:AssumeRole")
            || lets_in(Who::Federated(service), "sts:AssumeRoleWithWebIdentity")
    })
}

/// Whether a trust policy has that service's name in it, with whatever suffix, or speaks of more than it names. Most are of other
/// services, which is seen without a question to them.
fn may_speak_of(role: &Role, service: &str) -> bool {
    let name = service.strip_suffix(".amazonaws.com").unwrap_or(service);
    let is_it = |known: &String| {
        known.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    role.trust.allows().filter_map(|statement| statement.principals.as_ref()).any(|principals| {
        principals.everyone
            || principals.all_but
            || principals.services.iter().chain(&principals.federated).any(is_it)
    })
}

/// What something new could be called: in each region that the trust policy names, under an id that nobody has seen.
fn names_of_new(role: &Role, thing: Thing) -> Vec<String> {
    let conditions = role.trust.statements.iter().flat_map(|statement| &statement.conditions);
    let on_source = conditions.filter(|condition| condition.key.eq_ignore_ascii_case("aws:SourceArn"));
    let named = on_source.flat_map(|condition| &condition.values);
    let regions = named.filter_map(|value| value.text.split(':').nth(3)).filter(|region| {
        !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let part = |index: usize| role.identity.arn.split(':').nth(index).unwrap_or_default();
    let (partition, account) = (part(1), part(4));
    let name = |region: &str| {
        format!("arn:{partition}:{}:{region}:{account}:{}unheard-of", thing.service, thing.beginning)
    };
    std::iter::once("us-east-1").chain(regions).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::way::thing;
    use super::*;
    use crate::policy::Policy;
    use crate::posture::facts::Identity;

    #[test]
    fn a_service_is_trusted_by_the_name_it_has_in_the_partition_of_the_role() {
        for (partition, trusted, service, is) in [
            ("aws", "ec2.amazonaws.com", "ec2.amazonaws.com", true),
            ("aws-cn", "ec2.amazonaws.com.cn", "ec2.amazonaws.com", true),
            ("aws-cn", "ec2.amazonaws.com", "ec2.amazonaws.com", true),
            ("aws-iso", "ec2.c2s.ic.gov", "ec2.amazonaws.com", true),
            ("aws", "ec2.amazonaws.com.cn", "ec2.amazonaws.com", false),
            ("aws-cn", "ec2.amazonaws.com.cn", "lambda.amazonaws.com", false),
            ("aws-cn", "tasks.apprunner.amazonaws.com.cn", "tasks.apprunner.amazonaws.com", true),
            ("aws-cn", "tasks.amazonaws.com.cn", "tasks.apprunner.amazonaws.com", false),
        ] {
            let trust = format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":{{"Service":"{trusted}"}},"Action":"sts:AssumeRole"}}}}"#
            );
            let identity = Identity {
                arn: format!("arn:{partition}:iam::123456789012:role/web"),
                ..Identity::default()
            };
            let role = Role { identity, trust: Policy::parse(&trust).unwrap(), ..Role::default() };
            assert_eq!(is_trusted(&role, service, None), is, "{partition} {trusted} {service}");
        }
    }

    #[test]
    fn what_is_new_is_trusted_where_no_one_thing_is_named() {
        let anchor = thing("rolesanywhere", "trust-anchor/", "a profile");
        let arn = |rest: &str| format!("arn:aws:rolesanywhere:{rest}");
        for (condition, is) in [
            (String::new(), true),
            (arn("eu-west-1:123456789012:trust-anchor/*"), true),
            (arn("*:123456789012:trust-anchor/*"), true),
            // As the guide of Roles Anywhere advises.
            (arn("eu-west-1:123456789012:trust-anchor/3a8f6cba-1111-2222-3333-444444444444"), false),
            (arn("eu-west-1:999988887777:trust-anchor/*"), false),
        ] {
            let condition = if condition.is_empty() {
                condition
            } else {
                format!(r#","Condition":{{"ArnLike":{{"aws:SourceArn":"{condition}"}}}}"#)
            };
            let trust = format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":{{"Service":"rolesanywhere.amazonaws.com"}},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]{condition}}}}}"#
            );
            let identity =
                Identity { arn: "arn:aws:iam::123456789012:role/web".to_owned(), ..Identity::default() };
            let role = Role { identity, trust: Policy::parse(&trust).unwrap(), ..Role::default() };
            assert_eq!(is_trusted(&role, "rolesanywhere.amazonaws.com", Some(anchor)), is, "{condition}");
        }
    }
}
