//! How an apply ended, for people and programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::clean;

/// How an apply ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Done {
    /// The address.
    pub addr: String,
    /// `create`, `adopt`, `update`, `replace` or `delete`.
    pub action: String,
}

/// A step that was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotDone {
    /// The address.
    pub addr: String,
    /// Why not.
    pub reason: String,
}

impl Ending {
    /// The ending as text: what was not done and why, and one line that sums it up.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        let mut list = |word: &str, things: &[NotDone]| {
            for thing in things {
                lines.push(format!("{word} {}: {}", thing.addr, clean::cut(&thing.reason, clean::LONGEST)));
            }
        };
        list("failed", &self.failed);
        list("held", &self.held);
        lines.extend(self.interrupted.iter().map(|addr| format!("not begun {addr}")));
        let mut parts = vec![format!("{} done", self.done.len())];
        for (count, word) in
            [(self.failed.len(), "failed"), (self.held.len(), "held"), (self.interrupted.len(), "not begun")]
        {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        lines.push(format!("apply: {}", parts.join(", ")));
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
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
        held ec2.nat-gateway.a: ec2.subnet.a failed
        not begun kms.key.trail
        apply: 1 done, 1 failed, 1 held, 1 not begun
        "#);
        insta::assert_snapshot!(Ending::default().text(), @r#"apply: 0 done"#);
    }
}
