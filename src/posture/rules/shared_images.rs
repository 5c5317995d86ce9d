//! No snapshot and no image is public, and single accounts that have one are known.

use super::every_region::{self, Departure, Words, resource};
use crate::posture::asked::AuditAsked;
use crate::posture::control::{hub, nist};
use crate::posture::facts::Region;
use crate::posture::findings::Findings;
use crate::posture::{Facts, Rule, Severity};

/// No EBS snapshot and no image of the account is public.
pub const PRIVATE_IMAGES: Rule = Rule {
    id: "public-snapshots",
    title: "no EBS snapshot and no image of the account is public",
    severity: Severity::Critical,
    practice: 13,
    controls: &[hub("EC2.1"), nist("AC-3(7)"), nist("AC-6"), nist("SC-7(3)")],
    risk: "anybody with an AWS account copies the disk and reads what is on it; people search for such copies",
    remedy: "Take the share with everybody away: aws ec2 modify-snapshot-attribute or modify-image-attribute. `[account]` blocks new ones.",
    calls: &["ec2:DescribeRegions", "ec2:DescribeSnapshots", "ec2:DescribeImages"],
};

/// Snapshots and images are shared with known accounts only.
pub const SHARED: Rule = Rule {
    id: "shared-snapshots",
    title: "EBS snapshots and images are shared with known accounts only",
    severity: Severity::Low,
    practice: 13,
    controls: &[nist("AC-3"), nist("AC-6")],
    risk: "an account nobody knows has the disk, and keeps its copy whatever happens to the original",
    remedy: "Name the account in `trusted_accounts` of `[audit]` if you know whose it is; otherwise take the share away.",
    calls: &[
        "ec2:DescribeRegions",
        "ec2:DescribeSnapshots",
        "ec2:DescribeSnapshotAttribute",
        "ec2:DescribeImages",
        "ec2:DescribeImageAttribute",
    ],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    shared(facts, asked, findings);
    let Some(demand) = &asked.private_images else { return };
    let words = Words {
        message: |open, _| format!("{open} snapshots or images are public"),
        next: "for each snapshot: aws ec2 modify-snapshot-attribute --region REGION --snapshot-id ID --attribute \
               createVolumePermission --operation-type remove --group-names all; for each image: aws ec2 \
               modify-image-attribute --region REGION --image-id ID --launch-permission Remove=[{Group=all}]; what was on \
               them may have been copied, so change every secret among it; block_public_snapshots and \
               block_public_images in [account] keep it from happening again",
    };
    let look = |region: &str, read: &Region, findings: &mut Findings| {
        let snapshots = findings.require(&[&PRIVATE_IMAGES], &read.public_snapshots);
        let images = findings.require(&[&PRIVATE_IMAGES], &read.public_images);
        let departure = |kind: &'static str, what: &str, id: &String| Departure {
            resource: resource(facts, kind, region, &format!("{what}/{id}")),
            evidence: id.clone(),
        };
        let snapshots = snapshots.into_iter().flatten().map(|id| departure("snapshot", "snapshot", id));
        let images = images.into_iter().flatten().map(|id| departure("image", "image", id));
        let open: Vec<Departure> = snapshots.chain(images).collect();
        Some((open.len(), open))
    };
    every_region::judge(facts, &PRIVATE_IMAGES, &demand.origin, findings, &words, look);
}

fn shared(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.images_for_trusted_accounts else { return };
    let words = Words {
        message: |open, _| {
            format!("{open} snapshots or images are shared with accounts that the file does not know")
        },
        next: "add the account to `trusted_accounts` if you know whose it is; else for each snapshot: aws ec2 \
               modify-snapshot-attribute --region REGION --snapshot-id ID --attribute createVolumePermission \
               --operation-type remove --user-ids ACCOUNT; for each image: aws ec2 modify-image-attribute --region REGION \
               --image-id ID --launch-permission Remove=[{UserId=ACCOUNT}]",
    };
    let is_known =
        |account: &String| *account == facts.account || asked.trusted_accounts.value.contains(account);
    let look = |region: &str, read: &Region, findings: &mut Findings| {
        let shares = findings.require(&[&SHARED], &read.shared)?;
        let departures = shares.iter().filter_map(|share| {
            let unknown: Vec<&str> =
                share.accounts.iter().filter(|it| !is_known(it)).map(String::as_str).collect();
            let what = format!("{}/{}", share.kind, share.id);
            (!unknown.is_empty()).then(|| Departure {
                resource: resource(facts, share.kind, region, &what),
                evidence: format!("{} with {}", share.id, unknown.join(", ")),
            })
        });
        Some((shares.len(), departures.collect()))
    };
    every_region::judge(facts, &SHARED, &demand.origin, findings, &words, look);
}
