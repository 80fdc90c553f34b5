//! The `scimulate` program: hands the arguments to [`scimulate::cli`] and returns its exit code.

fn main() -> std::process::ExitCode {
    scimulate::cli::main()
}
