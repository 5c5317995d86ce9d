//! A plan as text for a terminal, in the signs of the field: `+ ~ ± -`.
//!
//! The text carries ANSI styles; the stream it is written to strips them where nobody wants them.

use anstyle::{AnsiColor, Style};

use super::change::{Line, lines};
use super::fold::{self, Folded};
use super::score::{Moment, scores};
use super::{Command, Endpoint, Heading, Shown, View, clean, item, network_change, summary, unread};
use crate::model::Origin;
use crate::plan::{Action, Finding, Plan, Severity, Step, Unread};
use crate::posture;
use crate::{shown, words};

/// The width that is assumed where nobody knows one, in characters.
pub const WIDTH: usize = 120;

/// The widest column of attribute names, in characters.
const COLUMN: usize = 28;

/// More missing things than this share a line with their kind in a drift, so that a fresh account reads in one screen.
const MISSING: usize = 5;

/// How many lines of evidence people are shown.
pub(super) const MOST_EVIDENCE: usize = 6;

pub(super) const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The whole plan: steps, what is held back, what a person has to settle, what could not be read,
/// what nobody declares, and one line that sums it up.
pub fn plan(heading: &Heading, plan: &Plan, width: usize) -> Shown {
    let mut page = Page::new(heading);
    page.steps(plan.steps.iter().filter(|step| step.held.is_none()), width);
    page.held(plan, width);
    page.findings(plan);
    page.section(
        "Could not be read",
        fold::unread(plan, &heading.region).into_iter(),
        |page, (what, unread)| {
            page.unread(&what, &unread);
        },
    );
    page.undeclared(plan);
    page.gap();
    page.line(Shown::styled(BOLD, summary(heading.command, plan)));
    page.text
}

/// Where answers came from that are not AWS's own, one a line; nothing for most.
pub fn endpoints(endpoints: &[Endpoint]) -> Shown {
    let line = |one: &Endpoint| shown!("custom endpoint: {}\n", Shown::cut(&one.to_string(), clean::LONGEST));
    Shown::joined(endpoints.iter().map(line), "")
}

/// Resources and posture together, with the controls they serve.
///
/// A drift names what is missing; a plan shows every attribute of it.
pub fn report(view: &View<'_>, width: usize) -> Shown {
    let (heading, plan) = (view.heading, view.plan);
    let mut page = Page::new(heading);
    if let Some(ending) = view.ending {
        page.gap();
        page.text.push(ending.text());
    }
    page.text.push(view.network.map(network_change::text).unwrap_or_default());
    let missing: Vec<&Step> =
        plan.steps.iter().filter(|step| step.held.is_none() && step.action == Action::Create).collect();
    let named = heading.command == Command::Drift && !missing.is_empty();
    let steps = plan.steps.iter().filter(|step| step.held.is_none());
    page.steps(steps.filter(|step| !named || step.action != Action::Create), width);
    if named {
        page.missing(&missing);
    }
    page.held(plan, width);
    page.posture(view);
    page.findings(plan);
    let of_posture = view.posture.unread.iter().map(|unread| ("posture".to_owned(), unread.clone()));
    let all = fold::unread(plan, &heading.region).into_iter().chain(of_posture);
    page.section("Could not be read", all, |page, (what, unread)| page.unread(&what, &unread));
    page.undecided(view);
    page.undeclared(plan);
    page.scores(view);
    page.gap();
    page.line(Shown::styled(BOLD, summary::line(view)));
    page.text
}

/// What the rules found, and the controls: what is left where every declared thing is as it should be.
///
/// Nothing where the file asks for neither.
pub fn posture(view: &View<'_>) -> Shown {
    let mut page = Page::empty(view.heading);
    page.posture(view);
    let of_posture = view.posture.unread.iter().map(|unread| ("posture".to_owned(), unread));
    page.section("Could not be read", of_posture, |page, (what, unread)| page.unread(&what, unread));
    page.undecided(view);
    if !view.posture.counted.is_empty() || !view.posture.is_complete() {
        page.scores(view);
    }
    page.text
}

/// What is worth knowing of things that are as declared.
pub fn remarks(view: &View<'_>) -> Shown {
    let mut page = Page::empty(view.heading);
    page.findings(view.plan);
    page.text
}

/// What a step does, where its sign does not say it all.
pub(super) fn remark(action: Action) -> &'static str {
    match action {
        Action::Create | Action::Update => "",
        Action::Adopt => "  (adopt: it exists; apply tags it as this one)",
        Action::Replace => "  (replace: deleted, then created again)",
        Action::Delete => "  (delete)",
    }
}

fn place(heading: &Heading) -> Shown {
    shown!(" in account {}, {}", Shown::line(&heading.account), Shown::line(&heading.region))
}

/// The style of a sign.
fn style(sign: char) -> Style {
    match sign {
        '+' => AnsiColor::Green.on_default(),
        '-' => AnsiColor::Red.on_default(),
        '~' => AnsiColor::Yellow.on_default(),
        '±' => AnsiColor::Magenta.on_default(),
        _ => Style::new(),
    }
}

struct Page<'a> {
    text: Shown,
    file: Shown,
    /// The home region.
    home: &'a str,
}

impl<'a> Page<'a> {
    fn empty(heading: &'a Heading) -> Self {
        Self { text: Shown::default(), file: Shown::line(&heading.file), home: &heading.region }
    }

    fn new(heading: &'a Heading) -> Self {
        let mut page = Self::empty(heading);
        let name = Shown::styled(BOLD, Shown::line(&heading.baseline));
        page.line(shown!("{}{}", name, place(heading)));
        page.text.push(endpoints(&heading.endpoints));
        page
    }

    fn steps<'s>(&mut self, steps: impl Iterator<Item = &'s Step>, width: usize) {
        for step in fold::steps(steps, self.home) {
            self.gap();
            self.step(&step, width);
        }
    }

    fn held(&mut self, plan: &Plan, width: usize) {
        let held = fold::steps(plan.steps.iter().filter(|step| step.held.is_some()), self.home);
        self.section("Skipped", held.iter(), |page, step| page.step(step, width));
    }

    /// Things that do not exist; where they are many, a line for each kind.
    fn missing(&mut self, steps: &[&Step]) {
        let style = style('+');
        self.gap();
        self.line(Shown::styled(BOLD, words!("Missing ({})", steps.len())));
        if steps.len() <= MISSING {
            for step in steps {
                let origin = self.origin(&step.origin);
                let (sign, addr) = (Shown::styled(style, "+"), Shown::styled(BOLD, &step.addr));
                self.line(shown!("{} {}{}", sign, addr, origin));
            }
            return;
        }
        let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
        for step in steps {
            match kinds.iter_mut().find(|(kind, _)| *kind == step.addr.kind()) {
                Some((_, names)) => names.push(step.addr.name()),
                None => kinds.push((step.addr.kind(), vec![step.addr.name()])),
            }
        }
        for (kind, names) in kinds {
            let names = Shown::joined(names.into_iter().map(Shown::line), ", ");
            self.line(shown!("{} {}  {}", Shown::styled(style, "+"), Shown::line(kind), names));
        }
    }

    fn undeclared(&mut self, plan: &Plan) {
        self.section("Not declared", plan.undeclared.iter(), |page, undeclared| {
            let id = if undeclared.id.is_empty() { String::new() } else { format!("  {}", undeclared.id) };
            page.line(shown!("? {}{}", undeclared.addr, Shown::cut(&id, clean::LONGEST)));
            page.next(&undeclared.next);
        });
    }

    fn posture(&mut self, view: &View<'_>) {
        self.section("Posture", view.posture.findings.iter(), Self::departure);
    }

    fn undecided(&mut self, view: &View<'_>) {
        self.section("Could not be evaluated", view.posture.undecided.iter(), |page, (rule, reason)| {
            page.line(shown!("! {}: {}", *rule, Shown::cut(reason, clean::LONGEST)));
        });
    }

    /// What a rule found, with what proves it.
    fn departure(&mut self, finding: &posture::Finding) {
        let style = match finding.rule.severity {
            posture::Severity::Critical | posture::Severity::High => AnsiColor::Red.on_default(),
            posture::Severity::Medium => AnsiColor::Yellow.on_default(),
            posture::Severity::Low => AnsiColor::Cyan.on_default(),
        };
        let (severity, rule) = (item::word(finding.rule.severity), finding.rule.id);
        let region = finding
            .resource
            .region
            .as_deref()
            .map_or_else(Shown::default, |region| shown!(" in {}", Shown::line(region)));
        let message = Shown::cut(&finding.message, clean::LONGEST);
        let origin = self.origin(&finding.origin);
        let (severity, rule) = (Shown::styled(style, severity), Shown::styled(BOLD, rule));
        self.line(shown!("{} {} {}{}{}", severity, rule, message, region, origin));
        for line in finding.evidence.iter().take(MOST_EVIDENCE) {
            self.line(shown!("    {}", Shown::cut(line, clean::LONGEST)));
        }
        if let Some(more @ 1..) = finding.evidence.len().checked_sub(MOST_EVIDENCE) {
            self.line(shown!("    and {} more, which --json lists", more));
        }
        let by_apply = if finding.fixed_by_apply { "  (fixed by apply)" } else { "" };
        self.line(shown!("    next: {}{}", Shown::line(&finding.next), by_apply));
    }

    /// The controls of each benchmark that the file asks for, now and after an apply.
    fn scores(&mut self, view: &View<'_>) {
        let (now, after) = (scores(view, Moment::Now), scores(view, Moment::AfterApply));
        if now.is_empty() {
            return;
        }
        self.gap();
        for (now, after) in now.iter().zip(&after) {
            let (before, then) = (now.counts(), after.counts());
            let then = if before == then { shown!("") } else { shown!("; after apply {}", then.line()) };
            self.line(shown!("{}  {}{}", Shown::left(now.benchmark.name(), 16), before.line(), then));
        }
        self.line(shown!("{}  {}", Shown::left("in all", 16), view.totals().line()));
    }

    fn line(&mut self, line: Shown) {
        self.text.push(line);
        self.text.push("\n");
    }

    fn gap(&mut self) {
        self.text.push("\n");
    }

    fn section<T>(
        &mut self,
        title: &'static str,
        items: impl Iterator<Item = T>,
        show: impl Fn(&mut Self, T),
    ) {
        let items: Vec<T> = items.collect();
        if items.is_empty() {
            return;
        }
        self.gap();
        self.line(Shown::styled(BOLD, words!("{} ({})", title, items.len())));
        for item in items {
            show(self, item);
        }
    }

    fn step(&mut self, folded: &Folded<&Step>, width: usize) {
        let step = folded.item;
        let sign = step.action.sign();
        let style = style(sign);
        let remark = remark(step.action);
        let origin = self.origin(&step.origin);
        let sign = Shown::styled(style, Shown::sign(sign));
        let place = Shown::styled(BOLD, Shown::line(&folded.place(&step.addr)));
        self.line(shown!("{} {}{}{}", sign, place, remark, origin));
        if let Some(regions) = fold::below(folded) {
            self.line(regions);
        }
        if let Some(reason) = &step.held {
            self.line(shown!("    skipped: {}", Shown::cut(reason, clean::LONGEST)));
        }
        let lines = lines(step, width);
        let column = lines
            .iter()
            .filter_map(|line| match line {
                Line::Pair(label, _) => Some(label.chars().count()).filter(|length| *length <= COLUMN),
                Line::Heading(_) | Line::Entry(..) => None,
            })
            .max()
            .unwrap_or_default();
        for line in lines {
            self.change(&line, column);
        }
    }

    fn change(&mut self, line: &Line, column: usize) {
        match line {
            Line::Pair(label, text) => self.line(shown!("    {}  {}", Shown::left(label, column), text)),
            Line::Heading(label) => self.line(shown!("    {}", label)),
            Line::Entry(sign, text) => {
                let style = style(sign.chars().next().unwrap_or_default());
                let text = shown!("{} {}", *sign, text).trimmed();
                self.line(shown!("      {}", Shown::styled(style, text)));
            }
        }
    }

    fn findings(&mut self, plan: &Plan) {
        let (errors, notes): (Vec<&Finding>, Vec<&Finding>) =
            plan.findings.iter().partition(|finding| finding.severity == Severity::Error);
        for (title, findings) in [("Manual action required", errors), ("Notes", notes)] {
            self.section(title, fold::findings(findings, self.home).iter(), Self::finding);
        }
    }

    fn finding(&mut self, folded: &Folded<&Finding>) {
        let finding = folded.item;
        let (word, color) = match finding.severity {
            Severity::Error => ("error", AnsiColor::Red),
            Severity::Warning => ("warning", AnsiColor::Yellow),
            Severity::Note => ("note", AnsiColor::Cyan),
        };
        let style = color.on_default();
        let message = Shown::cut(&finding.message, clean::LONGEST);
        let origin = self.origin(&finding.origin);
        let addr = Shown::line(&folded.place(&finding.addr));
        let (word, addr) = (Shown::styled(style, word), Shown::styled(BOLD, addr));
        self.line(shown!("{} {} {}{}", word, addr, message, origin));
        if let Some(regions) = fold::below(folded) {
            self.line(regions);
        }
        if !finding.next.is_empty() {
            self.next(&finding.next);
        }
    }

    fn unread(&mut self, what: &str, unread: &Unread) {
        let (call, verdict) = (Shown::line(unread::call(unread)), Shown::line(&unread::verdict(unread)));
        let mut line = shown!("! {}: {} {}", Shown::line(what), call, verdict);
        if !unread.message.is_empty() {
            line.push(shown!(": {}", Shown::cut(&unread.message, clean::LONGEST)));
        }
        self.line(line);
        self.next(&unread.next_step());
    }

    fn next(&mut self, next: &str) {
        self.line(shown!("    next: {}", Shown::cut(next, clean::LONGEST)));
    }

    /// Why: the section of the file that asks for it.
    fn origin(&self, origin: &Origin) -> Shown {
        if origin.section.is_empty() {
            return Shown::default();
        }
        let file = || origin.file.as_deref().map_or_else(|| self.file.clone(), Shown::line);
        let line = if origin.line == 0 { shown!("") } else { shown!("{}:{} ", file(), origin.line) };
        shown!("  {}", Shown::styled(DIM, shown!("{}[{}]", line, Shown::line(&origin.section))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, heading};
    use super::*;
    use crate::model::Addr;
    use insta::assert_snapshot;

    fn shown(sample: &Plan) -> String {
        let text = plan(&heading(), sample, 100);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.lines().all(|line| line == line.trim_end()), "a line ends in a space:\n{text}");
        text
    }

    #[test]
    fn a_created_thing_lists_its_attributes_and_where_it_was_asked_for() {
        assert_snapshot!(shown(&sample::creation()), @r#"
        landing-zone in account 123456789012, us-east-1

        + s3.bucket.trail-logs  landing-zone.toml:12 [bucket.trail-logs]
            bucket      trail-logs-123456789012
            encryption  algorithm=aws:kms bucket_key=true
            policy
                {
                  "Version": "2012-10-17",
                  "Statement": [
                    {
                      "Sid": "Trail",
                      "Effect": "Deny",
                      "Principal": "*",
                      "Action": "s3:*"
                    }
                  ]
                }
            public_access.block_public_acls  true
            public_access.block_public_policy  true
            public_access.ignore_public_acls  true
            public_access.restrict_public_buckets  true

        + ec2.subnet.web-a  landing-zone.toml:40 [network.tier.web]
            cidr  10.20.0.0/24
            vpc   (id of ec2.vpc.main)

        plan: 2 to create, 0 to update, 0 to replace, 0 to delete, 14 unchanged
        "#);
    }

    #[test]
    fn an_update_shows_before_and_after_and_a_policy_as_a_line_diff() {
        assert_snapshot!(shown(&sample::update()), @r#"
        landing-zone in account 123456789012, us-east-1

        ~ s3.bucket.trail-logs  landing-zone.toml:12 [bucket.trail-logs]
            lifecycle["by-hand"]  - expire_after_days=1
            lifecycle["expire"]   + expire_after_days=90
            logging               (none) -> prefix=trail/ target=access-logs
            policy
                  "Statement": [
                    {
              -       "Sid": "Open",
              -       "Effect": "Deny",
              -       "Principal": "*",
              -       "Action": "s3:*"
              -     },
              -     {
                      "Sid": "Tls",
                      "Effect": "Deny",
            versioning            Suspended -> Enabled

        ~ iam.role.auditor  (adopt: it exists; apply tags it as this one)  landing-zone.toml:30 [role.auditor]

        - ec2.vpc.old  (delete)

        plan: 0 to create, 1 to adopt, 1 to update, 0 to replace, 1 to delete, 3 unchanged
        "#);
    }

    #[test]
    fn rules_come_and_go_as_one_line_each() {
        assert_snapshot!(shown(&sample::rules()), @r#"
        landing-zone in account 123456789012, us-east-1

        ~ ec2.security-group.web  landing-zone.toml:40 [network.tier.web]
            ingress
              - cidr=0.0.0.0/0 port=22 protocol=tcp
              + cidr=203.0.113.10/32 port=22 protocol=tcp

        plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged
        "#);
    }

    #[test]
    fn what_stands_in_the_way_is_named_with_what_to_do_next() {
        assert_snapshot!(shown(&sample::obstacles()), @r#"
        landing-zone in account 123456789012, us-east-1

        Skipped (1)
        + ec2.subnet.a  landing-zone.toml:9 [network]
            skipped: ec2.vpc.main could not be read
            cidr  10.0.0.0/24

        Manual action required (1)
        error kms.key.trail belongs to the baseline "other" by its tag  landing-zone.toml:5 [kms_key.trail]
            next: give it another name here

        Could not be read (2)
        ! ec2.vpc.main: ec2:DescribeVpcs was denied: not allowed
            next: allow ec2:DescribeVpcs on * to these credentials, then plan again
        ! what nobody declares: iam:ListRoles failed: not allowed
            next: retry; if it persists, see the AWS error

        Not declared (1)
        ? s3.bucket.old  old-logs
            next: declare it, or delete it with apply --destroy s3.bucket.old

        plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 7 unchanged, 1 skipped, 1 for manual action, 1 undeclared, incomplete: 2 could not be read
        "#);
    }

    #[test]
    fn resources_posture_and_controls_are_one_report() {
        let text = report(&sample::neglected().view(), 100);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_snapshot!(text, @r#"
        landing-zone in account 123456789012, us-east-1

        ~ cloudtrail.trail.main  landing-zone.toml:10 [cloudtrail]
            validation  false -> true

        Missing (1)
        + s3.bucket.logs  landing-zone.toml:20 [bucket.logs]

        Posture (1)
        critical root-access-keys has an access key  landing-zone.toml:30 [root]
            AccountAccessKeysPresent is 1
            last used 2029-12-30
            next: sign in as root, open Security credentials, delete the key

        Could not be read (1)
        ! posture: iam:GetCredentialReport was denied: no identity-based policy allows it
            next: allow iam:GetCredentialReport on * to these credentials, then plan again

        Could not be evaluated (1)
        ! access-key-age: the credential report could not be read

        CIS v3.0.0        1 of 7 controls kept (14%), 4 not, 2 unknown; after apply 1 of 7 controls kept (14%), 3 not, 3 unknown
        CIS v5.0.0        1 of 4 controls kept (25%), 2 not, 1 unknown; after apply 1 of 4 controls kept (25%), 1 not, 2 unknown
        AWS Security Hub  1 of 7 controls kept (14%), 4 not, 2 unknown; after apply 1 of 7 controls kept (14%), 3 not, 3 unknown
        NIST 800-53 r5    12 of 15 controls kept (80%), 3 not; after apply 14 of 15 controls kept (93%), 1 not
        in all            7 checked, 3 drifted, 1 exempt, 1 denied, 1 unsupported

        drift: 1 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged, 1 of posture, posture incomplete: 2 not known
        "#);
    }

    #[test]
    fn a_fresh_account_reads_in_one_screen() {
        let mut scene = sample::neglected();
        let step = scene.plan.steps[1].clone();
        for number in 0..200 {
            let kind = ["ec2.subnet", "ec2.route-table", "s3.bucket"][number % 3];
            scene.plan.steps.push(Step { addr: Addr::new(kind, format!("n{number}")), ..step.clone() });
        }
        let text = report(&scene.view(), 100);
        assert!(text.lines().count() < 40, "{text}");
    }

    #[test]
    fn nothing_to_do_is_one_line() {
        let converged = Plan { unchanged: 41, ..Plan::default() };
        assert_snapshot!(shown(&converged), @r#"
        landing-zone in account 123456789012, us-east-1

        no changes: 41 resources are in sync
        "#);
    }

    #[test]
    fn hostile_text_stays_on_its_line_and_moves_nothing() {
        let text = shown(&sample::hostile());
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        assert_snapshot!(text, @r#"
        landing-zone in account 123456789012, us-east-1

        ~ ec2.vpc.main  landing-zone.toml:9 [network]
            description
              - \u{1b}[2J\u{1b}]0;owned\u{7}\r
              - + fake.step.a
              + web
            long
              - xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (600 characters)
              + y
            name  a\u{202e}b`|<script>@team -> b

        Manual action required (1)
        error kms.key.trail ```\n<img src=x> [link](https://evil.example) @team \u{9b}31m  landing-zone.toml:5 [kms_key.trail]
            next: give it another name here

        Could not be read (2)
        ! ec2.vpc.main: ec2:DescribeVpcs was denied: line one\nline two
            next: allow ec2:DescribeVpcs on * to these credentials, then plan again
        ! what nobody declares: iam:ListRoles failed: not allowed
            next: retry; if it persists, see the AWS error

        Not declared (1)
        ? s3.bucket.old  `rm -rf`\u{200b}
            next: declare it, or delete it with apply --destroy s3.bucket.old

        plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 7 unchanged, 1 for manual action, 1 undeclared, incomplete: 2 could not be read
        "#);
    }
}
