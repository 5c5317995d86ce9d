//! A launch template; its default version is what counts (aws-truths 1.10).

pub(in crate::kinds) mod beyond;
pub(in crate::kinds) mod image;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplate as LiveTemplate, LaunchTemplateBlockDeviceMappingRequest,
    LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateHttpTokensState,
    LaunchTemplateIamInstanceProfileSpecification, LaunchTemplateIamInstanceProfileSpecificationRequest,
    LaunchTemplateInstanceMetadataEndpointState, LaunchTemplateInstanceMetadataOptionsRequest,
    LaunchTemplateTagSpecification, LaunchTemplateTagSpecificationRequest, LaunchTemplateVersion,
    LaunchTemplatesMonitoringRequest, RequestLaunchTemplateData, ResourceType, ResponseLaunchTemplateData,
    Tag, VolumeType,
};
use aws_smithy_types::base64;
use futures::join;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::beyond::unsupported;
use self::image::{Image, look_up};
use crate::aws::trace::chain;
use crate::aws::{Account, Error, Items as _};
use crate::kinds::by_name::{Named, by_name};
use crate::kinds::ec2::tags::{filter, owned_filter, ownership, specification, tag, tags};
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::kms_key::Key;
use crate::kinds::whole_number::{narrow, narrow_optional};
use crate::kinds::{
    DeleteRequest, Found, KindMeta, ReadRequest, ReadResult, Reading, Resource, State, Update, unreadable,
};
use crate::model::{Addr, Dict, Link, Remark, ResourceSpec, Set, Severity};

/// A launch template. Outputs: `id`, and `version`, which says which version is the default one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchTemplate {
    /// The name, unique in the region.
    pub template: String,
    /// An AMI id, or `resolve:ssm:` and a parameter's name.
    pub image: String,
    /// Such as `t3.micro`.
    pub instance_type: String,
    /// Ids of the instances' security groups.
    pub security_groups: Set<Link>,
    /// The name of the instance profile; none where absent.
    pub instance_profile: Option<String>,
    /// `required` for IMDSv2 only.
    pub http_tokens: String,
    /// How many hops a metadata answer may travel.
    pub hop_limit: i64,
    /// Detailed monitoring, at one-minute steps.
    pub detailed_monitoring: bool,
    /// Volumes by device name, or by [`ROOT`] for the root device of the image, whatever its name.
    pub volumes: Dict<Volume>,
    /// The script run at first boot, as plain text; none where absent.
    pub user_data: Option<String>,
    /// The tags of what an instance starts with, by its type: the instance, its volumes and its network interfaces. The name of an
    /// instance is not among them.
    pub launch_tags: Dict<Dict<String>>,
    /// What a live version sets beyond this vocabulary, in words; never wanted. A key pair is among it.
    pub unsupported: Option<String>,
}

/// The tag that every version written here gives its instances.
const NAME_TAG: &str = "Name";

/// Stands for the root device of the image.
pub const ROOT: &str = "root";

/// One volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The ARN of its key; the region's default key where absent.
    pub kms_key: Option<Link>,
    /// Such as `gp3`.
    pub volume_type: String,
    /// Size in GiB; the image's where absent.
    pub size_gib: Option<i64>,
}

impl ResourceSpec for LaunchTemplate {
    const KIND: &'static str = "ec2.launch-template";
}

/// Launch templates.
pub struct LaunchTemplates;

impl Resource for LaunchTemplates {
    type Spec = LaunchTemplate;
    const META: KindMeta = KindMeta {
        immutable: &["template"],
        outputs: &["id", "version"],
        moving_outputs: &["version"],
        settle_seconds: 300,
        read_actions: &[
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:DescribeImages",
            "ssm:GetParameters",
        ],
        write_actions: &[
            "ec2:CreateLaunchTemplate",
            "ec2:CreateTags",
            "ec2:CreateLaunchTemplateVersion",
            "ec2:ModifyLaunchTemplate",
            "ec2:DeleteLaunchTemplate",
            "iam:PassRole",
        ],
        practices: &[4, 10],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<LaunchTemplate>>,
    ) -> Vec<ReadResult<LaunchTemplate>> {
        let names = asked.iter().map(|question| question.wanted.template.clone()).collect();
        let wanted: BTreeMap<Addr, LaunchTemplate> =
            asked.iter().map(|question| (question.addr.clone(), question.wanted.clone())).collect();
        let images = look_up(account, wanted.values().map(|wanted| wanted.image.as_str()));
        match join!(read_all(account, names), images) {
            (Ok(live), images) => by_name(account, asked, |wanted| &wanted.template, live)
                .into_iter()
                .map(|(addr, reading)| {
                    let image =
                        wanted.get(&addr).and_then(|wanted| Some((wanted, images.get(&wanted.image)?)));
                    let reading = match image {
                        Some((wanted, image)) => with_image(wanted, image, reading),
                        None => reading,
                    };
                    (addr, reading)
                })
                .collect(),
            (Err(error), _) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &LaunchTemplate) -> Result<(), Error> {
        let request = account
            .ec2
            .create_launch_template()
            .launch_template_name(&wanted.template)
            .launch_template_data(data(account, addr, wanted, &root_device(account, wanted).await?)?)
            .tag_specifications(specification(account, addr, ResourceType::LaunchTemplate));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<LaunchTemplate>) -> Result<(), Error> {
        let Update { addr, wanted, live, changes, adopt } = update;
        let id = update.output("id")?;
        if *adopt {
            let tags = account.tags(addr).into_iter().map(tag).collect();
            let request = account.ec2.create_tags().resources(id).set_tags(Some(tags));
            account.call(|| request.clone().send()).await?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        // A version is complete and inherits nothing: emulators and AWS disagree about SourceVersion.
        let request = account
            .ec2
            .create_launch_template_version()
            .launch_template_id(id)
            .launch_template_data(data(account, addr, wanted, &root_device(account, wanted).await?)?)
            .client_token(token(addr, id, &live.attributes, wanted));
        let answer = account.call(|| request.clone().send()).await?;
        let version = answer
            .launch_template_version()
            .and_then(|version| version.version_number())
            .ok_or_else(|| Error::internal(format!("the new version of {addr} has no number")))?;
        // The default version does not move by itself (LT-1).
        let request =
            account.ec2.modify_launch_template().launch_template_id(id).default_version(version.to_string());
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<LaunchTemplate>) -> Result<(), Error> {
        let request = account.ec2.delete_launch_template().launch_template_id(request.output("id")?);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    fn example(seed: u8) -> LaunchTemplate {
        let odd = seed % 2 == 1;
        let group = SecurityGroup::output(if odd { "web" } else { "db" }, "id");
        let volume = Volume {
            encrypted: odd,
            kms_key: odd.then(|| Key::output("main", "arn")),
            volume_type: if odd { "gp3" } else { "gp2" }.into(),
            size_gib: Some(20 + i64::from(seed)),
        };
        LaunchTemplate {
            template: "baseline-example".into(),
            image: format!("resolve:ssm:/aws/service/ami-amazon-linux-latest/example-x86_64-{seed}"),
            instance_type: if odd { "t3.small" } else { "t3.micro" }.into(),
            security_groups: [group].into_iter().collect(),
            instance_profile: odd.then(|| "web".to_owned()),
            http_tokens: if odd { "required" } else { "optional" }.into(),
            hop_limit: 1 + i64::from(seed % 64),
            detailed_monitoring: odd,
            volumes: [("/dev/xvda".to_owned(), volume)].into_iter().collect(),
            user_data: Some(format!("#!/bin/sh\necho {seed}\n")),
            launch_tags: ["instance", "volume"]
                .into_iter()
                .filter(|_| odd)
                .map(|what| (what.to_owned(), [("team".to_owned(), "web".to_owned())].into_iter().collect()))
                .collect(),
            unsupported: None,
        }
    }
}

/// Every owned template, then those of the names that are not among them.
async fn templates(account: &Account, names: &[String]) -> Result<Vec<LiveTemplate>, Error> {
    let templates = || account.ec2.describe_launch_templates();
    let owned = || templates().filters(owned_filter(account)).all_items();
    let mut found: Vec<LiveTemplate> = account.call(owned).await?;
    let seen: BTreeSet<&str> = found.iter().filter_map(|template| template.launch_template_name()).collect();
    let missing: Vec<String> = names.iter().filter(|name| !seen.contains(name.as_str())).cloned().collect();
    if !missing.is_empty() {
        let named = || templates().filters(filter("launch-template-name", missing.clone())).all_items();
        found.extend(account.call(named).await?);
    }
    Ok(found)
}

/// The default version of every template: without an id AWS answers them all (EC2 API, Versions).
///
/// # Errors
/// Fails where AWS does.
pub(super) async fn default_versions(account: &Account) -> Result<Vec<LaunchTemplateVersion>, Error> {
    let versions = || account.ec2.describe_launch_template_versions().versions("$Default").all_items();
    account.call(versions).await
}

/// How a version is named, here and by what runs it.
pub(super) fn version(id: &str, number: impl Display) -> String {
    format!("{id} version {number}")
}

/// The same templates with their default versions.
async fn read_all(account: &Account, names: Vec<String>) -> Result<Vec<Named<LaunchTemplate>>, Error> {
    let (templates, versions) = join!(chain(templates(account, &names)), chain(default_versions(account)));
    let versions: BTreeMap<String, (i64, ResponseLaunchTemplateData)> = versions?
        .into_iter()
        .filter_map(|version| {
            Some((version.launch_template_id?, (version.version_number?, version.launch_template_data?)))
        })
        .collect();
    let templates: BTreeMap<String, LiveTemplate> = templates?
        .into_iter()
        .filter_map(|template| Some((template.launch_template_id.clone()?, template)))
        .collect();
    Ok(templates
        .into_iter()
        .map(|(id, template)| {
            let name = template.launch_template_name().unwrap_or_default().to_owned();
            let (number, data) = versions.get(&id).map(|(number, data)| (*number, data)).unzip();
            let version = number.map(|number| ("version", version(&id, number)));
            let found = Found {
                attributes: attributes(&name, data.unwrap_or(&ResponseLaunchTemplateData::builder().build())),
                outputs: [("id", id)].into_iter().chain(version).collect(),
                ownership: ownership(template.tags()),
                tags: tags(template.tags()),
                state: match data {
                    Some(_) => State::Ready,
                    None => State::Pending("its default version cannot be read yet".into()),
                },
                remarks: Vec::new(),
            };
            Named { name, found: Ok(found) }
        })
        .collect())
}

/// The same step has the same token, so that repeating it makes no second version (LT-6).
///
/// One that was made again under the same name is another template: its id belongs to the step.
fn token(addr: &Addr, id: &str, live: &LaunchTemplate, wanted: &LaunchTemplate) -> String {
    let digest = Sha256::digest(format!("{addr} {id} {live:?} {wanted:?}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of the image's root device where the template leaves it to the image; otherwise nothing.
async fn root_device(account: &Account, wanted: &LaunchTemplate) -> Result<String, Error> {
    if !wanted.volumes.0.contains_key(ROOT) {
        return Ok(String::new());
    }
    let image = look_up(account, [wanted.image.as_str()]).await.remove(&wanted.image);
    match image.transpose()?.flatten() {
        Some(image) => Ok(image.root_device),
        None => Err(Error::internal(image::missing(&wanted.image))),
    }
}

/// What was read of a template, seen with what is known of its image.
fn with_image(
    wanted: &LaunchTemplate,
    image: &Result<Option<Image>, Error>,
    reading: Reading<LaunchTemplate>,
) -> Reading<LaunchTemplate> {
    let by_image = wanted.volumes.0.contains_key(ROOT);
    let image = match image {
        Ok(image) => image.as_ref(),
        // Without it neither the device is known nor what stands there.
        Err(error) if by_image => return Reading::Unreadable(error.clone()),
        Err(_) => return reading,
    };
    let devices = wanted.volumes.0.keys().map(String::as_str).filter(|device| *device != ROOT);
    let problem = match image {
        None => Some(image::missing(&wanted.image)),
        Some(image) => image.problem(&wanted.instance_type, devices),
    };
    match (reading, problem) {
        // Nothing would run of a template that is made so.
        (Reading::Absent, Some(problem)) if by_image || image.is_some() => {
            Reading::Unreadable(Error::internal(problem))
        }
        (Reading::Found(mut found), problem) => {
            let volumes = &mut found.attributes.volumes.0;
            if let Some(volume) =
                image.filter(|_| by_image).and_then(|image| volumes.remove(&image.root_device))
            {
                volumes.insert(ROOT.to_owned(), volume);
            }
            found.remarks.extend(problem.map(|message| Remark {
                severity: Severity::Error,
                message,
                next: "change `image`, `instance_type` or `device` of the group".to_owned(),
            }));
            Reading::Found(found)
        }
        (reading, _) => reading,
    }
}

fn data(
    account: &Account,
    addr: &Addr,
    wanted: &LaunchTemplate,
    root_device: &str,
) -> Result<RequestLaunchTemplateData, Error> {
    let mut groups = Vec::new();
    for group in &wanted.security_groups.0 {
        groups.push(group.id()?.to_owned());
    }
    let mut volumes = Vec::new();
    for (device, volume) in &wanted.volumes.0 {
        let ebs = LaunchTemplateEbsBlockDeviceRequest::builder()
            .encrypted(volume.encrypted)
            .set_kms_key_id(volume.kms_key.as_ref().map(|key| key.id().map(str::to_owned)).transpose()?)
            .volume_type(VolumeType::from(volume.volume_type.as_str()))
            .set_volume_size(narrow_optional("size_gib", volume.size_gib)?)
            .delete_on_termination(true)
            .build();
        let device = if device == ROOT { root_device } else { device };
        let mapping = LaunchTemplateBlockDeviceMappingRequest::builder().device_name(device).ebs(ebs).build();
        volumes.push(mapping);
    }
    let metadata = LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .http_endpoint(LaunchTemplateInstanceMetadataEndpointState::Enabled)
        .http_tokens(LaunchTemplateHttpTokensState::from(wanted.http_tokens.as_str()))
        .http_put_response_hop_limit(narrow("hop_limit", wanted.hop_limit)?)
        .build();
    let profile = wanted
        .instance_profile
        .as_ref()
        .map(|name| LaunchTemplateIamInstanceProfileSpecificationRequest::builder().name(name).build());
    Ok(RequestLaunchTemplateData::builder()
        .image_id(&wanted.image)
        .instance_type(InstanceType::from(wanted.instance_type.as_str()))
        .set_security_group_ids(Some(groups).filter(|groups| !groups.is_empty()))
        .set_iam_instance_profile(profile)
        .metadata_options(metadata)
        .monitoring(LaunchTemplatesMonitoringRequest::builder().enabled(wanted.detailed_monitoring).build())
        .set_block_device_mappings(Some(volumes).filter(|volumes| !volumes.is_empty()))
        .set_user_data(wanted.user_data.as_ref().map(base64::encode))
        .set_tag_specifications(Some(launch_tags(account, addr, &wanted.launch_tags)))
        .build())
}

/// The tags of what an instance starts with, the name of the instance among them.
fn launch_tags(
    account: &Account,
    addr: &Addr,
    wanted: &Dict<Dict<String>>,
) -> Vec<LaunchTemplateTagSpecificationRequest> {
    let mut tags: BTreeMap<&str, Vec<Tag>> = BTreeMap::new();
    let name = (NAME_TAG.to_owned(), format!("{}-{}", account.baseline, addr.name()));
    tags.insert(ResourceType::Instance.as_str(), vec![tag(name)]);
    for (what, wanted) in &wanted.0 {
        tags.entry(what).or_default().extend(wanted.0.clone().into_iter().map(tag));
    }
    let specification = |(what, tags): (&str, Vec<Tag>)| {
        let specification = LaunchTemplateTagSpecificationRequest::builder();
        specification.resource_type(ResourceType::from(what)).set_tags(Some(tags)).build()
    };
    tags.into_iter().map(specification).collect()
}

/// What a version says, in our vocabulary.
///
/// Groups on a network interface are not ours: such a template differs until it is rewritten (LT-6).
fn attributes(name: &str, data: &ResponseLaunchTemplateData) -> LaunchTemplate {
    let metadata = data.metadata_options();
    LaunchTemplate {
        template: name.to_owned(),
        image: data.image_id().unwrap_or_default().to_owned(),
        instance_type: data.instance_type().map_or_else(String::new, |kind| kind.as_str().to_owned()),
        security_groups: data.security_group_ids().iter().cloned().map(Link::Id).collect(),
        instance_profile: data.iam_instance_profile().and_then(profile_name),
        http_tokens: metadata
            .and_then(|options| options.http_tokens())
            .map_or_else(|| "optional".to_owned(), |tokens| tokens.as_str().to_owned()),
        hop_limit: metadata.and_then(|options| options.http_put_response_hop_limit()).map_or(1, i64::from),
        detailed_monitoring: data
            .monitoring()
            .and_then(|monitoring| monitoring.enabled())
            .unwrap_or_default(),
        volumes: data
            .block_device_mappings()
            .iter()
            .map(|mapping| {
                let ebs = mapping.ebs();
                let volume = Volume {
                    encrypted: ebs.and_then(|ebs| ebs.encrypted()).unwrap_or_default(),
                    kms_key: ebs.and_then(|ebs| ebs.kms_key_id()).map(Link::from),
                    volume_type: ebs
                        .and_then(|ebs| ebs.volume_type())
                        .map_or_else(String::new, |kind| kind.as_str().to_owned()),
                    size_gib: ebs.and_then(|ebs| ebs.volume_size()).map(i64::from),
                };
                (mapping.device_name().unwrap_or_default().to_owned(), volume)
            })
            .collect(),
        user_data: data.user_data().filter(|text| !text.is_empty()).map(plain_text),
        launch_tags: data.tag_specifications().iter().filter_map(of_launch).collect(),
        unsupported: unsupported(data),
    }
}

/// The tags of one type of what an instance starts with.
fn of_launch(specification: &LaunchTemplateTagSpecification) -> Option<(String, Dict<String>)> {
    let what = specification.resource_type()?;
    // The template's own tags are no part of a version; moto keeps them there.
    if *what == ResourceType::LaunchTemplate {
        return None;
    }
    let is_name = |tag: &&Tag| *what == ResourceType::Instance && tag.key() == Some(NAME_TAG);
    let tags = specification.tags().iter().filter(|tag| !is_name(tag));
    let tags: Dict<String> =
        tags.filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect();
    (!tags.0.is_empty()).then(|| (what.as_str().to_owned(), tags))
}

/// The profile's name, whether the template holds its name or its ARN.
fn profile_name(profile: &LaunchTemplateIamInstanceProfileSpecification) -> Option<String> {
    let name = profile.name().or_else(|| profile.arn()?.rsplit('/').next())?;
    Some(name.to_owned())
}

/// User data as text (LT-6); what is not text in base64 stays as it is, and differs.
fn plain_text(encoded: &str) -> String {
    base64::decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| encoded.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_is_text_and_what_is_not_stays_as_it_is() {
        assert_eq!(plain_text("IyEvYmluL3No"), "#!/bin/sh");
        assert_eq!(plain_text("/w=="), "/w==");
        assert_eq!(plain_text("#!/bin/sh"), "#!/bin/sh");
    }

    #[test]
    fn a_profile_is_known_by_its_name_however_it_is_spelled() {
        let spelled = LaunchTemplateIamInstanceProfileSpecification::builder;
        let arn = spelled().arn("arn:aws:iam::123456789012:instance-profile/team/web").build();
        assert_eq!(profile_name(&arn).as_deref(), Some("web"));
        assert_eq!(profile_name(&spelled().name("web").build()).as_deref(), Some("web"));
        assert_eq!(profile_name(&spelled().build()), None);
    }

    #[test]
    fn tags_of_what_an_instance_starts_with_are_read_but_for_its_name_and_those_of_the_template() {
        let tagged = |key: &str, what: ResourceType| {
            let tag = Tag::builder().key(key).value("x").build();
            LaunchTemplateTagSpecification::builder().resource_type(what).tags(tag).build()
        };
        for (specification, read) in [
            (tagged("Name", ResourceType::Instance), None),
            (tagged("team", ResourceType::LaunchTemplate), None),
            (tagged("team", ResourceType::Instance), Some(("instance", "team"))),
            (tagged("Name", ResourceType::Volume), Some(("volume", "Name"))),
        ] {
            let dict = |(what, key): (&str, &str)| {
                (what.to_owned(), [(key.to_owned(), "x".to_owned())].into_iter().collect())
            };
            assert_eq!(of_launch(&specification), read.map(dict), "{specification:?}");
        }
    }

    #[test]
    fn what_a_template_leaves_out_is_read_as_its_weakest_default() {
        let bare = attributes("web", &ResponseLaunchTemplateData::builder().build());
        assert_eq!((bare.http_tokens.as_str(), bare.hop_limit), ("optional", 1));
        assert!(!bare.detailed_monitoring && bare.user_data.is_none() && bare.instance_profile.is_none());
    }

    #[test]
    fn a_repeated_step_has_the_same_token_and_another_step_has_not() {
        let addr = LaunchTemplate::addr("web");
        let (one, two) = (LaunchTemplates::example(0), LaunchTemplates::example(1));
        let there = token(&addr, "lt-1", &one, &two);
        assert_eq!(there, token(&addr, "lt-1", &one.clone(), &two.clone()));
        assert_ne!(there, token(&addr, "lt-2", &one, &two), "it was made again");
        assert_ne!(there, token(&addr, "lt-1", &two, &one));
        assert_ne!(there, token(&LaunchTemplate::addr("db"), "lt-1", &one, &two));
        assert!(there.len() <= 128);
    }
}
