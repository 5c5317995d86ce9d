//! Pages that hold what the tests counted, and a test fails where they no longer do.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

static PAGE: Mutex<()> = Mutex::new(());

/// Says what was counted, and holds docs/security-tried.md to it.
pub fn counted(name: &str, what: &str) {
    counted_in("docs/security-tried.md", name, what);
}

/// Says what was counted, and holds a page to it.
///
/// The page says it between `<!-- NAME -->` and `<!-- end -->`; `BASELINE_BLESS=1` writes it there.
pub fn counted_in(page_name: &str, name: &str, what: &str) {
    let _unseen = writeln!(std::io::stdout(), "{name}: {what}");
    let _one_at_a_time = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page_name);
    let page = std::fs::read_to_string(&path).expect(page_name);
    let begin = format!("<!-- {name} -->");
    let (before, rest) =
        page.split_once(&begin).unwrap_or_else(|| panic!("{page_name} has no place for {name}"));
    let (said, after) = rest.split_once("<!-- end -->").expect("a place ends");
    if std::env::var_os("BASELINE_BLESS").is_some() {
        let page = format!("{before}{begin}{what}<!-- end -->{after}");
        std::fs::write(&path, page).expect("the page is written");
        return;
    }
    assert_eq!(said, what, "{name}: {page_name} says something else; write it with BASELINE_BLESS=1");
}
