//! Names of what is there already in a network.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{KeyType, Place, Reader, Span, TextRules, is_id};

text_type! {
    /// A VPC that is there, by its id.
    plain VpcId, "id such as \"vpc-0a1b2c3d4e5f67890\"", |text| {
        is_id(text, "vpc-").then_some(()).ok_or_else(|| "must be the id of a VPC, vpc-...".to_owned())
    }, pattern "^vpc-[0-9a-f]+$"
}

text_type! {
    /// A subnet that is there, by its id.
    plain SubnetId, "id such as \"subnet-0a1b2c3d4e5f67890\"", |text| {
        is_id(text, "subnet-").then_some(()).ok_or_else(|| "must be the id of a subnet, subnet-...".to_owned())
    }, pattern "^subnet-[0-9a-f]+$"
}

text_type! {
    /// The name of a security group in its VPC (EC2, `CreateSecurityGroup`).
    plain SecurityGroupName, "name of a security group", |text| {
        let others = "._-:/()#,@[]+=&;{}!$* ";
        if text.is_empty() || text.len() > 255 {
            return Err("must have 1 to 255 characters".to_owned());
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c)) {
            return Err(format!("may hold letters, digits, spaces and {}", others.trim_end()));
        }
        if text == "default" || text.starts_with("sg-") {
            return Err("is not the name of a group that can be made: AWS keeps `default`, and `sg-` begins an id".to_owned());
        }
        Ok(())
    }
}
