//! The `scimulate` program: hands the arguments to [`scimulate::cli`] and returns its exit code.

/// A run makes many small strings and JSON values on several threads: the system's allocator costs it a fifth more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    scimulate::cli::main()
}
