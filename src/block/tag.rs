//! How a block is written on a network ACL: one tag a range.
//!
//! The key names the range, so that two people who block different ranges at the same moment write different tags.

use ipnet::IpNet;
use jiff::Timestamp;

/// What the keys of these tags begin with; the range follows.
pub const KEY_PREFIX: &str = "baseline:block:";

/// The most characters a tag's value may have (Amazon EC2 user guide, "Tag restrictions").
const VALUE_LENGTH: usize = 256;

/// A range that is denied until a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// The range, canonical.
    pub range: IpNet,
    /// When it ends.
    pub until: Timestamp,
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Block {
    /// The key of its tag.
    pub fn key(range: &IpNet) -> String {
        format!("{KEY_PREFIX}{range}")
    }

    /// The value of its tag: in characters that every service takes in one, and cut to the length that it may have.
    pub fn value(&self) -> String {
        let text = format!("until {} by {}: {}", seconds(self.until), plain(&self.by), plain(&self.reason));
        text.chars().take(VALUE_LENGTH).collect::<String>().trim_end().to_owned()
    }

    /// Reads a tag; nothing where it is none of a block.
    pub fn from_tag(key: &str, value: &str) -> Option<Self> {
        let range: IpNet = key.strip_prefix(KEY_PREFIX)?.parse().ok()?;
        let (until, rest) = value.strip_prefix("until ")?.split_once(" by ")?;
        let (by, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let until = until.parse().ok()?;
        let is_canonical = range.trunc() == range;
        is_canonical.then(|| Self { range, until, by: by.to_owned(), reason: reason.trim().to_owned() })
    }

    /// Whether its time is over. Where nobody says what time it is, it is not.
    pub fn has_ended(&self, now: Option<Timestamp>) -> bool {
        now.is_some_and(|now| self.until <= now)
    }

    /// It in words: the range, until when, who and why.
    pub fn words(&self) -> String {
        let Self { range, until, by, reason } = self;
        let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        format!("{range} until {}, by {by}{because}", seconds(*until))
    }
}

/// A moment to the second.
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
    fn a_block_reads_as_it_was_written() {
        let block = Block {
            range: "198.51.100.0/24".parse().unwrap(),
            until: "2026-11-30T12:00:00Z".parse().unwrap(),
            by: person("arn:aws:sts::123456789012:assumed-role/Admin/alice"),
            reason: "ssh brute force, seen at 3:15".to_owned(),
        };
        assert_eq!(Block::key(&block.range), "baseline:block:198.51.100.0/24");
        assert_eq!(block.value(), "until 2026-11-30T12:00:00Z by alice: ssh brute force seen at 3:15");
        let read = Block::from_tag(&Block::key(&block.range), &block.value()).unwrap();
        assert_eq!(read, Block { reason: "ssh brute force seen at 3:15".to_owned(), ..block });
    }

    #[test]
    fn other_tags_are_no_blocks() {
        for (key, value) in [
            ("Name", "until 2026-11-30T12:00:00Z by alice: x"),
            ("baseline:block:198.51.100.7/24", "until 2026-11-30T12:00:00Z by alice: x"),
            ("baseline:block:everywhere", "until 2026-11-30T12:00:00Z by alice: x"),
            ("baseline:block:198.51.100.0/24", "until tomorrow by alice: x"),
            ("baseline:block:198.51.100.0/24", ""),
        ] {
            assert_eq!(Block::from_tag(key, value), None, "{key} = {value}");
        }
    }

    #[test]
    fn the_person_is_the_last_part_of_the_arn() {
        assert_eq!(person("arn:aws:iam::123456789012:user/ops/bob"), "bob");
        assert_eq!(person("arn:aws:iam::123456789012:root"), "root");
    }

    proptest! {
        #[test]
        fn any_reason_fits_into_a_tag_and_loses_neither_range_nor_end(by in ".{0,80}", reason in ".{0,400}") {
            let block = Block {
                range: "2001:db8::/48".parse().unwrap(),
                until: "2026-11-30T12:00:00Z".parse().unwrap(),
                by: person(&by),
                reason,
            };
            let value = block.value();
            prop_assert!(value.chars().count() <= 256);
            prop_assert!(value.chars().all(|c| c.is_alphanumeric() || " +-=._:/@".contains(c)), "{value}");
            let read = Block::from_tag(&Block::key(&block.range), &value).unwrap();
            prop_assert_eq!((read.range, read.until), (block.range, block.until));
        }
    }
}
