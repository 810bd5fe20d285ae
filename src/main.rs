//! The one binary: hands over to [`farwander::cli`].

fn main() -> std::process::ExitCode {
    farwander::cli::main()
}
