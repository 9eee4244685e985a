//! What a compile is given: its standard streams, its arguments, its folder and its environment, all as descriptors.

use std::ffi::{CString, c_char};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// The descriptors of a request: standard output, standard error, the arguments (a line each, as in a file that rustc
/// reads for `@file`), and the surroundings: the folder and then the environment, each text with a zero byte after it.
const DESCRIPTORS: usize = 4;

/// The descriptor from which rustc reads its arguments: the waiting one was started with `@/proc/self/fd/200`.
const ARGUMENTS: RawFd = 200;

/// A request that has arrived.
pub struct Request {
    descriptors: [OwnedFd; DESCRIPTORS],
}

impl Request {
    /// Receives the descriptors; `None` if what came is no request.
    pub fn receive(connection: &UnixStream) -> io::Result<Option<Request>> {
        const SIZE: usize = size_of::<[RawFd; DESCRIPTORS]>();
        let mut byte = 0_u8;
        let mut part = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
        // Of 64-bit numbers, for their alignment.
        let mut control = [0_u64; 16];
        // SAFETY: all fields may be zero.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control) as _;
        // SAFETY: the message's pointers are valid, with the sizes beside them.
        let received = unsafe { libc::recvmsg(connection.as_raw_fd(), &raw mut message, libc::MSG_CMSG_CLOEXEC) };
        if received < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the message was filled by the call above.
        unsafe {
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            let is_complete = !header.is_null()
                && (*header).cmsg_type == libc::SCM_RIGHTS
                && (*header).cmsg_len as usize == libc::CMSG_LEN(SIZE as u32) as usize;
            if !is_complete {
                return Ok(None);
            }
            let first: *const RawFd = libc::CMSG_DATA(header).cast();
            let descriptors = std::array::from_fn(|index| OwnedFd::from_raw_fd(first.add(index).read_unaligned()));
            Ok(Some(Request { descriptors }))
        }
    }

    /// Makes this process, which is for the request, what the request says.
    pub fn take_on(self) -> io::Result<()> {
        let [output, errors, arguments, surroundings] = self.descriptors;
        let mut text = Vec::new();
        std::fs::File::from(surroundings).read_to_end(&mut text)?;
        let mut parts = text.split(|byte| *byte == 0).filter(|part| !part.is_empty());
        let folder = CString::new(parts.next().unwrap_or_default())?;
        let environment = parts.map(CString::new).collect::<Result<Vec<_>, _>>()?;
        let nothing: OwnedFd = std::fs::File::open("/dev/null")?.into();
        for (from, to) in [(&nothing, 0), (&output, 1), (&errors, 2), (&arguments, ARGUMENTS)] {
            // SAFETY: this process is single-threaded, and nothing in it uses the numbers that are replaced.
            if unsafe { libc::dup2(from.as_raw_fd(), to) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        // SAFETY: the path ends with a zero byte.
        if unsafe { libc::chdir(folder.as_ptr()) } < 0 {
            return Err(io::Error::last_os_error());
        }
        set_environment(environment);
        Ok(())
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
