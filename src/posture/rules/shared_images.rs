//! No snapshot and no image is public.

use super::every_region::{self, Departure, Words, resource};
use crate::posture::asked::AuditAsked;
use crate::posture::control::{hub, nist};
use crate::posture::facts::Region;
use crate::posture::judgement::Judgement;
use crate::posture::{Facts, Rule, Severity};

/// No EBS snapshot and no image of the account is public.
pub const PRIVATE_IMAGES: Rule = Rule {
    id: "public-snapshots",
    title: "no EBS snapshot and no image of the account is public",
    severity: Severity::Critical,
    practice: 13,
    controls: &[hub("EC2.1"), nist("AC-3(7)"), nist("AC-6"), nist("SC-7(3)")],
    risk: "anybody with an AWS account copies the disk and reads what is on it; people search for such copies",
    calls: &["ec2:DescribeRegions", "ec2:DescribeSnapshots", "ec2:DescribeImages"],
};

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, judgement: &mut Judgement) {
    let Some(demand) = &asked.private_images else { return };
    let words = Words {
        message: |open, _| format!("{open} snapshots or images are public"),
        next: "for each snapshot: aws ec2 modify-snapshot-attribute --region REGION --snapshot-id ID --attribute \
               createVolumePermission --operation-type remove --group-names all; for each image: aws ec2 \
               modify-image-attribute --region REGION --image-id ID --launch-permission Remove=[{Group=all}]; what was on \
               them may have been copied, so change every secret among it; block_public_snapshots and \
               block_public_images in [account] keep it from happening again",
    };
    let look = |region: &str, read: &Region, judgement: &mut Judgement| {
        let snapshots = judgement.need(&[&PRIVATE_IMAGES], &read.public_snapshots);
        let images = judgement.need(&[&PRIVATE_IMAGES], &read.public_images);
        let departure = |kind: &'static str, what: &str, id: &String| Departure {
            resource: resource(facts, kind, region, &format!("{what}/{id}")),
            evidence: id.clone(),
        };
        let snapshots = snapshots.into_iter().flatten().map(|id| departure("snapshot", "snapshot", id));
        let images = images.into_iter().flatten().map(|id| departure("image", "image", id));
        let open: Vec<Departure> = snapshots.chain(images).collect();
        Some((open.len(), open))
    };
    every_region::judge(facts, &PRIVATE_IMAGES, &demand.origin, judgement, &words, look);
}
