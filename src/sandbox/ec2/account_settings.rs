//! Settings of the account in a region: EBS encryption, metadata defaults, public sharing (aws-truths 1.6).

use serde::{Deserialize, Serialize};

use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::profile::Profile;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// What `GetEbsDefaultKmsKeyId` answers until a key is chosen: an alias, not an ARN (ACC-3).
const AWS_MANAGED_KEY: &str = "alias/aws/ebs";
const UNBLOCKED: &str = "unblocked";
const NO_PREFERENCE: &str = "no-preference";

/// Settings of the account in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Nothing until the first of them is written.
    choices: Option<Versioned<Choices>>,
    images: Slow,
    /// Whether a declarative policy of the organization keeps them.
    #[serde(default)]
    pub by_policy: bool,
}

/// Settings that are read back within seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Choices {
    encrypted: bool,
    key: Option<String>,
    metadata: Metadata,
    /// `unblocked` where empty.
    snapshots: String,
    /// What blocks traffic through internet gateways, since somebody chose it.
    #[serde(default)]
    internet_gateways: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Metadata {
    tokens: Option<String>,
    hops: Option<i64>,
    endpoint: Option<String>,
    tags: Option<String>,
    enforced: Option<String>,
}

/// A setting that is answered as it was before until AWS has carried it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Slow {
    before: String,
    state: String,
    since: Milliseconds,
}

impl Default for Slow {
    fn default() -> Self {
        Self { before: UNBLOCKED.to_owned(), state: UNBLOCKED.to_owned(), since: 0 }
    }
}

impl Slow {
    /// It may take ten minutes, in which the getter answers the state before (ACC-5).
    fn seen(&self, lens: Lens) -> &str {
        let usual = if lens.profile == Profile::Hostile { 600_000 } else { 60_000 };
        if lens.done(self.since, usual) { &self.state } else { &self.before }
    }
}

impl Settings {
    fn managed_by(&self) -> &'static str {
        if self.by_policy { "declarative-policy" } else { "account" }
    }

    fn seen(&self, lens: Lens) -> Choices {
        let choices = self.choices.as_ref().and_then(|choices| choices.seen(lens, "settings"));
        choices.cloned().unwrap_or_default()
    }

    fn change(&mut self, now: Milliseconds) -> &mut Choices {
        // The settings themselves were always there; only what is changed lags.
        self.choices.get_or_insert_with(|| Versioned::new(Choices::default(), 0)).change(now)
    }

    /// What blocks traffic through internet gateways; nothing until somebody chooses.
    pub(super) fn internet_gateways(&self, lens: Lens) -> Option<String> {
        self.seen(lens).internet_gateways
    }

    /// Chooses what blocks it.
    pub(super) fn block_internet_gateways(&mut self, mode: &str, now: Milliseconds) {
        self.change(now).internet_gateways = Some(mode.to_owned());
    }

    /// Whether new volumes are encrypted, and with which key.
    pub fn encryption(&self) -> (bool, &str) {
        self.choices.as_ref().map_or((false, AWS_MANAGED_KEY), |choices| {
            let choices = choices.truth();
            (choices.encrypted, choices.key.as_deref().unwrap_or(AWS_MANAGED_KEY))
        })
    }

    /// The tokens state and hop limit that launches get which name none (ACC-4).
    pub fn metadata(&self) -> (Option<&str>, Option<i64>) {
        self.choices.as_ref().map_or((None, None), |choices| {
            let metadata = &choices.truth().metadata;
            (metadata.tokens.as_deref(), metadata.hops)
        })
    }
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("GetEbsEncryptionByDefault", get_encryption),
    operation("EnableEbsEncryptionByDefault", |cx, _| set_encryption(cx, true)),
    operation("DisableEbsEncryptionByDefault", |cx, _| set_encryption(cx, false)),
    operation("GetEbsDefaultKmsKeyId", get_key),
    operation("ModifyEbsDefaultKmsKeyId", modify_key),
    operation("ResetEbsDefaultKmsKeyId", reset_key),
    operation("GetInstanceMetadataDefaults", get_metadata),
    operation("ModifyInstanceMetadataDefaults", modify_metadata),
    operation("GetSnapshotBlockPublicAccessState", get_snapshots),
    operation("EnableSnapshotBlockPublicAccess", enable_snapshots),
    operation("DisableSnapshotBlockPublicAccess", |cx, _| {
        changeable(cx).map(|()| set_snapshots(cx, UNBLOCKED))
    }),
    operation("GetImageBlockPublicAccessState", get_images),
    operation("EnableImageBlockPublicAccess", enable_images),
    operation("DisableImageBlockPublicAccess", |cx, _| changeable(cx).map(|()| set_images(cx, UNBLOCKED))),
];

fn seen(cx: &mut Context<'_>) -> Choices {
    let lens = cx.lens();
    cx.home().ec2.settings.seen(lens)
}

fn get_encryption(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let choices = seen(cx);
    let kind = match (choices.encrypted, &choices.key) {
        (false, _) => "none",
        (true, _) => "sse-kms",
    };
    Ok(Answer::empty().with("ebsEncryptionByDefault", choices.encrypted).with("sseType", kind))
}

/// Idempotent (ACC-2).
fn set_encryption(cx: &mut Context<'_>, encrypted: bool) -> Result<Answer, Fault> {
    let now = cx.now();
    cx.home().ec2.settings.change(now).encrypted = encrypted;
    Ok(Answer::empty().with("ebsEncryptionByDefault", encrypted))
}

fn get_key(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let key = seen(cx).key;
    Ok(Answer::empty().with("kmsKeyId", key.as_deref().unwrap_or(AWS_MANAGED_KEY)))
}

/// AWS looks at the key later: one that does not exist is accepted here, an asymmetric one is not (ACC-3).
fn modify_key(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let named = params.required("KmsKeyId")?;
    let lens = cx.lens();
    let found = cx.home().kms.find(lens, named).map(|(id, key)| (id.to_owned(), key.is_symmetric()));
    if matches!(found, Some((_, false))) {
        return Err(params.invalid("KmsKeyId", "must be a symmetric key"));
    }
    let arn = if let Some((id, _)) = found {
        cx.arn("kms", format_args!("key/{id}"))
    } else if named.starts_with("arn:") {
        named.to_owned()
    } else if named.starts_with("alias/") {
        cx.arn("kms", named)
    } else {
        cx.arn("kms", format_args!("key/{named}"))
    };
    let now = cx.now();
    cx.home().ec2.settings.change(now).key = Some(arn.clone());
    Ok(Answer::empty().with("kmsKeyId", arn))
}

fn reset_key(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    cx.home().ec2.settings.change(now).key = None;
    Ok(Answer::empty().with("kmsKeyId", AWS_MANAGED_KEY))
}

/// What was never set is an empty structure, not an error (ACC-4).
fn get_metadata(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let metadata = seen(cx).metadata;
    let managed_by = cx.home().ec2.settings.managed_by();
    let level = Fields::new()
        .maybe("httpTokens", metadata.tokens)
        .maybe("httpPutResponseHopLimit", metadata.hops)
        .maybe("httpEndpoint", metadata.endpoint)
        .maybe("instanceMetadataTags", metadata.tags)
        .maybe("httpTokensEnforced", metadata.enforced)
        .with("managedBy", managed_by);
    Ok(Answer::empty().with("accountLevel", level))
}

/// Nothing within the account changes a setting that a declarative policy keeps (ACC-4).
fn changeable(cx: &mut Context<'_>) -> Result<(), Fault> {
    if cx.home().ec2.settings.by_policy {
        let message = "This functionality has been disabled by a declarative policy.";
        return Err(Fault::client("UnauthorizedOperation", message));
    }
    Ok(())
}

/// Partial: what is left out stays as it is, `no-preference` and a hop limit of -1 clear (ACC-4).
fn modify_metadata(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    const SWITCH: &[&str] = &["disabled", "enabled", NO_PREFERENCE];
    changeable(cx)?;
    let tokens = params.choice("HttpTokens", &["optional", "required", NO_PREFERENCE])?;
    let endpoint = params.choice("HttpEndpoint", SWITCH)?;
    let tags = params.choice("InstanceMetadataTags", SWITCH)?;
    let enforced = params.choice("HttpTokensEnforced", SWITCH)?;
    let hops = params.number_in("HttpPutResponseHopLimit", -1..=64)?;
    if hops == Some(0) {
        return Err(params.invalid("HttpPutResponseHopLimit", "must be -1 or between 1 and 64"));
    }
    let now = cx.now();
    let metadata = &mut cx.home().ec2.settings.change(now).metadata;
    for (place, sent) in [
        (&mut metadata.tokens, tokens),
        (&mut metadata.endpoint, endpoint),
        (&mut metadata.tags, tags),
        (&mut metadata.enforced, enforced),
    ] {
        if let Some(sent) = sent {
            *place = (sent != NO_PREFERENCE).then(|| sent.to_owned());
        }
    }
    if let Some(hops) = hops {
        metadata.hops = (hops != -1).then_some(hops);
    }
    Ok(Answer::done())
}

fn get_snapshots(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let state = Some(seen(cx).snapshots).filter(|state| !state.is_empty());
    let managed_by = cx.home().ec2.settings.managed_by();
    Ok(Answer::empty().with("state", state.as_deref().unwrap_or(UNBLOCKED)).with("managedBy", managed_by))
}

fn enable_snapshots(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    changeable(cx)?;
    params.required("State")?;
    // `unblocked` is in the type but is what Disable is for.
    let state = params.choice("State", &["block-all-sharing", "block-new-sharing"])?.unwrap_or_default();
    Ok(set_snapshots(cx, state))
}

fn set_snapshots(cx: &mut Context<'_>, state: &str) -> Answer {
    let now = cx.now();
    state.clone_into(&mut cx.home().ec2.settings.change(now).snapshots);
    Answer::empty().with("state", state)
}

fn get_images(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let state = cx.home().ec2.settings.images.seen(lens).to_owned();
    let managed_by = cx.home().ec2.settings.managed_by();
    Ok(Answer::empty().with("imageBlockPublicAccessState", state).with("managedBy", managed_by))
}

fn enable_images(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    changeable(cx)?;
    params.required("ImageBlockPublicAccessState")?;
    params.choice("ImageBlockPublicAccessState", &["block-new-sharing"])?;
    Ok(set_images(cx, "block-new-sharing"))
}

fn set_images(cx: &mut Context<'_>, state: &str) -> Answer {
    let (now, lens) = (cx.now(), cx.lens());
    let images = &mut cx.home().ec2.settings.images;
    if images.state != state {
        *images = Slow { before: images.seen(lens).to_owned(), state: state.to_owned(), since: now };
    }
    Answer::empty().with("imageBlockPublicAccessState", state)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::Client;
    use aws_sdk_ec2::types::{
        ImageBlockPublicAccessEnabledState, MetadataDefaultHttpTokensState, SnapshotBlockPublicAccessState,
    };

    use crate::sandbox::testing::config;
    use crate::sandbox::{Profile, Sandbox};

    fn client(profile: Profile) -> Client {
        Client::new(&config(&Sandbox::new(profile, 1), "us-east-1"))
    }

    #[tokio::test]
    async fn the_default_key_is_an_alias_until_it_is_changed_acc_3() {
        let ec2 = client(Profile::Instant);
        let key = || async {
            let answer = ec2.get_ebs_default_kms_key_id().send().await.unwrap();
            answer.kms_key_id().unwrap().to_owned()
        };
        assert_eq!(key().await, "alias/aws/ebs");
        ec2.modify_ebs_default_kms_key_id().kms_key_id("1234").send().await.unwrap();
        assert_eq!(key().await, "arn:aws:kms:us-east-1:123456789012:key/1234");
        ec2.reset_ebs_default_kms_key_id().send().await.unwrap();
        assert_eq!(key().await, "alias/aws/ebs");
    }

    #[tokio::test]
    async fn encryption_by_default_is_switched_as_often_as_one_likes_acc_2() {
        let ec2 = client(Profile::Instant);
        let read = || async {
            let answer = ec2.get_ebs_encryption_by_default().send().await.unwrap();
            answer.ebs_encryption_by_default().unwrap()
        };
        assert!(!read().await);
        for _ in 0..2 {
            ec2.enable_ebs_encryption_by_default().send().await.unwrap();
        }
        assert!(read().await);
        ec2.disable_ebs_encryption_by_default().send().await.unwrap();
        assert!(!read().await);
    }

    #[tokio::test]
    async fn metadata_defaults_keep_what_is_not_sent_acc_4() {
        let ec2 = client(Profile::Instant);
        let read = || async {
            let answer = ec2.get_instance_metadata_defaults().send().await.unwrap();
            let level = answer.account_level().unwrap().clone();
            (level.http_tokens, level.http_put_response_hop_limit)
        };
        assert_eq!(read().await, (None, None));
        let tokens = |tokens| ec2.modify_instance_metadata_defaults().http_tokens(tokens).send();
        tokens(MetadataDefaultHttpTokensState::Required).await.unwrap();
        ec2.modify_instance_metadata_defaults().http_put_response_hop_limit(2).send().await.unwrap();
        assert_eq!(read().await, (Some("required".into()), Some(2)));
        tokens(MetadataDefaultHttpTokensState::NoPreference).await.unwrap();
        assert_eq!(read().await, (None, Some(2)));
        ec2.modify_instance_metadata_defaults().http_put_response_hop_limit(-1).send().await.unwrap();
        assert_eq!(read().await, (None, None));
    }

    #[tokio::test]
    async fn a_snapshot_block_reads_back_in_both_of_its_modes_acc_5() {
        let ec2 = client(Profile::Instant);
        for state in ["block-all-sharing", "block-new-sharing"] {
            let wanted = SnapshotBlockPublicAccessState::from(state);
            ec2.enable_snapshot_block_public_access().state(wanted).send().await.unwrap();
            let answer = ec2.get_snapshot_block_public_access_state().send().await.unwrap();
            assert_eq!(answer.state().unwrap().as_str(), state);
        }
    }

    #[tokio::test]
    async fn an_image_block_reads_unblocked_until_it_is_carried_out_acc_5() {
        let sandbox = Sandbox::new(Profile::Hostile, 1);
        let ec2 = Client::new(&config(&sandbox, "us-east-1"));
        let read = || async {
            let answer = ec2.get_image_block_public_access_state().send().await.unwrap();
            answer.image_block_public_access_state().unwrap().to_owned()
        };
        let put = || {
            ec2.enable_image_block_public_access()
                .image_block_public_access_state(ImageBlockPublicAccessEnabledState::BlockNewSharing)
                .send()
        };
        put().await.unwrap();
        assert_eq!(read().await, "unblocked");
        let again = put().await.unwrap_err().into_service_error();
        assert_eq!(again.meta().code(), Some("RequestLimitExceeded"), "one call in ten seconds");
        sandbox.with_world(|world| world.clock += 601_000);
        assert_eq!(read().await, "block-new-sharing");
    }
}
