//! Journals of runs that were cut off.

use std::fs;

use baseline::engine::Event;
use baseline::engine::intent::unfinished;
use baseline::engine::journal::{Begun, Journal};
use baseline::model::Addr;
use baseline::plan::Action;

use super::inputs;

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_changed_journal_names_only_what_stands_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let begun = Begun::new("run", "123456789012", "us-east-1", "landing-zone");
    let addrs: Vec<Addr> = ["ec2.vpc.main", "ec2.nat-gateway.a", "kms.key.trail"]
        .iter()
        .map(|addr| addr.parse().unwrap())
        .collect();
    let journal = Journal::begin(folder.path(), &begun).unwrap();
    for addr in &addrs {
        journal.hear(&Event::Started { addr: addr.clone(), action: Action::Create }).unwrap();
    }
    let path = journal.path().to_owned();
    drop(journal);
    let whole = fs::read(&path).unwrap();
    assert_eq!(unfinished(folder.path(), &begun).len(), addrs.len());
    let (mut tried, mut fewer) = (0, 0);
    for (input, mut mutation) in inputs(3000) {
        let changed = mutation.change(&whole);
        fs::write(&path, &changed).unwrap();
        let found = unfinished(folder.path(), &begun);
        tried += 1;
        fewer += usize::from(found.len() < addrs.len());
        let text = String::from_utf8_lossy(&changed);
        for addr in found {
            assert!(text.contains(&addr.to_string()), "input {input}: {addr} is not in {text}");
        }
    }
    super::counted("journals", &format!("{tried} changed, {fewer} of them damaged"));
    assert!(fewer > 100, "only {fewer} journals were damaged");
}
