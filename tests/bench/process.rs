//! What a run of a program costs: wall time, processor time, peak memory, its children included.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub wall: f64,
    pub cpu: f64,
    pub peak_mib: f64,
    /// Requests sent, where somebody counted them.
    pub requests: f64,
}

/// Seconds of processor time, from the fields of `/proc/self/stat` that start there: 11 for this process,
/// 13 for its children that have ended, with theirs.
pub fn cpu_seconds(first: usize) -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let ticks =
        |field: usize| after.split_whitespace().nth(field).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(first) + ticks(first + 1)) / 100.0
}

/// The most memory this process has held, in MiB.
pub fn peak_mib() -> u64 {
    status("self", "VmHWM:") / 1024
}

/// A line of `/proc/PID/status` that counts KiB.
fn status(process: &str, line: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let found = text.lines().find(|text| text.starts_with(line)).unwrap_or_default();
    found.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// Runs a command to its end, which must come with one of these exit codes.
pub fn measured(command: &mut Command, codes: &[i32]) -> Run {
    measured_and_said(command, codes).0
}

/// The same; answers its exit code and what it said, too.
pub fn measured_and_said(command: &mut Command, codes: &[i32]) -> (Run, i32, String) {
    let (began, cpu) = (Instant::now(), cpu_seconds(13));
    let output = tempfile::tempfile().expect("no temporary file for what a command says");
    let say = || Stdio::from(output.try_clone().expect("an open file can be opened again"));
    let mut child =
        command.stdin(Stdio::null()).stdout(say()).stderr(say()).spawn().expect("a command does not run");
    let over = AtomicBool::new(false);
    let root = child.id();
    let (code, peak) = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !over.load(Ordering::Relaxed) {
                peak = peak.max(resident(root));
                thread::sleep(Duration::from_millis(5));
            }
            peak
        });
        let status = child.wait().expect("a command cannot be waited for");
        over.store(true, Ordering::Relaxed);
        (status.code().unwrap_or(-1), watch.join().unwrap_or(0))
    });
    let wall = began.elapsed().as_secs_f64();
    let said = said(output);
    assert!(codes.contains(&code), "{command:?} ended with {code:?}: {said}");
    let run = Run { wall, cpu: cpu_seconds(13) - cpu, peak_mib: peak as f64 / 1024.0, requests: 0.0 };
    (run, code, said)
}

/// The same for a program that starts no other. None are looked for, so that whoever watches takes nothing from a machine whose
/// processors are all at work. Answers what it printed, too.
pub fn alone(command: &mut Command, codes: &[i32]) -> (Run, String) {
    let (began, cpu) = (Instant::now(), cpu_seconds(13));
    let output = tempfile::tempfile().expect("no temporary file for what a command says");
    let out = Stdio::from(output.try_clone().expect("an open file can be opened again"));
    let told = tempfile::tempfile().expect("no temporary file for what a command says");
    let err = Stdio::from(told.try_clone().expect("an open file can be opened again"));
    let mut child =
        command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().expect("a command does not run");
    let process = child.id().to_string();
    let mut peak = 0;
    let status = loop {
        // The system keeps the most that it held, so looking now and then misses the last moment alone.
        peak = peak.max(status(&process, "VmHWM:"));
        if let Some(status) = child.try_wait().expect("a command cannot be waited for") {
            break status;
        }
        thread::sleep(Duration::from_millis(10));
    };
    let wall = began.elapsed().as_secs_f64();
    let said_so = said(output);
    assert!(
        codes.contains(&status.code().unwrap_or(-1)),
        "{command:?} ended with {status}: {said_so}{}",
        said(told)
    );
    (Run { wall, cpu: cpu_seconds(13) - cpu, peak_mib: peak as f64 / 1024.0, requests: 0.0 }, said_so)
}

fn said(mut file: fs::File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    let _nothing_to_say = file.rewind().and_then(|()| file.read_to_string(&mut text));
    text
}

/// KiB that a process and all its descendants hold now.
fn resident(root: u32) -> u64 {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default();
        if let Some(parent) = after.split_whitespace().nth(1).and_then(|parent| parent.parse().ok()) {
            children.entry(parent).or_default().push(process);
        }
    }
    let (mut sum, mut next) = (0, vec![root]);
    while let Some(process) = next.pop() {
        sum += status(&process.to_string(), "VmRSS:");
        next.extend(children.get(&process).into_iter().flatten());
    }
    sum
}

/// Lets a program run in a folder with that account, and with nothing else of this machine.
pub fn with_account(command: &mut Command, folder: &Path, endpoint: &str) {
    command.current_dir(folder).env_clear().env("HOME", folder).envs([
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ]);
}

/// The middle one of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
