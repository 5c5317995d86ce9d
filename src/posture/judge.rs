//! From facts and what is asked to findings.

use super::effective::InEffect;
use super::findings::Findings;
use super::rules::{
    access_keys, administrators, certificates, classic_listeners, cloudshell, deputies, guarded_trails,
    hardened_trails, instances, kept_trails, key_rotation, listeners, open_ports, public_buckets,
    public_messages, role_trust, root_user, shared_images, trails, unused_services, user_mfa, vpcs,
    wide_policies,
};
use super::{Asked, Facts, Posture, RULES, Rule};

/// The call of every rule that looks into every region.
const EVERY_REGION: &str = "ec2:DescribeRegions";

/// Judges an account by what is asked of it. The same facts always give the same findings.
pub fn judge(facts: &Facts, asked: &Asked) -> Posture {
    let mut findings = Findings::default();
    let in_effect = InEffect::new(facts);
    if let Some(asked) = &asked.root {
        root_user::judge(facts, asked, &mut findings);
    }
    if let Some(asked) = &asked.users {
        user_mfa::judge(facts, asked, &mut findings);
        administrators::judge(facts, asked, &in_effect, &mut findings);
        access_keys::judge(facts, asked, &mut findings);
    }
    if let Some(asked) = &asked.audit {
        wide_policies::judge(facts, asked, &mut findings);
        cloudshell::judge(facts, asked, &mut findings);
        certificates::judge(facts, asked, &mut findings);
        unused_services::judge(facts, asked, &mut findings);
        role_trust::judge(facts, asked, &mut findings);
        deputies::judge(facts, asked, &mut findings);
        public_buckets::judge(facts, asked, &mut findings);
        public_messages::judge(facts, asked, &mut findings);
        instances::judge(facts, asked, &mut findings);
        open_ports::judge(facts, asked, &mut findings);
        listeners::judge(facts, asked, &mut findings);
        classic_listeners::judge(facts, asked, &mut findings);
        vpcs::judge(facts, asked, &mut findings);
        trails::judge(facts, asked, &mut findings);
        hardened_trails::judge(facts, asked, &mut findings);
        kept_trails::judge(facts, asked, &mut findings);
        guarded_trails::judge(facts, asked, &in_effect, &mut findings);
        key_rotation::judge(facts, asked, &mut findings);
        shared_images::judge(facts, asked, &mut findings);
        if let Some(regions) = &asked.regions {
            // A trail of all regions is seen from each of them.
            let by_region =
                |rule: &&&Rule| rule.calls.contains(&EVERY_REGION) && rule.id != trails::EVERY_REGION.id;
            for rule in RULES.iter().filter(by_region) {
                findings.narrowed(rule, format!("only {} looked at", regions.join(", ")));
            }
        }
    }
    findings.end()
}
