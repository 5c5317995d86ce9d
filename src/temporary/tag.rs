//! How a temporary rule is written: as one tag of what it stands on.

use jiff::Timestamp;

use super::subject::Subject;

/// The most characters a tag's value may have (Amazon EC2 user guide, "Tag restrictions").
const VALUE_LENGTH: usize = 256;

/// What holds until a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Temporary {
    /// What it is about.
    pub subject: Subject,
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
    /// Its time is not over, and a part is missing.
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
            Self::Incomplete => "a part is missing",
            Self::Ended => "has ended and is still there",
        }
    }

    /// Of something whose time is over, or of which all is there.
    pub(super) const fn of(has_ended: bool, is_whole: bool) -> Self {
        match (has_ended, is_whole) {
            (true, _) => Self::Ended,
            (false, true) => Self::Holds,
            (false, false) => Self::Incomplete,
        }
    }
}

impl Temporary {
    /// The key and the value of its tag, in characters that every service takes in one, and cut to the length that it may have.
    pub fn tag(&self) -> (String, String) {
        let text = format!("until {} by {}: {}", self.end(), plain(&self.by), plain(&self.reason));
        let value: String = text.chars().take(VALUE_LENGTH).collect();
        (self.subject.key(), value.trim_end().to_owned())
    }

    /// Reads a tag; nothing where it is none of these.
    pub fn from_tag(key: &str, value: &str) -> Option<Self> {
        let subject = Subject::of_key(key)?;
        let (until, rest) = value.strip_prefix("until ")?.split_once(" by ")?;
        let (by, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let until = until.parse().ok()?;
        Some(Self { subject, until, by: by.to_owned(), reason: reason.trim().to_owned() })
    }

    /// Whether its time is over. Where nobody says what time it is, it is not.
    pub fn has_ended(&self, now: Option<Timestamp>) -> bool {
        now.is_some_and(|now| self.until <= now)
    }

    /// The moment it ends, to the second.
    pub fn end(&self) -> String {
        self.until.round(jiff::Unit::Second).unwrap_or(self.until).to_string()
    }

    /// It in words: what, until when, who and why.
    pub fn words(&self) -> String {
        let because = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        format!("{} until {}, by {}{because}", self.subject, self.end(), self.by)
    }
}

/// Whether a tag's key is one of these, readable or not.
pub fn is_key(key: &str) -> bool {
    ["baseline:block:", "baseline:admit:"].iter().any(|prefix| key.starts_with(prefix))
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
            until: "2026-11-30T12:00:00Z".parse().unwrap(),
            by: person("arn:aws:sts::123456789012:assumed-role/Admin/alice"),
            reason: "ssh brute force, seen at 3:15".to_owned(),
        };
        let (key, value) = temporary.tag();
        assert_eq!(value, "until 2026-11-30T12:00:00Z by alice: ssh brute force seen at 3:15");
        let read = Temporary::from_tag(&key, &value).unwrap();
        assert_eq!(read, Temporary { reason: "ssh brute force seen at 3:15".to_owned(), ..temporary });
    }

    #[test]
    fn values_that_say_no_end_are_none_of_these() {
        for value in ["until tomorrow by alice: x", "by alice: x", "until 2026-11-30T12:00:00Z", ""] {
            assert_eq!(Temporary::from_tag("baseline:block:198.51.100.0/24", value), None, "{value}");
        }
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
