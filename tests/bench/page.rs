//! docs/performance.md: each part is written by the run that measured it, and by nothing else.

use std::fs;
use std::path::Path;

/// Puts a part in place of what stands between its markers.
///
/// Panics where the page lacks the markers: a part that nobody reads need not be measured.
pub fn write(part: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    let page = fs::read_to_string(&path).expect("docs/performance.md cannot be read");
    let (begin, end) = (format!("<!-- {part} -->\n"), format!("<!-- end of {part} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("the page has no {begin:?}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the page has no {end:?}"));
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let page = format!("{before}{begin}\nMeasured with a {build} build.\n\n{text}\n{end}{after}");
    fs::write(&path, page).expect("docs/performance.md cannot be written");
}
