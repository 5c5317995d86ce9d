//! `baseline completions`: a completion script for a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::output::Output;
use crate::report::Shown;

const EXAMPLES: &str = "\
Examples:
  baseline completions bash > ~/.local/share/bash-completion/completions/baseline
  baseline completions zsh > ~/.zfunc/_baseline
  baseline completions fish > ~/.config/fish/completions/baseline.fish";

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Complete for this shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &Args, output: &Output) {
    output.out(&script(args.shell));
}

/// The completion script for a shell.
pub(super) fn script(shell: Shell) -> Shown {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "baseline", &mut script);
    // Every word of it is this program's own.
    Shown::laid_out(&String::from_utf8_lossy(&script))
}
