//! What has to be known of the account to put the questions that AWS puts.

use std::collections::{BTreeMap, BTreeSet};

use baseline::sandbox::Sandbox;

use super::ACCOUNT;

/// What has to be known of the account beside the requests.
#[derive(Debug, Default)]
pub struct Live {
    /// The tags of things, by the end of their ARN.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// The ARNs of groups, by their names.
    pub groups: BTreeMap<String, String>,
    /// The ids of keys, by their aliases.
    pub keys: BTreeMap<String, String>,
    /// The ARNs of what an association may be between: subnets of ours, and network ACLs that AWS made.
    pub associated: BTreeSet<String>,
    /// The ARN of the launch template.
    pub template: Option<String>,
}

impl Live {
    pub async fn of(sandbox: &Sandbox) -> Self {
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
                aws_sdk_sts::config::Credentials::new("test", "test", None, None, "test"),
            ))
            .http_client(sandbox.http_client())
            .build();
        let hand = crate::hand::Hand::new(&config);
        let mut live = Self::default();
        for tag in hand.ec2.describe_tags().send().await.unwrap().tags() {
            let (id, key) = (tag.resource_id().unwrap(), tag.key().unwrap());
            if id.starts_with("lt-") {
                live.template = Some(format!("arn:aws:ec2:us-east-1:{ACCOUNT}:launch-template/{id}"));
            }
            let value = tag.value().unwrap_or_default().to_owned();
            live.tags.entry(id.to_owned()).or_default().insert(key.to_owned(), value);
        }
        let ec2 = |what: &str, id: &str| format!("arn:aws:ec2:us-east-1:{ACCOUNT}:{what}/{id}");
        let ours = live.tags.keys().filter(|id| id.starts_with("subnet-"));
        live.associated = ours.map(|id| ec2("subnet", id)).collect();
        for acl in hand.ec2.describe_network_acls().send().await.unwrap().network_acls() {
            if acl.is_default() == Some(true) {
                live.associated.insert(ec2("network-acl", acl.network_acl_id().unwrap()));
            }
        }
        for alias in hand.kms.list_aliases().send().await.unwrap().aliases() {
            let Some(id) = alias.target_key_id() else { continue };
            live.keys.insert(alias.alias_name().unwrap().to_owned(), id.to_owned());
            let Ok(tags) = hand.kms.list_resource_tags().key_id(id).send().await else { continue };
            for tag in tags.tags() {
                let tags = live.tags.entry(id.to_owned()).or_default();
                tags.insert(tag.tag_key().to_owned(), tag.tag_value().to_owned());
            }
        }
        for group in hand.iam.list_groups().send().await.unwrap().groups() {
            live.groups.insert(group.group_name().to_owned(), group.arn().to_owned());
        }
        live
    }

    pub fn key(&self, name: &str) -> Option<String> {
        let name = name
            .rsplit(":alias/")
            .next()
            .filter(|_| name.starts_with("arn:"))
            .map_or_else(|| name.to_owned(), |alias| format!("alias/{alias}"));
        let id = self.keys.get(&name).cloned().unwrap_or(name);
        (!id.contains('/')).then(|| format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{id}"))
    }
}
