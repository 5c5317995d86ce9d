//! docs/security-tried.md holds what the tests counted, and a test fails where it no longer does.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

static PAGE: Mutex<()> = Mutex::new(());

/// Says what was counted, and holds the page to it.
///
/// The page says it between `<!-- NAME -->` and `<!-- end -->`; `BASELINE_BLESS=1` writes it there.
pub fn counted(name: &str, what: &str) {
    let _unseen = writeln!(std::io::stdout(), "{name}: {what}");
    let _one_at_a_time = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security-tried.md");
    let page = std::fs::read_to_string(&path).expect("docs/security-tried.md");
    let begin = format!("<!-- {name} -->");
    let (before, rest) =
        page.split_once(&begin).unwrap_or_else(|| panic!("docs/security-tried.md has no place for {name}"));
    let (said, after) = rest.split_once("<!-- end -->").expect("a place ends");
    if std::env::var_os("BASELINE_BLESS").is_some() {
        let page = format!("{before}{begin}{what}<!-- end -->{after}");
        std::fs::write(&path, page).expect("the page is written");
        return;
    }
    assert_eq!(
        said, what,
        "{name}: docs/security-tried.md says something else; write it with BASELINE_BLESS=1"
    );
}
