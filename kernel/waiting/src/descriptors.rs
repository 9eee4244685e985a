//! Descriptors that processes pass to each other, through a socket.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// Of 64-bit numbers, for its alignment; room for the descriptors of a request.
type Control = [u64; 16];

/// Calls with a message of one byte and with room for descriptors.
fn with_message<T>(byte: &mut u8, control: &mut Control, call: impl FnOnce(&mut libc::msghdr) -> T) -> T {
    let mut part = libc::iovec { iov_base: (&raw mut *byte).cast(), iov_len: 1 };
    // SAFETY: all fields may be zero.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(control) as _;
    call(&mut message)
}

/// The space that descriptors take in a message.
fn size<const COUNT: usize>() -> u32 {
    size_of::<[RawFd; COUNT]>() as u32
}

/// Receives a byte, and this number of descriptors; `None` if none came with it.
pub fn receive<const COUNT: usize>(connection: &UnixStream) -> io::Result<(u8, Option<[OwnedFd; COUNT]>)> {
    let (mut byte, mut control) = (0, Control::default());
    let descriptors = with_message(&mut byte, &mut control, |message| {
        // SAFETY: the message's pointers are valid, with the sizes beside them.
        if unsafe { libc::recvmsg(connection.as_raw_fd(), message, libc::MSG_CMSG_CLOEXEC) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the message was filled by the call above.
        unsafe {
            let header = libc::CMSG_FIRSTHDR(message);
            let is_complete = !header.is_null()
                && (*header).cmsg_type == libc::SCM_RIGHTS
                && (*header).cmsg_len as usize == libc::CMSG_LEN(size::<COUNT>()) as usize;
            let descriptor = |index| {
                let first: *const RawFd = libc::CMSG_DATA(header).cast();
                OwnedFd::from_raw_fd(first.add(index).read_unaligned())
            };
            Ok(is_complete.then(|| std::array::from_fn(descriptor)))
        }
    })?;
    Ok((byte, descriptors))
}

/// Sends descriptors.
pub fn send<const COUNT: usize>(connection: &UnixStream, descriptors: [RawFd; COUNT]) -> io::Result<()> {
    let (mut byte, mut control) = (0, Control::default());
    with_message(&mut byte, &mut control, |message| {
        // SAFETY: there is room for the descriptors, and the message's pointers are valid.
        let sent = unsafe {
            message.msg_controllen = libc::CMSG_SPACE(size::<COUNT>()) as _;
            let header = libc::CMSG_FIRSTHDR(message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(size::<COUNT>()) as _;
            libc::CMSG_DATA(header).cast::<[RawFd; COUNT]>().write_unaligned(descriptors);
            libc::sendmsg(connection.as_raw_fd(), message, libc::MSG_NOSIGNAL)
        };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    })
}

/// Makes a number stand for what a descriptor stands for.
pub fn replace(number: RawFd, by: &impl AsRawFd) -> io::Result<()> {
    // SAFETY: nothing in this process uses what the number stood for.
    if unsafe { libc::dup2(by.as_raw_fd(), number) } < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
