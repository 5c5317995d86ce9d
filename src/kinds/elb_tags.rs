//! Ownership tags in Elastic Load Balancing's own types.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::Tag;

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Ownership};
use crate::model::Addr;

/// The most ARNs that one `DescribeTags` takes.
const ARNS_PER_CALL: usize = 20;

/// The ownership tags of a new thing, put on by the creating call itself (truth 6).
pub(super) fn tags(account: &Account, addr: &Addr) -> Vec<Tag> {
    account.tags(addr).into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Whose each of those things is, or why that could not be read. One round, whatever their number.
pub(super) async fn ownerships(
    account: &Account,
    arns: &[String],
) -> BTreeMap<String, Result<Ownership, Error>> {
    let answers = chains(arns.chunks(ARNS_PER_CALL).map(|chunk| async move {
        let request = account.elb.describe_tags().set_resource_arns(Some(chunk.to_vec()));
        (chunk, account.call(|| request.clone().send()).await)
    }))
    .await;
    let mut ownerships = BTreeMap::new();
    for (chunk, answer) in answers {
        match answer {
            Ok(answer) => {
                for described in answer.tag_descriptions() {
                    let pairs = described.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
                    let arn = described.resource_arn().unwrap_or_default().to_owned();
                    ownerships.insert(arn, Ok(Ownership::from_tags(pairs)));
                }
            }
            Err(error) => {
                ownerships.extend(chunk.iter().map(|arn| (arn.clone(), Err(error.clone()))));
            }
        }
    }
    ownerships
}

/// Puts the ownership tags on a thing that exists.
///
/// # Errors
/// Fails where AWS does.
pub(super) async fn adopt(account: &Account, addr: &Addr, arn: &str) -> Result<(), Error> {
    let request = account.elb.add_tags().resource_arns(arn).set_tags(Some(tags(account, addr)));
    account.call(|| request.clone().send()).await?;
    Ok(())
}
