//! Every command that the help names, so that what holds of all of them is asked of a new one too.

use std::collections::BTreeSet;

use crate::at_home::baseline;

/// `plan`, `fleet drift` and all others; of those that only hold others, the others. `help` stands for the help of all.
pub fn every_command() -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut found = BTreeSet::new();
    let mut waiting: Vec<String> = listed(folder.path(), "");
    while let Some(command) = waiting.pop() {
        let below = listed(folder.path(), &command);
        let without_help = below.iter().filter(|name| *name != "help");
        waiting.extend(without_help.map(|name| format!("{command} {name}")));
        if below.is_empty() {
            found.insert(command);
        }
    }
    found
}

/// The commands that the help of a command lists.
pub fn listed(folder: &std::path::Path, command: &str) -> Vec<String> {
    // `help --help` lists every command once more.
    if command == "help" {
        return Vec::new();
    }
    let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
    let help = String::from_utf8(baseline(folder, &arguments).stdout).unwrap();
    let Some((_, rest)) = help.split_once("Commands:\n") else { return Vec::new() };
    let lines = rest.split("\n\n").next().unwrap().lines();
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Whether these arguments are of that command.
pub fn is_of(arguments: &[&str], command: &str) -> bool {
    let words: Vec<&str> = command.split(' ').collect();
    let typed: Vec<&str> = arguments.iter().copied().filter(|argument| !argument.starts_with('-')).collect();
    typed.starts_with(&words)
}

#[test]
fn commands_below_commands_are_found() {
    let found = every_command();
    for command in ["plan", "fleet drift", "fleet apply", "policy compare", "sandbox serve", "help"] {
        assert!(found.contains(command), "{command}: {found:?}");
    }
    assert!(!found.contains("fleet"), "{found:?}");
    assert!(is_of(&["--quiet", "fleet", "drift", "fleet.toml"], "fleet drift"));
    assert!(!is_of(&["fleet", "plan", "fleet.toml"], "fleet drift"));
}
