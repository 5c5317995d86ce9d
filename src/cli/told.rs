//! Every `baseline ...` command that the program, its help or a page tells a person to run is one that it takes.

use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use super::Cli;

/// Where a command ends in a text; two spaces stand before what an example is about.
const ENDS: [&str; 12] = ["`", "\"", "\n", ";", ",", ")", "|", " > ", " >> ", "&&", "  ", ": "];

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// The commands of a text, as words, and whether each is told whole: after a colon or as a line of its own.
fn commands(text: &str) -> Vec<(Vec<String>, bool)> {
    let text = text.replace("\\\n", "\n");
    let mut found = Vec::new();
    for (at, _) in text.match_indices("baseline ") {
        let before = text[..at].chars().next_back();
        let is_told =
            text[..at].ends_with(": ") || text[..at].ends_with("$ ") || text[..at].ends_with("\n  ");
        if before.is_some_and(|before| !" `\"\n(".contains(before)) {
            continue;
        }
        let rest = &text[at..];
        let end = ENDS.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
        let rest = rest[..end].replace("--account {}", "--account 123456789012");
        let words: Vec<String> =
            rest.split_whitespace().map(|word| word.trim_end_matches('.').to_owned()).collect();
        found.push((words, is_told || before == Some('`')));
    }
    found
}

/// What clap says of a command: of its words the most that make one, and those left over.
fn taken(words: &[String]) -> Result<usize, ErrorKind> {
    let mut whole = None;
    for count in (1..=words.len()).rev() {
        match Cli::try_parse_from(&words[..count]) {
            Ok(_) => return Ok(count),
            Err(error) if !error.use_stderr() => return Ok(count),
            Err(error) => drop(whole.get_or_insert(error.kind())),
        }
    }
    Err(whole.unwrap_or(ErrorKind::InvalidSubcommand))
}

/// Whether these are the names of a command and of those below it, flags aside, and nothing else.
fn is_bare(words: &[String]) -> bool {
    let mut command = Cli::command();
    words.iter().skip(1).filter(|word| !word.starts_with('-')).all(|word| {
        let below = command.find_subcommand(word).cloned();
        below.is_some_and(|below| {
            command = below;
            true
        })
    })
}

#[test]
fn every_command_that_is_told_is_one_that_is_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = files(&root.join("src"), ".rs");
    texts.extend(files(&root.join("docs"), ".md"));
    texts.extend(files(&root.join("baselines"), ".toml"));
    texts.push(root.join("README.md"));
    let subcommands: Vec<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for path in texts {
        // The page of commands is what the commands say of themselves, with the names of arguments in their place.
        if path.ends_with("cli/told.rs") || path.ends_with("docs/commands.md") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for (words, is_told) in commands(&text) {
            let named = words.iter().skip(1).find(|word| !word.starts_with('-'));
            let is_command = named.is_some_and(|word| subcommands.contains(word));
            if !is_command && !is_told {
                continue;
            }
            seen += 1;
            let line = words.join(" ");
            match taken(&words) {
                // A flag is no prose after the command.
                Ok(count) if words[count..].iter().any(|word| word.starts_with('-')) => {
                    wrong.push((path.clone(), line))
                }
                Ok(_) => {}
                // In running text a command stands without its file.
                Err(
                    ErrorKind::MissingRequiredArgument
                    | ErrorKind::MissingSubcommand
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                ) if is_bare(&words) => {}
                // And a flag without its value.
                Err(ErrorKind::InvalidValue)
                    if is_bare(&words) && words.last().is_some_and(|word| word.starts_with('-')) => {}
                Err(_) => wrong.push((path.clone(), line)),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 60, "only {seen} commands were found");
}
