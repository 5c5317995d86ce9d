//! When users and roles last used the services they may use: a job of IAM for each, so only where a file asks.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_iam::types::{AccessAdvisorUsageGranularityType, JobStatusType};
use futures::stream::{self, StreamExt as _};
use tokio::time::sleep;

use super::{seen, time};
use crate::aws::trace::chain;
use crate::aws::{Account, Error};
use crate::posture::Seen;
use crate::posture::facts::{Iam, ServiceUse};

/// How many users and roles are asked about at a time.
const SIDE_BY_SIDE: usize = 8;

/// How often an answer is asked for that is being made, one second apart. It takes a few seconds.
const ASKED: usize = 60;

/// What every user and role has used, by ARN; roles that AWS manages are left out.
pub(super) async fn service_use(account: &Account, iam: &Iam) -> BTreeMap<String, Seen<Vec<ServiceUse>>> {
    let arns = crate::posture::rules::unused_services::judged(iam).map(|identity| identity.arn.clone());
    let arns: Vec<String> = arns.collect();
    let answers = stream::iter(arns).map(|arn| async move {
        let used = seen(chain(Box::pin(of(account, &arn))).await);
        (arn, used)
    });
    answers.buffer_unordered(SIDE_BY_SIDE).collect().await
}

async fn of(account: &Account, arn: &str) -> Result<Vec<ServiceUse>, Error> {
    let by_service = AccessAdvisorUsageGranularityType::ServiceLevel;
    let request =
        || account.iam.generate_service_last_accessed_details().arn(arn).granularity(by_service.clone());
    let job = account.call(|| request().send()).await?;
    let job = job.job_id().ok_or_else(|| Error::internal(format!("the job about {arn} has no id")))?;
    let (mut found, mut marker) = (Vec::new(), None::<String>);
    for _ in 0..ASKED {
        let page =
            || account.iam.get_service_last_accessed_details().job_id(job).set_marker(marker.clone()).send();
        let answer = account.call(page).await?;
        match answer.job_status() {
            JobStatusType::InProgress => {
                sleep(Duration::from_secs(1)).await;
                continue;
            }
            JobStatusType::Completed => {}
            _ => {
                let why = answer.error().map(|error| error.message()).unwrap_or_default();
                return Err(Error::internal(format!("the job about {arn} failed: {why}")));
            }
        }
        found.extend(answer.services_last_accessed().iter().map(|service| ServiceUse {
            service: service.service_namespace().to_owned(),
            used: service.last_authenticated().and_then(time::timestamp),
        }));
        match answer.marker() {
            Some(next) if answer.is_truncated() => marker = Some(next.to_owned()),
            _ => return Ok(found),
        }
    }
    Err(Error::internal(format!("the answer about {arn} was not whole after a minute; run it again")))
}
