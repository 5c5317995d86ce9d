//! How an apply ended, for people and programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Shown, Words, clean};
use crate::{shown, words};

/// How an apply ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Ending {
    /// Steps that were done and seen to be done.
    pub done: Vec<Done>,
    /// Steps that failed.
    pub failed: Vec<NotDone>,
    /// Steps that were not begun, because something they need was not there.
    pub held: Vec<NotDone>,
    /// Addresses of steps that were not begun, or not ended, because the person interrupted.
    pub interrupted: Vec<String>,
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {
    /// The address.
    pub addr: String,
    /// `create`, `adopt`, `update`, `replace` or `delete`.
    pub action: String,
}

/// A step that was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotDone {
    /// The address.
    pub addr: String,
    /// Why not.
    pub reason: String,
}

impl Ending {
    /// What was not done: the word for it, the address and the reason, which only an interruption has not.
    pub(super) fn not_done(&self) -> impl Iterator<Item = (&'static str, &str, String)> {
        let failed = self.failed.iter().map(|thing| ("failed", thing));
        let with_reason = failed.chain(self.held.iter().map(|thing| ("skipped", thing)));
        with_reason
            .map(|(word, thing)| (word, thing.addr.as_str(), clean::cut(&thing.reason, clean::LONGEST)))
            .chain(self.interrupted.iter().map(|addr| ("interrupted", addr.as_str(), String::new())))
    }

    /// The ending as text: what was not done and why, and one line that sums it up.
    pub fn text(&self) -> Shown {
        let mut text = Shown::default();
        for (word, addr, reason) in self.not_done() {
            text.push(shown!("{} {}", word, Shown::line(addr)));
            if !reason.is_empty() {
                text.push(shown!(": {}", Shown::line(&reason)));
            }
            text.push("\n");
        }
        text.push(shown!("apply: {}\n", self.line()));
        text
    }

    /// How many steps ended how.
    pub(super) fn line(&self) -> Words {
        let mut parts = vec![words!("{} done", self.done.len())];
        for (count, word) in [
            (self.failed.len(), "failed"),
            (self.held.len(), "skipped"),
            (self.interrupted.len(), "interrupted"),
        ] {
            if count > 0 {
                parts.push(words!("{} {}", count, word));
            }
        }
        Words::joined(parts, ", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{View, html, junit, markdown, sample, sarif, text};
    use super::*;

    #[test]
    fn the_end_names_what_failed_and_what_was_not_begun() {
        let not_done = |addr: &str, reason: &str| NotDone { addr: addr.into(), reason: reason.into() };
        let ending = Ending {
            done: vec![Done { addr: "ec2.vpc.main".into(), action: "create".into() }],
            failed: vec![not_done("ec2.subnet.a", "no\u{1b}[2J")],
            held: vec![not_done("ec2.nat-gateway.a", "ec2.subnet.a failed")],
            interrupted: vec!["kms.key.trail".into()],
        };
        insta::assert_snapshot!(ending.text(), @r#"
        failed ec2.subnet.a: no\u{1b}[2J
        skipped ec2.nat-gateway.a: ec2.subnet.a failed
        interrupted kms.key.trail
        apply: 1 done, 1 failed, 1 skipped, 1 interrupted
        "#);
        insta::assert_snapshot!(Ending::default().text(), @r#"apply: 0 done"#);
    }

    #[test]
    fn every_report_of_an_apply_says_what_was_not_done() {
        let failed = NotDone { addr: "ec2.subnet.a".into(), reason: "no room".into() };
        let ending = Ending {
            done: vec![Done { addr: "ec2.vpc.main".into(), action: "create".into() }],
            failed: vec![failed],
            interrupted: vec!["kms.key.trail".into()],
            ..Ending::default()
        };
        let scene = sample::neglected();
        let view = View { ending: Some(&ending), ..scene.view() };
        let junit = junit::report(&view).unwrap();
        for (format, text) in [
            ("text", text::report(&view, text::WIDTH)),
            ("markdown", markdown::report(&view).into()),
            ("html", html::report(&view)),
            ("sarif", sarif::report(&view).unwrap()),
            ("junit", junit.clone()),
        ] {
            for part in ["ec2.subnet.a", "no room", "kms.key.trail"] {
                assert!(text.contains(part), "{format} does not say {part}: {text}");
            }
        }
        assert!(
            junit.contains(r#"<testsuite name="steps" tests="3" skipped="0" errors="1" failures="1">"#),
            "{junit}"
        );
    }
}
