//! docs/reliability.md holds what the tests counted, and a test fails where it no longer does.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

static PAGE: Mutex<()> = Mutex::new(());

/// Whether everything is tried, and not an evenly spread part of the longest rows.
pub fn everything() -> bool {
    std::env::var_os("BASELINE_FAULTS").is_some_and(|value| value == "all")
}

/// Says what was counted, and holds the page to it.
///
/// The page says it between `<!-- NAME -->` and `<!-- end -->`; `BASELINE_BLESS=1` writes it there.
/// The page holds the counts of a plain run; a run of everything only prints.
pub fn counted(name: &str, what: &str) {
    let _unseen = writeln!(std::io::stdout(), "{name}: {what}");
    if everything() {
        return;
    }
    let _one_at_a_time = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let page = std::fs::read_to_string(&path).expect("docs/reliability.md");
    let begin = format!("<!-- {name} -->");
    let (before, rest) =
        page.split_once(&begin).unwrap_or_else(|| panic!("docs/reliability.md has no place for {name}"));
    let (said, after) = rest.split_once("<!-- end -->").expect("a place ends");
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{what}<!-- end -->{after}"))
            .expect("the page is written");
        return;
    }
    assert_eq!(said, what, "{name}: docs/reliability.md says something else; write it with BASELINE_BLESS=1");
}
