//! Which services a role trusts.

use crate::partition;
use crate::policy::{Ask, Context, Who};
use crate::posture::facts::Role;

/// A service as policies about a role name it: as in most partitions, and with the suffix of the role's own.
pub(super) fn spellings(role: &Role, service: &str) -> Vec<String> {
    let own = partition::of_arn(&role.identity.arn);
    let name = service.split('.').next().unwrap_or(service);
    let local = own.map(|own| format!("{name}.{}", own.dns_suffix)).filter(|local| local != service);
    local.into_iter().chain([service.to_owned()]).collect()
}

/// Whether that service may assume the role.
pub(super) fn is_trusted(role: &Role, service: &str) -> bool {
    let context = Context::open();
    spellings(role, service).iter().any(|service| {
        let ask = Ask {
            who: Who::Service(service),
            action: "sts:AssumeRole",
            resource: &role.identity.arn,
            context: &context,
        };
        role.trust.allowing(&ask).is_some() && role.trust.denying(&ask).is_none()
    })
}

#[cfg(test)]
mod tests {
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
        ] {
            let trust = format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":{{"Service":"{trusted}"}},"Action":"sts:AssumeRole"}}}}"#
            );
            let identity = Identity {
                arn: format!("arn:{partition}:iam::123456789012:role/web"),
                ..Identity::default()
            };
            let role = Role { identity, trust: Policy::parse(&trust).unwrap(), ..Role::default() };
            assert_eq!(is_trusted(&role, service), is, "{partition} {trusted} {service}");
        }
    }
}
