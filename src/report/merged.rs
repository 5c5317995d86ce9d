//! A merged baseline as TOML in which every key says where it came from.

use serde_json::{Value as Json, json};

use super::clean::{self, is_treacherous};
use super::shown::Shown;
use crate::language::merged::{At, From, Holds, Key, Plain};
use crate::language::references::as_written;
use crate::shown;

/// As TOML, which reads as the same baseline. The head is told in a comment above it.
pub fn toml(head: &str, keys: &[Key]) -> Shown {
    let mut text = format!("# {}\n\n", clean::line(head));
    table(&mut Vec::new(), keys, &mut text);
    let mut page = Shown::default();
    for line in text.lines() {
        page.push(shown!("{}\n", Shown::line(line)));
    }
    page
}

/// The keys of a table, and below them its tables: what follows the head of a table would be in that one.
fn table(path: &mut Vec<String>, keys: &[Key], text: &mut String) {
    for Key { name: key, from, holds } in keys {
        if let Holds::Value(value) = holds {
            text.push_str(&format!("{} = {}  # {}\n", name(key), written(value), origin(from)));
        }
    }
    for Key { name: key, from, holds } in keys {
        path.push(name(key));
        let place = path.join(".");
        match holds {
            Holds::Value(_) => {}
            Holds::Table(keys) => {
                let has_values = keys.iter().any(|key| matches!(key.holds, Holds::Value(_)));
                // A table in which only tables stand needs no head of its own.
                if has_values || keys.is_empty() {
                    text.push_str(&format!("\n[{place}]  # {}\n", origin(from)));
                }
                table(path, keys, text);
            }
            Holds::Tables(tables) => {
                for (from, keys) in tables {
                    text.push_str(&format!("\n[[{place}]]  # {}\n", origin(from)));
                    table(path, keys, text);
                }
            }
        }
        path.pop();
    }
}

fn origin(from: &From) -> String {
    let mut text = at(&from.place);
    for (name, place) in &from.variables {
        text.push_str(&format!(", ${{var.{name}}} of {}", at(place)));
    }
    text
}

fn at(At { file, line }: &At) -> String {
    format!("{}:{line}", clean::line(file))
}

fn name(key: &str) -> String {
    let is_bare =
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_bare { key.to_owned() } else { quoted(key, false) }
}

fn written(value: &Plain) -> String {
    match value {
        Plain::Text(text) => quoted(&as_written(text), text.contains('\n')),
        Plain::Truth(truth) => truth.to_string(),
        Plain::Written(text) => text.clone(),
        Plain::List(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Plain::Table(entries) if entries.is_empty() => "{}".to_owned(),
        Plain::Table(entries) => {
            let entry = |(key, value): &(String, Plain)| format!("{} = {}", name(key), written(value));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Text in quotes, in which whatever acts on a terminal or on a runner is escaped, so that it means the same.
fn quoted(text: &str, in_lines: bool) -> String {
    let mut quoted = String::from(if in_lines { "\"\"\"\n" } else { "\"" });
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '\n' if in_lines => quoted.push('\n'),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' => quoted.extend(['\\', c]),
            c if is_treacherous(c) || (c == before && "#:".contains(c)) => {
                quoted.push_str(&format!("\\U{:08X}", u32::from(c)));
            }
            c => quoted.push(c),
        }
        before = c;
    }
    quoted.push_str(if in_lines { "\"\"\"" } else { "\"" });
    quoted
}

/// Every value with its path, for programs.
pub fn json(keys: &[Key]) -> Vec<Json> {
    let mut all = Vec::new();
    flat(&mut Vec::new(), keys, &mut all);
    all
}

fn flat(path: &mut Vec<String>, keys: &[Key], all: &mut Vec<Json>) {
    for Key { name, from, holds } in keys {
        path.push(name.clone());
        let value = match holds {
            Holds::Table(keys) if !keys.is_empty() => {
                flat(path, keys, all);
                path.pop();
                continue;
            }
            other => value(other),
        };
        let variables: Vec<Json> = from
            .variables
            .iter()
            .map(|(name, at)| json!({ "name": name, "file": at.file, "line": at.line }))
            .collect();
        all.push(json!({
            "path": path, "value": value, "file": from.place.file, "line": from.place.line, "variables": variables,
        }));
        path.pop();
    }
}

fn value(holds: &Holds) -> Json {
    let table = |keys: &[Key]| -> Json {
        keys.iter().map(|key| (key.name.clone(), value(&key.holds))).collect::<serde_json::Map<_, _>>().into()
    };
    match holds {
        Holds::Table(keys) => table(keys),
        Holds::Tables(tables) => tables.iter().map(|(_, keys)| table(keys)).collect(),
        Holds::Value(value) => plain(value),
    }
}

fn plain(value: &Plain) -> Json {
    match value {
        Plain::Text(text) => json!(text),
        Plain::Truth(truth) => json!(truth),
        // What is no number for JSON is a date, or too large for it.
        Plain::Written(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Plain::List(items) => items.iter().map(plain).collect(),
        Plain::Table(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
