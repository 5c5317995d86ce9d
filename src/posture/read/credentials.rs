//! The credential report, made anew where it is too old, and the ids of keys, which it does not tell.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use tokio::time::sleep;

use super::{seen, time};
use crate::aws::trace::chain;
use crate::aws::{Account, Error, Items as _};
use crate::posture::Seen;
use crate::posture::asked::UsersAsked;
use crate::posture::facts::{AccessKey, CredentialReport, CredentialRow, KeyRow};

/// Hours after which AWS makes a new report (IAM-20).
pub(super) const HOURS: i64 = 4;

/// How often a report is asked for that is being made, one second apart. It takes a few seconds.
const ASKED: usize = 60;

/// How many users are asked for their keys at a time.
const SIDE_BY_SIDE: usize = 16;

/// The report, not older than so many hours if AWS lets us: it makes one at most every four.
///
/// # Errors
/// Any answer that is no report. One that is not ready in a minute is an error too: an old one shows what was.
pub(super) async fn report(
    account: &Account,
    hours: i64,
    now: jiff::Timestamp,
) -> Result<CredentialReport, Error> {
    let fresh = |report: &CredentialReport| {
        report.made.is_some_and(|made| now.duration_since(made).as_hours() < hours)
    };
    if let Some(report) = get(account).await?.filter(fresh) {
        return Ok(report);
    }
    account.call(|| account.iam.generate_credential_report().send()).await?;
    for _ in 0..ASKED {
        // AWS may keep the old one: then it is what there is, and its age stands in the evidence.
        if let Some(report) = get(account).await? {
            return Ok(report);
        }
        sleep(Duration::from_secs(1)).await;
    }
    Err(Error::internal("the credential report was not ready after a minute; run it again"))
}

/// The report as it is; nothing where there is none, or none yet.
async fn get(account: &Account) -> Result<Option<CredentialReport>, Error> {
    let answer = match account.call(|| account.iam.get_credential_report().send()).await {
        Ok(answer) => answer,
        Err(error)
            if ["ReportNotPresent", "ReportExpired", "ReportInProgress"].contains(&error.code.as_str()) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let text = answer.content().map(|content| content.as_ref()).unwrap_or_default();
    Ok(Some(CredentialReport { made: answer.generated_time().and_then(time::timestamp), rows: rows(text)? }))
}

fn rows(text: &[u8]) -> Result<Vec<CredentialRow>, Error> {
    let broken =
        |error: csv::Error| Error::internal(format!("the credential report cannot be read: {error}"));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let names: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_owned).collect();
    for needed in ["user", "arn", "password_enabled", "mfa_active", "access_key_1_active"] {
        if !names.iter().any(|name| name == needed) {
            return Err(Error::internal(format!("the credential report has no column {needed}")));
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let of = |name: &str| {
            let index = names.iter().position(|known| known == name)?;
            record.get(index)
        };
        let flag = |name: &str| match of(name).unwrap_or_default().to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let at = |name: &str| of(name).and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let key = |number: u8| KeyRow {
            active: flag(&format!("access_key_{number}_active")) == Some(true),
            changed: at(&format!("access_key_{number}_last_rotated")),
            used: at(&format!("access_key_{number}_last_used_date")),
        };
        rows.push(CredentialRow {
            user: of("user").unwrap_or_default().to_owned(),
            arn: of("arn").unwrap_or_default().to_owned(),
            created: at("user_creation_time"),
            password: flag("password_enabled"),
            password_used: at("password_last_used"),
            password_changed: at("password_last_changed"),
            mfa: flag("mfa_active") == Some(true),
            keys: [key(1), key(2)],
        });
    }
    Ok(rows)
}

/// The keys of those users of whom something may be to be said about a key, one call each. The report does not tell
/// the age of a key, only when it was last changed: no key is older than its user.
pub(super) async fn keys(
    account: &Account,
    report: &CredentialReport,
    asked: &UsersAsked,
    now: jiff::Timestamp,
) -> BTreeMap<String, Seen<Vec<AccessKey>>> {
    let older = |at: Option<jiff::Timestamp>, days: Option<i64>| {
        at.zip(days).is_some_and(|(at, days)| now.duration_since(at).as_hours() / 24 >= days)
    };
    let age = asked.key_age_days.as_ref().map(|days| days.value);
    let unused = asked.unused_days.as_ref().map(|days| days.value);
    let matters = |row: &&CredentialRow| {
        let active = || row.keys.iter().filter(|key| key.active);
        active().count() > asked.max_active_keys.value
            || active().any(|key| {
                let made = row.created.or(key.changed);
                older(made, age) || older(key.used.or(made), unused)
            })
    };
    let users: Vec<String> = report
        .rows
        .iter()
        .filter(|row| row.user != crate::posture::rules::root_user::ROOT_ROW)
        .filter(matters)
        .map(|row| row.user.clone())
        .collect();
    let answers = stream::iter(users).map(|user| async move {
        let keys = seen(chain(Box::pin(list(account, &user))).await);
        (user, keys)
    });
    answers.buffer_unordered(SIDE_BY_SIDE).collect().await
}

async fn list(account: &Account, user: &str) -> Result<Vec<AccessKey>, Error> {
    let request = || account.iam.list_access_keys().user_name(user);
    // The report may name a user who has left since.
    let keys = account.find(|| request().all_items()).await?;
    let keys: Vec<_> = keys.unwrap_or_default();
    let key = |key: &aws_sdk_iam::types::AccessKeyMetadata| {
        Some(AccessKey {
            id: key.access_key_id()?.to_owned(),
            active: key.status() == Some(&aws_sdk_iam::types::StatusType::Active),
            made: key.create_date().and_then(time::timestamp),
        })
    };
    Ok(keys.iter().filter_map(key).collect())
}
