//! `[account]`: settings of the account and the region.

use super::Diagnostic;
use super::kms_key::KmsKey;
use super::names::Names;
use super::regions;
use super::section::section;
use super::types::{AccountId, Declared, EnabledOr, List, OrOff, RegionPattern, Whole, choice};
use crate::kinds::ec2_ebs_encryption::EbsEncryption;
use crate::kinds::ec2_image_public_access::ImagePublicAccess;
use crate::kinds::ec2_instance_metadata_defaults::InstanceMetadataDefaults;
use crate::kinds::ec2_snapshot_public_access::SnapshotPublicAccess;
use crate::kinds::kms_key::Key;
use crate::kinds::s3_account_public_access::PublicAccessBlock;
use crate::model::{DecodeError, Origin, ResourceSpec as _, Wanted};

/// The name of every setting within its kind.
const NAME: &str = "account";

choice! {
    /// Whether instances need session tokens for their metadata.
    MetadataTokens {
        /// IMDSv2 only.
        Required = "required",
        /// IMDSv1 too.
        Optional = "optional",
    }
}

choice! {
    /// Which sharing of snapshots with everyone is refused.
    SnapshotBlock {
        /// All of it.
        All = "all",
        /// Only what is not shared yet.
        New = "new",
    }
}

section! {
    /// Settings of the account. AWS keeps all but `block_public_buckets` by region: they are set in every region that `regions`
    /// names, a region that is enabled later included.
    ///
    /// The section alone, `[account]`, is enough: every key takes its hardened value.
    #[practices(4, 13)]
    Account {
        /// The accounts this baseline may be applied to. On any other account nothing is done.
        allowed: List<AccountId>, absent "any account";
        /// The regions in which the settings are kept, by name or with `*` for any text. The home region is always among them.
        regions: EnabledOr<RegionPattern>, default "\"enabled\"";
        /// Regions that are left alone, for example because a policy of the organization denies them.
        except_regions: List<RegionPattern>, default "[]";
        /// Refuses public buckets in the whole account, whatever their policies and ACLs say.
        block_public_buckets: bool, default "true";
        /// Encrypts new EBS volumes.
        ebs_encryption: bool, default "true";
        /// The key new EBS volumes of the home region are encrypted with. A key is of one region, so in the others it is not managed.
        ebs_kms_key: Declared<KmsKey>, absent "not managed: at first the key of AWS";
        /// Whether new instances need IMDSv2.
        imdsv2: MetadataTokens, default "\"required\"";
        /// How many network hops an answer of the metadata service may travel. Containers need 2.
        imds_hop_limit: Whole<1, 64>, absent "not managed";
        /// Refuses snapshots that are shared with everyone.
        block_public_snapshots: OrOff<SnapshotBlock>, default "\"all\"";
        /// Refuses AMIs that are shared with everyone.
        block_public_images: bool, default "true";
    }
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let allowed = names.file.account.as_ref().and_then(|account| account.allowed.as_ref());
    // A template with an empty variable must not take the protection away.
    if let Some(allowed) = allowed.filter(|allowed| allowed.iter().next().is_none()) {
        problems.push(
            Diagnostic::error("bad-value", &allowed.span, "`allowed` names no account")
                .hint("list account ids, or leave `allowed` out to allow every account"),
        );
    }
    regions::check(names, problems);
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(account) = &names.file.account else { return Ok(()) };
    let origin = Origin::from(&account.header);
    wanted.add(NAME, &PublicAccessBlock::all(account.block_public_buckets.value), [], &origin)?;
    for region in std::iter::once(None).chain(regions::named(names).into_iter().map(Some)) {
        expand_in(names, region.as_deref(), wanted)?;
    }
    Ok(())
}

/// The settings that AWS keeps by region, in one of them; nothing is the home region.
pub(super) fn expand_in(
    names: &Names<'_>,
    region: Option<&str>,
    wanted: &mut Wanted,
) -> Result<(), DecodeError> {
    let Some(account) = &names.file.account else { return Ok(()) };
    let origin = Origin::from(&account.header);
    let key = account.ebs_kms_key.as_ref().filter(|_| region.is_none());
    let encryption = EbsEncryption {
        enabled: account.ebs_encryption.value,
        kms_key: key.map(|key| Key::output(key.name(), "arn")),
    };
    wanted.add_within(region, NAME, &encryption, [], &origin)?;
    let metadata = InstanceMetadataDefaults {
        http_tokens: account.imdsv2.word().to_owned(),
        hop_limit: account.imds_hop_limit.as_ref().map(|hops| hops.0),
    };
    wanted.add_within(region, NAME, &metadata, [], &origin)?;
    let snapshots = match account.block_public_snapshots.value {
        OrOff::On(SnapshotBlock::All) => "block-all-sharing",
        OrOff::On(SnapshotBlock::New) => "block-new-sharing",
        OrOff::Off => "unblocked",
    };
    wanted.add_within(region, NAME, &SnapshotPublicAccess { state: snapshots.to_owned() }, [], &origin)?;
    let images = if account.block_public_images.value { "block-new-sharing" } else { "unblocked" };
    wanted.add_within(region, NAME, &ImagePublicAccess { state: images.to_owned() }, [], &origin)?;
    Ok(())
}
