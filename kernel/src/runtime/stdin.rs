//! The worker's standard input: passes on the user's answers, and detects that something waits for one.
//!
//! It is a socket that keeps packets apart, and every byte is a packet. A pipe ends once and for ever; here an empty
//! packet is the end of the input for the next reader only. Packets of one byte lose nothing, however little a reader
//! asks for (a shell's `read` takes one byte at a time).
//!
//! Whether something waits is read from `/proc`: a thread of the worker, or of a process that a cell has started, is
//! inside a system call that reads from descriptor 0. So `std::io::stdin().read_line` asks the user, even from a crate
//! that knows nothing of notebooks. Without `/proc` (on systems other than Linux), only explicit requests for input
//! ask.

use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::poll::PollFlags;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use nix::unistd::Pid;

/// The supervisor's end, and the worker's, which the worker shares with its snapshots.
pub struct Stdin {
    ours: OwnedFd,
    workers: OwnedFd,
    /// Packets that did not fit into the socket yet; `None` is the end of the input.
    waiting: VecDeque<Option<u8>>,
    /// How many answers have come.
    answers: u8,
}

impl Stdin {
    /// An empty input.
    ///
    /// # Errors
    /// When the system has no socket to give.
    pub fn new() -> nix::Result<Stdin> {
        let (ours, workers) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
        Ok(Stdin { ours, workers, waiting: VecDeque::new(), answers: 0 })
    }

    /// The worker's descriptor 0.
    pub fn workers_end(&self) -> BorrowedFd<'_> {
        self.workers.as_fd()
    }

    /// How many answers have come, modulo 256.
    pub fn answers(&self) -> u8 {
        self.answers
    }

    /// Gives the worker bytes to read.
    pub fn answer(&mut self, bytes: &[u8]) {
        self.waiting.extend(bytes.iter().copied().map(Some));
        self.answers = self.answers.wrapping_add(1);
    }

    /// Gives the next reader the end of the input.
    pub fn end(&mut self) {
        self.waiting.push_back(None);
        self.answers = self.answers.wrapping_add(1);
    }

    /// Sends as many packets as fit.
    pub fn send(&mut self) {
        while let Some(packet) = self.waiting.front() {
            let packet = packet.as_slice();
            if send(self.ours.as_raw_fd(), packet, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL).is_err() {
                return;
            }
            self.waiting.pop_front();
        }
    }

    /// The poll events to wait for before [`Stdin::send`] can send more.
    pub fn wants(&self) -> PollFlags {
        if self.waiting.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT }
    }

    /// Discards unread input: it was meant for a cell that has ended.
    pub fn clear(&mut self) {
        self.waiting.clear();
        let mut byte = [0];
        while recv(self.workers.as_raw_fd(), &mut byte, MsgFlags::MSG_DONTWAIT).is_ok() {}
    }

    /// Whether something in the cell reads from this input, and there is nothing to read.
    pub fn is_waited_for(&self, worker: Pid) -> bool {
        self.waiting.is_empty() && self.is_read() && proc::reads(worker, self.workers.as_fd())
    }

    /// Whether all that was sent has been read.
    fn is_read(&self) -> bool {
        let mut unread: libc::c_int = 0;
        // SAFETY: the request writes one `int`.
        let asked = unsafe { libc::ioctl(self.ours.as_raw_fd(), libc::TIOCOUTQ, &mut unread) };
        asked == 0 && unread == 0
    }
}

impl AsFd for Stdin {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ours.as_fd()
    }
}

#[cfg(target_os = "linux")]
mod proc {
    //! What `/proc` shows of system calls; see `proc(5)`, `/proc/[pid]/syscall`.

    use std::fs;
    use std::os::fd::{AsRawFd, BorrowedFd};

    use nix::unistd::Pid;

    /// Whether a thread of a process, or of its descendants, is reading from descriptor 0, and that is `input`.
    pub fn reads(process: Pid, input: BorrowedFd) -> bool {
        let Ok(input) = fs::read_link(format!("/proc/self/fd/{}", input.as_raw_fd())) else { return false };
        let mut open = vec![process.to_string()];
        while let Some(process) = open.pop() {
            let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
            for thread in threads.flatten().map(|thread| thread.path()) {
                let call = fs::read_to_string(thread.join("syscall")).unwrap_or_default();
                // A child may have another file as descriptor 0.
                if is_read(&call) && fs::read_link(format!("/proc/{process}/fd/0")).is_ok_and(|file| file == input) {
                    return true;
                }
                let children = fs::read_to_string(thread.join("children")).unwrap_or_default();
                open.extend(children.split_whitespace().map(str::to_owned));
            }
        }
        false
    }

    /// Whether a line of `syscall` (the call's number, then its arguments) is a read of descriptor 0.
    fn is_read(call: &str) -> bool {
        let mut words = call.split(' ');
        let number = words.next().and_then(|number| number.parse::<libc::c_long>().ok());
        let reads = [libc::SYS_read, libc::SYS_readv, libc::SYS_recvfrom, libc::SYS_recvmsg];
        number.is_some_and(|number| reads.contains(&number)) && words.next() == Some("0x0")
    }
}

#[cfg(not(target_os = "linux"))]
mod proc {
    //! Without `/proc`, nothing is known.

    use std::os::fd::BorrowedFd;

    use nix::unistd::Pid;

    /// Unknown, so no.
    pub fn reads(_: Pid, _: BorrowedFd) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// A shell that reads lines from an input, byte by byte as shells do.
    fn reader(input: &Stdin, script: &str) -> Child {
        let end = input.workers_end().try_clone_to_owned().unwrap();
        Command::new("sh").args(["-c", script]).stdin(end).stdout(Stdio::piped()).spawn().unwrap()
    }

    fn is_waited_for_soon(input: &Stdin, child: &Child) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        let pid = Pid::from_raw(child.id().try_into().unwrap());
        while Instant::now() < deadline {
            if input.is_waited_for(pid) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    fn output(mut child: Child) -> String {
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        child.wait().unwrap();
        text
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_reader_is_noticed_gets_its_line_and_later_the_end() {
        let mut input = Stdin::new().unwrap();
        let child =
            reader(&input, "read -r line; echo \"[$line]\"; read -r line || echo end; read -r line; echo \"[$line]\"");
        assert!(is_waited_for_soon(&input, &child));
        input.answer("zwölf €\n".as_bytes());
        input.send();
        assert!(is_waited_for_soon(&input, &child), "it waits for the next");
        input.end();
        input.send();
        assert!(is_waited_for_soon(&input, &child), "an end is not for ever");
        input.answer(b"more\n");
        input.send();
        assert_eq!(output(child), "[zwölf €]\nend\n[more]\n");
        assert_eq!(input.answers(), 3);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn who_reads_something_else_does_not_wait_for_the_person() {
        let input = Stdin::new().unwrap();
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        assert!(!input.is_waited_for(Pid::from_raw(child.id().try_into().unwrap())));
        child.stdin.take().unwrap().flush().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn an_answer_longer_than_the_socket_takes_is_sent_as_it_is_read() {
        let mut input = Stdin::new().unwrap();
        let long = "x".repeat(20_000);
        input.answer(format!("{long}\n").as_bytes());
        input.send();
        let child = reader(&input, "read -r line; echo \"$line\"");
        while !input.waiting.is_empty() {
            std::thread::sleep(Duration::from_millis(1));
            input.send();
        }
        assert_eq!(output(child), format!("{long}\n"));
    }

    #[test]
    fn what_nobody_read_can_be_forgotten() {
        let mut input = Stdin::new().unwrap();
        input.answer(b"old\n");
        input.send();
        assert!(!input.is_read());
        input.clear();
        assert!(input.is_read());
    }
}
