//! What a block does to the connections of a range, and what holds for a while.

use ipnet::IpNet;
use serde_json::{Value as Json, json};

use super::{Endpoint, Shown, text};
use crate::language::proof::Contact;
use crate::model::Addr;
use crate::network::{Answer, Reach, traffic_words};
use crate::shown;
use crate::temporary::{Kept, Subject};

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

/// What holds for a while on every network ACL and security group, for people or for programs.
///
/// # Errors
/// Fails only where JSON cannot be written.
pub fn list(
    places: &[(Addr, Vec<Kept>)],
    endpoints: &[Endpoint],
    is_json: bool,
) -> Result<Shown, serde_json::Error> {
    if is_json {
        return Shown::json(&json(places, endpoints));
    }
    let mut text = Shown::default();
    for (addr, kept) in places {
        for Kept { temporary, standing } in kept {
            text.push(shown!("{}  {}  {}\n", addr, Shown::line(&temporary.words()), standing.words()));
        }
    }
    if text == Shown::default() {
        text.push("nothing\n");
    }
    Ok(shown!("{}{}", text::endpoints(endpoints), text))
}

fn json(places: &[(Addr, Vec<Kept>)], endpoints: &[Endpoint]) -> Json {
    let rows = places.iter().flat_map(|(addr, kept)| {
        kept.iter().map(move |Kept { temporary, standing }| {
            let service = match temporary.subject {
                Subject::Block(_) => None,
                Subject::Admit(_, service) => Some(service.to_string()),
            };
            json!({
                "on": addr.to_string(),
                "range": temporary.subject.range().to_string(),
                "service": service,
                "until": temporary.end(),
                "by": temporary.by,
                "reason": temporary.reason,
                "state": standing.words(),
            })
        })
    });
    json!({ "endpoints": endpoints, "temporary": rows.collect::<Vec<_>>() })
}
