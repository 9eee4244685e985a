//! `soma-driver`: the stand-in for Rust's tools, see [`soma_driver::stand_in`].

use std::process::ExitCode;

fn main() -> ExitCode {
    soma_driver::stand_in::main()
}
