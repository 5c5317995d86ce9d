//! Saved plans.

use std::fs;

use super::inputs;
use crate::faults::served::Served;

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_changed_plan_is_carried_out_as_it_was_agreed_to_or_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::new(|_| {});
    let run = |arguments: &[&str]| served.command(folder.path(), arguments).output().unwrap();
    let made = run(&["plan", "landing-zone.toml", "--out", "saved"]);
    assert!(matches!(made.status.code(), Some(0 | 2)), "{made:?}");
    let saved = fs::read(folder.path().join("saved")).unwrap();
    let (mut refused, mut read) = (0, 0);
    for (input, mut mutation) in inputs(150) {
        let changed = mutation.change(&saved);
        fs::write(folder.path().join("changed"), &changed).unwrap();
        // Nobody says yes, so nothing is written, and what was read is shown.
        let ran = run(&["apply", "changed"]);
        let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
        assert_eq!(ran.status.code(), Some(1), "input {input}: {out}{err}");
        let raw = format!("{out}{err}").chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(raw, None, "input {input}: shown raw in {out}{err}");
        assert!(!err.contains("panicked"), "input {input}: {err}");
        if out.is_empty() {
            refused += 1;
        } else {
            read += 1;
        }
    }
    let made = served.sandbox.with_world(|world| world.buckets.len());
    assert_eq!(made, 0, "a plan that nobody agreed to was carried out");
    super::counted("saved-plans", &format!("{} changed", refused + read));
    assert!(refused > 20, "{refused} refused, {read} read");
}
