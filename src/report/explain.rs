//! What a rule, or a declared thing, is good for: in a paragraph.

use std::collections::{BTreeMap, BTreeSet};

use super::{Shown, item, practice};
use crate::language::spelling::distance;
use crate::model::{Addr, KindMeta, Origin, Tagged};
use crate::posture::Rule;
use crate::posture::control::{Benchmark, Control};
use crate::posture::kind_controls::of_kind;
use crate::shown;

/// How wide a paragraph is.
const WIDTH: usize = 96;

/// Every rule, a line each, by practice.
pub fn rules(rules: &[&'static Rule]) -> Shown {
    let mut text = Shown::default();
    let mut by_practice: BTreeMap<u8, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        by_practice.entry(rule.practice).or_default().push(rule);
    }
    for (number, rules) in by_practice {
        text.push(shown!("practice {}: {}\n", number, practice::title(number)));
        for rule in rules {
            let (id, severity) = (Shown::left(rule.id, 26), Shown::left(item::word(rule.severity), 8));
            text.push(shown!("  {} {}  {}\n", id, severity, rule.title));
        }
    }
    text
}

/// A rule: what is asked, why, by whom, and what is called to find out.
pub fn rule(rule: &Rule) -> Shown {
    let mut text = shown!("{} ({}): {}\n\n", rule.id, item::word(rule.severity), rule.title);
    let mut story = shown!(
        "The risk: {}. It belongs to practice {}, {}.",
        rule.risk,
        rule.practice,
        practice::title(rule.practice)
    );
    story.push(asked_by(rule.controls));
    let calls = Shown::joined(rule.calls.iter().copied(), ", ");
    story.push(shown!(" It is decided from {}, which only read.", calls));
    text.push(story.wrapped(WIDTH));
    text.push("\n");
    text.push(shown!("What to do: {}", rule.remedy).wrapped(WIDTH));
    if let Some(way) = settles(rule.id) {
        text.push("\n");
        text.push(shown!("What apply can do: {}.", way).wrapped(WIDTH));
    }
    text
}

/// A class of problems in a file, by its code.
pub fn problem(code: &str, meaning: &'static str) -> Shown {
    let mut text = shown!("{}: a problem that a baseline file can have\n\n", Shown::line(code));
    text.push(shown!("{}", meaning).wrapped(WIDTH));
    text
}

/// How a file makes `apply` settle what the rule finds; nothing where only a person can.
fn settles(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "root-access-keys" => {
            "in a member account of an organization that manages root users centrally, `[root]` with \
             `assume_root_profile` and `on_credentials = \"delete-keys\"` deletes the keys through sts:AssumeRoot, as \
             root, limited to the task policy IAMDeleteRootUserCredentials; the profile needs sts:AssumeRoot, and \
             `baseline permissions FILE --for assume-root` prints it. Elsewhere only the root user itself can delete \
             them"
        }
        "root-mfa" => {
            "in a member account of an organization that manages root users centrally, `[root]` with \
             `assume_root_profile` and `on_credentials = \"delete-all\"` deletes the password and everything else that \
             the root user could sign in with, so that there is nothing left to protect. Elsewhere only the root user \
             itself can add a device"
        }
        "user-mfa" => {
            "`[users]` with `on_missing_mfa = \"guard\"` puts all console users into a group that lets a session \
             without a second factor do nothing but get one"
        }
        "access-key-age" => "`[users]` with `on_stale_key = \"deactivate\"` switches old keys off",
        "trail-in-every-region" => "`[cloudtrail]` declares a trail that records every region",
        "public-bucket-read" | "public-bucket-write" => {
            "`[account]` with `block_public_buckets = true` closes every bucket of the account"
        }
        _ => return None,
    })
}

/// A declared thing, or a kind of things.
#[derive(Debug)]
pub struct Thing<'a> {
    /// Its address.
    pub addr: &'a Addr,
    /// What the planner knows of its kind.
    pub rules: &'static KindMeta,
    /// The file and the line that ask for it, where a file was given and does.
    pub place: Option<(&'a str, &'a Origin)>,
}

/// A thing: what asks for it, which practices and controls its settings serve, and what is called for it.
pub fn thing(thing: &Thing<'_>) -> Shown {
    let Thing { addr, rules, place } = thing;
    let mut text = shown!("{}: a resource of the kind {}\n", *addr, Shown::line(addr.kind()));
    if let Some((file, origin)) = place {
        text.push(shown!(
            "asked for by {}:{} [{}]\n",
            Shown::line(origin.file(file)),
            origin.line,
            Shown::line(&origin.section)
        ));
    }
    text.push("\n");
    let practices: Vec<Shown> =
        rules.practices.iter().map(|number| shown!("{} ({})", *number, practice::title(*number))).collect();
    let mut story = match practices.as_slice() {
        [] => shown!("It serves none of the thirteen practices directly."),
        [only] => shown!("It serves practice {}.", only),
        several => shown!("It serves the practices {}.", Shown::joined(several, ", ")),
    };
    let joined = |actions: &[&'static str]| Shown::joined(actions.iter().copied(), ", ");
    story.push(shown!(" A plan calls {}. ", joined(rules.read_actions)));
    story.push(if rules.write_actions.is_empty() {
        shown!("It is only looked up and never written.")
    } else {
        shown!("An apply may call {}.", joined(&[rules.write_actions, rules.refusal_actions].concat()))
    });
    story.push(match rules.tags {
        Tagged::Carries => shown!(" It carries the tags of [tags]."),
        Tagged::Cannot(why) => shown!(" It carries no tags: {}.", why),
    });
    text.push(story.wrapped(WIDTH));
    for row in of_kind(addr.kind()) {
        let settings = if row.attributes.is_empty() {
            shown!("")
        } else {
            shown!(" ({})", Shown::joined(row.attributes.iter().copied(), ", "))
        };
        text.push("\n");
        let severity = item::word(row.severity);
        let mut story = shown!("{}{}: {}. The risk: {}.", severity, settings, row.title, row.risk);
        story.push(asked_by(row.controls));
        text.push(story.wrapped(WIDTH));
    }
    text
}

/// The controls, by benchmark in its version.
fn asked_by(controls: &[Control]) -> Shown {
    let mut parts = Vec::new();
    for benchmark in Benchmark::ALL {
        let ids: Vec<&'static str> =
            controls.iter().filter(|c| c.benchmark == benchmark).map(|c| c.id).collect();
        if !ids.is_empty() {
            parts.push(shown!("{} {}", benchmark.name(), Shown::joined(ids, ", ")));
        }
    }
    if parts.is_empty() {
        shown!(" No benchmark asks for it.")
    } else {
        shown!(" The same is asked by {}.", Shown::joined(parts, "; "))
    }
}

/// The names that are close to one that nobody knows, closest first.
pub fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut close: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|known| Some((distance(name, known)?, known)))
        .filter(|(distance, known)| *distance <= 3 || known.contains(name) && name.len() > 2)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    close.truncate(3);
    close.into_iter().map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_close_are_offered_closest_first() {
        let known = ["root-access-keys", "root-mfa", "user-mfa", "access-key-age"];
        assert_eq!(near("rot-mfa", known), ["root-mfa"]);
        assert_eq!(near("mfa", known), ["root-mfa", "user-mfa"]);
        assert_eq!(near("nothing-like-it", known), [""; 0]);
    }

    #[test]
    fn a_paragraph_stays_within_its_width() {
        let text = Shown::line(&"word ".repeat(80)).wrapped(WIDTH);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    }
}
