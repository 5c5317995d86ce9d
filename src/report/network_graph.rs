//! Who reaches whom as a graph, for what draws it: Mermaid on pages and in comments, Graphviz.

use std::collections::BTreeSet;

use super::Shown;
use super::reach::{Map, Row};
use crate::shown;

/// The ends of a graph, each with its number.
fn names(map: &Map) -> Vec<&str> {
    let names: BTreeSet<&str> =
        map.rows.iter().flat_map(|row| [row.from.as_str(), row.to.as_str()]).collect();
    names.into_iter().collect()
}

/// What an edge says, and whether that is known.
fn edge(row: &Row) -> Option<(String, bool)> {
    match (&row.open, &row.unknown) {
        (Some(words), _) => Some((words.clone(), true)),
        (None, Some((words, _))) => Some((format!("not known: {words}"), false)),
        (None, None) => None,
    }
}

fn place(names: &[&str], name: &str) -> usize {
    names.iter().position(|other| *other == name).unwrap_or_default()
}

/// As a Mermaid flowchart, for pages and comments that draw it.
pub fn mermaid(map: &Map) -> Shown {
    let names = names(map);
    let quoted = |text: &str| Shown::line(&text.replace(['"', '#', '<', '>', '`'], "'"));
    let mut text = shown!("flowchart LR\n");
    for endpoint in &map.endpoints {
        // Mermaid takes braces in a comment for a directive.
        let named = endpoint.to_string().replace(['{', '}'], "'");
        text.push(shown!("  %% custom endpoint: {}\n", Shown::line(&named)));
    }
    for (number, name) in names.iter().enumerate() {
        text.push(shown!("  n{}[\"{}\"]\n", number, quoted(name)));
    }
    for row in &map.rows {
        let Some((words, is_known)) = edge(row) else { continue };
        let arrow = if is_known { "-->" } else { "-.->" };
        let (from, to) = (place(&names, &row.from), place(&names, &row.to));
        text.push(shown!("  n{} {}|\"{}\"| n{}\n", from, arrow, quoted(&words), to));
    }
    text
}

/// In Graphviz's language, for `dot -Tsvg`.
pub fn dot(map: &Map) -> Shown {
    let names = names(map);
    // Of what stands between quotes, only quotes and backslashes mean something (Graphviz, "The DOT Language").
    let quoted = |text: &str| Shown::line(&text.replace(['"', '\\'], "'"));
    let mut text = shown!("digraph network {{\n  rankdir=LR;\n  node [shape=box];\n");
    for endpoint in &map.endpoints {
        text.push(shown!("  // custom endpoint: {}\n", quoted(&endpoint.to_string())));
    }
    for (number, name) in names.iter().enumerate() {
        text.push(shown!("  n{} [label=\"{}\"];\n", number, quoted(name)));
    }
    for row in &map.rows {
        let Some((words, is_known)) = edge(row) else { continue };
        let style = if is_known { "" } else { ", style=dashed" };
        let (from, to) = (place(&names, &row.from), place(&names, &row.to));
        text.push(shown!("  n{} -> n{} [label=\"{}\"{}];\n", from, to, quoted(&words), style));
    }
    text.push("}\n");
    text
}
