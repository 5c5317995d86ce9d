//! How a temporary rule is written: as one tag of what it stands on.

use jiff::{SignedDuration, Timestamp};

use super::subject::Subject;

/// The most characters a tag's value may have (Amazon EC2 user guide, "Tag restrictions").
const VALUE_LENGTH: usize = 256;

/// What holds until a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Temporary {
    /// What it is about.
    pub subject: Subject,
    /// When it was asked for.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// All that belongs to it is there.
    Holds,
    /// A part is missing, and it was asked for a moment ago: somebody is writing it.
    Begun,
    /// Its time is not over, and a part is missing for long.
    Incomplete,
    /// Its time is over, and it is still there.
    Ended,
}

/// What was asked for, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What was asked for.
    pub temporary: Temporary,
    /// How far it has come.
    pub standing: Standing,
}

impl Standing {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Begun => "is being written",
            Self::Incomplete => "a part is missing",
            Self::Ended => "has ended and is still there",
        }
    }

    /// Whether a plan takes it away: tags alone bring nothing about, as whoever may write tags may not write rules.
    pub const fn departs(self) -> bool {
        matches!(self, Self::Incomplete | Self::Ended)
    }
}

/// How long writing one may take: what is not whole after that never will be.
const WRITTEN_WITHIN: SignedDuration = SignedDuration::from_mins(15);

impl Temporary {
    /// The key and the value of its tag, in characters that every service takes in one, and cut to the length that it may have.
    pub fn tag(&self) -> (String, String) {
        let (from, until) = (seconds(self.from), seconds(self.until));
        let text = format!("from {from} until {until} by {}: {}", plain(&self.by), plain(&self.reason));
        let value: String = text.chars().take(VALUE_LENGTH).collect();
        (self.subject.key(), value.trim_end().to_owned())
    }

    /// Reads a tag; nothing where it is none of these, or asks for more than the commands that write them give.
    pub fn from_tag(key: &str, value: &str) -> Option<Self> {
        let subject = Subject::of_key(key).filter(Subject::is_narrow)?;
        let (from, rest) = value.strip_prefix("from ")?.split_once(" until ")?;
        let (until, rest) = rest.split_once(" by ")?;
        let (by, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let (from, until): (Timestamp, Timestamp) = (from.parse().ok()?, until.parse().ok()?);
        let is_short = until.duration_since(from) <= SignedDuration::from_hours(24 * subject.longest_days());
        is_short.then(|| Self { subject, from, until, by: by.to_owned(), reason: reason.trim().to_owned() })
    }

    /// How far it has come, where all that belongs to it is there, or not.
    pub(super) fn standing(&self, now: Option<Timestamp>, is_whole: bool) -> Standing {
        let is_young = now.is_none_or(|now| now.duration_since(self.from) < WRITTEN_WITHIN);
        // What says that it begins later was written by nobody who asked AWS for the time.
        let is_early = now.is_some_and(|now| self.from.duration_since(now) > WRITTEN_WITHIN);
        match (self.has_ended(now) || is_early, is_whole) {
            (true, _) => Standing::Ended,
            (false, true) => Standing::Holds,
            (false, false) if is_young => Standing::Begun,
            (false, false) => Standing::Incomplete,
        }
    }

    /// Whether its time is over. Where nobody says what time it is, it is not.
    pub fn has_ended(&self, now: Option<Timestamp>) -> bool {
        now.is_some_and(|now| self.until <= now)
    }

    /// The moment it ends, to the second.
    pub fn end(&self) -> String {
        seconds(self.until)
    }

    /// It in words: what, until when, who and why.
    pub fn words(&self) -> String {
        let because = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        format!("{} until {}, by {}{because}", self.subject, self.end(), self.by)
    }
}

fn seconds(moment: Timestamp) -> String {
    moment.round(jiff::Unit::Second).unwrap_or(moment).to_string()
}

/// The text with a space for each character that some service does not take in a tag, and none twice in a row.
fn plain(text: &str) -> String {
    let known = |c: char| c.is_alphanumeric() || "+-=._:/@".contains(c);
    let spaced: String = text.chars().map(|c| if known(c) { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The person or program behind an ARN, in short: the user's name, or the session's of a role.
pub fn person(arn: &str) -> String {
    let last = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    // A colon would end the name in the tag.
    plain(last).replace([' ', ':'], "-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tag_reads_as_it_was_written() {
        let temporary = Temporary {
            subject: Subject::Block("198.51.100.0/24".parse().unwrap()),
            from: "2026-11-29T12:00:00Z".parse().unwrap(),
            until: "2026-11-30T12:00:00Z".parse().unwrap(),
            by: person("arn:aws:sts::123456789012:assumed-role/Admin/alice"),
            reason: "ssh brute force, seen at 3:15".to_owned(),
        };
        let (key, value) = temporary.tag();
        assert_eq!(
            value,
            "from 2026-11-29T12:00:00Z until 2026-11-30T12:00:00Z by alice: ssh brute force seen at 3:15"
        );
        let read = Temporary::from_tag(&key, &value).unwrap();
        assert_eq!(read, Temporary { reason: "ssh brute force seen at 3:15".to_owned(), ..temporary });
    }

    #[test]
    fn values_that_say_no_end_are_none_of_these() {
        for value in [
            "from today until tomorrow by alice: x",
            "by alice: x",
            "until 2026-11-30T12:00:00Z by alice: x",
            "",
        ] {
            assert_eq!(Temporary::from_tag("baseline:block:198.51.100.0/24", value), None, "{value}");
        }
    }

    /// Whoever may write tags must not get more than the commands give.
    #[test]
    fn a_tag_that_asks_for_more_than_the_commands_give_is_none_of_these() {
        let read = |key: &str, until: &str| {
            Temporary::from_tag(key, &format!("from 2026-11-29T12:00:00Z until {until} by alice: x"))
                .is_some()
        };
        for (key, until, is_one) in [
            ("baseline:block:198.51.100.0/24", "2027-01-29T12:00:00Z", true),
            ("baseline:block:198.51.100.0/24", "2099-01-01T00:00:00Z", false),
            ("baseline:block:0.0.0.0/1", "2026-11-30T12:00:00Z", false),
            ("baseline:block:2000::/3", "2026-11-30T12:00:00Z", false),
            ("baseline:admit:203.0.113.7/32:tcp:22", "2026-11-30T12:00:00Z", true),
            ("baseline:admit:203.0.113.7/32:tcp:22", "2027-01-29T12:00:00Z", false),
            ("baseline:admit:0.0.0.0/0:tcp:22", "2026-11-30T12:00:00Z", false),
        ] {
            assert_eq!(read(key, until), is_one, "{key} until {until}");
        }
    }

    #[test]
    fn what_is_not_whole_is_left_to_whoever_writes_it_and_goes_after_a_while() {
        let read = |from: &str, now: &str, is_whole: bool| {
            let value = format!("from {from} until 2026-11-30T12:00:00Z by alice: x");
            let temporary = Temporary::from_tag("baseline:block:198.51.100.0/24", &value).unwrap();
            temporary.standing(Some(now.parse().unwrap()), is_whole)
        };
        let asked = "2026-11-29T12:00:00Z";
        assert_eq!(read(asked, "2026-11-29T12:10:00Z", false), Standing::Begun);
        assert_eq!(read(asked, "2026-11-29T12:20:00Z", false), Standing::Incomplete);
        assert_eq!(read(asked, "2026-11-29T12:20:00Z", true), Standing::Holds);
        assert_eq!(read(asked, "2026-11-30T12:00:00Z", true), Standing::Ended);
        // A beginning in the future is a forgery.
        assert_eq!(read("2026-11-30T10:00:00Z", "2026-11-29T12:00:00Z", true), Standing::Ended);
    }

    #[test]
    fn the_person_is_the_last_part_of_the_arn() {
        assert_eq!(person("arn:aws:iam::123456789012:user/ops/bob"), "bob");
        assert_eq!(person("arn:aws:iam::123456789012:root"), "root");
    }

    proptest! {
        #[test]
        fn any_reason_fits_into_a_tag_and_loses_neither_what_it_is_about_nor_its_end(by in ".{0,80}", reason in ".{0,400}") {
            let temporary = Temporary {
                subject: Subject::Block("2001:db8::/48".parse().unwrap()),
                from: "2026-11-29T12:00:00Z".parse().unwrap(),
                until: "2026-11-30T12:00:00Z".parse().unwrap(),
                by: person(&by),
                reason,
            };
            let (key, value) = temporary.tag();
            prop_assert!(value.chars().count() <= 256);
            prop_assert!(value.chars().all(|c| c.is_alphanumeric() || " +-=._:/@".contains(c)), "{value}");
            let read = Temporary::from_tag(&key, &value).unwrap();
            prop_assert_eq!((read.subject, read.until), (temporary.subject, temporary.until));
        }
    }
}
