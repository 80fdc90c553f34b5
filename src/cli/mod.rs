//! The command line: one file a command. The only room that knows arguments, exit codes and the terminal.

/// Parses the process's arguments, runs the command, and returns its exit code.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
