//! What a launch template has to know of its image: the root device and the processor.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{DeviceType, Image as LiveImage};

use crate::aws::trace::chains;
use crate::aws::{Account, Error};
use crate::model::architecture;

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kinds) struct Image {
    /// Its id.
    id: String,
    /// The device of its root volume.
    pub(in crate::kinds) root_device: String,
    /// Such as `arm64`.
    architecture: String,
    /// Whether its root is a volume that can be encrypted.
    on_a_volume: bool,
}

/// Parameters of AWS whose images are known without a question.
const AMAZON_LINUX: &str = "resolve:ssm:/aws/service/ami-amazon-linux-latest/";

/// Looks up the images that files name, by how they name them. There may be no such image.
pub(in crate::kinds) async fn look_up<'a>(
    account: &Account,
    named: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<String, Result<Option<Image>, Error>> {
    let named: BTreeSet<&str> = named.into_iter().collect();
    let answers =
        chains(named.into_iter().map(|name| async move { (name.to_owned(), image(account, name).await) }));
    answers.await.into_iter().collect()
}

async fn image(account: &Account, named: &str) -> Result<Option<Image>, Error> {
    if named.starts_with(AMAZON_LINUX) {
        return Ok(Some(Image {
            id: named.to_owned(),
            root_device: "/dev/xvda".to_owned(),
            architecture: String::new(),
            on_a_volume: true,
        }));
    }
    // DescribeImages takes ids only.
    let id = match named.strip_prefix("resolve:ssm:") {
        Some(parameter) => account.parameter(parameter).await?,
        None => Some(named.to_owned()),
    };
    let Some(id) = id else { return Ok(None) };
    let request = account.ec2.describe_images().image_ids(id);
    let answer = account.find(|| request.clone().send()).await?;
    Ok(answer.and_then(|answer| answer.images().first().map(Image::from)))
}

impl From<&LiveImage> for Image {
    fn from(live: &LiveImage) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            id: text(live.image_id()),
            root_device: text(live.root_device_name()),
            architecture: text(live.architecture().map(|architecture| architecture.as_str())),
            on_a_volume: live.root_device_type() != Some(&DeviceType::InstanceStore),
        }
    }
}

/// What to say of an image that nobody finds.
pub(in crate::kinds) fn missing(named: &str) -> String {
    let named = named.strip_prefix("resolve:").unwrap_or(named);
    format!(
        "the image {named} does not exist in this region, or is not shared with this account; name another"
    )
}

impl Image {
    /// Why no instance of that type can start from it with an encrypted root volume on one of those devices.
    pub(in crate::kinds) fn problem<'a>(
        &self,
        instance_type: &str,
        mut devices: impl Iterator<Item = &'a str>,
    ) -> Option<String> {
        let runs = architecture(instance_type);
        let (id, made_for) = (&self.id, &self.architecture);
        // Macs have architectures of their own, such as `arm64_mac`.
        if !made_for.is_empty() && made_for.starts_with("arm64") != (runs == "arm64") {
            return Some(format!("the image {id} is for {made_for}, and {instance_type} runs {runs}"));
        }
        if !self.on_a_volume {
            return Some(format!(
                "the root of the image {id} is an instance store, which cannot be encrypted"
            ));
        }
        let root = &self.root_device;
        match devices.find(|device| device != root) {
            Some(other) if !root.is_empty() => Some(format!(
                "the root device of the image {id} is {root} and not {other}, so its root volume would not be \
                 encrypted; leave `device` out"
            )),
            Some(_) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::ArchitectureValues;

    use super::*;

    #[test]
    fn an_image_that_a_type_cannot_start_or_encrypt_is_told() {
        let image = |architecture, root_type| {
            let live = LiveImage::builder().image_id("ami-1").root_device_name("/dev/sda1");
            Image::from(&live.architecture(architecture).root_device_type(root_type).build())
        };
        let ubuntu = || image(ArchitectureValues::X8664, DeviceType::Ebs);
        for (image, instance_type, device, told) in [
            (ubuntu(), "t3.micro", None, None),
            (ubuntu(), "t3.micro", Some("/dev/sda1"), None),
            (ubuntu(), "t3.micro", Some("/dev/xvda"), Some("root device of the image ami-1 is /dev/sda1")),
            (ubuntu(), "t4g.micro", None, Some("is for x86_64, and t4g.micro runs arm64")),
            (image(ArchitectureValues::Arm64Mac, DeviceType::Ebs), "mac2.metal", None, None),
            (image(ArchitectureValues::X8664, DeviceType::InstanceStore), "m5.large", None, Some("store")),
        ] {
            let problem = image.problem(instance_type, device.into_iter());
            assert_eq!(problem.is_some(), told.is_some(), "{problem:?}");
            assert!(problem.unwrap_or_default().contains(told.unwrap_or_default()));
        }
    }
}
