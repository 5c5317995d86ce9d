//! The contents of a launch template version: kept as they were sent, answered in EC2's other names.

use std::borrow::Cow;

use crate::sandbox::kept::{Members as _, keep};
use crate::sandbox::wire::{Fault, Node, Params};
use serde_json::Value;

/// Reads the contents of a request, refusing what AWS refuses before any launch (LT-3).
///
/// # Errors
/// `MissingParameter` where there are none, `InvalidUserData.Malformed` and others for what cannot be meant.
pub fn read(params: &Params) -> Result<Value, Fault> {
    let data = params.map("LaunchTemplateData").ok_or_else(|| params.missing("LaunchTemplateData"))?;
    if let Some(metadata) = data.map("MetadataOptions") {
        metadata.choice("HttpTokens", &["optional", "required"])?;
        metadata.choice("HttpEndpoint", &["enabled", "disabled"])?;
        metadata.number_in("HttpPutResponseHopLimit", 1..=64)?;
    }
    // User data is base64 (LT-6), 16 KiB of it before it is encoded.
    if let Some(text) = data.text("UserData") {
        let bytes = aws_smithy_types::base64::decode(text).map_err(|_| {
            Fault::client("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
        })?;
        if bytes.len() > 16_384 {
            return Err(Fault::client("InvalidParameterValue", "User data is limited to 16384 bytes"));
        }
    }
    if let Some(profile) = data.map("IamInstanceProfile")
        && profile.has("Arn")
        && profile.has("Name")
    {
        return Err(Fault::client(
            "InvalidParameterCombination",
            "The parameter 'iamInstanceProfile.name' may not be used in combination with \
             'iamInstanceProfile.arn'",
        ));
    }
    if !data.maps("NetworkInterface").is_empty() && (data.has("SecurityGroupId") || data.has("SecurityGroup"))
    {
        return Err(Fault::client(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level security groups may not be specified on the same request",
        ));
    }
    for mapping in data.maps("BlockDeviceMapping") {
        if let Some(ebs) = mapping.map("Ebs") {
            ebs.number_in("VolumeSize", 1..=65_536)?;
            ebs.flag("Encrypted")?;
        }
    }
    Ok(keep(data))
}

/// The contents as AWS answers them, metadata options with their defaults (LT-6).
pub fn shown(data: &Value) -> Node {
    let mut data = data.clone();
    if let Some(mut metadata) = data.remove("MetadataOptions") {
        for (name, value) in [
            ("State", "pending"),
            ("HttpTokens", "optional"),
            ("HttpPutResponseHopLimit", "1"),
            ("HttpEndpoint", "enabled"),
            ("HttpProtocolIpv6", "disabled"),
            ("InstanceMetadataTags", "disabled"),
        ] {
            metadata.default_to(name, value);
        }
        data.set("MetadataOptions", metadata);
    }
    data.node(&answer_name)
}

/// EC2 answers in lower camel case, and calls most of its lists sets.
pub fn answer_name(parent: &str, member: &str, list: bool) -> Cow<'static, str> {
    match (parent, member) {
        ("NetworkInterface", "SecurityGroupId") => "groupSet".into(),
        ("SecondaryInterface", "PrivateIpAddress") => "privateIpAddressesSet".into(),
        (_, "LicenseSpecification") => "licenseSet".into(),
        _ => {
            let mut letters = member.chars();
            let lower = letters.next().map(|letter| letter.to_ascii_lowercase());
            let set = if list { "Set" } else { "" };
            format!("{}{}{set}", lower.map(String::from).unwrap_or_default(), letters.as_str()).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_the_answer() {
        for (parent, member, list, shown) in [
            ("", "ImageId", false, "imageId"),
            ("", "BlockDeviceMapping", true, "blockDeviceMappingSet"),
            ("", "SecurityGroupId", true, "securityGroupIdSet"),
            ("NetworkInterface", "SecurityGroupId", true, "groupSet"),
            ("TagSpecification", "Tag", true, "tagSet"),
        ] {
            assert_eq!(answer_name(parent, member, list), shown);
        }
    }
}
