//! Every rule there is.

use super::Rule;
use super::rules::{
    access_keys, administrators, certificates, classic_listeners, cloudshell, deputies, guarded_trails,
    hardened_trails, instances, kept_trails, key_rotation, listeners, open_ports, public_buckets,
    public_messages, role_trust, root_user, shared_images, trails, unused_services, user_mfa, vpcs,
    wide_policies,
};

/// Every rule, by practice.
pub const RULES: &[&Rule] = &[
    &root_user::ACCESS_KEYS,
    &root_user::UNUSED,
    &root_user::MFA,
    &root_user::HARDWARE_MFA,
    &user_mfa::USER_MFA,
    &user_mfa::USER_HARDWARE_MFA,
    &administrators::ALLOWED,
    &administrators::ESCALATION,
    &administrators::COUNT,
    &instances::PROFILE,
    &instances::IMDSV2,
    &wide_policies::EVERYTHING,
    &wide_policies::WHOLE_SERVICE,
    &wide_policies::SECRETS,
    &cloudshell::CLOUDSHELL,
    &certificates::EXPIRED,
    &unused_services::UNUSED_SERVICES,
    &trails::EVERY_REGION,
    &trails::GLOBAL_ONCE,
    &hardened_trails::VALIDATION,
    &hardened_trails::ENCRYPTION,
    &hardened_trails::ACCESS_LOGS,
    &kept_trails::RETENTION,
    &guarded_trails::GUARDED,
    &key_rotation::KEY_ROTATION,
    &vpcs::FLOW_LOGS,
    &access_keys::AGE,
    &access_keys::UNUSED,
    &access_keys::ACTIVE_KEYS,
    &role_trust::EVERYBODY,
    &role_trust::UNKNOWN,
    &role_trust::UNGUARDED,
    &deputies::ROLES,
    &open_ports::ADMIN,
    &open_ports::DATA,
    &listeners::PLAIN,
    &listeners::OLD_TLS,
    &classic_listeners::PLAIN,
    &classic_listeners::OLD_TLS,
    &vpcs::DEFAULT_GROUPS,
    &vpcs::ACLS,
    &public_buckets::READ,
    &public_buckets::WRITE,
    &deputies::BUCKETS,
    &deputies::KEYS,
    &deputies::TOPICS,
    &deputies::QUEUES,
    &public_messages::TOPICS,
    &public_messages::QUEUES,
    &shared_images::PRIVATE_IMAGES,
    &shared_images::SHARED,
];

/// The rule of that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_says_what_can_happen() {
        let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        for rule in RULES {
            assert!(
                rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                rule.id
            );
            assert!(!rule.title.is_empty() && !rule.risk.is_empty() && !rule.calls.is_empty(), "{}", rule.id);
            assert!((1..=13).contains(&rule.practice), "{}", rule.id);
            // What reads an account must never need a right to write.
            for call in rule.calls {
                let (_, operation) = call.split_once(':').unwrap();
                assert!(crate::aws::is_read(operation), "{call}");
            }
        }
    }
}
