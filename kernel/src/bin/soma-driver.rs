//! `soma-driver`: the stand-in for Rust's tools, see [`soma::driver`].

use std::process::ExitCode;

fn main() -> ExitCode {
    soma::driver::main()
}
