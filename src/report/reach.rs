//! Who reaches whom in a network, and what happens to one packet.

use serde_json::{Value as Json, json};

use super::{Endpoint, Shown, text};
use crate::language::Files;
use crate::language::proof::{Judged, Kept, Topology};
use crate::model::{Addr, Wanted};
use crate::network::{
    Answer, Class, Classes, Intervals, Packets, Reach, Traffic, Verdict, addresses, between, carrying,
    traffic_words,
};
use crate::shown;

/// One end reaches another with something, or may.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) open: Option<String>,
    pub(super) unknown: Option<(String, Vec<String>)>,
}

/// The connections of a network, and what must hold of it.
#[derive(Debug, Clone)]
pub struct Map {
    pub(super) rows: Vec<Row>,
    pub(super) judged: Vec<Judged>,
    pub(super) endpoints: Vec<Endpoint>,
}

/// Whom a part of an end is called.
pub(super) fn part_words(from: &Classes, part: &Intervals) -> String {
    let all: Intervals = from.classes.iter().flat_map(|class| class.addresses.ranges().to_vec()).collect();
    if part.covers(&all.intersect(&addresses::v4())) {
        return from.name.clone();
    }
    let of_v6 = all.intersect(&addresses::v6());
    if !of_v6.is_empty() && part.covers(&of_v6) && part.intersect(&addresses::v4()).is_empty() {
        return format!("{} (IPv6)", from.name);
    }
    let missing = all.intersect(&addresses::v4()).minus(part);
    let inside = from.classes.iter().all(|class| !class.place.is_outside());
    match (inside, missing.ranges().len() < part.ranges().len()) {
        (true, _) => format!("{} ({})", from.name, addresses::words(part)),
        (false, true) => format!("{} without {}", from.name, addresses::words(&missing)),
        (false, false) => addresses::words(part),
    }
}

/// Parts of an end with what each of them opens, the largest part first.
fn by_source(from: &Classes, packets: &Packets) -> Vec<(String, String)> {
    let mut parts: Vec<(Intervals, Packets)> = Vec::new();
    for part in packets.parts() {
        let [sources, ..] = &part.0;
        match parts.iter_mut().find(|(same, _)| same == sources) {
            Some((_, packets)) => packets.add(part.clone()),
            None => parts.push((sources.clone(), part.clone().into())),
        }
    }
    // What differs only in whom of the other end it reaches is told once.
    let mut told: Vec<(Intervals, String)> = Vec::new();
    for (sources, packets) in parts {
        let words = traffic_words(&packets);
        match told.iter_mut().find(|(_, same)| *same == words) {
            Some((known, _)) => *known = known.union(&sources),
            None => told.push((sources, words)),
        }
    }
    told.into_iter().map(|(sources, words)| (part_words(from, &sources), words)).collect()
}

fn rows(from: &Classes, to: &Classes, reach: &Reach) -> Vec<Row> {
    let row = |from: String| Row { from, to: to.name.clone(), open: None, unknown: None };
    let open =
        by_source(from, &reach.open).into_iter().map(|(from, words)| Row { open: Some(words), ..row(from) });
    let unknown = by_source(from, &reach.unknown)
        .into_iter()
        .map(|(from, words)| Row { unknown: Some((words, reach.reasons.clone())), ..row(from) });
    open.chain(unknown).collect()
}

impl Map {
    /// Who reaches whom. The endpoints are those that the network was read from and that are not AWS's own.
    pub fn of(planned: &Topology, judged: Vec<Judged>, endpoints: Vec<Endpoint>) -> Self {
        let everything = carrying(&Traffic::all());
        let internet = planned.ends.internet();
        let named: Vec<&Classes> = planned.ends.named().collect();
        let mut all = Vec::new();
        for to in named.iter().copied().chain([&internet]) {
            for from in [&internet].into_iter().chain(named.iter().copied()) {
                if from.name != to.name || from != &internet {
                    all.extend(rows(from, to, &planned.reach(from, to, &everything)));
                }
            }
        }
        Self { rows: all, judged, endpoints }
    }

    /// Whether something does not hold that must.
    pub fn is_violated(&self) -> bool {
        self.judged.iter().any(|judged| matches!(judged.kept, Kept::No(..)))
    }

    /// Whether something can be neither proven nor disproven.
    pub fn is_unproven(&self) -> bool {
        self.judged.iter().any(|judged| matches!(judged.kept, Kept::Unknown(_)))
            || self.rows.iter().any(|row| row.unknown.is_some())
    }

    /// For people.
    pub fn text(&self, files: &dyn Files) -> Shown {
        let mut text = text::endpoints(&self.endpoints);
        let wide = self.rows.iter().map(|row| row.from.chars().count()).max().unwrap_or_default();
        let mut to = "";
        for row in &self.rows {
            if row.to != to {
                to = &row.to;
                text.push(shown!("to {}\n", Shown::line(to)));
            }
            let from = Shown::left(Shown::line(&row.from), wide);
            if let Some(words) = &row.open {
                text.push(shown!("  from {}  {}\n", from, Shown::line(words)));
            } else if let Some((words, reasons)) = &row.unknown {
                let reasons = Shown::line(&reasons.join("; "));
                text.push(shown!("  from {}  not known: {} ({})\n", from, Shown::line(words), reasons));
            }
        }
        text.push("\nnothing else is let through\n\n");
        for judged in &self.judged {
            let (word, more) = match &judged.kept {
                Kept::Yes => ("proven", None),
                Kept::No(instead, packet) => {
                    let packet = packet.map(|packet| format!(", for instance {packet}")).unwrap_or_default();
                    ("violated", Some(format!("{instead}{packet}")))
                }
                Kept::Unknown(reasons) => ("not proven", Some(reasons.join("; "))),
            };
            let mut line = shown!("{}  {}", Shown::left(word, 10), Shown::line(&judged.name));
            if let Some(place) = &judged.place {
                line.push(shown!("  ({}:{})", file(files, place.file.as_deref()), place.line));
            }
            text.push(shown!("{}\n", line));
            if let Some(more) = more {
                text.push(shown!("            {}\n", Shown::line(&more)));
            }
        }
        text
    }

    /// For programs.
    pub fn json(&self) -> Json {
        let rows = self.rows.iter().map(|row| {
            json!({
                "from": row.from,
                "to": row.to,
                "answer": if row.open.is_some() { "reachable" } else { "unknown" },
                "traffic": row.open.as_ref().or(row.unknown.as_ref().map(|(words, _)| words)),
                "reasons": row.unknown.as_ref().map(|(_, reasons)| reasons),
            })
        });
        let checks = self.judged.iter().map(|judged| {
            let (answer, instead, packet, reasons) = match &judged.kept {
                Kept::Yes => ("proven", None, None, None),
                Kept::No(instead, packet) => {
                    ("violated", Some(instead), packet.map(|packet| packet.to_string()), None)
                }
                Kept::Unknown(reasons) => ("not-proven", None, None, Some(reasons)),
            };
            let mut check = json!({
                "name": judged.name,
                "reason": judged.reason,
                "line": judged.place.as_ref().map(|place| place.line),
                "answer": answer,
                "instead": instead,
                "packet": packet,
                "reasons": reasons,
            });
            if let Some(file) = judged.place.as_ref().and_then(|place| place.file.as_ref()) {
                check["file"] = json!(file);
            }
            check
        });
        let (rows, checks): (Vec<_>, Vec<_>) = (rows.collect(), checks.collect());
        json!({ "endpoints": self.endpoints, "reach": rows, "checks": checks })
    }
}

/// What a person asked: who, whom, with what.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Who opens connections.
    pub from: &'a Classes,
    /// Who is reached.
    pub to: &'a Classes,
    /// What is carried.
    pub traffic: &'a Packets,
}

/// Where a thing of the plan is declared.
fn place(files: &dyn Files, wanted: &Wanted, thing: &str) -> Option<Shown> {
    let first = thing.split(", ").next()?;
    let want = wanted.things.get(&first.parse::<Addr>().ok()?)?;
    Some(shown!("  ({}:{})", file(files, want.origin.file.as_deref()), want.origin.line))
}

/// The layer that is meant, or the only file.
fn file(files: &dyn Files, layer: Option<&str>) -> Shown {
    layer.map_or_else(|| Shown::line(&files.name()), Shown::line)
}

/// What is asked about, without what addresses of the other family would carry.
fn asked_words(question: &Question<'_>) -> String {
    let [sources, destinations] = [question.from, question.to].map(Classes::addresses);
    let possible = question.traffic.intersect(&between(&sources, &destinations));
    traffic_words(if possible.is_empty() { question.traffic } else { &possible })
}

/// The answer, and one packet on its way.
pub fn reach(
    question: &Question<'_>,
    planned: &Topology,
    wanted: &Wanted,
    files: &dyn Files,
) -> (Answer, Shown) {
    let reach = planned.reach(question.from, question.to, question.traffic);
    let answer = reach.answer();
    let word = match answer {
        Answer::Reachable => "reachable",
        Answer::Unreachable => "proven unreachable",
        Answer::Unknown => "not known",
    };
    let asked = asked_words(question);
    let (from, to) = (Shown::line(&question.from.name), Shown::line(&question.to.name));
    let mut text = shown!("{} -> {}, {}: {}\n", from, to, Shown::line(&asked), word);
    for (from, words) in by_source(question.from, &reach.open) {
        text.push(shown!("  {}: {}\n", Shown::line(&from), Shown::line(&words)));
    }
    for reason in &reach.reasons {
        text.push(shown!("  {}\n", Shown::line(reason)));
    }
    let pairs =
        question.from.classes.iter().flat_map(|from| question.to.classes.iter().map(move |to| (from, to)));
    let traces = pairs.filter_map(|(from, to): (&Class, &Class)| {
        crate::network::trace(&planned.network, from, to, question.traffic)
    });
    let Some(trace) = traces.min_by_key(|trace| (trace.verdict(), trace.blocks().count())) else {
        text.push("  no packet goes from one to the other within this network\n");
        return (answer, text);
    };
    text.push(shown!("\n{}\n", Shown::line(&trace.packet.to_string())));
    let wide = trace.hops.iter().map(|hop| hop.thing.chars().count()).max().unwrap_or_default();
    for hop in &trace.hops {
        let way = if hop.back { "back " } else { "there" };
        let word = match hop.verdict {
            Verdict::Passes => "passes   ",
            Verdict::Unknown => "not known",
            Verdict::Blocked => "BLOCKED  ",
        };
        let thing = Shown::left(Shown::line(&hop.thing), wide);
        let mut line = shown!("  {}  {}  {}  {}", way, word, thing, Shown::line(&hop.words));
        if let Some(place) = place(files, wanted, &hop.thing) {
            line.push(place);
        }
        text.push(shown!("{}\n", line));
    }
    let blocks = trace.blocks().count();
    if blocks > 1 {
        text.push(shown!("\nblocked in {} places: to let it through, all of them must change\n", blocks));
    }
    (answer, text)
}
