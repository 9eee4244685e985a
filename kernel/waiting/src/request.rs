//! What a compile is given: a call of rustc, and the streams for what it says.

use std::ffi::{CString, c_char};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;

use crate::descriptors;

/// The descriptor from which rustc reads its arguments: the waiting one was started with `@/proc/self/fd/200`.
const ARGUMENTS: RawFd = 200;

/// What a client sends.
pub enum Message {
    /// To compile; `true` if what has begun before must not be used.
    Request(Call, Streams, bool),
    /// To begin the next compile: a request will follow, probably with the same call as the last one.
    Ahead,
}

/// The byte of [`Message::Ahead`], which has no descriptors.
const AHEAD: u8 = 1;

/// The byte of a request that only a new compile may answer.
const ANEW: u8 = 2;

impl Message {
    /// Receives a message; `None` if what came is none.
    pub fn receive(connection: &UnixStream) -> io::Result<Option<Message>> {
        Ok(match descriptors::receive(connection)? {
            (byte, Some([output, errors, arguments, surroundings])) => {
                let streams = Streams { output, errors };
                Some(Message::Request(Call::read(arguments, surroundings)?, streams, byte == ANEW))
            }
            (AHEAD, None) => Some(Message::Ahead),
            _ => None,
        })
    }
}

/// A call of rustc. Two are equal if they do the same.
pub struct Call {
    /// The file in memory from which rustc reads its arguments.
    arguments: File,
    /// Its content: an argument a line.
    lines: Vec<u8>,
    /// The folder and then the environment, each text with a zero byte after it.
    surroundings: Vec<u8>,
}

impl PartialEq for Call {
    fn eq(&self, other: &Call) -> bool {
        (&self.lines, &self.surroundings) == (&other.lines, &other.surroundings)
    }
}

impl Call {
    fn read(arguments: OwnedFd, surroundings: OwnedFd) -> io::Result<Call> {
        let (arguments, surroundings) = (File::from(arguments), File::from(surroundings));
        Ok(Call { lines: content(&arguments)?, surroundings: content(&surroundings)?, arguments })
    }

    /// The source, which is the last argument.
    pub fn source(&self) -> &[u8] {
        let lines = self.lines.strip_suffix(b"\n").unwrap_or(&self.lines);
        lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default()
    }

    /// Gives this process, which is for the call, its arguments, folder and environment.
    pub fn take_on(&self) -> io::Result<()> {
        let mut parts = self.surroundings.split(|byte| *byte == 0).filter(|part| !part.is_empty());
        let folder = CString::new(parts.next().unwrap_or_default())?;
        let environment = parts.map(CString::new).collect::<Result<Vec<_>, _>>()?;
        let nothing: OwnedFd = File::open("/dev/null")?.into();
        descriptors::replace(0, &nothing)?;
        descriptors::replace(ARGUMENTS, &self.arguments)?;
        // SAFETY: the path ends with a zero byte.
        if unsafe { libc::chdir(folder.as_ptr()) } < 0 {
            return Err(io::Error::last_os_error());
        }
        set_environment(environment);
        Ok(())
    }
}

/// Read from the beginning, wherever a client has left off.
fn content(file: &File) -> io::Result<Vec<u8>> {
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut content = vec![0; size];
    file.read_exact_at(&mut content, 0)?;
    Ok(content)
}

/// Where a compile's standard output and standard error go.
pub struct Streams {
    output: OwnedFd,
    errors: OwnedFd,
}

impl Streams {
    /// Streams that lead nowhere.
    pub fn nothing() -> io::Result<Streams> {
        let open = || File::options().write(true).open("/dev/null").map(OwnedFd::from);
        Ok(Streams { output: open()?, errors: open()? })
    }

    /// Makes them this process's own.
    pub fn take_on(&self) -> io::Result<()> {
        descriptors::replace(1, &self.output)?;
        descriptors::replace(2, &self.errors)
    }

    /// Passes them on to another process.
    pub fn send(&self, connection: &UnixStream) -> io::Result<()> {
        descriptors::send(connection, [self.output.as_raw_fd(), self.errors.as_raw_fd()])
    }

    /// Receives what [`Streams::send`] has sent.
    pub fn receive(connection: &UnixStream) -> io::Result<Streams> {
        let (_, streams) = descriptors::receive(connection)?;
        let [output, errors] = streams.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Streams { output, errors })
    }
}

unsafe extern "C" {
    /// The environment that `getenv` and Rust's `std::env` read.
    static mut environ: *const *const c_char;
}

/// Replaces the environment as a whole; the texts live as long as the process.
fn set_environment(texts: Vec<CString>) {
    let pointers = texts.into_iter().map(|text| CString::into_raw(text).cast_const());
    let pointers: Vec<*const c_char> = pointers.chain([std::ptr::null()]).collect();
    // SAFETY: this process has one thread, and the array ends with a null pointer and is never freed.
    unsafe { environ = Vec::leak(pointers).as_ptr() };
}
