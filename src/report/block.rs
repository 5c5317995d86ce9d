//! What a block does to the connections of a range, and which blocks there are.

use ipnet::IpNet;
use serde_json::{Value as Json, json};

use super::Shown;
use crate::baseline::proof::Contact;
use crate::block::Kept;
use crate::model::Addr;
use crate::network::{Answer, Reach, traffic_words};
use crate::shown;

/// What passes one way, in words; nothing where surely nothing does.
fn passes(reach: &Reach) -> Option<Shown> {
    match reach.answer() {
        Answer::Unreachable => None,
        Answer::Reachable => Some(shown!("{}", Shown::line(&traffic_words(&reach.open)))),
        Answer::Unknown => Some(shown!(
            "not known: {} ({})",
            Shown::line(&traffic_words(&reach.unknown)),
            Shown::line(&reach.reasons.join("; "))
        )),
    }
}

/// What a range and the network may open to each other, one way a line.
pub fn contacts(contacts: &[Contact]) -> Shown {
    let mut text = Shown::default();
    for contact in contacts {
        let end = Shown::line(&contact.end);
        if let Some(words) = passes(&contact.inward) {
            text.push(shown!("    reaches {}: {}\n", end, words));
        }
        if let Some(words) = passes(&contact.outward) {
            text.push(shown!("    is reached by {}: {}\n", end, words));
        }
    }
    if contacts.is_empty() {
        text.push("    reaches nothing, and nothing reaches it\n");
    }
    text
}

/// Ranges before and after; those to which the same happens are told together.
pub fn changes<'a>(
    changed: impl Iterator<Item = (IpNet, &'a Vec<Contact>, &'a Vec<Contact>)>,
    is_planned: bool,
) -> Shown {
    let mut alike: Vec<((Shown, Shown), Vec<String>)> = Vec::new();
    for (range, before, after) in changed {
        let told = (contacts(before), contacts(after));
        match alike.iter_mut().find(|(same, _)| *same == told) {
            Some((_, ranges)) => ranges.push(range.to_string()),
            None => alike.push((told, vec![range.to_string()])),
        }
    }
    let word = if is_planned { "then" } else { "now" };
    let one = |((before, after), ranges): ((Shown, Shown), Vec<String>)| {
        shown!("{}\n  before\n{}  {}\n{}", Shown::line(&ranges.join(", ")), before, word, after)
    };
    Shown::joined(alike.into_iter().map(one), "")
}

/// The blocks of every network ACL, for people.
pub fn list(acls: &[(Addr, Vec<Kept>)]) -> Shown {
    let mut text = Shown::default();
    for (addr, kept) in acls {
        for Kept { block, standing } in kept {
            text.push(shown!("{}  {}  {}\n", addr, Shown::line(&block.words()), standing.words()));
        }
    }
    if text == Shown::default() {
        text.push("nothing is blocked\n");
    }
    text
}

/// The same for programs.
pub fn json(acls: &[(Addr, Vec<Kept>)]) -> Json {
    let rows = acls.iter().flat_map(|(addr, kept)| {
        kept.iter().map(move |Kept { block, standing }| {
            json!({
                "acl": addr.to_string(),
                "range": block.range.to_string(),
                "until": block.until.to_string(),
                "by": block.by,
                "reason": block.reason,
                "state": standing.words(),
            })
        })
    });
    json!({ "blocks": rows.collect::<Vec<_>>() })
}
