//! A report as CSV: one row a check and thing, for spreadsheets and queries.

use super::item::{Item, word};
use super::score::Verdict;
use super::sheet::Sheet;
use super::shown::Shown;
use super::{Heading, View};
use crate::model::Origin;
use crate::posture::control::Benchmark;

/// The columns before those of the benchmarks.
const COLUMNS: [&str; 16] = [
    "status",
    "severity",
    "rule",
    "title",
    "practice",
    "account",
    "region",
    "kind",
    "resource",
    "message",
    "evidence",
    "next",
    "fixed_by_apply",
    "section",
    "line",
    "custom_endpoints",
];

/// Every check, kept ones too.
///
/// # Errors
/// Fails only where a row cannot be written.
pub fn report(view: &View<'_>) -> Result<Shown, csv::Error> {
    let sheet = Sheet::of(view);
    let rows = sheet.items.iter().map(|item| row(&sheet.heading, item));
    Shown::csv(std::iter::once(columns()).chain(rows))
}

/// The names of the columns.
pub(super) fn columns() -> Vec<String> {
    let benchmarks = Benchmark::ALL.iter().map(|benchmark| benchmark.name());
    COLUMNS.into_iter().chain(benchmarks).map(str::to_owned).collect()
}

/// The row of a check and a thing.
pub(super) fn row(heading: &Heading, item: &Item) -> Vec<String> {
    let status = match item.verdict {
        Verdict::Kept => "kept",
        Verdict::Unknown => "unknown",
        Verdict::Broken => "drifted",
    };
    let endpoints = heading.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let mut row: Vec<String> = vec![
        status.into(),
        word(item.check.severity).into(),
        item.check.id.clone(),
        item.check.title.clone(),
        item.check.practice.map_or_else(String::new, |practice| practice.to_string()),
        heading.account.clone(),
        item.region.clone().unwrap_or_else(|| "global".to_owned()),
        item.kind.clone(),
        item.resource.clone(),
        item.message.clone(),
        item.evidence.join("; "),
        item.next.clone(),
        item.by_apply.to_string(),
        item.origin.section.clone(),
        line(&item.origin),
        endpoints,
    ];
    row.extend(Benchmark::ALL.iter().map(|benchmark| {
        let of_it = item.check.controls.iter().filter(|control| control.benchmark == *benchmark);
        of_it.map(|control| control.id.as_ref()).collect::<Vec<_>>().join(" ")
    }));
    row
}

/// A line, with its file where the baseline has several.
fn line(origin: &Origin) -> String {
    match (origin.line, &origin.file) {
        (0, _) => String::new(),
        (line, Some(file)) => format!("{file}:{line}"),
        (line, None) => line.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn no_cell_of_a_hostile_account_is_a_formula() {
        let text = report(&sample::hostile_posture().view()).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut cells = 0;
        for record in reader.records() {
            for cell in record.unwrap().iter().flat_map(|cell| cell.split(';')) {
                cells += 1;
                let cell = cell.trim_start_matches(|c: char| c == '"' || c.is_whitespace());
                assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
            }
        }
        crate::tried::counted("cells", &format!("{cells} cells of a hostile account"));
    }

    #[test]
    fn a_row_has_a_column_for_each_benchmark() {
        let text = report(&sample::neglected().view()).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let first = reader.records().next().unwrap().unwrap();
        assert_eq!(&first[column("rule")], "root-access-keys");
        assert_eq!((&first[column("status")], &first[column("CIS v3.0.0")]), ("drifted", "1.4"));
        assert_eq!(&first[column("line")], "30");
    }
}
