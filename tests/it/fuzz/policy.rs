//! Policy documents.

use std::time::{Duration, Instant};

use baseline::policy::syntax::check;
use baseline::policy::{About, Context, Policy, Use, compare, reach, through_access_points};
use serde_json::Value as Json;

use super::inputs;

/// Reference policies with candidates, from AWS's examples of custom policy checks (MIT-0).
const CHECKS: &str = include_str!("../../../src/policy/compare/published_checks.jsonl");

/// A build without optimization, on a busy machine.
const AT_MOST: Duration = Duration::from_secs(60);

fn documents() -> Vec<String> {
    let check = |line: &str| -> Vec<String> {
        let check: Json = serde_json::from_str(line).unwrap();
        let candidates = check["candidates"].as_array().unwrap().iter().map(|one| one["policy"].to_string());
        [check["reference"].to_string()].into_iter().chain(candidates).collect()
    };
    CHECKS.lines().flat_map(check).collect()
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_changed_policy_is_read_or_refused_and_compared_in_time() {
    let documents = documents();
    assert!(documents.len() > 200);
    let (mut accepted, mut refused) = (0, 0);
    for (input, mut mutation) in inputs(2000) {
        let document = mutation.of(&documents);
        let Ok(text) = String::from_utf8(mutation.change(document.as_bytes())) else { continue };
        let fits = [Use::Identity, Use::Resource, Use::Trust].into_iter().any(|of| check(&text, of).is_ok());
        let Ok(policy) = Policy::parse(&text) else {
            assert!(!fits, "input {input}: IAM's grammar takes it, and it cannot be read: {text}");
            refused += 1;
            continue;
        };
        accepted += 1;
        let began = Instant::now();
        let (_, _) = (reach(&policy), through_access_points(&policy, &Context::complete()));
        let same = compare(&policy, &policy, &About::default());
        assert!(same.new.is_empty(), "input {input}: it lets somebody do more than itself: {same:?} {text}");
        let other: &String = mutation.of(&documents);
        let other = Policy::parse(other).unwrap();
        for (old, new) in [(&other, &policy), (&policy, &other)] {
            compare(old, new, &About::default());
        }
        let nothing = Policy::default();
        let closed = compare(&policy, &nothing, &About::default());
        assert!(closed.new.is_empty(), "input {input}: nothing lets somebody do more: {closed:?}");
        assert!(began.elapsed() < AT_MOST, "input {input}: {:?} for {text}", began.elapsed());
    }
    super::counted("fuzz-policies", &format!("{accepted} read and compared, {refused} refused"));
    assert!(accepted > 100 && refused > 100, "{accepted} accepted, {refused} refused: too much of one kind");
}
