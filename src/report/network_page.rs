//! Who reaches whom as one page that needs nothing else: no script, no font, no picture from anywhere.

use maud::{DOCTYPE, Markup, html};

use super::Shown;
use super::html::{head, shown};
use super::reach::{Map, Row};
use crate::language::Files;
use crate::language::proof::{Judged, Kept};

/// The page. What stands in it is cleaned and escaped; the policy in its head allows no script at all.
pub fn page(map: &Map, files: &dyn Files, of: &str) -> Shown {
    let violated = map.judged.iter().filter(|judged| matches!(judged.kept, Kept::No(..))).count();
    let unproven = map.judged.iter().filter(|judged| matches!(judged.kept, Kept::Unknown(_))).count();
    let proven = map.judged.len() - violated - unproven;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("baseline network {}", shown(&files.name()))))
            body {
                header {
                    h1 { "Who reaches whom" }
                    p { (of) " of " code { (shown(&files.name())) } }
                    @for endpoint in &map.endpoints {
                        p { "Custom endpoint: " code { (shown(&endpoint.to_string())) } }
                    }
                    p.verdict { (proven) " proven, " (violated) " violated, " (unproven) " not proven" }
                }
                main {
                    (matrix(map))
                    section {
                        h2 { "What must hold" }
                        ul { @for judged in &map.judged { (check(judged, files)) } }
                    }
                }
            }
        }
    };
    Shown::html(page)
}

/// Ends in the order in which they come.
fn ends(map: &Map, of: impl Fn(&Row) -> &str) -> Vec<&str> {
    let mut ends: Vec<&str> = Vec::new();
    for row in &map.rows {
        let end = of(row);
        if !ends.contains(&end) {
            ends.push(end);
        }
    }
    ends
}

/// Whoever opens connections on the left, whoever is reached at the top.
fn matrix(map: &Map) -> Markup {
    let (from, to) = (ends(map, |row| &row.from), ends(map, |row| &row.to));
    html! {
        section {
            h2 { "Connections" }
            figure {
                table {
                    thead {
                        tr {
                            th { "from, to" }
                            @for to in &to { th scope="col" { (shown(to)) } }
                        }
                    }
                    tbody {
                        @for from in &from {
                            tr {
                                th scope="row" { (shown(from)) }
                                @for to in &to { td { (cell(map, from, to)) } }
                            }
                        }
                    }
                }
            }
            p.dim { "An empty place: nothing is let through." }
        }
    }
}

fn cell(map: &Map, from: &str, to: &str) -> Markup {
    let rows = map.rows.iter().filter(|row| row.from == from && row.to == to);
    html! {
        @for row in rows {
            @if let Some(words) = &row.open { div { (shown(words)) } }
            @if let Some((words, reasons)) = &row.unknown {
                div title=(shown(&reasons.join("; "))) { span.tag.unknown { "not known" } " " (shown(words)) }
            }
        }
    }
}

/// The layer that is meant, or the only file.
fn file(files: &dyn Files, layer: Option<&str>) -> String {
    layer.map_or_else(|| files.name(), str::to_owned)
}

fn check(judged: &Judged, files: &dyn Files) -> Markup {
    let (class, word, more) = match &judged.kept {
        Kept::Yes => ("tag kept", "proven", None),
        Kept::No(instead, packet) => {
            let packet = packet.map(|packet| format!(", for instance {packet}")).unwrap_or_default();
            ("tag broken", "violated", Some(format!("{instead}{packet}")))
        }
        Kept::Unknown(reasons) => ("tag unknown", "not proven", Some(reasons.join("; "))),
    };
    html! {
        li {
            span class=(class) { (word) } " " (shown(&judged.name))
            @if let Some(place) = &judged.place {
                " " span.dim { (shown(&file(files, place.file.as_deref()))) ":" (place.line) }
            }
            @if let Some(more) = more { div.dim { (shown(&more)) } }
        }
    }
}
