//! Listens to an apply: bars on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;
use crate::engine::Event;
use crate::model::Addr;
use crate::plan::Action;
use crate::report::{Shown, clean};
use crate::shown;

/// How often a plain line says what still goes on.
pub(super) const REPEAT: Duration = Duration::from_secs(15);

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(120);

/// A spinner while one thing goes on; nothing where it cannot be drawn.
#[derive(Debug)]
pub(super) struct Waiting {
    bar: Option<ProgressBar>,
    message: Shown,
    last: Mutex<Duration>,
}

impl Waiting {
    /// Begins to spin.
    pub(super) fn begin(output: &Output, message: Shown) -> Self {
        output.at(&message);
        let drawn = !output.is_quiet() && output.can_draw();
        let bar = drawn.then(|| {
            let bar = spinner(&message);
            bar.enable_steady_tick(TURN);
            bar
        });
        Self { bar, message, last: Mutex::default() }
    }

    /// Says what takes so long: beside the spinner, or on a line of its own now and then.
    pub(super) fn tell(&self, output: &Output, what: &str, waited: Duration) {
        let line = shown!("{} ({} s)", Shown::cut(what, clean::LONGEST), waited.as_secs());
        output.at(&shown!("{}, waits {}", self.message, line));
        match &self.bar {
            Some(bar) => draw_beside(bar, &shown!("{}, waits {}", self.message, Shown::cut(&line, 100))),
            None if output.is_quiet() || !self.is_due(waited) => {}
            None => Output::progress(&shown!("{}: waits {}", self.message, line)),
        }
    }

    /// Whether there is a spinner.
    pub(super) fn is_drawn(&self) -> bool {
        self.bar.is_some()
    }

    /// Says how far it is: beside the spinner, or on a line of its own.
    pub(super) fn say(&self, output: &Output, line: &Shown) {
        match &self.bar {
            Some(bar) => draw_beside(bar, &shown!("{}: {}", self.message, line)),
            None => output.note(&shown!("{}: {}", self.message, line)),
        }
    }

    /// Whether a line is to be said again.
    fn is_due(&self, waited: Duration) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if waited < *last {
            *last = Duration::ZERO;
        }
        let due = waited >= *last + REPEAT;
        if due {
            *last = waited;
        }
        due
    }

    /// Clears the line.
    pub(super) fn end(self) {
        drop(self);
    }
}

impl Drop for Waiting {
    /// Whoever leaves early leaves no spinner behind.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What one of many accounts is at.
#[derive(Debug, Clone, Default)]
pub(super) struct Doing(Arc<Mutex<Shown>>);

impl Doing {
    /// Says what it is at now.
    pub(super) fn say(&self, line: &Shown) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = line.clone();
    }

    /// What it is at.
    pub(super) fn now(&self) -> Shown {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How an apply shows what it is doing.
#[derive(Debug)]
pub(super) enum Progress {
    /// Not at all.
    Silent,
    /// As what one of many accounts is at.
    OfOne(Doing),
    /// One line an event, on stderr.
    Lines(Mutex<BTreeMap<Addr, Duration>>),
    /// A bar for the whole and a spinner for each step under way.
    Bars { all: MultiProgress, whole: ProgressBar, steps: Mutex<BTreeMap<Addr, ProgressBar>> },
}

impl Progress {
    /// A listener for so many steps.
    pub(super) fn new(output: &Output, steps: usize) -> Self {
        if let Some(doing) = output.doing() {
            return Self::OfOne(doing.clone());
        }
        if output.is_quiet() {
            return Self::Silent;
        }
        if !output.can_draw() {
            return Self::Lines(Mutex::default());
        }
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("[{elapsed_precise}] {bar:30} {pos}/{len} steps")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let whole = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX)).with_style(style);
        whole.enable_steady_tick(TURN);
        let whole = all.add(whole);
        Self::Bars { all, whole, steps: Mutex::default() }
    }

    /// Takes in one event.
    pub(super) fn hear(&self, event: &Event) {
        match self {
            Self::Silent => {}
            Self::OfOne(doing) => {
                if let Some(line) = plain(event, &mut BTreeMap::new()) {
                    doing.say(&line);
                }
            }
            Self::Lines(waits) => {
                let mut waits = waits.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(line) = plain(event, &mut waits) {
                    drop(waits);
                    self.say(&line);
                }
            }
            Self::Bars { all, whole, steps } => {
                let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
                draw(event, all, whole, &mut steps);
            }
        }
    }

    /// Says one line, whatever is drawn.
    pub(super) fn say(&self, line: &Shown) {
        match self {
            Self::Silent | Self::OfOne(_) | Self::Lines(_) => Output::progress(line),
            Self::Bars { all, .. } => all.suspend(|| Output::progress(line)),
        }
    }

    /// Clears what was drawn.
    pub(super) fn end(&self) {
        if let Self::Bars { all, whole, .. } = self {
            whole.finish_and_clear();
            // What cannot be cleared stays on the screen; the report follows below it.
            let _left = all.clear();
        }
    }
}

/// A spinner with what it stands for.
fn spinner(message: &Shown) -> ProgressBar {
    ProgressBar::new_spinner().with_message(message.written().into_owned())
}

/// Changes what stands beside a spinner.
fn draw_beside(bar: &ProgressBar, message: &Shown) {
    bar.set_message(message.written().into_owned());
}

fn draw(event: &Event, all: &MultiProgress, whole: &ProgressBar, steps: &mut BTreeMap<Addr, ProgressBar>) {
    match event {
        Event::Started { addr, action } => {
            let bar = all.add(spinner(&shown!("{} {}", doing(*action), addr)));
            bar.enable_steady_tick(TURN);
            steps.insert(addr.clone(), bar);
        }
        Event::Waiting { addr, reason, waited } => {
            if let Some(bar) = steps.get(addr) {
                let reason = Shown::cut(reason, 80);
                draw_beside(bar, &shown!("{}: waits {} ({} s)", addr, reason, waited.as_secs()));
            }
        }
        Event::Done { addr, .. }
        | Event::Failed { addr, .. }
        | Event::Held { addr, .. }
        | Event::Stopped { addr, .. } => {
            if let Some(bar) = steps.remove(addr) {
                bar.finish_and_clear();
                all.remove(&bar);
            }
            whole.inc(1);
        }
    }
}

/// The line of an event; a wait is said again only now and then.
fn plain(event: &Event, waits: &mut BTreeMap<Addr, Duration>) -> Option<Shown> {
    Some(match event {
        Event::Started { addr, action } => shown!("{} {}", doing(*action), addr),
        Event::Waiting { addr, reason, waited } => {
            let last = waits.entry(addr.clone()).or_default();
            if *waited < *last {
                // Another wait than the one before.
                *last = Duration::ZERO;
            }
            if *waited < *last + REPEAT {
                return None;
            }
            *last = *waited;
            shown!("{}: waits {} ({} s)", addr, Shown::cut(reason, clean::LONGEST), waited.as_secs())
        }
        Event::Done { addr, took, .. } => {
            shown!("{}: done ({} s)", addr, Shown::line(&format!("{:.1}", took.as_secs_f64())))
        }
        Event::Failed { addr, error, .. } => {
            shown!("{}: failed: {}", addr, Shown::cut(error, clean::LONGEST))
        }
        Event::Stopped { addr, .. } => shown!("{}: stopped on the way", addr),
        Event::Held { addr, reason } => shown!("{}: skipped: {}", addr, Shown::cut(reason, clean::LONGEST)),
    })
}

fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "updating",
        Action::Adopt => "adopting",
        Action::Replace => "replacing",
        Action::Delete => "deleting",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_now_and_then_and_cleaned() {
        let mut waits = BTreeMap::new();
        let wait = |seconds| Event::Waiting {
            addr: "ec2.nat-gateway.a".parse().unwrap(),
            reason: "to be seen\u{1b}[2J".into(),
            waited: Duration::from_secs(seconds),
        };
        let lines: Vec<Shown> =
            [1, 5, 16, 20, 31, 6, 15].into_iter().filter_map(|s| plain(&wait(s), &mut waits)).collect();
        insta::assert_snapshot!(Shown::joined(lines, "\n"), @r#"
        ec2.nat-gateway.a: waits to be seen\u{1b}[2J (16 s)
        ec2.nat-gateway.a: waits to be seen\u{1b}[2J (31 s)
        ec2.nat-gateway.a: waits to be seen\u{1b}[2J (15 s)
        "#);
    }
}
