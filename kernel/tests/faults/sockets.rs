//! Strangers and broken front ends at each port, while a cell runs.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::fault::{Fault, suffer};
use crate::notebook::Notebook;
use crate::patient::Patient;
use crate::random::Random;

const PORTS: [&str; 5] = ["shell", "control", "stdin", "iopub", "heartbeat"];

/// How ZeroMQ's protocol begins (ZMTP 3.0, <https://rfc.zeromq.org/spec/23/>): signature, version, mechanism.
fn greeting() -> Vec<u8> {
    let mut greeting = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0];
    greeting.extend(b"NULL");
    greeting.resize(64, 0);
    greeting
}

/// A command that says what kind of socket it is.
fn ready(kind: &str) -> Vec<u8> {
    let mut body = b"\x05READY\x0bSocket-Type".to_vec();
    body.extend((kind.len() as u32).to_be_bytes());
    body.extend(kind.as_bytes());
    [&[4, body.len() as u8][..], &body].concat()
}

type Attack = (&'static str, fn(&mut Random) -> Vec<u8>);

const ATTACKS: [Attack; 10] = [
    ("nothing", |_| Vec::new()),
    ("another protocol", |_| b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
    ("noise", |random| random.bytes(2000)),
    ("half a greeting", |random| greeting()[..1 + random.below(63)].to_vec()),
    ("a greeting and noise", |random| [greeting(), random.bytes(500)].concat()),
    ("half a handshake", |random| {
        let ready = ready("DEALER");
        [greeting(), ready[..1 + random.below(ready.len() - 1)].to_vec()].concat()
    }),
    ("a frame of 2⁴⁶ bytes", |_| {
        [greeting(), ready("DEALER"), [&[2][..], &(1_u64 << 46).to_be_bytes(), b"begin"].concat()].concat()
    }),
    ("frames without end", |_| [greeting(), ready("DEALER"), [1, 1, b'x'].repeat(20_000)].concat()),
    ("a message without a signature", |_| {
        let parts: [&[u8]; 6] = [
            b"<IDS|MSG>",
            b"",
            b"{\"msg_type\":\"execute_request\",\"msg_id\":\"1\"}",
            b"{}",
            b"{}",
            b"{\"code\":\"count = 1000;\"}",
        ];
        let frame = |(at, part): (usize, &&[u8])| [&[u8::from(at < 5), part.len() as u8][..], part].concat();
        [greeting(), ready("DEALER"), parts.iter().enumerate().flat_map(frame).collect()].concat()
    }),
    ("half a message", |random| {
        [greeting(), ready("DEALER"), vec![1, 9], b"<IDS|MSG>".to_vec(), vec![1, 64], random.bytes(20)].concat()
    }),
];

pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, port) in PORTS.into_iter().enumerate() {
        for (name, attack) in ATTACKS {
            faults.push(Fault::new(format!("socket/{port}/{name}"), move |patient, random| {
                let code = "println!(\"on\"); std::thread::sleep(std::time::Duration::from_millis(40)); eprintln!(\"end\"); twice(21)";
                let request = patient.start(code);
                let address = ports(patient.notebook())[number];
                let mut stranger = TcpStream::connect(("127.0.0.1", address)).unwrap();
                // The kernel may have shown it out already.
                let _ = stranger.write_all(&attack(random));
                random.wait(Duration::from_millis(40));
                let cell = patient.succeeded(&request);
                assert_eq!((cell.text(), cell.stderr.as_str()), (Some("42"), "end\n"));
                assert_eq!(patient.notebook().frontend().beat(b"alive"), b"alive");
            }));
        }
    }
    faults
}

fn ports(notebook: &Notebook) -> [u16; 5] {
    let connection = notebook.connection();
    [connection.shell_port, connection.control_port, connection.stdin_port, connection.iopub_port, connection.hb_port]
}

#[test]
fn no_stranger_costs_a_variable_or_a_reply() {
    suffer(|| Patient::of(Notebook::open_over_tcp(|_| {})), &faults());
}
