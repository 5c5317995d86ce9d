//! A fleet as Markdown, short enough for a comment on a pull request: totals always, groups to open.

use super::{Differing, Since, Whole, accounts, all_differing, counts};
use crate::fleet::{Named, SetApart};
use crate::report::Markdown;
use crate::report::markdown::LIMIT;
use crate::{markdown, words};

/// What is kept free for the line that says what was left out.
const RESERVE: usize = 500;

/// How many accounts of a group are named.
const MOST: usize = 40;

fn code(text: &str) -> Markdown {
    Markdown::code(text)
}

/// Names of accounts, the first of them.
fn names(of: &[Named]) -> Markdown {
    let named = of.iter().take(MOST).map(|Named { id, name }| {
        if id == name { code(id) } else { markdown!("{} ({})", code(name), code(id)) }
    });
    let mut text = Markdown::joined(named, ", ");
    if of.len() > MOST {
        text.push(markdown!(" and {} more", of.len() - MOST));
    }
    text
}

/// The page, of fewer than [`LIMIT`] bytes. What does not fit is counted in its last line.
pub fn page(whole: &Whole<'_>) -> Markdown {
    let mut text = markdown!(
        "## baseline: fleet {} {}\n\n**{}**\n",
        whole.command.word(),
        code(whole.fleet),
        counts(whole.fold)
    );
    for endpoint in whole.endpoints {
        text.push(markdown!("\n- custom endpoint: {}\n", code(&endpoint.to_string())));
    }
    let mut parts: Vec<Markdown> = Vec::new();
    if let Some(since) = whole.since {
        text.push(markdown!("\nSince {}: {}.\n", code(&since.older), since.counts()));
        parts.extend(compared(since));
    }
    for SetApart { why, reason, accounts: of } in &whole.fold.apart {
        let (count, reason) = (accounts(of.len()), code(reason));
        parts.push(markdown!("\n- {} {}: {}: {}\n", count, why.words(), reason, names(of)));
    }
    for (group, Differing { head, lines }) in all_differing(whole.fold) {
        let summary = words!("{}: {}", accounts(group.accounts.len()), head);
        let mut part =
            markdown!("\n<details><summary>{}</summary>\n\n{}\n\n", summary, names(&group.accounts));
        for (sign, line) in lines {
            part.push(markdown!("- {} {}\n", code(sign), code(line)));
        }
        part.push("\n</details>\n");
        parts.push(part);
    }
    let mut missing = 0_usize;
    for part in parts {
        if text.len() + part.len() + RESERVE < LIMIT {
            text.push(part);
        } else {
            missing += 1;
        }
    }
    if missing > 0 {
        let words = words!("{} entries are left out", missing);
        text.push(markdown!("\n_To keep this short, {}. The text and `--json` show all._\n", words));
    }
    text
}

/// What is new and what is gone.
fn compared(since: &Since) -> Vec<Markdown> {
    let mut parts = Vec::new();
    for (word, entries) in [("new", &since.new), ("gone", &since.gone), ("not known", &since.not_known)] {
        for (line, of) in Since::told(entries) {
            parts.push(markdown!("\n- **{}** {}: {}\n", word, code(line), names(&of)));
        }
    }
    parts
}
