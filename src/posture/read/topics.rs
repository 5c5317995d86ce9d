//! Topics of SNS and queues of SQS with their policies, of one region.

use aws_sdk_sqs::types::QueueAttributeName;

use super::seen;
use crate::aws::trace::chains;
use crate::aws::{Account, Error, Items as _};
use crate::policy::Policy;
use crate::posture::facts::MessagePlace;

/// What SNS says of a topic that is gone; other services mean other things by it.
const NO_TOPIC: &str = "NotFound";
/// What SQS says of a queue that is gone.
const NO_QUEUE: &str = "AWS.SimpleQueueService.NonExistentQueue";
/// Queues on one page: without a number SQS lists a thousand and no more.
const PAGE: i32 = 1_000;

/// The topics, with one call for each besides the list.
pub(super) async fn topics(account: &Account, region: &str) -> Result<Vec<MessagePlace>, Error> {
    let client = &account.in_region(region).sns.clone();
    let listed = account.call(|| client.list_topics().all_items()).await?;
    let reads = listed.iter().filter_map(|topic| topic.topic_arn()).map(|arn| {
        Box::pin(async move {
            let answer = account.call(|| client.get_topic_attributes().topic_arn(arn).send()).await;
            let text = answer.map(|answer| answer.attributes()?.get("Policy").cloned());
            place(arn.to_owned(), arn.to_owned(), text, NO_TOPIC)
        })
    });
    Ok(chains(reads).await.into_iter().flatten().collect())
}

/// The queues, with one call for each besides the list.
pub(super) async fn queues(account: &Account, region: &str) -> Result<Vec<MessagePlace>, Error> {
    let client = &account.in_region(region).sqs.clone();
    let request = || client.list_queues().max_results(PAGE);
    let listed = account.call(|| request().all_items()).await?;
    let reads = listed.iter().map(|url| {
        Box::pin(async move {
            let request = || {
                let request = client.get_queue_attributes().queue_url(url);
                request.attribute_names(QueueAttributeName::Policy).send()
            };
            let answer = account.call(request).await;
            let text = answer.map(|answer| answer.attributes()?.get(&QueueAttributeName::Policy).cloned());
            let name = url.rsplit('/').next().unwrap_or_default();
            let arn = format!("arn:{}:sqs:{region}:{}:{name}", account.identity.partition, account.id());
            place(arn, url.clone(), text, NO_QUEUE)
        })
    });
    Ok(chains(reads).await.into_iter().flatten().collect())
}

/// Nothing where it went since it was listed.
fn place(
    arn: String,
    handle: String,
    text: Result<Option<String>, Error>,
    gone: &str,
) -> Option<MessagePlace> {
    if text.as_ref().is_err_and(|error| error.code == gone) {
        return None;
    }
    let broken = |reason| Error::internal(format!("the policy of {arn} cannot be read: {reason}"));
    let policy = text.and_then(|text| text.map(|text| Policy::parse(&text).map_err(broken)).transpose());
    Some(MessagePlace { policy: seen(policy), arn, handle })
}
