//! A fleet as a message of Slack, in Block Kit: totals, what is new, and the largest groups.
//!
//! All text is `plain_text`, in which nothing is a link or a mention (Slack, "Block Kit: composition objects"). A message has at
//! most 50 blocks, a header 150 characters, a section 3,000.

use serde_json::{Value as Json, json};

use super::{Differing, Since, Whole, all_differing, counts};
use crate::fleet::Named;
use crate::report::{Shown, clean};

/// The most characters of a header.
const HEADER: usize = 150;
/// The most characters of a section.
const SECTION: usize = 3000;
/// The most lines of a section, so that a message is read.
const LINES: usize = 12;
/// How many groups are told.
const GROUPS: usize = 3;

/// The message, as an incoming webhook or `chat.postMessage` takes it.
///
/// # Errors
/// Fails only where the message holds what JSON cannot.
pub fn message(whole: &Whole<'_>) -> Result<Shown, serde_json::Error> {
    let counts = counts(whole.fold).to_string();
    let title = format!("{}: fleet {}", whole.fleet, whole.command.word());
    let mut blocks = vec![
        json!({ "type": "header", "text": plain(&short(&clean::line(&title), HEADER)) }),
        section(std::slice::from_ref(&counts)),
    ];
    for endpoint in whole.endpoints {
        blocks.push(section(&[format!("custom endpoint: {endpoint}")]));
    }
    blocks.truncate(10);
    if let Some(since) = whole.since {
        blocks.push(section(&[format!("since {}: {}", since.older, since.counts())]));
        let told = |word: &str, entries: &[super::Entry]| -> Vec<String> {
            let line =
                |(line, accounts): (&str, Vec<Named>)| format!("{word}: {line} ({})", names(&accounts));
            Since::told(entries).into_iter().map(line).collect()
        };
        for (word, entries) in [("new", &since.new), ("gone", &since.gone)] {
            let lines = told(word, entries);
            if !lines.is_empty() {
                blocks.push(section(&lines));
            }
        }
    }
    blocks.push(json!({ "type": "divider" }));
    for (group, Differing { head, lines }) in all_differing(whole.fold).take(GROUPS) {
        let mut told = vec![format!("{} accounts: {head}: {}", group.accounts.len(), names(&group.accounts))];
        told.extend(lines.iter().map(|(sign, line)| format!("{sign} {line}")));
        blocks.push(section(&told));
    }
    let apart = whole.fold.apart.iter().filter(|apart| apart.why != crate::fleet::Apart::Skipped);
    let apart: Vec<String> = apart
        .map(|apart| {
            format!(
                "{} {}: {}: {}",
                apart.accounts.len(),
                apart.why.words(),
                apart.reason,
                names(&apart.accounts)
            )
        })
        .collect();
    if !apart.is_empty() {
        blocks.push(section(&apart));
    }
    // What a notification shows: counts and words, and a name of small letters, digits and dashes.
    let text = format!("{}: {counts}", whole.fleet);
    Shown::json(&json!({ "text": text, "blocks": blocks }))
}

fn names(accounts: &[Named]) -> String {
    const MOST: usize = 3;
    let mut named: Vec<String> = accounts.iter().take(MOST).map(|one| one.name.clone()).collect();
    if accounts.len() > MOST {
        named.push(format!("{} more", accounts.len() - MOST));
    }
    named.join(", ")
}

fn plain(text: &str) -> Json {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

/// Lines, as many as a section holds; the last one says how many are missing.
fn section(lines: &[String]) -> Json {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let line = short(&clean::line(line), 400);
        let more = format!("and {} more", lines.len() - at);
        if at >= LINES || text.chars().count() + line.chars().count() + more.len() + 2 > SECTION {
            text.push_str(&more);
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    json!({ "type": "section", "text": plain(text.trim_end()) })
}

/// At most so many characters.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 3).chain("...".chars()).collect()
}
