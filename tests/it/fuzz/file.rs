//! The baseline file.

use baseline::language::{Baseline, Place, Source};

use super::{inputs, problems_can_be_shown};
use crate::faults::account::ACCOUNT;
use crate::world::shipped;

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_changed_file_is_read_or_refused_with_every_place_inside_it() {
    let files = ["landing-zone.toml", "posture.toml"].map(shipped);
    let (mut tried, mut accepted, mut refused) = (0, 0, 0);
    for (input, mut mutation) in inputs(1500) {
        tried += 1;
        let file = mutation.of(&files);
        let bytes = mutation.change(file.as_bytes());
        // What is no UTF-8 is refused before.
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let source = Source { name: "changed.toml".into(), text };
        let (baseline, problems) = Baseline::parse(&source);
        problems_can_be_shown(input, &source, &problems);
        match baseline {
            Some(baseline) => {
                accepted += 1;
                let place = Place { account: ACCOUNT, partition: baseline.partition() };
                let wanted = baseline.expand(&place);
                assert!(
                    wanted.is_ok(),
                    "input {input}: a file without errors cannot be expanded: {wanted:?}"
                );
            }
            None => {
                refused += 1;
                assert!(!problems.is_empty(), "input {input}: refused, and nobody says why");
            }
        }
    }
    super::counted("fuzz-files", &format!("{tried} changed"));
    assert!(accepted > 50 && refused > 50, "{accepted} accepted, {refused} refused: too much of one kind");
}
