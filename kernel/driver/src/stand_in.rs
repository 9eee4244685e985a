//! The stand-in for `cargo`, `rustc` and `rustup`, which evcxr starts through the links of a session.
//!
//! It is a program of its own, `soma-driver`, because evcxr starts one for each cell, and `soma`, which holds
//! rust-analyzer, takes some 2 ms to start. `soma` can stand in as well: where `soma-driver` is missing, or of another
//! build than the kernel that started it.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process;
use crate::session_dir::session_dir;
use crate::toolchain::{shim, shim_links};

/// Runs `soma-driver` with this process's arguments.
pub fn main() -> ExitCode {
    // The kernel's own program reads the session's notes as the kernel wrote them.
    if let Some(soma) = session_dir().and_then(|session| shim_links::program_of_another_build(&session)) {
        let mut arguments = std::env::args_os();
        let mut command = Command::new(soma);
        command.arg0(arguments.next().unwrap_or_default()).args(arguments);
        eprintln!("soma-driver: cannot run soma: {}", command.exec());
        return ExitCode::FAILURE;
    }
    stand_in_or(|| anyhow::bail!("soma-driver is started by a kernel; to use Soma, start soma"))
}

/// Stands in for a tool if this process was started under a tool's name, and does something else if not.
pub fn stand_in_or(otherwise: impl FnOnce() -> Result<i32>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let name = arguments.first().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
    process::reset_signals(false);
    process::enlarge_stacks();
    let result = if shim_links::NAMES.contains(&name) { stand_in(name, &arguments[1..]) } else { otherwise() };
    match result {
        Ok(code) => ExitCode::from(code as u8),
        Err(error) => {
            eprintln!("soma: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn stand_in(tool: &str, arguments: &[String]) -> Result<i32> {
    let session = session_dir().context("soma was started by a tool's name outside a session")?;
    shim::run(tool, arguments, &session)
}
