//! What the rules found, as text for a terminal.

use anstyle::{AnsiColor, Style};

use super::{clean, next};
use crate::posture::{Finding, Posture, Severity};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Departures with evidence and next step, what could not be read or decided, and one line that sums it up.
/// Nothing where nothing was asked.
pub fn text(file: &str, posture: &Posture) -> String {
    if posture.counted.is_empty() && posture.is_complete() {
        return String::new();
    }
    let mut page = String::new();
    let mut line = |text: String| {
        page.push_str(text.trim_end());
        page.push('\n');
    };
    if !posture.findings.is_empty() {
        line(String::new());
        line(format!("{BOLD}Posture ({}){BOLD:#}", posture.findings.len()));
    }
    for finding in &posture.findings {
        for shown in departure(file, finding) {
            line(shown);
        }
    }
    if !posture.is_complete() {
        line(String::new());
        line(format!("{BOLD}Posture that could not be judged ({}){BOLD:#}", posture.undecided.len()));
        for unread in &posture.unread {
            let said = clean::cut(&unread.message, clean::LONGEST);
            line(format!("! {} {}: {said}", clean::line(next::call(unread)), next::verdict(unread)));
            line(format!("    next: {}", clean::cut(&next::step(unread), clean::LONGEST)));
        }
        for (rule, reason) in &posture.undecided {
            line(format!("! {rule}: {}", clean::cut(reason, clean::LONGEST)));
        }
    }
    line(String::new());
    line(format!("{BOLD}{}{BOLD:#}", summary(posture)));
    page
}

fn departure(file: &str, finding: &Finding) -> Vec<String> {
    let (word, color) = match finding.rule.severity {
        Severity::Critical => ("critical", AnsiColor::Red),
        Severity::High => ("high", AnsiColor::Red),
        Severity::Medium => ("medium", AnsiColor::Yellow),
        Severity::Low => ("low", AnsiColor::Cyan),
    };
    let style = color.on_default();
    let origin = &finding.origin;
    let message = clean::cut(&finding.message, clean::LONGEST);
    let place = format!("{}:{} [{}]", clean::line(file), origin.line, clean::line(&origin.section));
    let region =
        finding.resource.region.as_deref().map_or_else(String::new, |r| format!(" in {}", clean::line(r)));
    let mut lines = vec![format!(
        "{style}{word}{style:#} {BOLD}{}{BOLD:#} {message}{region}  {DIM}{place}{DIM:#}",
        finding.rule.id
    )];
    lines.extend(finding.evidence.iter().map(|line| format!("    {}", clean::cut(line, clean::LONGEST))));
    let by_apply = if finding.settled_by_apply { "  (apply settles it)" } else { "" };
    lines.push(format!("    next: {}{by_apply}", clean::line(&finding.next)));
    lines
}

/// The line a person reads first.
pub fn summary(posture: &Posture) -> String {
    let rules = posture.counted.len();
    let kept = posture.counted.values().filter(|counted| counted.drifted == 0).count();
    let mut line = if posture.findings.is_empty() && posture.is_complete() {
        format!("posture: {rules} rules are kept")
    } else {
        format!("posture: {} departures, {kept} of {rules} rules are kept", posture.findings.len())
    };
    if !posture.is_complete() {
        line.push_str(&format!(", incomplete: {} not decided", posture.undecided.len()));
    }
    line
}
