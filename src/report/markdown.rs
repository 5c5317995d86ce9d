//! A report as Markdown, short enough for a comment on a pull request.

use super::change::{Line, lines};
use super::fold::{self, Folded};
use super::network_change::{self, Row};
use super::score::{Moment, scores};
use super::text::{MOST_EVIDENCE, WIDTH, remark};
use super::{Endpoint, Markdown, Shown, View, Words, clean, item, summary, unread};
use crate::plan::{Action, Finding, Severity, Step, Unread};
use crate::{markdown, shown, words};

/// The most characters a comment on GitHub may have.
pub const LIMIT: usize = 65_536;

/// What is kept free for the line that says what was left out.
const RESERVE: usize = 500;

fn code(text: &str) -> Markdown {
    Markdown::code(text)
}

/// The report as Markdown of fewer than [`LIMIT`] bytes.
///
/// The totals are always there. Details follow by importance (what could not be read, posture by severity, what a
/// person has to settle, held steps, deletions, changes, creations, undeclared things) until the room is used up;
/// an entry whose details do not fit is still named where there is room, and the last line counts what is missing.
pub fn report(view: &View<'_>) -> Markdown {
    let (heading, plan, posture) = (view.heading, view.plan, view.posture);
    let home = heading.region.as_str();
    let custom = |endpoint: &Endpoint| markdown!("- custom endpoint: {}\n", code(&endpoint.to_string()));
    let mut elsewhere = Markdown::joined(heading.endpoints.iter().map(custom), "");
    if !elsewhere.is_empty() {
        elsewhere.push("\n");
    }
    let mut text = markdown!(
        "## baseline {} {}\n\nAccount {}, {}.\n\n{}**{}**\n",
        heading.command.word(),
        code(&heading.baseline),
        code(&heading.account),
        code(&heading.region),
        elsewhere,
        summary::line(view),
    );
    if let Some(ending) = view.ending {
        text.push(markdown!("\nSteps: {}. What follows is what a second look found.\n", ending.line()));
    }
    let (now, after) = (scores(view, Moment::Now), scores(view, Moment::AfterApply));
    if !now.is_empty() {
        text.push(markdown!(
            "\n{}.\n\n| benchmark | now | after apply |\n|---|---|---|\n",
            view.totals().line()
        ));
    }
    for (now, after) in now.iter().zip(&after) {
        let row =
            markdown!("| {} | {} | {} |\n", now.benchmark.name(), now.counts().line(), after.counts().line());
        text.push(row);
    }
    let mut page = Page { text, shortened: 0, missing: 0 };
    page.list(
        "Not done",
        view.ending.iter().flat_map(|ending| ending.not_done()).map(|(word, addr, reason)| {
            let reason = if reason.is_empty() { markdown!("") } else { markdown!(": {}", code(&reason)) };
            markdown!("- {} {}{}\n", word, code(addr), reason)
        }),
    );
    let of_posture = posture.unread.iter().map(|unread| ("posture".to_owned(), unread.clone()));
    let unread = fold::unread(plan, home).into_iter().chain(of_posture);
    page.list(
        "Could not be read",
        unread.map(|(what, unread)| {
            let (call, verdict) = (code(unread::call(&unread)), verdict(&unread));
            let (message, next) = (code(&unread.message), code(&unread.next_step()));
            markdown!("- {}: {} {}: {}\n  - next: {}\n", code(&what), call, verdict, message, next)
        }),
    );
    page.list(
        "Could not be evaluated",
        posture.undecided.iter().map(|(rule, reason)| markdown!("- `{}`: {}\n", *rule, code(reason))),
    );
    if let Some(change) = view.network {
        let unread = change
            .unread
            .iter()
            .map(|addr| markdown!("- {} could not be read, so more may change\n", code(&addr.to_string())));
        page.list("Network connections", network_change::rows(change).iter().map(connection).chain(unread));
    }
    page.section(
        "Posture",
        posture
            .findings
            .iter()
            .map(|finding| (posture_entry(finding), Some(posture_name(finding))))
            .collect(),
    );
    let (errors, notes): (Vec<&Finding>, Vec<&Finding>) =
        plan.findings.iter().partition(|finding| finding.severity == Severity::Error);
    page.list("Manual action required", fold::findings(errors, home).iter().map(finding));
    page.list("Notes", fold::findings(notes, home).iter().map(finding));
    let some = |held: bool, actions: &[Action]| -> Vec<Folded<&Step>> {
        let steps = plan.steps.iter();
        fold::steps(steps.filter(|s| s.held.is_some() == held && actions.contains(&s.action)), home)
    };
    const ALL: [Action; 5] = [Action::Delete, Action::Replace, Action::Update, Action::Adopt, Action::Create];
    page.steps("Skipped", &some(true, &ALL));
    page.steps("Delete and replace", &some(false, &[Action::Delete, Action::Replace]));
    page.steps("Change", &some(false, &[Action::Update, Action::Adopt]));
    page.steps("Create", &some(false, &[Action::Create]));
    page.list(
        "Not declared",
        plan.undeclared.iter().map(|undeclared| {
            let (addr, id) = (code(&undeclared.addr.to_string()), code(&undeclared.id));
            markdown!("- {}: {}\n  - next: {}\n", addr, id, code(&undeclared.next))
        }),
    );
    page.finish()
}

fn connection(row: &Row) -> Markdown {
    let (from, to, traffic) = (code(&row.from), code(&row.to), code(&row.traffic));
    let reasons = if row.reasons.is_empty() {
        markdown!("")
    } else {
        markdown!(" ({})", code(&row.reasons.join("; ")))
    };
    markdown!("- {}: {} to {}, {}{}\n", row.change.word(), from, to, traffic, reasons)
}

/// What happened to the call, and where; names of regions come from the account.
fn verdict(unread: &Unread) -> Markdown {
    let verdict = unread.why.words();
    match unread.regions.as_slice() {
        [] => markdown!("{}", verdict),
        [one] => markdown!("{} in {}", verdict, code(one)),
        many => {
            let names = Markdown::joined(many.iter().map(|region| code(region)), ", ");
            markdown!("{} in {} regions ({})", verdict, many.len(), names)
        }
    }
}

fn posture_name(finding: &crate::posture::Finding) -> Markdown {
    let severity = item::word(finding.rule.severity);
    markdown!("- **{}** `{}` {}\n", severity, finding.rule.id, code(&finding.resource.id))
}

fn finding(folded: &Folded<&Finding>) -> Markdown {
    let finding = folded.item;
    let (addr, message) = (code(&folded.place(&finding.addr)), code(&finding.message));
    let next = if finding.next.is_empty() {
        markdown!("")
    } else {
        markdown!("  - next: {}\n", code(&finding.next))
    };
    let regions = regions(folded);
    markdown!("- {}: {}\n{}{}", addr, message, regions, next)
}

/// The regions of an entry, in a line of their own.
fn regions<T>(folded: &Folded<T>) -> Markdown {
    let names = Markdown::joined(folded.names().iter().map(|region| code(region)), ", ");
    if folded.names().is_empty() { names } else { markdown!("  - {}\n", names) }
}

fn posture_entry(finding: &crate::posture::Finding) -> Markdown {
    let mut text = posture_name(finding).trimmed();
    text.push(markdown!(": {}\n", code(&finding.message)));
    for line in finding.evidence.iter().take(MOST_EVIDENCE) {
        text.push(markdown!("  - {}\n", code(line)));
    }
    if let Some(more @ 1..) = finding.evidence.len().checked_sub(MOST_EVIDENCE) {
        text.push(markdown!("  - and {} more, which `--json` lists\n", more));
    }
    text.push(markdown!("  - next: {}\n", code(&finding.next)));
    text
}

struct Page {
    text: Markdown,
    shortened: usize,
    missing: usize,
}

impl Page {
    fn fits(&self, part: &str) -> bool {
        self.text.len() + part.len() + RESERVE < LIMIT
    }

    fn list(&mut self, title: &'static str, items: impl Iterator<Item = Markdown>) {
        self.section(title, items.map(|item| (item, None)).collect());
    }

    fn steps(&mut self, title: &'static str, steps: &[Folded<&Step>]) {
        let items = steps.iter().map(|step| (block(step), Some(name(step)))).collect();
        self.section(title, items);
    }

    /// Adds a heading and items, each in full, in its short form, or not at all.
    fn section(&mut self, title: &'static str, items: Vec<(Markdown, Option<Markdown>)>) {
        let mut heading = markdown!("\n### {} ({})\n\n", title, items.len());
        for (full, short) in items {
            let whole = markdown!("{}{}", heading, full);
            if self.fits(&whole) {
                self.text.push(whole);
            } else if let Some(brief) =
                short.map(|short| markdown!("{}{}", heading, short)).filter(|b| self.fits(b))
            {
                self.text.push(brief);
                self.shortened += 1;
            } else {
                self.missing += 1;
                continue;
            }
            heading = Markdown::default();
        }
    }

    fn finish(mut self) -> Markdown {
        let mut cut = Vec::new();
        if self.shortened > 0 {
            cut.push(words!("{} entries are shown without their details", self.shortened));
        }
        if self.missing > 0 {
            cut.push(words!("{} entries are left out", self.missing));
        }
        if !cut.is_empty() {
            let cut = Words::joined(cut, " and ");
            self.text.push(markdown!("\n_To keep this short, {}. The text and `--json` show all._\n", cut));
        }
        self.text
    }
}

fn name(folded: &Folded<&Step>) -> Markdown {
    let step = folded.item;
    let sign = code(step.action.sign().encode_utf8(&mut [0; 4]));
    markdown!("- {} {}{}\n{}", sign, code(&folded.place(&step.addr)), remark(step.action), regions(folded))
}

/// A step in a fence, signs first so that they are coloured as in a diff.
fn block(folded: &Folded<&Step>) -> Markdown {
    let step = folded.item;
    let sign = Shown::sign(step.action.sign());
    let mut body = vec![shown!("{} {}{}", sign, Shown::line(&folded.place(&step.addr)), remark(step.action))];
    body.extend(fold::below(folded));
    if let Some(reason) = &step.held {
        body.push(shown!("  skipped: {}", Shown::cut(reason, clean::LONGEST)));
    }
    body.extend(lines(step, WIDTH).into_iter().map(|line| match line {
        Line::Pair(label, text) => shown!("    {}  {}", label, text),
        Line::Heading(label) => shown!("    {}", label),
        Line::Entry(sign, text) => shown!("{}     {}", sign, text).trimmed(),
    }));
    Markdown::comparison(&body)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, Scene};
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn a_plan_reads_in_a_comment() {
        assert_snapshot!(report(&Scene::of(sample::rules()).view()), @r#"
        ## baseline plan `landing-zone`

        Account `123456789012`, `us-east-1`.

        **plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged**

        ### Change (1)

        ```diff
        ~ ec2.security-group.web
            ingress
        -     cidr=0.0.0.0/0 port=22 protocol=tcp
        +     cidr=203.0.113.10/32 port=22 protocol=tcp
        ```
        "#);
        assert_snapshot!(report(&Scene::of(sample::obstacles()).view()), @r#"
        ## baseline plan `landing-zone`

        Account `123456789012`, `us-east-1`.

        **plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 7 unchanged, 1 skipped, 1 for manual action, 1 undeclared, incomplete: 2 could not be read**

        ### Could not be read (2)

        - `ec2.vpc.main`: `ec2:DescribeVpcs` was denied: `not allowed`
          - next: `allow ec2:DescribeVpcs on * to these credentials, then plan again`
        - `what nobody declares`: `iam:ListRoles` failed: `not allowed`
          - next: `retry; if it persists, see the AWS error`

        ### Manual action required (1)

        - `kms.key.trail`: `belongs to the baseline "other" by its tag`
          - next: `give it another name here`

        ### Skipped (1)

        ```diff
        + ec2.subnet.a
          skipped: ec2.vpc.main could not be read
            cidr  10.0.0.0/24
        ```

        ### Not declared (1)

        - `s3.bucket.old`: `old-logs`
          - next: `declare it, or delete it with apply --destroy s3.bucket.old`
        "#);
    }

    #[test]
    fn hostile_text_neither_closes_its_span_nor_becomes_a_link() {
        assert_snapshot!(report(&Scene::of(sample::hostile()).view()), @r#"
        ## baseline plan `landing-zone`

        Account `123456789012`, `us-east-1`.

        **plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 7 unchanged, 1 for manual action, 1 undeclared, incomplete: 2 could not be read**

        ### Could not be read (2)

        - `ec2.vpc.main`: `ec2:DescribeVpcs` was denied: `line one\nline two`
          - next: `allow ec2:DescribeVpcs on * to these credentials, then plan again`
        - `what nobody declares`: `iam:ListRoles` failed: `not allowed`
          - next: `retry; if it persists, see the AWS error`

        ### Manual action required (1)

        - `kms.key.trail`: ```` ```\n<img src=x> [link](https://evil.example) @team \u{9b}31m ````
          - next: `give it another name here`

        ### Change (1)

        ```diff
        ~ ec2.vpc.main
            description
        -     \u{1b}[2J\u{1b}]0;owned\u{7}\r
        -     + fake.step.a
        +     web
            long
        -     xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (600 characters)
        +     y
            name  a\u{202e}b`|<script>@team -> b
        ```

        ### Not declared (1)

        - `s3.bucket.old`: `` `rm -rf`\u{200b} ``
          - next: `declare it, or delete it with apply --destroy s3.bucket.old`
        "#);
    }

    #[test]
    fn a_huge_plan_keeps_its_totals_and_says_what_is_missing() {
        let mut huge = sample::creation();
        let step = huge.steps[0].clone();
        huge.steps = std::iter::repeat_n(step, 3000).collect();
        let text = report(&Scene::of(huge).view());
        assert!(text.len() < LIMIT);
        assert!(text.contains("**plan: 3000 to create"));
        let last = text.lines().last().unwrap();
        assert_snapshot!(last, @r#"_To keep this short, 9 entries are shown without their details and 2855 entries are left out. The text and `--json` show all._"#);
    }

    #[test]
    fn what_matters_most_is_kept_when_room_is_short() {
        let mut huge = sample::obstacles();
        let created = sample::creation().steps[0].clone();
        huge.steps.extend(std::iter::repeat_n(created, 3000));
        let text = report(&Scene::of(huge).view());
        assert!(text.contains("ec2:DescribeVpcs") && text.contains("belongs to the baseline"));
    }

    #[test]
    fn posture_stands_with_its_score_and_its_next_step() {
        let text = report(&sample::neglected().view());
        assert!(text.contains("| CIS v3.0.0 | "), "{text}");
        assert!(text.contains(
            "- **critical** `root-access-keys` `arn:aws:iam::123456789012:root`: `has an access key`"
        ));
        assert!(text.contains("  - next: `sign in as root"), "{text}");
        assert!(text.contains("### Could not be evaluated (1)"), "{text}");
    }

    #[test]
    fn the_most_severe_findings_are_kept_when_room_is_short() {
        let mut scene = sample::neglected();
        let one = scene.posture.findings[0].clone();
        scene.posture.findings.extend(std::iter::repeat_n(one, 2000));
        let text = report(&scene.view());
        assert!(text.len() < LIMIT && text.contains("### Posture (2001)"));
        assert!(text.lines().last().unwrap().contains("entries are left out"));
    }
}
