//! `soma`: the kernel, see [`soma::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    soma::program::main()
}
