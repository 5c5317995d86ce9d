//! What a plan opens and closes for packets.

use anstyle::AnsiColor;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::reach::part_words;
use super::text::{self, BOLD};
use super::{Endpoint, Shown, clean};
use crate::language::proof::{Changed, NetworkChange};
use crate::network::{Classes, Intervals, Packets, client_words, traffic_words};
use crate::{shown, words};

/// What happens to connections between two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// They were not let through, and will be.
    Opens,
    /// They may be let through, and surely were not before; or it is not known whether they were.
    MayOpen,
    /// They were let through, and will not be.
    Closes,
    /// They may have been let through, and surely will not be; or it is not known whether they will be.
    MayClose,
}

impl Verb {
    /// Whether it opens something, or may.
    pub fn opens(self) -> bool {
        matches!(self, Self::Opens | Self::MayOpen)
    }

    /// Whether it is known to happen.
    pub fn is_known(self) -> bool {
        !matches!(self, Self::MayOpen | Self::MayClose)
    }

    /// As people read it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Opens => "opens",
            Self::MayOpen => "may open",
            Self::Closes => "closes",
            Self::MayClose => "may close",
        }
    }
}

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Row {
    /// What happens.
    pub change: Verb,
    /// The end that opens connections, such as `internet` or a tier.
    pub from_end: String,
    /// The end that is reached.
    pub to_end: String,
    /// Who of it opens connections.
    pub from: String,
    /// Who of it is reached.
    pub to: String,
    /// What is carried, such as `tcp 443`.
    pub traffic: String,
    /// Why it is not known; empty where it is.
    pub reasons: Vec<String>,
}

/// What a set carries, from whom to whom; what differs in addresses only is one row.
fn told(from: &Classes, to: &Classes, packets: &Packets) -> Vec<(String, String, String)> {
    let mut parts: Vec<(Intervals, Intervals, Packets)> = Vec::new();
    for part in packets.parts() {
        let [sources, destinations, ..] = &part.0;
        match parts.iter_mut().find(|(same, to, _)| same == sources && to == destinations) {
            Some((.., packets)) => packets.add(part.clone()),
            None => parts.push((sources.clone(), destinations.clone(), part.clone().into())),
        }
    }
    let mut rows: Vec<(Intervals, Intervals, String)> = Vec::new();
    for (sources, destinations, packets) in parts {
        let words = match client_words(&packets) {
            Some(ports) => format!("{} from client ports {ports}", traffic_words(&packets)),
            None => traffic_words(&packets),
        };
        let alike = |(from, to, same): &&mut (Intervals, Intervals, String)| {
            *same == words && (*from == sources || *to == destinations)
        };
        match rows.iter_mut().find(alike) {
            Some((from, to, _)) => {
                *from = from.union(&sources);
                *to = to.union(&destinations);
            }
            None => rows.push((sources, destinations, words)),
        }
    }
    let named =
        |(sources, destinations, words)| (part_words(from, &sources), part_words(to, &destinations), words);
    rows.into_iter().map(named).collect()
}

/// Everything that changes: what opens before what closes, and the internet first.
pub fn rows(change: &NetworkChange) -> Vec<Row> {
    let of = |changed: &Changed| {
        let reasons = |verb: Verb| if verb.is_known() { Vec::new() } else { changed.reasons.clone() };
        let sets = [
            (Verb::Opens, &changed.opened),
            (Verb::MayOpen, &changed.perhaps_opened),
            (Verb::Closes, &changed.closed),
            (Verb::MayClose, &changed.perhaps_closed),
        ];
        let rows = sets.into_iter().flat_map(|(verb, packets)| {
            told(&changed.from, &changed.to, packets).into_iter().map(move |told| (verb, told))
        });
        let row = |(change, (from, to, traffic))| Row {
            change,
            from_end: changed.from.name.clone(),
            to_end: changed.to.name.clone(),
            from,
            to,
            traffic,
            reasons: reasons(change),
        };
        rows.map(row).collect::<Vec<_>>()
    };
    let mut rows: Vec<Row> = change.changed.iter().flat_map(of).collect();
    // Stable: the ends stay in their order.
    rows.sort_by_key(|row| row.change);
    rows
}

/// What an apply would change for connections, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Connections {
    /// What opens, what may open, what closes, and what may close.
    pub connections: Vec<Row>,
    /// Resources that decide about connections and could not be read, so that more may change.
    pub unreadable: Vec<String>,
}

impl Connections {
    /// Whether nothing changes, as far as is known.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Whether all that changes is known.
    pub fn is_complete(&self) -> bool {
        self.unreadable.is_empty() && self.connections.iter().all(|row| row.change.is_known())
    }

    /// The same of a change.
    pub(super) fn of(change: &NetworkChange) -> Self {
        let unreadable = change.unread.iter().map(ToString::to_string).collect();
        Self { connections: rows(change), unreadable }
    }
}

/// What changes, alone: whether nothing does as far as is known, and whether all of it is known.
#[derive(Debug)]
pub struct Alone<'a> {
    /// Where it was read from, where that is not AWS's own.
    pub endpoints: &'a [Endpoint],
    /// What changes; nothing where an apply would do nothing at all.
    pub change: Option<&'a NetworkChange>,
}

impl Alone<'_> {
    /// For programs.
    pub fn connections(&self) -> Connections {
        let none = Connections { connections: Vec::new(), unreadable: Vec::new() };
        self.change.map_or(none, Connections::of)
    }

    /// The same as JSON.
    pub fn json(&self) -> Json {
        let Connections { connections, unreadable } = self.connections();
        json!({ "endpoints": self.endpoints, "connections": connections, "unreadable": unreadable })
    }

    /// For people.
    pub fn text(&self) -> Shown {
        let mut text = text::endpoints(self.endpoints);
        let changes = self.change.map(self::text).unwrap_or_default();
        match changes.is_empty() {
            true => text.push("an apply opens and closes no connection\n"),
            false => text.push(changes),
        }
        text
    }
}

/// How many changed connections people are shown.
const MOST: usize = 20;

/// The same for a terminal, as a part of a plan; empty where nothing changes.
pub(super) fn text(change: &NetworkChange) -> Shown {
    let rows = rows(change);
    let mut text = Shown::default();
    if rows.is_empty() && change.unread.is_empty() {
        return text;
    }
    text.push(shown!("\n{}\n", Shown::styled(BOLD, words!("Network connections ({})", rows.len()))));
    let told = || rows.iter().take(MOST);
    let wide =
        |column: fn(&Row) -> &str| told().map(|row| column(row).chars().count()).max().unwrap_or_default();
    let (from_wide, to_wide) = (wide(|row| &row.from), wide(|row| &row.to));
    let verb_wide = wide(|row| row.change.word()).max(Verb::MayOpen.word().len());
    for row in told() {
        let style = match row.change {
            Verb::Opens | Verb::MayOpen => AnsiColor::Yellow.on_default(),
            Verb::Closes | Verb::MayClose => AnsiColor::Green.on_default(),
        };
        let verb = Shown::styled(style, Shown::left(row.change.word(), verb_wide));
        let from = Shown::left(Shown::line(&row.from), from_wide);
        let to = Shown::left(Shown::line(&row.to), to_wide);
        let traffic = Shown::cut(&row.traffic, clean::LONGEST);
        text.push(shown!("  {}  {} -> {}  {}", verb, from, to, traffic));
        if !row.reasons.is_empty() {
            text.push(shown!("  ({})", Shown::cut(&row.reasons.join("; "), clean::LONGEST)));
        }
        text.push("\n");
    }
    if let Some(more @ 1..) = rows.len().checked_sub(MOST) {
        text.push(shown!("  and {} more, which --json lists\n", more));
    }
    for addr in &change.unread {
        text.push(shown!("  {} could not be read, so more may change\n", addr));
    }
    text
}
