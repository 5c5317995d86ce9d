//! `[tags]`: tags of everything that is made from the file and can carry tags.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::names::Names;
use super::reader::Reader;
use super::spelling::plain;
use super::types::KeyType;
use super::{Diagnostic, Span, Spanned};

/// The most characters of a key ("Tag restrictions", Amazon EC2 User Guide; the models of the other services say the same).
const KEY_LENGTH: usize = 128;
/// The most characters of a value.
const VALUE_LENGTH: usize = 256;
/// How many tags AWS lets a resource have ("Tag restrictions", Amazon EC2 User Guide; IAM, S3, KMS and Elastic Load Balancing say the
/// same).
const PER_RESOURCE: usize = 50;
/// How many this program puts on beside those of the file: two of ownership, and a name or the window of a key.
const OWN: usize = 3;
/// How many a file can declare.
const MOST: usize = PER_RESOURCE - OWN;

/// What a key cannot begin with, whatever its case, and why.
const RESERVED: [(&str, &str); 2] = [
    ("aws:", "AWS keeps keys that begin with `aws:` for itself"),
    ("baseline:", "keys that begin with `baseline:` say what a baseline made"),
];

/// What stands in tags besides letters, digits and spaces, for every service (AWS's models of IAM, Systems Manager and Elastic Load
/// Balancing have it as a pattern).
const MARKS: &str = "+-=._:/@";
const CHARACTERS: &str = "letters, digits, spaces and + - = . _ : / @";

/// The tags of a file, each with the place of its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, Spanned<String>>);

impl Tags {
    /// The tags by key.
    pub fn declared(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect()
    }
}

impl KeyType for Tags {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(table) = value.as_table() else {
            reader.wrong_type(span, &Self::describe(), value);
            return None;
        };
        let mut tags = BTreeMap::new();
        let mut by_case: BTreeMap<String, Span> = BTreeMap::new();
        for (key, value) in table {
            let (written, key_span) = (key.get_ref().as_ref(), reader.span(key.span()));
            let span = reader.span(value.span());
            if let Err((what, hint)) = check_key(written) {
                let message = format!("the tag `{}` cannot be declared", plain(written));
                reader.report(Diagnostic::error("bad-tag", &key_span, message).label(what).hint(hint));
                continue;
            }
            // To IAM, keys that differ only in case are the same key ("Rules for tagging in IAM and AWS STS", IAM User Guide).
            if let Some(other) = by_case.insert(written.to_lowercase(), key_span.clone()) {
                let message = format!("the tag `{}` is declared twice, in different case", plain(written));
                reader.report(
                    Diagnostic::error("bad-tag", &key_span, message)
                        .label("to IAM, keys that differ only in case are the same key")
                        .related(&other, "the other one")
                        .hint("keep one of the two"),
                );
                continue;
            }
            let Some(text) = value.get_ref().as_str() else {
                reader.within(written, |reader| reader.wrong_type(&span, "text", value.get_ref()));
                continue;
            };
            if let Err((what, hint)) = check_value(text) {
                let message = format!("the value of the tag `{}` is not valid", plain(written));
                reader.report(Diagnostic::error("bad-tag", &span, message).label(what).hint(hint));
                continue;
            }
            tags.insert(written.to_owned(), Spanned { value: text.to_owned(), span, given: true });
        }
        if table.len() > MOST {
            reader.report(
                Diagnostic::error(
                    "too-many",
                    span,
                    format!("{} tags are declared, {MOST} at most", table.len()),
                )
                .label(format!("AWS lets a resource have {PER_RESOURCE}, and {OWN} are baseline's own"))
                .hint("declare fewer"),
            );
        }
        Some(Self(tags))
    }

    fn describe() -> String {
        "table of tags, such as { env = \"prod\" }".to_owned()
    }

    fn schema() -> Json {
        json!({
            "type": "object",
            "maxProperties": MOST,
            "propertyNames": {
                "minLength": 1,
                "maxLength": KEY_LENGTH,
                "not": { "pattern": "^([aA][wW][sS]:|[bB][aA][sS][eE][lL][iI][nN][eE]:|Name$)" },
            },
            "additionalProperties": { "type": "string", "minLength": 1, "maxLength": VALUE_LENGTH },
        })
    }
}

type Wrong = (String, String);

fn check_key(key: &str) -> Result<(), Wrong> {
    let lower = key.to_lowercase();
    if let Some((prefix, why)) = RESERVED.iter().find(|(prefix, _)| lower.starts_with(prefix)) {
        return Err(((*why).to_owned(), format!("choose a key that does not begin with `{prefix}`")));
    }
    if key == "Name" {
        return Err((
            "each thing has a name of its own in this tag, by which people tell things apart".to_owned(),
            "choose another key".to_owned(),
        ));
    }
    check_text(key, KEY_LENGTH)
}

fn check_value(value: &str) -> Result<(), Wrong> {
    if value.is_empty() {
        // AWS's model of CloudTrail has 1 as the least length.
        return Err(("CloudTrail takes no empty value".to_owned(), "write a value".to_owned()));
    }
    check_text(value, VALUE_LENGTH)
}

fn check_text(text: &str, most: usize) -> Result<(), Wrong> {
    let length = text.chars().count();
    if length == 0 {
        return Err(("a key has one character at least".to_owned(), "write a key".to_owned()));
    }
    if length > most {
        return Err((format!("{length} characters"), format!("AWS takes {most} at most")));
    }
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || MARKS.contains(c);
    if let Some(odd) = text.chars().find(|c| !allowed(*c)) {
        let what = format!("`{}` cannot stand here", odd.escape_debug());
        return Err((what, format!("tags take {CHARACTERS}")));
    }
    if text.trim() != text {
        // Elastic Load Balancing API Reference, "AddTags".
        return Err((
            "Elastic Load Balancing takes no space at an end".to_owned(),
            "leave it out".to_owned(),
        ));
    }
    Ok(())
}

/// Blocks are remembered in tags of network ACLs, which have to find room beside those of the file.
pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let tags = &names.file.tags;
    let Some(network) = &names.file.network else { return };
    let slots = usize::try_from(network.block_slots.0).unwrap_or_default();
    let room = MOST.saturating_sub(slots);
    let count = tags.0.len();
    if !tags.0.is_empty() && count > room {
        problems.push(
            Diagnostic::error("too-many", &tags.span, format!("{count} tags are declared, {room} at most"))
                .label(format!("a network ACL has {PER_RESOURCE} tags at most, and {OWN} are baseline's own"))
                .related(&network.block_slots.span, format!("and one for each of {slots} blocks"))
                .hint("declare fewer tags, or lower `block_slots`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Baseline, Layers, Place, Source, render};

    fn read(text: &str) -> (Option<Baseline>, Vec<String>, String) {
        let text = format!("name = 'x'\nregion = 'us-east-1'\n{text}");
        let source = Source { name: "x.toml".into(), text };
        let (baseline, problems) = Baseline::parse(&source);
        let told = render(&source, &problems, false);
        (baseline, problems.into_iter().map(|problem| problem.code.to_owned()).collect(), told)
    }

    #[test]
    fn tags_of_the_file_are_wanted_of_everything() {
        let (baseline, problems, _) =
            read("[tags]\nenv = 'prod'\n'cost centre' = '4711'\n'größe' = 'a+b-c=d.e_f:g/h@i j'\n");
        assert_eq!(problems, [""; 0]);
        let wanted = baseline.unwrap().expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
        let keys: Vec<&str> = wanted.tags.keys().map(String::as_str).collect();
        assert_eq!(keys, ["cost centre", "env", "größe"]);
    }

    #[test]
    fn what_a_service_would_refuse_is_told_with_its_place_and_what_to_do() {
        let long = |count: usize| "x".repeat(count);
        let many: String = (0..48).map(|number| format!("t{number} = 'x'\n")).collect();
        for (text, code, says) in [
            ("'aws:team' = 'x'".to_owned(), "bad-tag", "does not begin with `aws:`"),
            ("'AWS:team' = 'x'".to_owned(), "bad-tag", "AWS keeps keys"),
            ("'baseline:name' = 'x'".to_owned(), "bad-tag", "does not begin with `baseline:`"),
            ("'Baseline:addr' = 'x'".to_owned(), "bad-tag", "say what a baseline made"),
            ("Name = 'x'".to_owned(), "bad-tag", "choose another key"),
            ("'' = 'x'".to_owned(), "bad-tag", "write a key"),
            (format!("{} = 'x'", long(129)), "bad-tag", "128 at most"),
            (format!("a = '{}'", long(257)), "bad-tag", "256 at most"),
            ("a = ''".to_owned(), "bad-tag", "CloudTrail"),
            ("a = 'x*'".to_owned(), "bad-tag", "`*` cannot stand here"),
            ("'a\u{1f600}' = 'x'".to_owned(), "bad-tag", "letters, digits, spaces"),
            ("a = ' x'".to_owned(), "bad-tag", "Elastic Load Balancing"),
            ("team = 'x'\nTeam = 'y'".to_owned(), "bad-tag", "the other one"),
            ("a = 1".to_owned(), "wrong-type", "must be text"),
            ("a = ['x']".to_owned(), "wrong-type", "must be text"),
            (many, "too-many", "47 at most"),
        ] {
            let (baseline, problems, told) = read(&format!("[tags]\n{text}\n"));
            assert!(baseline.is_none() && problems == [code], "{text}: {problems:?}");
            assert!(told.contains(says), "{text}: {told}");
            let line = if text.starts_with("t0") || code == "too-many" { 3 } else { 4 };
            assert!(
                told.contains(&format!("x.toml:{line}:")) || told.contains("x.toml:5:"),
                "{text}: {told}"
            );
        }
        let (_, problems, told) = read("tags = 'x'\n");
        assert_eq!(problems, ["wrong-type"], "{told}");
    }

    #[test]
    fn the_tags_of_layers_are_merged_key_by_key() {
        let layer = |name: &str, text: &str| Arc::new(Source { name: name.into(), text: text.into() });
        let below = "name = 'x'\nregion = 'us-east-1'\n[tags]\nenv = 'test'\nteam = 'web'\n";
        let layers = Layers::new(vec![layer("a.toml", below), layer("b.toml", "[tags]\nenv = 'prod'\n")]);
        let tags = Baseline::parse(&layers).0.unwrap().tags();
        let pairs: Vec<(&str, &str)> =
            tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("env", "prod"), ("team", "web")]);
        let wrong = Layers::new(vec![layer("a.toml", below), layer("b.toml", "\n[tags]\n'aws:x' = 'y'\n")]);
        let (baseline, problems) = Baseline::parse(&wrong);
        assert!(
            baseline.is_none() && render(&wrong, &problems, false).contains("b.toml:3:1"),
            "{problems:?}"
        );
    }

    #[test]
    fn keys_and_values_of_the_greatest_length_are_taken() {
        let (key, value) = ("ä".repeat(128), "ö".repeat(256));
        let most: String = (0..46).map(|number| format!("t{number} = 'x'\n")).collect();
        let (baseline, problems, told) = read(&format!("[tags]\n'{key}' = '{value}'\n{most}"));
        assert!(baseline.is_some(), "{problems:?} {told}");
    }

    #[test]
    fn tags_leave_room_for_the_blocks_of_network_acls() {
        let many: String = (0..43).map(|number| format!("t{number} = 'x'\n")).collect();
        let network = |slots: &str| {
            format!(
                "[tags]\n{many}[network]\ncidr = '10.0.0.0/16'\n{slots}[network.tier.web]\npublic = true\n"
            )
        };
        let (baseline, problems, told) = read(&network(""));
        assert!(baseline.is_some(), "{problems:?} {told}");
        let (_, problems, told) = read(&network("block_slots = 5\n"));
        assert!(problems.contains(&"too-many".to_owned()) && told.contains("42 at most"), "{told}");
    }
}
