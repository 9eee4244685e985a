//! Asks a waiting rustc to compile.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IoSlice, Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

use super::socket;
use crate::fast_paths::FastPath;
use crate::process;

/// How long a waiting rustc may take to answer; it is quicker to start another than to wait for one that is stopped.
const PATIENCE: Duration = Duration::from_secs(1);

/// A waiting rustc's answer, when the compile had begun before it was asked for.
const BEGUN_AHEAD: [u8; 1] = [2];

/// A request that a compile may answer which has begun before: one that has looked into the folders of libraries then.
const REQUEST: [u8; 1] = [0];

/// A request that only a new compile may answer.
const REQUEST_ANEW: [u8; 1] = [2];

/// The output of a call of rustc: from the one that waits in the session, if it can, or from a new process; `anew` if
/// libraries that it reads may have changed just now.
///
/// # Errors
/// When rustc cannot be started.
pub fn output(command: &mut Command, session: &Path, anew: bool) -> io::Result<Output> {
    let socket = if FastPath::WaitingRustc.is_on() { socket(session, Path::new(command.get_program())) } else { None };
    if let Some(connection) = socket.and_then(|socket| UnixStream::connect(socket).ok()) {
        match ask(command, &connection, if anew { REQUEST_ANEW } else { REQUEST }) {
            Ok(output) => return Ok(output),
            Err(error) => tracing::debug!("the waiting rustc does not compile: {error}"),
        }
    }
    process::end_with_parent(command);
    command.output()
}

fn ask(command: &Command, mut connection: &UnixStream, request: [u8; 1]) -> io::Result<Output> {
    let (stdout, stderr) = (memory(&[])?, memory(&[])?);
    let descriptors = [&stdout, &stderr, &memory(&lines(command)?)?, &memory(&surroundings(command)?)?];
    let descriptors = descriptors.map(AsRawFd::as_raw_fd);
    let message = [IoSlice::new(&request)];
    let control = [ControlMessage::ScmRights(&descriptors)];
    sendmsg::<()>(connection.as_raw_fd(), &message, &control, MsgFlags::empty(), None)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut begun = [0];
    connection.read_exact(&mut begun)?;
    let is_ahead = begun == BEGUN_AHEAD;
    tracing::debug!(ahead = is_ahead, "the waiting rustc compiles");
    connection.set_read_timeout(None)?;
    let mut status = [0; size_of::<i32>()];
    connection.read_exact(&mut status)?;
    let status = ExitStatus::from_raw(i32::from_ne_bytes(status));
    let output = Output { status, stdout: content(stdout)?, stderr: content(stderr)? };
    if is_ahead && !status.success() && status.code().is_some() && output.stderr.is_empty() {
        return Err(io::Error::other("what had begun before it was asked for has ended without a word"));
    }
    Ok(output)
}

/// A file in memory.
#[cfg(target_os = "linux")]
fn empty_file() -> io::Result<File> {
    use nix::sys::memfd::{MFdFlags, memfd_create};
    Ok(memfd_create(c"soma", MFdFlags::MFD_CLOEXEC)?.into())
}

/// No rustc waits on this system.
#[cfg(not(target_os = "linux"))]
fn empty_file() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A file in memory with this content.
fn memory(content: &[u8]) -> io::Result<File> {
    let mut file = empty_file()?;
    file.write_all(content)?;
    file.rewind()?;
    Ok(file)
}

fn content(mut file: File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// The arguments as rustc reads them from a file.
fn lines(command: &Command) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for argument in command.get_args().map(OsStr::as_bytes) {
        if argument.contains(&b'\n') || argument.starts_with(b"@") {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an argument does not fit into a line"));
        }
        lines.extend_from_slice(argument);
        lines.push(b'\n');
    }
    Ok(lines)
}

/// The folder and the environment of a command.
fn surroundings(command: &Command) -> io::Result<Vec<u8>> {
    let folder = match command.get_current_dir() {
        Some(folder) => folder.to_owned(),
        None => std::env::current_dir()?,
    };
    let own = std::env::vars_os().filter(|(name, _)| command.get_envs().all(|(other, _)| other != name));
    let set = command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let variables = own.chain(set).map(|(name, value): (OsString, OsString)| [name, value].join(OsStr::new("=")));
    let mut text = Vec::new();
    for part in std::iter::once(folder.into_os_string()).chain(variables) {
        text.extend_from_slice(part.as_bytes());
        text.push(0);
    }
    Ok(text)
}
