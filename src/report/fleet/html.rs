//! A fleet as one page that needs nothing else: totals and the largest groups first, then every account to open.
//!
//! A departure that reads alike in several accounts stands there once, under a number that the accounts name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use maud::{DOCTYPE, Markup, html};

use super::{Account, Differing, Pages, Since, Whole, all_differing, counts};
use crate::fleet::{Apart, Fold, Named, canonical};
use crate::posture::Severity;
use crate::report::html::{bars, by_region, head, row, rows_below_head, shown};
use crate::report::item::{Item, word};
use crate::report::score::Verdict;
use crate::report::{Sheet, Shown};

/// How many groups have a bar.
const MOST_BARS: usize = 8;

/// The page so far.
#[derive(Debug)]
pub struct Page {
    title: String,
    top: Markup,
    accounts: Vec<Markup>,
    /// Rows of departures as they are written, and their numbers.
    numbers: HashMap<String, usize>,
    rows: Vec<Markup>,
    /// How many departures there are of each severity.
    severities: BTreeMap<Reverse<Severity>, usize>,
}

impl Page {
    /// What stands before the accounts.
    pub fn new(whole: &Whole<'_>) -> Self {
        let (fold, command) = (whole.fold, whole.command.word());
        let top = html! {
            header {
                h1 { (shown(whole.fleet)) }
                p { "baseline: fleet " (command) }
                @for endpoint in whole.endpoints {
                    p { "Custom endpoint: " code { (shown(&endpoint.to_string())) } }
                }
                p.verdict { (&*counts(fold)) }
                @if !fold.is_complete() { p { "Not everything is known." } }
            }
            section.charts {
                figure { figcaption { "Accounts" } (bars(&states(fold))) }
                @if !fold.groups.is_empty() { figure { figcaption { "Largest groups" } (bars(&largest(fold))) } }
            }
            @if let Some(since) = whole.since { (compared(since)) }
            section {
                h2 { "Groups (" (fold.groups.len()) ")" }
                @for (number, (group, Differing { head, lines })) in all_differing(fold).enumerate() {
                    details open[number == 0] {
                        summary { b { (group.accounts.len()) } " " (&*head) }
                        p.dim { (names(&group.accounts)) }
                        ul { @for (sign, line) in lines { li { code { (sign) } " " (shown(line)) } } }
                    }
                }
            }
            @if !fold.apart.is_empty() {
                section {
                    h2 { "Not looked at" }
                    ul {
                        @for apart in &fold.apart {
                            li {
                                b { (apart.accounts.len()) " " (apart.why.words()) } ": " (shown(&apart.reason)) " "
                                span.dim { (names(&apart.accounts)) }
                            }
                        }
                    }
                }
            }
        };
        let title = format!("baseline: fleet {command} {}", shown(whole.fleet));
        Self {
            title,
            top,
            accounts: Vec::new(),
            numbers: HashMap::new(),
            rows: Vec::new(),
            severities: BTreeMap::new(),
        }
    }

    /// The number of a departure, which stands on the page once however many accounts it is found in.
    fn number(&mut self, account: &str, sheet: &Sheet, item: &Item, regions: &[&str]) -> usize {
        let row = row(&sheet.heading.file, item, regions);
        let key = canonical(&row.0, account);
        let next = self.rows.len() + 1;
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.rows.push(row);
        }
        number
    }

    fn opened(&mut self, account: &Account) -> Markup {
        let Some(sheet) = &account.sheet else { return html! {} };
        let of = |verdict: Verdict| -> Vec<&Item> {
            sheet.items.iter().filter(|item| item.verdict == verdict).collect()
        };
        let (broken, kept) = (of(Verdict::Broken), of(Verdict::Kept));
        let listed: Vec<(usize, &Item, usize)> = by_region(&broken)
            .into_iter()
            .map(|(item, regions)| (self.number(&account.id, sheet, item, &regions), item, regions.len()))
            .collect();
        html! {
            p.dim {
                time datetime=(sheet.at) { (sheet.at.strftime("%F %T UTC")) } ", "
                (shown(&sheet.heading.file)) ", " (kept.len()) " kept"
            }
            @if let Some(ending) = &sheet.ending { p { (&*ending.line()) } }
            @if !sheet.not_known.is_empty() {
                ul { @for reason in &sheet.not_known { li { span.tag.unknown { "not known" } " " (shown(reason)) } } }
            }
            ul {
                @for (number, item, regions) in listed {
                    li {
                        span class=(format!("tag {}", word(item.check.severity))) { (word(item.check.severity)) }
                        " " (number) ". " (shown(&item.place()))
                        @if regions > 1 { " in " (regions) " regions" }
                    }
                }
            }
        }
    }
}

fn names(accounts: &[Named]) -> String {
    let label =
        |Named { id, name }: &Named| if id == name { id.clone() } else { format!("{} ({id})", shown(name)) };
    accounts.iter().map(label).collect::<Vec<_>>().join(", ")
}

/// How many accounts are in which state.
fn states(fold: &Fold) -> Vec<(String, &'static str, usize)> {
    let unknown = |is_unknown: bool| {
        let groups = fold.groups.iter().filter(move |group| group.seen.unknown.is_empty() != is_unknown);
        groups.filter(|group| group.seen.departs.is_empty()).map(|group| group.accounts.len()).sum::<usize>()
    };
    let mut rows = vec![
        ("as declared".to_owned(), "kept", unknown(false)),
        ("depart".to_owned(), "broken", fold.departing()),
        ("not known".to_owned(), "unknown", unknown(true)),
    ];
    rows.extend(Apart::ALL.map(|why| {
        let class = if why == Apart::Skipped { "low" } else { "high" };
        (why.words().to_owned(), class, fold.count(why))
    }));
    rows.retain(|(.., count)| *count > 0);
    rows
}

/// The largest groups.
fn largest(fold: &Fold) -> Vec<(String, &'static str, usize)> {
    let row = |(group, Differing { head, .. }): (&crate::fleet::Group, Differing<'_>)| {
        let class = if group.seen.departs.is_empty() { "kept" } else { "medium" };
        (head.to_string(), class, group.accounts.len())
    };
    all_differing(fold).take(MOST_BARS).map(row).collect()
}

fn compared(since: &Since) -> Markup {
    html! {
        section {
            h2 { "Since " (shown(&since.older)) }
            p { (&*since.counts()) }
            @for (word, entries) in [("new", &since.new), ("gone", &since.gone), ("not known", &since.not_known)] {
                @if !entries.is_empty() {
                    details open[word == "new"] {
                        summary { (entries.len()) " " (word) }
                        ul {
                            @for (line, accounts) in Since::told(entries) {
                                li { (shown(line)) " " span.dim { (names(&accounts)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Pages for Page {
    fn account(&mut self, account: &Account) -> Result<Shown, String> {
        let broken = account.sheet.iter().flat_map(|sheet| &sheet.items);
        let broken = broken.filter(|item| item.verdict == Verdict::Broken).count();
        for item in account.sheet.iter().flat_map(|sheet| &sheet.items) {
            let is_broken = item.verdict == Verdict::Broken;
            *self.severities.entry(Reverse(item.check.severity)).or_default() += usize::from(is_broken);
        }
        let opened = self.opened(account);
        self.accounts.push(html! {
            details {
                summary {
                    b { (shown(&account.name)) } " " (account.id)
                    @if let Some(unit) = account.unit.as_ref().filter(|unit| !unit.is_empty()) { " " span.dim { (shown(unit)) } }
                    ": "
                    @match &account.apart {
                        Some((why, reason)) => { (why.words()) ": " (shown(reason)) }
                        None => { (broken) @if broken == 1 { " departure" } @else { " departures" } }
                    }
                }
                (opened)
            }
        });
        Ok(Shown::default())
    }

    fn end(self: Box<Self>) -> Result<Vec<Shown>, String> {
        let Self { title, top, accounts, rows, severities, .. } = *self;
        let severities: Vec<(String, &str, usize)> = severities
            .iter()
            .map(|(Reverse(one), count)| (word(*one).to_owned(), word(*one), *count))
            .collect();
        Ok(vec![Shown::html(html! {
            (DOCTYPE)
            html lang="en" {
                (head(&title))
                body {
                    (top)
                    @if !severities.is_empty() {
                        section.charts {
                            figure { figcaption { "Departures by severity, in all accounts" } (bars(&severities)) }
                        }
                    }
                    section {
                        h2 { "Accounts (" (accounts.len()) ")" }
                        @for account in accounts { (account) }
                    }
                    @if !rows.is_empty() {
                        section {
                            h2 { "Departures by number (" (rows.len()) ")" }
                            @for (at, row) in rows.into_iter().enumerate() {
                                details { summary { (at + 1) "." } (rows_below_head(std::iter::once(row))) }
                            }
                        }
                    }
                }
            }
        })])
    }
}
