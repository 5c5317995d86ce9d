//! The changes of one step as lines.

use similar::{ChangeTag, TextDiff};

use super::{Shown, clean, value};
use crate::model::{Path, Segment, Value};
use crate::plan::{Action, Change, Step};
use crate::shown;

/// How many unchanged lines are shown around a changed one.
const CONTEXT: usize = 2;

/// A line below a step's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// An attribute and what is said of it.
    Pair(Shown, Shown),
    /// An attribute whose lines follow.
    Heading(Shown),
    /// A line of the attribute above, with its sign: `+`, `-` or a space.
    Entry(&'static str, Shown),
}

/// The lines of a step; `width` is how many characters a line may have before it is broken.
pub(super) fn lines(step: &Step, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut heading = None;
    for change in &step.changes {
        let (parent, is_member) = parent(&change.path);
        if step.action == Action::Create {
            attribute(&change.path, &change.after, width, &mut lines);
        } else if is_member {
            // One heading for all members of a set.
            if heading.as_ref() != Some(&parent) {
                lines.push(Line::Heading(label(&parent)));
                heading = Some(parent);
            }
            lines.push(match &change.after {
                Value::Null => Line::Entry("-", limited(&change.before)),
                after => Line::Entry("+", limited(after)),
            });
        } else {
            departure(change, width, &mut lines);
        }
    }
    lines
}

/// The lines of a step as plain text, at a width at which most values stay on their line.
pub(super) fn plain(step: &Step) -> Vec<Shown> {
    let shown = lines(step, 160).into_iter().map(|line| match line {
        Line::Pair(label, text) => shown!("{}  {}", label, text),
        Line::Heading(label) => label,
        Line::Entry(sign, text) => shown!("  {} {}", sign, text),
    });
    shown.collect()
}

/// An attribute of a thing that does not exist yet.
fn attribute(path: &Path, value: &Value, width: usize, lines: &mut Vec<Line>) {
    let label = label(path);
    let text = limited(value);
    if value::is_block(value) {
        lines.push(Line::Heading(label));
        lines.extend(value::block(value).iter().map(|line| Line::Entry(" ", Shown::line(line))));
        return;
    }
    if fits(&label, &text, width) {
        lines.push(Line::Pair(label, text));
        return;
    }
    match value {
        Value::Map(map) => {
            for (name, value) in map.iter().filter(|(_, value)| **value != Value::Null) {
                attribute(&path.join(Segment::Field(name.clone())), value, width, lines);
            }
        }
        Value::Dict(map) => {
            for (key, value) in map {
                attribute(&path.join(Segment::Key(key.clone())), value, width, lines);
            }
        }
        Value::List(items) => members(label, items.iter(), lines),
        Value::Set(items) => members(label, items.iter(), lines),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Str(_)
        | Value::Ref(_)
        | Value::Document(_)
        | Value::AtCreation(_) => lines.push(Line::Pair(label, text)),
    }
}

fn members<'a>(label: Shown, items: impl Iterator<Item = &'a Value>, lines: &mut Vec<Line>) {
    lines.push(Line::Heading(label));
    lines.extend(items.map(|item| Line::Entry(" ", limited(item))));
}

/// A departure of a thing that exists.
fn departure(change: &Change, width: usize, lines: &mut Vec<Line>) {
    let label = label(&change.path);
    let (before, after) = (&change.before, &change.after);
    if value::is_block(before) || value::is_block(after) {
        lines.push(Line::Heading(label));
        compared(&value::block(before), &value::block(after), lines);
        return;
    }
    let (old, new) = clean::cut_both(&value::line(before), &value::line(after), clean::LONGEST);
    let (old, new) = (Shown::line(&old), Shown::line(&new));
    let is_entry = matches!(change.path.0.last(), Some(Segment::Key(_)));
    let text = match (before, after) {
        (Value::Null, _) if is_entry => shown!("+ {}", new),
        (_, Value::Null) if is_entry => shown!("- {}", old),
        _ => shown!("{} -> {}", old, new),
    };
    if fits(&label, &text, width) {
        lines.push(Line::Pair(label, text));
    } else if is_tree(before) && is_tree(after) {
        lines.push(Line::Heading(label));
        compared(&value::block(before), &value::block(after), lines);
    } else {
        lines.push(Line::Heading(label));
        if *before != Value::Null {
            lines.push(Line::Entry("-", old));
        }
        if *after != Value::Null {
            lines.push(Line::Entry("+", new));
        }
    }
}

/// A line diff in which a comma at the end of a line is no difference.
fn compared(before: &[String], after: &[String], lines: &mut Vec<Line>) {
    let bare = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| line.trim_end_matches(',').to_owned()).collect()
    };
    let (old, new) = (bare(before), bare(after));
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
    let diff = TextDiff::from_slices(&old, &new);
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            lines.push(Line::Entry(" ", shown!("...")));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, whole) = match change.tag() {
                ChangeTag::Equal => (" ", change.new_index().and_then(|at| after.get(at))),
                ChangeTag::Insert => ("+", change.new_index().and_then(|at| after.get(at))),
                ChangeTag::Delete => ("-", change.old_index().and_then(|at| before.get(at))),
            };
            lines.push(Line::Entry(sign, whole.map(|line| Shown::line(line)).unwrap_or_default()));
        }
    }
}

fn limited(value: &Value) -> Shown {
    Shown::cut(&value::line(value), clean::LONGEST)
}

fn label(path: &Path) -> Shown {
    let text = path.to_string();
    Shown::cut(if text.is_empty() { "everything" } else { &text }, clean::LONGEST)
}

fn parent(path: &Path) -> (Path, bool) {
    match path.0.split_last() {
        Some((Segment::Member, parent)) => (Path(parent.to_vec()), true),
        _ => (path.clone(), false),
    }
}

fn fits(label: &str, text: &str, width: usize) -> bool {
    label.chars().count() + text.chars().count() + 6 <= width
}

fn is_tree(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::Dict(_) | Value::List(_) | Value::Set(_))
}
