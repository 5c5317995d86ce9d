//! A report as CSV: one row a check and thing, for spreadsheets and queries.

use super::View;
use super::clean;
use super::item::{Item, items, word};
use super::score::Verdict;
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
    "settled_by_apply",
    "section",
    "line",
    "custom_endpoints",
];

/// Every check, kept ones too.
///
/// # Errors
/// Fails only where a row cannot be written.
pub fn report(view: &View<'_>) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    let benchmarks = Benchmark::ALL.iter().map(|benchmark| benchmark.name());
    writer.write_record(COLUMNS.into_iter().chain(benchmarks))?;
    for item in items(view) {
        writer.write_record(row(view, &item).iter().map(|cell| inert(cell)))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row(view: &View<'_>, item: &Item) -> Vec<String> {
    let status = match item.verdict {
        Verdict::Kept => "kept",
        Verdict::Unknown => "unknown",
        Verdict::Broken => "drifted",
    };
    let endpoints = view.heading.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let mut row: Vec<String> = vec![
        status.into(),
        word(item.check.severity).into(),
        item.check.id.clone(),
        item.check.title.clone(),
        item.check.practice.map_or_else(String::new, |practice| practice.to_string()),
        view.heading.account.clone(),
        item.region.clone().unwrap_or_else(|| "global".to_owned()),
        item.kind.clone(),
        item.resource.clone(),
        item.message.clone(),
        item.evidence.join("; "),
        item.next.clone(),
        item.by_apply.to_string(),
        item.origin.section.clone(),
        if item.origin.line == 0 { String::new() } else { item.origin.line.to_string() },
        endpoints,
    ];
    row.extend(Benchmark::ALL.iter().map(|benchmark| {
        let of_it = item.check.controls.iter().filter(|control| control.benchmark == *benchmark);
        of_it.map(|control| control.id).collect::<Vec<_>>().join(" ")
    }));
    row
}

/// A cell that no spreadsheet takes for a formula; names in AWS may begin with any of these.
///
/// Where `;` separates columns, as in much of Europe, what follows one is a cell of its own: the quotes around the
/// whole count for nothing there, because they do not stand at the beginning of that cell.
fn inert(cell: &str) -> String {
    let mut inert = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    for c in clean::line(cell).chars() {
        if begins
            && matches!(
                c,
                '=' | '+' | '-' | '@' | '|' | '%' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
            )
        {
            inert.push('\'');
        }
        begins = c == ';' || (begins && (c.is_whitespace() || c == '"'));
        inert.push(c);
    }
    inert
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(inert("=HYPERLINK(\"https://evil.example\")"), "'=HYPERLINK(\"https://evil.example\")");
        assert_eq!(inert("  @SUM(A1)"), "  '@SUM(A1)");
        assert_eq!(inert("x;=cmd|' /C calc'!A0"), "x;'=cmd|' /C calc'!A0");
        assert_eq!(inert("a;b; \";\" -1;=1"), "a;b; \";\" '-1;'=1");
        assert_eq!(inert("user"), "user");
        assert_eq!(inert("a-b=c, -d"), "a-b=c, -d");
        let text = report(&sample::hostile_posture().view()).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for record in reader.records() {
            for cell in record.unwrap().iter().flat_map(|cell| cell.split(';')) {
                let cell = cell.trim_start_matches(|c: char| c == '"' || c.is_whitespace());
                assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
            }
        }
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
