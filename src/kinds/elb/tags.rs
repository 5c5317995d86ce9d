//! Tags in Elastic Load Balancing's own types.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::Tag;

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Tags};
use crate::model::Addr;

/// The most ARNs that one `DescribeTags` takes.
const ARNS_PER_CALL: usize = 20;

/// The tags of a new thing, put on by the creating call itself (truth 6).
pub(in crate::kinds) fn tags(account: &Account, addr: &Addr) -> Vec<Tag> {
    account.tags(addr).into_iter().map(tag).collect()
}

fn tag((key, value): (String, String)) -> Tag {
    Tag::builder().key(key).value(value).build()
}

/// The tags of what is a part of another thing, put on by the creating call; nothing where the file declares none.
pub(in crate::kinds) fn of_part(account: &Account) -> Option<Vec<Tag>> {
    let tags: Vec<Tag> = account.part_tags().map(tag).collect();
    (!tags.is_empty()).then_some(tags)
}

/// Puts those tags on parts that exist.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn tag_parts(account: &Account, arns: &[String]) -> Result<(), Error> {
    let Some(tags) = of_part(account) else { return Ok(()) };
    for arns in arns.chunks(ARNS_PER_CALL) {
        let request = account.elb.add_tags().set_resource_arns(Some(arns.to_vec()));
        let request = request.set_tags(Some(tags.clone()));
        account.call(|| request.clone().send()).await?;
    }
    Ok(())
}

/// The tags of each of those things, or why they could not be read. One round, whatever their number.
pub(in crate::kinds) async fn all_tags(
    account: &Account,
    arns: &[String],
) -> BTreeMap<String, Result<Tags, Error>> {
    let answers = chains(arns.chunks(ARNS_PER_CALL).map(|chunk| async move {
        let request = account.elb.describe_tags().set_resource_arns(Some(chunk.to_vec()));
        (chunk, account.call(|| request.clone().send()).await)
    }))
    .await;
    let mut tags = BTreeMap::new();
    for (chunk, answer) in answers {
        match answer {
            Ok(answer) => {
                for described in answer.tag_descriptions() {
                    let pair = |tag: &Tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
                    let arn = described.resource_arn().unwrap_or_default().to_owned();
                    tags.insert(arn, Ok(described.tags().iter().filter_map(pair).collect()));
                }
            }
            Err(error) => {
                tags.extend(chunk.iter().map(|arn| (arn.clone(), Err(error.clone()))));
            }
        }
    }
    tags
}

/// Puts the tags on a thing that exists.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn adopt(account: &Account, addr: &Addr, arn: &str) -> Result<(), Error> {
    let request = account.elb.add_tags().resource_arns(arn).set_tags(Some(tags(account, addr)));
    account.call(|| request.clone().send()).await?;
    Ok(())
}
