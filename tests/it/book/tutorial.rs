//! The pages whose commands a reader types one after the other: each is run, and prints what the page shows.
//!
//! In a page, a block of `sh` is typed line by line, and the block of `text` below it is what the last line prints. A block
//! of `toml` that begins with `# NAME.toml` is saved under that name. `...` on a line of its own stands for lines that are
//! left out.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use super::{hold, read};

const PAGES: [&str; 4] = ["getting-started.md", "drift.md", "pruning.md", "recovery.md"];

/// A block of code: its language, its text and where the text stands in the page.
struct Block<'a> {
    language: &'a str,
    text: &'a str,
    at: std::ops::Range<usize>,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut from = 0;
    while let Some(begin) = page[from..].find("\n```").map(|at| from + at + 4) {
        let text = begin + page[begin..].find('\n').unwrap() + 1;
        let end = text + page[text..].find("```\n").unwrap();
        blocks.push(Block { language: &page[begin..text - 1], text: &page[text..end], at: text..end });
        from = end + 3;
    }
    blocks
}

/// The words of a line, with what stands in quotes as one; what follows `#` is for the reader.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            '#' if !quoted && words.last().unwrap().is_empty() => break,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Without what is different in each run: seconds, times, ids and digests.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    for word in text.split_inclusive([' ', '\n', '(', ')']) {
        let bare = word.trim_end_matches([' ', '\n', '(', ')', ',', ';', ':']);
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        let is_seconds = bare.split_once('.').is_some_and(|(a, b)| is_digits(a) && is_digits(b));
        let is_time = bare.len() == 20 && bare.ends_with('Z') && bare.as_bytes()[10] == b'T';
        let is_digest = bare.len() == 64 && is_digits(bare);
        let is_id = bare.rsplit_once('-').is_some_and(|(_, id)| id.len() == 17 && is_digits(id));
        if is_seconds || is_time || is_digest || is_id {
            steady.push('?');
            steady.push_str(&word[bare.len()..]);
        } else {
            steady.push_str(word.trim_end_matches(' '));
            steady.push_str(if word.ends_with(' ') { " " } else { "" });
        }
    }
    steady.trim_end().to_owned()
}

/// Whether the output is what the page shows, with lines left out where it says so.
fn shows(page: &str, output: &str) -> bool {
    let output = steady(output);
    let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    let page = steady(page);
    let parts: Vec<Vec<&str>> = page
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .split(|line| line.trim() == "...")
        .map(<[&str]>::to_vec)
        .collect();
    let (mut at, count) = (0, parts.len());
    for (index, part) in parts.iter().enumerate() {
        let starts: Vec<usize> = match (index, index + 1 == count) {
            (0, _) => vec![0],
            (_, true) => vec![lines.len().saturating_sub(part.len()).max(at)],
            _ => (at..=lines.len()).collect(),
        };
        let found = starts.into_iter().find(|start| lines[*start..].starts_with(part));
        match found {
            Some(start) => at = start + part.len(),
            None => return false,
        }
    }
    at == lines.len()
}

/// What a person sees in a terminal: both streams, in the order in which they are written.
fn seen(folder: &Path, arguments: &[&str]) -> String {
    let (mut screen, program) = std::io::pipe().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_baseline"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder);
    let mut running = command
        .stdout(program.try_clone().unwrap())
        .stderr(program)
        .stdin(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // It holds the ends of the pipe that are written to.
    drop(command);
    let mut text = String::new();
    screen.read_to_string(&mut text).unwrap();
    running.wait().unwrap();
    text
}

/// Runs what a page tells to type, and answers the page with today's output.
fn followed(page: &str, folder: &Path) -> (String, usize, Vec<String>) {
    let (mut now, mut runs, mut wrong) = (page.to_owned(), 0, Vec::new());
    let mut printed: Option<String> = None;
    let mut changes = Vec::new();
    for block in blocks(page) {
        match block.language {
            "toml" => {
                if let Some(name) = block.text.lines().next().and_then(|line| line.strip_prefix("# "))
                    && name.ends_with(".toml")
                    && !name.contains(' ')
                {
                    fs::write(folder.join(name), block.text).unwrap();
                }
            }
            "sh" => {
                for line in block.text.lines() {
                    let line = words(line);
                    let Some(("baseline", arguments)) = line.split_first().map(|(p, a)| (p.as_str(), a))
                    else {
                        continue;
                    };
                    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                    printed = Some(seen(folder, &arguments).replace(&*folder.to_string_lossy(), "~"));
                    runs += 1;
                }
            }
            "text" => {
                let Some(printed) = printed.take() else { continue };
                if !shows(block.text, &printed) {
                    let left_out = block.text.lines().any(|line| line.trim() == "...");
                    wrong.push(format!("the page shows\n{}\nand it prints\n{printed}", block.text));
                    if !left_out {
                        changes.push((block.at, format!("{}\n", printed.trim_end())));
                    }
                }
            }
            _ => {}
        }
    }
    for (at, text) in changes.into_iter().rev() {
        now.replace_range(at, &text);
    }
    (now, runs, wrong)
}

#[test]
fn every_command_of_the_pages_that_are_typed_along_prints_what_they_show() {
    let mut runs = 0;
    for name in PAGES {
        let folder = tempfile::tempdir().unwrap();
        let page = read(name);
        let (now, commands, wrong) = followed(&page, folder.path());
        runs += commands;
        if now == page {
            // Where lines are left out, a person has to choose them anew.
            assert!(wrong.is_empty(), "docs/{name}: {}", wrong.join("\n\n"));
        }
        hold(name, &now);
    }
    assert!(runs >= 20, "only {runs} commands are run");
}

#[test]
fn an_output_is_compared_line_by_line_and_what_is_left_out_is_said() {
    let output = "a\nb 0.3 s\nc subnet-0de84a765d970ba9d\nd\n";
    for (page, expected) in [
        ("a\nb 1.2 s\nc subnet-0e790fe1be2c508d0\nd\n", true),
        ("a\n...\nd\n", true),
        ("a\n...\n", true),
        ("...\nd\n", true),
        ("a\nd\n", false),
        ("a\n...\nc\n...\n", false),
        ("a\n...\nb 0.3 s\n", false),
        ("b 0.3 s\n...\n", false),
    ] {
        assert_eq!(shows(page, output), expected, "{page}");
    }
    assert_eq!(words("baseline plan 'a b' # now"), ["baseline", "plan", "a b"]);
}
