//! From facts and what is asked to findings.

use super::effective::InEffect;
use super::judgement::Judgement;
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
    let mut judgement = Judgement::default();
    let in_effect = InEffect::new(facts);
    if let Some(asked) = &asked.root {
        root_user::judge(facts, asked, &mut judgement);
    }
    if let Some(asked) = &asked.users {
        user_mfa::judge(facts, asked, &mut judgement);
        administrators::judge(facts, asked, &in_effect, &mut judgement);
        access_keys::judge(facts, asked, &mut judgement);
    }
    if let Some(asked) = &asked.audit {
        wide_policies::judge(facts, asked, &mut judgement);
        cloudshell::judge(facts, asked, &mut judgement);
        certificates::judge(facts, asked, &mut judgement);
        unused_services::judge(facts, asked, &mut judgement);
        role_trust::judge(facts, asked, &mut judgement);
        deputies::judge(facts, asked, &mut judgement);
        public_buckets::judge(facts, asked, &mut judgement);
        public_messages::judge(facts, asked, &mut judgement);
        instances::judge(facts, asked, &mut judgement);
        open_ports::judge(facts, asked, &mut judgement);
        listeners::judge(facts, asked, &mut judgement);
        classic_listeners::judge(facts, asked, &mut judgement);
        vpcs::judge(facts, asked, &mut judgement);
        trails::judge(facts, asked, &mut judgement);
        hardened_trails::judge(facts, asked, &mut judgement);
        kept_trails::judge(facts, asked, &mut judgement);
        guarded_trails::judge(facts, asked, &in_effect, &mut judgement);
        key_rotation::judge(facts, asked, &mut judgement);
        shared_images::judge(facts, asked, &mut judgement);
        if let Some(regions) = &asked.regions {
            // A trail of all regions is seen from each of them.
            let by_region =
                |rule: &&&Rule| rule.calls.contains(&EVERY_REGION) && rule.id != trails::EVERY_REGION.id;
            for rule in RULES.iter().filter(by_region) {
                judgement.narrowed(rule, format!("only {} looked at", regions.join(", ")));
            }
        }
    }
    judgement.end()
}
