//! The next step of replacing an access key, read off the account alone: there is nothing else to lose.

use super::words::{ago, day, days};

/// An access key as the account shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// Whether it works.
    pub active: bool,
    /// When it was made.
    pub made: Option<jiff::Timestamp>,
    /// When it was last used. AWS may say so hours late (IAM-22).
    pub used: Option<jiff::Timestamp>,
}

/// What comes next. A key is switched off only after a newer one was seen at work, and deleted only after that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a new key and hand it over.
    Make,
    /// Nothing to do yet; what is waited for.
    Wait(String),
    /// Switch this key off: the newer one is at work.
    Deactivate(String),
    /// Delete this key, which is off.
    Delete(String),
    /// Delete this newer key, which nobody ever used, so that another can be made.
    Discard(String),
    /// A person has to decide; what is wrong and what to do.
    Stuck(String),
}

/// The next step for a user with these keys.
///
/// `keep_days` is how old the newer key must be before the older one is deleted; `discard` names a new key whose
/// secret was lost.
pub fn next(keys: &[Key], now: jiff::Timestamp, keep_days: i64, discard: Option<&str>) -> Step {
    let mut keys: Vec<&Key> = keys.iter().collect();
    // One whose age is unknown counts as the oldest: it must never be taken for the new one.
    keys.sort_by_key(|key| (key.made, key.id.clone()));
    match (keys.as_slice(), discard) {
        ([], _) => Step::Stuck("the user has no access key, so there is nothing to replace".to_owned()),
        ([only], None) if only.active => Step::Make,
        ([only], None) => {
            Step::Stuck(format!("{} is the only key and is switched off: delete it, or activate it", only.id))
        }
        ([_], Some(id)) => {
            Step::Stuck(format!("{id} is not a second key: only a new one that nobody used can be discarded"))
        }
        ([one, other], Some(id)) => {
            let (doomed, kept) = if one.id == id { (one, other) } else { (other, one) };
            if doomed.id != id || doomed.made < kept.made || !kept.active {
                Step::Stuck(format!(
                    "only the newer key can be discarded, {}, and only while the older one works",
                    other.id
                ))
            } else if doomed.used.is_some() {
                Step::Stuck(format!("{id} was used, so its secret is not lost"))
            } else {
                Step::Discard(doomed.id.clone())
            }
        }
        ([old, new], None) => two(old, new, now, keep_days),
        _ => Step::Stuck("AWS lets a user have two keys, and there are more".to_owned()),
    }
}

fn two(old: &Key, new: &Key, now: jiff::Timestamp, keep_days: i64) -> Step {
    match (old.active, new.active, new.used) {
        (_, false, _) => {
            Step::Stuck(format!("{}, the newer key, is switched off: delete it or activate it first", new.id))
        }
        (true, true, None) => Step::Wait(format!(
            "{} was made{} and nobody has used it yet; if its secret was lost, give --discard {}",
            new.id,
            new.made.map_or_else(String::new, |made| format!(" {}", ago(now, made))),
            new.id
        )),
        (true, true, Some(new_used)) => match old.used.filter(|old_used| *old_used >= new_used) {
            Some(old_used) => Step::Wait(format!(
                "{} is still in use, last {}: something has not been given {} yet",
                old.id,
                ago(now, old_used),
                new.id
            )),
            None => Step::Deactivate(old.id.clone()),
        },
        (false, true, None) => Step::Wait(format!(
            "{} is switched off and nobody has used {} yet; nothing is deleted before",
            old.id, new.id
        )),
        (false, true, Some(_)) => match new.made.filter(|made| days(now, *made) < keep_days) {
            Some(made) => Step::Wait(format!(
                "{} stays switched off until {} is {keep_days} days old (made on {}), in case somebody misses it",
                old.id,
                new.id,
                day(made)
            )),
            None => Step::Delete(old.id.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> jiff::Timestamp {
        "2026-06-30T12:00:00Z".parse().unwrap()
    }

    fn key(id: &str, active: bool, made: i64, used: Option<i64>) -> Key {
        let ago = |days: i64| now() - jiff::SignedDuration::from_hours(24 * days);
        Key { id: id.into(), active, made: Some(ago(made)), used: used.map(ago) }
    }

    fn word(step: &Step) -> String {
        match step {
            Step::Make => "make".into(),
            Step::Wait(_) => "wait".into(),
            Step::Deactivate(id) => format!("deactivate {id}"),
            Step::Delete(id) => format!("delete {id}"),
            Step::Discard(id) => format!("discard {id}"),
            Step::Stuck(_) => "stuck".into(),
        }
    }

    #[test]
    fn each_step_follows_from_the_keys_alone() {
        let old = |active, used| key("OLD", active, 400, used);
        let new = |active, made, used| key("NEW", active, made, used);
        for (keys, discard, expected) in [
            (vec![], None, "stuck"),
            (vec![old(true, Some(1))], None, "make"),
            (vec![old(false, Some(1))], None, "stuck"),
            (vec![old(true, Some(1)), new(true, 1, None)], None, "wait"),
            (vec![old(true, Some(3)), new(true, 5, Some(1))], None, "deactivate OLD"),
            (vec![new(true, 5, Some(1)), old(true, Some(3))], None, "deactivate OLD"),
            (vec![old(true, None), new(true, 5, Some(1))], None, "deactivate OLD"),
            // Somebody works with the old one still.
            (vec![old(true, Some(0)), new(true, 5, Some(1))], None, "wait"),
            (vec![old(true, Some(1)), new(false, 5, Some(1))], None, "stuck"),
            (vec![old(false, Some(9)), new(true, 5, None)], None, "wait"),
            (vec![old(false, Some(9)), new(true, 5, Some(1))], None, "wait"),
            (vec![old(false, Some(9)), new(true, 7, Some(1))], None, "delete OLD"),
            (vec![old(false, Some(9)), new(false, 7, Some(1))], None, "stuck"),
            (vec![old(true, Some(1)), new(true, 1, None)], Some("NEW"), "discard NEW"),
            (vec![old(true, Some(1)), new(true, 1, Some(0))], Some("NEW"), "stuck"),
            (vec![old(true, None), new(true, 1, None)], Some("OLD"), "stuck"),
            (vec![old(false, None), new(true, 1, None)], Some("NEW"), "stuck"),
            (vec![old(true, None)], Some("OLD"), "stuck"),
        ] {
            let step = next(&keys, now(), 7, discard);
            assert_eq!(word(&step), expected, "{keys:?} {discard:?}");
        }
    }

    #[test]
    fn no_step_ever_leaves_a_user_without_a_key_that_was_seen_at_work() {
        let choices = [None, Some(0), Some(3), Some(20)];
        for (old_active, new_active) in [(true, true), (true, false), (false, true), (false, false)] {
            for old_used in choices {
                for new_used in choices {
                    let keys = [key("OLD", old_active, 400, old_used), key("NEW", new_active, 30, new_used)];
                    for discard in [None, Some("OLD"), Some("NEW")] {
                        match next(&keys, now(), 7, discard) {
                            Step::Deactivate(id) | Step::Delete(id) => {
                                assert_eq!(id, "OLD");
                                assert!(new_active && new_used.is_some(), "{keys:?}");
                            }
                            Step::Discard(id) => {
                                assert_eq!(id, "NEW");
                                assert!(old_active && new_used.is_none(), "{keys:?}");
                            }
                            Step::Make => panic!("a third key cannot be made: {keys:?}"),
                            Step::Wait(_) | Step::Stuck(_) => {}
                        }
                    }
                }
            }
        }
    }
}
