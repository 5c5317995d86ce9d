//! `baseline packaging`: the files that a package installs beside the program.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{Cli, completions, whole_file};
use crate::report::Shown;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline packaging ~/.local/share            for yourself
  baseline packaging \"$DESTDIR/usr/share\"      in the build of a package";

/// Where each shell looks below /usr/share, by the documentation of bash-completion, zsh and fish.
const SCRIPTS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/baseline"),
    (Shell::Zsh, "zsh/site-functions/_baseline"),
    (Shell::Fish, "fish/vendor_completions.d/baseline.fish"),
];

/// Write the man pages and the completion scripts of bash, zsh and fish
///
/// They are laid out as below /usr/share: man/man1, bash-completion/completions, zsh/site-functions and
/// fish/vendor_completions.d. Files of an earlier version are replaced.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Write below this folder, which is made where it is missing
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let files = files().map_err(Failure::bug)?;
    for (name, text) in &files {
        let path = args.folder.join(name);
        whole_file::publish(&path, text)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
    }
    output.note(&shown!(
        "{} files are written below {}",
        files.len(),
        Shown::line(&args.folder.display().to_string())
    ));
    Ok(Exit::Success)
}

/// Every file by its name below the folder: a page for each command, a script for each shell.
fn files() -> io::Result<Vec<(PathBuf, Shown)>> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut files = Vec::new();
    pages(&root, &mut files)?;
    files.extend(SCRIPTS.map(|(shell, name)| (PathBuf::from(name), completions::script(shell))));
    Ok(files)
}

fn pages(command: &Command, files: &mut Vec<(PathBuf, Shown)>) -> io::Result<()> {
    let man = Man::new(command.clone()).manual("baseline");
    let mut page = Vec::new();
    man.render(&mut page)?;
    let name = Path::new("man/man1").join(man.get_filename());
    // Every word of it is this program's own.
    files.push((name, Shown::laid_out(&String::from_utf8_lossy(&page))));
    command.get_subcommands().filter(|below| !below.is_hide_set()).try_for_each(|below| pages(below, files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning_changes_no_line_of_a_page_or_a_script() {
        let mut script = Vec::new();
        clap_complete::generate(Shell::Zsh, &mut Cli::command(), "baseline", &mut script);
        assert_eq!(completions::script(Shell::Zsh).written(), String::from_utf8(script).unwrap());
        for (name, text) in files().unwrap() {
            assert!(!text.written().contains("\\u{"), "{}", name.display());
        }
    }
}
