//! What a person types and sees: one command a file.

mod admit;
mod admit_end;
mod agreed;
mod apply;
mod arguments;
mod block;
mod block_ranges;
mod built_in;
mod calls;
mod completions;
mod confirm;
mod connect;
mod drift;
mod endpoints;
mod exit;
mod explain;
mod failure;
mod file;
mod fleet;
mod init;
mod interrupt;
mod journaling;
mod live_network;
mod locking;
mod lockout;
mod look;
mod network;
mod new_access;
mod opening;
mod output;
mod own_connection;
mod own_trust;
mod packaging;
mod permissions;
mod plan;
mod policy;
mod preflight;
mod progress;
mod protected;
mod reach;
mod regions;
mod rotate;
mod sandbox;
mod saved_plan;
mod schema;
mod show;
mod taken_over;
mod temporary;
mod unblock;
mod unlock;
mod validate;
mod whole_file;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueHint};

use built_in::BuiltIn;
use exit::Exit;
use failure::Failure;
use output::{Color, Output};

use crate::open_files;
use crate::report::{Shown, clean};

/// Brings an AWS account to a hardened baseline, declared in one TOML file, and keeps it there
///
/// There is no state file: the account itself is the state. `plan` and `drift` cannot write. `apply`
/// may be stopped at any moment and run again.
#[derive(Debug, Parser)]
#[command(
    name = "baseline", version, max_term_width = 100, subcommand_required = true,
    arg_required_else_help = true, after_long_help = exit::help(), after_help = FIRST_STEPS
)]
struct Cli {
    /// When to use colours; NO_COLOR and CLICOLOR are honoured too
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    color: Color,

    /// Leave out progress and notes, and show only results and errors
    #[arg(long, short, global = true)]
    quiet: bool,

    /// Use the built-in account instead of AWS, kept in this folder between commands
    ///
    /// No credentials are read and nothing leaves this process. Without a folder it is kept in the
    /// user's cache; `baseline sandbox reset` starts it anew.
    #[arg(long, global = true, value_name = "FOLDER", num_args = 0..=1, require_equals = true,
          value_hint = ValueHint::DirPath)]
    sandbox: Option<Option<PathBuf>>,

    #[command(subcommand)]
    command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  baseline init landing-zone.toml       write a commented starter file
  baseline validate landing-zone.toml   check it, without AWS
  baseline plan landing-zone.toml       see what would change
  baseline apply landing-zone.toml      make it so

Without an account, with nothing to install:
  baseline --sandbox apply landing-zone.toml";

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Validate(validate::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Drift(drift::Args),
    Permissions(permissions::Args),
    Explain(explain::Args),
    Network(network::Args),
    Reach(reach::Args),
    Policy(policy::Args),
    Block(block::Args),
    Unblock(unblock::Args),
    Admit(admit::Args),
    Fleet(fleet::Args),
    Rotate(rotate::Args),
    Unlock(unlock::Args),
    Completions(completions::Args),
    Packaging(packaging::Args),
    Schema(schema::Args),
    Sandbox(sandbox::Args),
}

/// Runs the command the person typed, and returns how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap would exit with 2, which means drift here.
            let output = Output::new(Color::Auto, false);
            return if error.use_stderr() {
                output.err(&as_typed(error));
                Exit::Error
            } else {
                output.out(&Shown::laid_out(&error.render().ansi().to_string()));
                output.close(Exit::Success)
            }
            .into();
        }
    };
    let output = Output::new(cli.color, cli.quiet);
    let exit = run(cli.command, &BuiltIn::new(cli.sandbox), &output).unwrap_or_else(|failure| {
        failure.show(&output);
        Exit::Error
    });
    output.close(exit).into()
}

/// What is wrong with the arguments. A pipeline may have them from outsiders, so they are cleaned before they are shown.
fn as_typed(error: clap::Error) -> Shown {
    let arguments = std::env::args_os().map(|argument| clean::line(&argument.to_string_lossy()));
    let error = Cli::try_parse_from(arguments).err().unwrap_or(error);
    Shown::laid_out(&error.render().ansi().to_string())
}

fn run(command: Command, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => init::run(&args, output),
        Command::Validate(args) => validate::run(&args, output),
        Command::Plan(args) => with_runtime(plan::run(&args, sandbox, output)),
        Command::Apply(args) => with_runtime(apply::run(&args, sandbox, output)),
        Command::Drift(args) => with_runtime(drift::run(&args, sandbox, output)),
        Command::Explain(args) => explain::run(&args, output),
        Command::Network(args) => with_runtime(network::run(&args, sandbox, output)),
        Command::Reach(args) => with_runtime(reach::run(&args, sandbox, output)),
        Command::Policy(args) => policy::run(&args, output),
        Command::Block(args) => with_runtime(block::run(&args, sandbox, output)),
        Command::Unblock(args) => with_runtime(unblock::run(&args, sandbox, output)),
        Command::Admit(args) => with_runtime(admit::run(&args, sandbox, output)),
        Command::Fleet(args) => with_runtime(fleet::run(&args, sandbox, output)),
        Command::Permissions(args) => permissions::run(&args, output),
        Command::Rotate(args) => with_runtime(rotate::run(&args, sandbox, output)),
        Command::Unlock(args) => with_runtime(unlock::run(&args, sandbox, output)),
        Command::Completions(args) => {
            completions::run(&args, output);
            Ok(Exit::Success)
        }
        Command::Packaging(args) => packaging::run(&args, output),
        Command::Schema(args) => schema::run(&args, output),
        Command::Sandbox(args) => with_runtime(sandbox::run(&args, sandbox, output)),
    }
}

fn with_runtime(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let _as_far_as_it_goes = open_files::allow();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| Failure::new(format!("cannot start: {error}")))?.block_on(work)
}

#[cfg(test)]
mod told;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Cli::command().debug_assert();
    }
}
