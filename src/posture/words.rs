//! Words that several rules use: ages, dates, consoles.

use super::Facts;
use crate::partition;

/// Whole days between two times.
pub(super) fn days(now: jiff::Timestamp, then: jiff::Timestamp) -> i64 {
    now.duration_since(then).as_hours() / 24
}

/// The day of a time, in UTC.
pub(super) fn day(at: jiff::Timestamp) -> jiff::civil::Date {
    jiff::tz::TimeZone::UTC.to_datetime(at).date()
}

/// `1 day`, `12 days`.
pub(super) fn count(number: i64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// `90 days ago, on 2026-01-31`.
pub(super) fn ago(now: jiff::Timestamp, then: jiff::Timestamp) -> String {
    format!("{} ago, on {}", count(days(now, then), "day"), day(then))
}

/// The page of the console where whoever has signed in manages their own credentials.
pub(super) fn own_credentials(facts: &Facts) -> String {
    let console = partition::named(&facts.partition).map_or("console.aws.amazon.com", |known| known.console);
    format!("https://{console}/iam/home#/security_credentials")
}
