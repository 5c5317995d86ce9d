//! The `baseline` command: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    baseline::cli::main()
}
