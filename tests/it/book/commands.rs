//! docs/commands.md: every command with its arguments and options, as its own help says them.

use std::fmt::Write as _;

use super::{GENERATED, cell, hold};
use crate::at_home::baseline;
use crate::every_command::listed;

/// What every command takes; the page says it once.
const EVERYWHERE: [&str; 4] = ["--color", "--quiet", "--sandbox", "--help"];

/// A part of a help: its title and its lines. Above the first title stands what the command does.
type Part = (String, Vec<String>);

fn parts(help: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = vec![(String::new(), Vec::new())];
    for line in help.lines() {
        let is_title = !line.starts_with(' ') && line.ends_with(':') && !line.contains(". ");
        match line.strip_prefix("Usage: ") {
            Some(usage) => parts.push(("Usage".to_owned(), vec![usage.to_owned()])),
            None if is_title => parts.push((line.trim_end_matches(':').to_owned(), Vec::new())),
            None => parts.last_mut().unwrap().1.push(line.to_owned()),
        }
    }
    parts
}

/// Lines as the paragraphs and points of a list that they were before they were broken.
fn paragraphs(lines: &[String]) -> Vec<String> {
    let mut all = vec![String::new()];
    for line in lines.iter().map(|line| line.trim()) {
        if line.is_empty() {
            all.push(String::new());
        } else if let Some(point) = line.strip_prefix("- ") {
            all.push(point.to_owned());
        } else {
            let last = all.last_mut().unwrap();
            let blank = if last.is_empty() { "" } else { " " };
            *last = format!("{last}{blank}{line}");
        }
    }
    // The meanings of possible values stand below each other in the help.
    let in_columns = |paragraph: &String| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut all: Vec<String> = all.iter().map(in_columns).collect();
    all.retain(|paragraph| !paragraph.is_empty());
    all
}

/// Arguments or options with what is said of each; nothing where the lines are something else.
fn entries(lines: &[String]) -> Option<Vec<(String, Vec<String>)>> {
    let mut entries: Vec<(String, Vec<String>)> = Vec::new();
    for line in lines {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        if (1..=6).contains(&indent)
            && (text.starts_with('-') || text.starts_with('<') || text.starts_with('['))
        {
            entries.push((text.to_owned(), Vec::new()));
        } else if indent >= 10 || text.is_empty() {
            entries.last_mut()?.1.push(line.clone());
        } else {
            return None;
        }
    }
    (!entries.is_empty()).then_some(entries)
}

fn table(page: &mut String, entries: &[(String, Vec<String>)]) {
    page.push_str("| | |\n|---|---|\n");
    for (name, said) in entries {
        let said: Vec<String> = paragraphs(said).iter().map(|text| cell(text)).collect();
        writeln!(page, "| `{}` | {} |", name.replace('|', "\\|"), said.join("<br>")).unwrap();
    }
    page.push('\n');
}

fn command(page: &mut String, name: &str, names: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let arguments: Vec<&str> = name.split_whitespace().chain(["--help"]).collect();
    let help = String::from_utf8(baseline(folder.path(), &arguments).stdout).unwrap();
    let title = format!("baseline {name}");
    write!(page, "## {}\n\n", title.trim()).unwrap();
    for (title, lines) in parts(&help) {
        match (title.as_str(), entries(&lines)) {
            ("", _) => {
                for paragraph in paragraphs(&lines) {
                    write!(page, "{}\n\n", cell(&paragraph)).unwrap();
                }
            }
            ("Usage", _) => write!(page, "```text\n{}\n```\n\n", lines.join("\n").trim()).unwrap(),
            ("Commands", _) => {
                for below in names {
                    let full = format!("{name} {below}");
                    writeln!(page, "- [{}](#baseline-{})", full.trim(), full.trim().replace(' ', "-"))
                        .unwrap();
                }
                page.push('\n');
            }
            (_, Some(mut entries)) => {
                let of_all = |entry: &str| EVERYWHERE.iter().any(|option| entry.contains(option));
                entries.retain(|(entry, _)| name.is_empty() || !of_all(entry));
                if !entries.is_empty() {
                    write!(page, "**{title}**\n\n").unwrap();
                    table(page, &entries);
                }
            }
            (_, None) => {
                write!(page, "**{title}**\n\n```text\n{}\n```\n\n", lines.join("\n").trim_end()).unwrap();
            }
        }
    }
}

/// A command, then those below it, in the order of the help.
fn with_those_below(page: &mut String, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = listed(folder.path(), name).into_iter().filter(|name| name != "help").collect();
    command(page, name, &names);
    for below in names {
        with_those_below(page, format!("{name} {below}").trim());
    }
}

#[test]
fn the_page_of_commands_is_what_the_help_says() {
    let mut page = format!(
        "# Commands\n\n{GENERATED}\n\nWhat `baseline COMMAND --help` prints. Options of all commands stand \
         [below the program itself](#baseline) and are not repeated.\n\n"
    );
    with_those_below(&mut page, "");
    let page = format!("{}\n", page.trim_end());
    for word in ["## baseline fleet drift\n", "`--refuse-opening <FROM>`", "## baseline sandbox serve\n"] {
        assert!(page.contains(word), "{word} is missing: {page}");
    }
    hold("commands.md", &page);
}
