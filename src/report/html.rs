//! A report as one page that needs nothing else: no script, no font, no picture from anywhere.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::item::{Item, items, word};
use super::score::{Counts, Moment, Verdict, scores};
use super::shown::Shown;
use super::{View, clean, network_change, practice, summary};
use crate::posture::Severity;

const STYLE: &str = include_str!("html.css");

/// The page. Everything from AWS is cleaned and escaped; the policy in its head allows no script at all.
pub fn report(view: &View<'_>) -> Shown {
    let items = items(view);
    let heading = view.heading;
    let totals = view.totals();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("baseline {} {} {}", heading.command.word(), shown(&heading.baseline), heading.account)))
            body {
                header {
                    h1 { (shown(&heading.baseline)) }
                    p {
                        "Account " b { (shown(&heading.account)) } ", " (shown(&heading.region)) ", "
                        (heading.command.word()) " of " code { (shown(&heading.file)) } ", "
                        time datetime=(view.at) { (view.at.strftime("%F %T UTC")) }
                    }
                    @for endpoint in &heading.endpoints {
                        p { "Custom endpoint: " code { (shown(&endpoint.to_string())) } }
                    }
                    p.verdict { (summary::line(view)) }
                    p { (totals.line()) }
                }
                main {
                    (applied(view))
                    (connections(view))
                    (charts(view, &items))
                    (departures(view, &items))
                    (unknown(view, &items))
                    (undeclared(view))
                    (controls(view))
                    (kept(&items))
                }
            }
        }
    };
    Shown::html(page)
}

/// What every page begins with: how it looks, and that nothing in it acts.
pub(super) fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
            title { (title) }
            style { (PreEscaped(STYLE)) }
        }
    }
}

/// How far apart equal items of several regions may stand: items are sorted, so a few others at most come between.
const REGIONS_APART: usize = 16;

pub(super) fn shown(text: &str) -> String {
    clean::cut(text, clean::LONGEST)
}

/// How the apply ended.
fn applied(view: &View<'_>) -> Markup {
    html! {
        @if let Some(ending) = view.ending {
            section {
                h2 { "Applied" }
                p { (ending.line()) ". What follows is what a second look found." }
                ul {
                    @for (word, addr, reason) in ending.not_done() {
                        li { span.tag.broken { (word) } " " b { (shown(addr)) } " " (reason) }
                    }
                }
                @if !ending.done.is_empty() {
                    details {
                        summary { "Done (" (ending.done.len()) ")" }
                        ul { @for done in &ending.done { li { (shown(&done.addr)) " " span.dim { (done.action) } } } }
                    }
                }
            }
        }
    }
}

fn charts(view: &View<'_>, items: &[Item]) -> Markup {
    let broken = || items.iter().filter(|item| item.verdict == Verdict::Broken);
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let by_severity: Vec<(String, &str, usize)> = severities
        .iter()
        .map(|severity| {
            let count = broken().filter(|item| item.check.severity == *severity).count();
            (word(*severity).to_owned(), word(*severity), count)
        })
        .collect();
    let mut practices: BTreeMap<u8, usize> = BTreeMap::new();
    for practice in broken().filter_map(|item| item.check.practice) {
        *practices.entry(practice).or_default() += 1;
    }
    let by_practice: Vec<(String, &str, usize)> = practices
        .iter()
        .map(|(number, count)| (format!("{number} {}", practice::title(*number)), "medium", *count))
        .collect();
    let (now, after) = (scores(view, Moment::Now), scores(view, Moment::AfterApply));
    html! {
        section.charts {
            @if !now.is_empty() {
                figure {
                    @if view.ending.is_some() {
                        figcaption { "Controls by benchmark" }
                        @for now in &now { (stack(now.benchmark.name(), "now", now.counts())) }
                    } @else {
                        figcaption { "Controls by benchmark: now, and after an apply" }
                        @for (now, after) in now.iter().zip(&after) {
                            (stack(now.benchmark.name(), "now", now.counts()))
                            (stack("", "after apply", after.counts()))
                        }
                    }
                }
            }
            figure {
                figcaption { "Departures by severity" }
                (bars(&by_severity))
            }
            @if !by_practice.is_empty() {
                figure {
                    figcaption { "Departures by practice" }
                    (bars(&by_practice))
                }
            }
        }
    }
}

/// One bar of three parts, with its counts in words.
fn stack(name: &str, moment: &str, counts: Counts) -> Markup {
    const WIDTH: usize = 300;
    let all = counts.all().max(1);
    let wide = |count: usize| count * WIDTH / all;
    let parts = [("kept", counts.kept), ("unknown", counts.unknown), ("broken", counts.broken)];
    let mut at = 0;
    let placed: Vec<(&str, usize, usize)> = parts
        .into_iter()
        .map(|(class, count)| {
            let from = at;
            at += wide(count);
            (class, from, wide(count))
        })
        .collect();
    let label = format!("{name} {moment}: {}", counts.line());
    html! {
        div.stack {
            span.name { (name) }
            span.moment { (moment) }
            svg role="img" aria-label=(label.trim()) viewBox="0 0 300 14" preserveAspectRatio="none" width="300" height="14" {
                rect class="none" x="0" y="0" width="300" height="14" {}
                @for (class, from, width) in placed {
                    @if width > 0 { rect class=(class) x=(from) y="0" width=(width) height="14" {} }
                }
            }
            span { (counts.line()) }
        }
    }
}

/// A bar for each, with its count.
pub(super) fn bars(rows: &[(String, &str, usize)]) -> Markup {
    let most = rows.iter().map(|(.., count)| *count).max().unwrap_or_default().max(1);
    let height = rows.len() * 22;
    html! {
        svg.bars role="img" viewBox=(format!("0 0 460 {height}")) width="460" height=(height) {
            @for (index, (label, class, count)) in rows.iter().enumerate() {
                text x="190" y=(index * 22 + 15) text-anchor="end" { (label) }
                rect class=(class) x="200" y=(index * 22 + 3) width=(count * 220 / most) height="16" {}
                text x=(206 + count * 220 / most) y=(index * 22 + 15) { (count) }
            }
        }
    }
}

fn departures(view: &View<'_>, items: &[Item]) -> Markup {
    let broken: Vec<&Item> = items.iter().filter(|item| item.verdict == Verdict::Broken).collect();
    html! {
        section {
            h2 { "Departures (" (broken.len()) ")" }
            @if broken.is_empty() { p { "None." } } @else { (table(view, &broken)) }
        }
    }
}

fn unknown(view: &View<'_>, items: &[Item]) -> Markup {
    let unknown: Vec<&Item> = items.iter().filter(|item| item.verdict == Verdict::Unknown).collect();
    let unread: Vec<_> = view.unread().collect();
    html! {
        @if !unknown.is_empty() || !unread.is_empty() {
            section {
                h2 { "Not known (" (unknown.len()) ")" }
                @if !unread.is_empty() {
                    ul {
                        @for unread in unread {
                            li {
                                code { (shown(super::unread::call(unread))) } " " (super::unread::verdict(unread)) ": "
                                (shown(&unread.message)) " "
                                b { "next: " } (shown(&unread.next_step()))
                            }
                        }
                    }
                }
                @if !unknown.is_empty() { (table(view, &unknown)) }
            }
        }
    }
}

/// Items that are equal but for the region, each with its regions; one region where an item stands alone.
pub(super) fn by_region<'i>(items: &[&'i Item]) -> Vec<(&'i Item, Vec<&'i str>)> {
    let mut rows: Vec<(&Item, Vec<&str>)> = Vec::new();
    for item in items {
        let equal = |(known, _): &&mut (&Item, Vec<&str>)| {
            let same = known.check.id == item.check.id && known.place() == item.place();
            let said =
                (&known.message, &known.evidence, &known.next) == (&item.message, &item.evidence, &item.next);
            same && said && known.region != item.region
        };
        match rows.iter_mut().rev().take(REGIONS_APART).find(equal) {
            Some((_, regions)) => regions.extend(item.region.as_deref()),
            None => rows.push((item, item.region.iter().map(String::as_str).collect())),
        }
    }
    rows
}

fn table(view: &View<'_>, items: &[&Item]) -> Markup {
    let rows = by_region(items).into_iter().map(|(item, regions)| row(&view.heading.file, item, &regions));
    rows_below_head(rows)
}

/// The head of a table of departures, and its rows.
pub(super) fn rows_below_head(rows: impl Iterator<Item = Markup>) -> Markup {
    html! {
        table {
            colgroup { col.severity; col.what; col.found; col.next; col.origin; }
            thead { tr { th { "Severity" } th { "What" } th { "Found" } th { "Next" } th { "Asked by" } } }
            tbody { @for row in rows { (row) } }
        }
    }
}

/// The row of a departure.
pub(super) fn row(file: &str, item: &Item, regions: &[&str]) -> Markup {
    html! {
        tr {
            td { span class=(format!("tag {}", word(item.check.severity))) { (word(item.check.severity)) } }
            td {
                @if regions.len() > 1 {
                    b { (item.place()) } " in " (regions.len()) " regions " span.dim { (regions.join(", ")) }
                } @else {
                    b { (item.resource) }
                    @if let Some(region) = &item.region { " " span.dim { (region) } }
                }
                br;
                span.dim {
                    // The title of a kind's check begins with its name.
                    @if !item.check.title.starts_with(&item.check.id) { (item.check.id) ": " }
                    (item.check.title)
                }
            }
            td {
                (item.message)
                @if !item.evidence.is_empty() {
                    details { summary { "evidence" } pre { (item.evidence.join("\n")) } }
                }
            }
            td.next { (item.next) @if item.by_apply { " " span.tag.kept { "apply" } } }
            td.dim {
                @if item.origin.line > 0 { (shown(item.origin.file(file))) ":" (item.origin.line) br; }
                @if !item.origin.section.is_empty() { "[" (shown(&item.origin.section)) "]" }
            }
        }
    }
}

/// What an apply would change for packets.
fn connections(view: &View<'_>) -> Markup {
    let Some(change) = view.network.filter(|change| !change.is_empty()) else { return Markup::default() };
    let rows = network_change::rows(change);
    html! {
        section {
            h2 { "Network connections (" (rows.len()) ")" }
            table {
                thead { tr { th { "Change" } th { "From" } th { "To" } th { "Traffic" } } }
                tbody {
                    @for row in &rows {
                        tr {
                            td { (row.change.word()) }
                            td { (shown(&row.from)) }
                            td { (shown(&row.to)) }
                            td {
                                (shown(&row.traffic))
                                @if !row.reasons.is_empty() { " (" (shown(&row.reasons.join("; "))) ")" }
                            }
                        }
                    }
                }
            }
            @for addr in &change.unread { p { (addr) " could not be read, so more may change" } }
        }
    }
}

fn undeclared(view: &View<'_>) -> Markup {
    html! {
        @if !view.plan.undeclared.is_empty() {
            section {
                h2 { "Owned and not declared (" (view.plan.undeclared.len()) ")" }
                ul {
                    @for thing in &view.plan.undeclared {
                        li { b { (thing.addr) } " " (shown(&thing.id)) " " b { "next: " } (shown(&thing.next)) }
                    }
                }
            }
        }
    }
}

fn controls(view: &View<'_>) -> Markup {
    html! {
        @for score in scores(view, Moment::Now) {
            section {
                h2 { (score.benchmark.name()) }
                p { (score.counts().line()) }
                p {
                    @for (id, verdict, because) in &score.controls {
                        @let class = match verdict {
                            Verdict::Kept => "tag kept",
                            Verdict::Unknown => "tag unknown",
                            Verdict::Broken => "tag broken",
                        };
                        span class=(class) title=(because.iter().map(|s| shown(s)).collect::<Vec<_>>().join(", ")) { (id) } " "
                    }
                }
            }
        }
    }
}

fn kept(items: &[Item]) -> Markup {
    let kept: Vec<&Item> = items.iter().filter(|item| item.verdict == Verdict::Kept).collect();
    html! {
        section {
            h2 { "Kept (" (kept.len()) ")" }
            details {
                summary { "show" }
                ul {
                    @for (item, regions) in by_region(&kept) {
                        li {
                            @if regions.len() > 1 { (item.place()) " in " (regions.len()) " regions" } @else { (item.resource) }
                            " " span.dim { (item.check.title) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn hostile_text_stays_text_and_nothing_is_fetched_from_anywhere() {
        let page = report(&sample::hostile_posture().view());
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
        for outside in ["http://", "https://", "src=", "href=", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn counts_stand_beside_every_chart() {
        let page = report(&sample::neglected().view());
        assert!(page.contains("controls kept ("), "{page}");
        assert!(page.contains("Departures by severity") && page.contains("after apply"));
    }
}
