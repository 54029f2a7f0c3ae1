//! Parses the arguments, hands over to a command, and maps the result to an exit code.

use std::process::ExitCode;

use hashtug::cli::Cli;
use hashtug::command;

fn main() -> ExitCode {
    let cli = Cli::from_arguments();
    hashtug::telemetry::start();
    let result = command::run(cli);
    hashtug::telemetry::finish();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}
