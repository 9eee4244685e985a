//! Frames between the supervisor and the kernel: a kind, a length, and content of that length.

use std::io::{self, Read};

use soma_report::Report;

/// What the supervisor sends the kernel.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// Its first frame: the sender is the supervisor, which takes the kernel's requests.
    Supervisor,
    /// Bytes from the worker's standard output.
    Stdout(Vec<u8>),
    /// Bytes from its standard error.
    Stderr(Vec<u8>),
    /// A report of the running cell.
    Report(Report),
    /// Everything that was written before the kernel's [`SYNC`] with this number has been sent.
    Synced(u8),
    /// Something in the cell reads from standard input, which is empty, after this many answers (modulo 256).
    Waiting(u8),
}

/// Kernel to supervisor: stop the running cell.
pub const INTERRUPT: u8 = b'I';
/// Kernel to supervisor: answer with [`Frame::Synced`] and the byte that follows.
pub const SYNC: u8 = b'S';
/// Kernel to supervisor: a line for the cell's standard input, ended by a line end.
pub const INPUT: u8 = b'L';
/// Kernel to supervisor: the next read of standard input gets the end of the input.
pub const END_OF_INPUT: u8 = b'E';
/// Kernel to supervisor: take a snapshot after each cell.
pub const COPIES: u8 = b'C';
/// Kernel to supervisor: take no snapshots.
pub const NO_COPIES: u8 = b'N';
/// Kernel to supervisor: end everything.
pub const QUIT: u8 = b'Q';

const STDOUT: u8 = b'o';
const STDERR: u8 = b'e';
const REPORT: u8 = b'r';
const SYNCED: u8 = b's';
const SUPERVISOR: u8 = b'v';
const WAITING: u8 = b'w';

impl Frame {
    /// Appends the frame's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let line;
        let (kind, bytes): (u8, &[u8]) = match self {
            Frame::Supervisor => (SUPERVISOR, &[]),
            Frame::Stdout(bytes) => (STDOUT, bytes),
            Frame::Stderr(bytes) => (STDERR, bytes),
            Frame::Report(report) => {
                line = report.encode();
                (REPORT, line.as_bytes())
            }
            Frame::Synced(number) => (SYNCED, std::slice::from_ref(number)),
            Frame::Waiting(number) => (WAITING, std::slice::from_ref(number)),
        };
        out.push(kind);
        out.extend_from_slice(&u32::try_from(bytes.len()).expect("frames are small").to_le_bytes());
        out.extend_from_slice(bytes);
    }

    /// Reads the next frame; `None` at the end of the stream.
    ///
    /// # Errors
    /// When the stream ends inside a frame or holds something other than frames.
    pub fn read(stream: &mut impl Read) -> io::Result<Option<Frame>> {
        let mut kind = [0];
        if stream.read(&mut kind)? == 0 {
            return Ok(None);
        }
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length) as usize;
        // Allocate for the bytes that come, not for the announced length.
        let mut bytes = Vec::with_capacity(length.min(1 << 20));
        if stream.take(length as u64).read_to_end(&mut bytes)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(match kind[0] {
            STDOUT => Frame::Stdout(bytes),
            STDERR => Frame::Stderr(bytes),
            REPORT => Frame::Report(Report::decode(&String::from_utf8_lossy(&bytes)).ok_or_else(unknown)?),
            SUPERVISOR => Frame::Supervisor,
            SYNCED if bytes.len() == 1 => Frame::Synced(bytes[0]),
            WAITING if bytes.len() == 1 => Frame::Waiting(bytes[0]),
            _ => return Err(unknown()),
        }))
    }
}

fn unknown() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a frame of Soma's runtime")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_wire() {
        let frames = [
            Frame::Supervisor,
            Frame::Stdout(b"a\r\x1b[1m\xff".to_vec()),
            Frame::Stderr(Vec::new()),
            Frame::Report(Report::Error { error: "two\nlines\tand a \\".into() }),
            Frame::Synced(7),
            Frame::Waiting(255),
        ];
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| frame.encode(&mut bytes));
        let mut stream = &bytes[..];
        for frame in &frames {
            assert_eq!(Frame::read(&mut stream).unwrap().as_ref(), Some(frame));
        }
        assert_eq!(Frame::read(&mut stream).unwrap(), None);
    }

    #[test]
    fn a_stream_that_breaks_off_is_an_error() {
        assert!(Frame::read(&mut &[STDOUT, 9, 0, 0, 0, 1][..]).is_err());
        assert!(Frame::read(&mut &[b'?', 0, 0, 0, 0][..]).is_err());
    }

    #[test]
    fn a_frame_that_announces_much_takes_no_memory_before_it_comes() {
        /// A reader that gives no bytes, and records how much room there was for them.
        struct Announced<'a>(&'a [u8], usize);
        impl Read for Announced<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                self.1 = self.1.max(into.len());
                self.0.read(into)
            }
        }
        let mut stream = Announced(&[STDOUT, 255, 255, 255, 255, b'x'], 0);
        assert_eq!(Frame::read(&mut stream).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(stream.1 <= 1 << 20, "room for {} bytes", stream.1);
    }
}
