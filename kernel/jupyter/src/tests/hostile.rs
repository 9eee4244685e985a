//! Peers that have no key, or misuse the key or messages that they have.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::{TestKernel, fake_session::session, with_kernel};
use soma_frontend::{TestFrontend, header, tcp_connection};

fn is_alive(frontend: &mut TestFrontend) {
    assert_eq!(frontend.ask("kernel_info_request", json!({}))["status"], "ok");
}

/// A correctly signed request of this kind, with its id.
fn request(frontend: &TestFrontend, kind: &str) -> (String, Vec<Vec<u8>>) {
    let header = header(kind);
    let id = header["msg_id"].as_str().unwrap().to_owned();
    let parts = [header.to_string().into_bytes(), b"{}".to_vec(), b"{}".to_vec(), b"{}".to_vec()];
    (id, frontend.sign(&parts))
}

#[test]
fn a_message_without_the_right_signature_is_refused() {
    with_kernel(|frontend| {
        is_alive(frontend);
        let (_, signed) = request(frontend, "shutdown_request");
        let with_signature = |signature: &[u8]| {
            let mut frames = signed.clone();
            frames[1] = signature.to_vec();
            frames
        };
        let right = signed[1].clone();
        let mut wrong_at_the_end = right.clone();
        *wrong_at_the_end.last_mut().unwrap() = if right.ends_with(b"0") { b'1' } else { b'0' };
        for signature in [
            &b""[..],
            b"not hexadecimal",
            &[b'0'; 64],
            &right[..62],
            &[&right[..], b"00"].concat(),
            &right.to_ascii_uppercase(),
            &wrong_at_the_end,
            &[0xff; 64],
        ] {
            if signature != right {
                frontend.send_raw(&with_signature(signature));
                is_alive(frontend);
            }
        }
        // The signature covers each part.
        for part in 2..6 {
            let mut frames = signed.clone();
            frames[part].push(b' ');
            frontend.send_raw(&frames);
            is_alive(frontend);
        }
    });
}

#[test]
fn a_message_that_was_recorded_and_is_sent_again_is_refused() {
    with_kernel(|frontend| {
        let (id, recorded) = request(frontend, "kernel_info_request");
        frontend.send_raw(&recorded);
        assert_eq!(frontend.reply_to(&id)["status"], "ok");
        frontend.send_raw(&recorded);
        is_alive(frontend);
        // The signature is over the parts joined: the same bytes, split at other places, have the same signature.
        let mut moved = recorded.clone();
        let (first, second) = moved.split_at_mut(3);
        first[2].append(&mut second[0]);
        frontend.send_raw(&moved);
        // A recorded message is refused on another socket, too.
        let control = frontend.send_control("kernel_info_request", json!({}));
        frontend.control("kernel_info_reply", &control);
        frontend.iopub_busy(&control);
        frontend.iopub_idle(&control);
        frontend.send_raw_control(&recorded);
        is_alive(frontend);
    });
}

#[test]
fn a_kernel_without_a_key_takes_what_is_not_signed_and_one_with_a_key_does_not() {
    let mut connection = tcp_connection();
    connection.key = String::new();
    let kernel = TestKernel::start(session(), connection);
    let mut frontend = TestFrontend::connect(&kernel.connection);
    is_alive(&mut frontend);
    frontend.shut_down(false);
    kernel.join();
    with_kernel(|frontend| {
        is_alive(frontend);
        let (_, mut frames) = request(frontend, "shutdown_request");
        frames[1].clear();
        frontend.send_raw(&frames);
        is_alive(frontend);
    });
}

#[test]
fn frames_that_are_no_message_are_survived() {
    with_kernel(|frontend| {
        is_alive(frontend);
        for frames in [
            vec!["hello"],
            vec!["<IDS|MSG>"],
            vec!["<IDS|MSG>", ""],
            vec!["<IDS|MSG>", "", "{}"],
            vec!["<IDS|MSG>"; 20],
            vec![""; 500],
        ] {
            frontend.send_raw(&frames);
            is_alive(frontend);
        }
    });
}

/// The greeting of a peer, and its READY.
fn hello(kind: &str) -> Vec<u8> {
    let mut hello = vec![0; 64];
    (hello[0], hello[9], hello[10]) = (0xff, 0x7f, 3);
    hello[12..16].copy_from_slice(b"NULL");
    let ready = [b"\x05READY\x0bSocket-Type\0\0\0".as_slice(), &[kind.len() as u8], kind.as_bytes()].concat();
    hello.extend([4, ready.len() as u8]);
    hello.extend(ready);
    hello
}

#[test]
fn whatever_bytes_come_on_any_port_the_kernel_serves() {
    let kernel = TestKernel::start(session(), tcp_connection());
    let mut frontend = TestFrontend::connect(&kernel.connection);
    is_alive(&mut frontend);
    let connection = kernel.connection.clone();
    let ports = [
        (connection.shell_port, "DEALER"),
        (connection.control_port, "DEALER"),
        (connection.stdin_port, "DEALER"),
        (connection.iopub_port, "SUB"),
        (connection.hb_port, "REQ"),
    ];
    // Unexpected bytes need not be random: a fixed sequence.
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (port, kind) in ports {
        let hello = hello(kind);
        let announced = |length: u64| [&hello[..], &[2], &length.to_be_bytes()].concat();
        let mut open = Vec::new();
        for bytes in [
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            noise.clone(),
            [&hello[..], &noise].concat(),
            hello[..40].to_vec(),
            hello[..70].to_vec(),
            announced(1 << 46),
            announced(u64::MAX),
            announced(100 << 20),
            // Frames that announce further frames, which do not come.
            [&hello[..], &[1, 1, 1].repeat(1000)].concat(),
            [&hello[..], &[0, 3, b'o', b'd', b'd']].concat(),
        ] {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            // The kernel may have closed the connection while the bytes are written.
            let _ = stream.write_all(&bytes);
            let _ = stream.read(&mut [0; 4096]);
            open.push(stream);
        }
        is_alive(&mut frontend);
        assert_eq!(frontend.beat(b"still there"), b"still there");
    }
    frontend.run_quietly("sleep 0", 1);
    frontend.shut_down(false);
    frontend.finish();
    kernel.join();
}

#[test]
fn a_peer_that_never_reads_its_heartbeat_does_not_stop_that_of_others() {
    let kernel = TestKernel::start(session(), tcp_connection());
    let mut frontend = TestFrontend::connect(&kernel.connection);
    let mut idle = TcpStream::connect(("127.0.0.1", kernel.connection.hb_port)).unwrap();
    idle.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    idle.write_all(&hello("REQ")).unwrap();
    let ping = [&[1, 0, 2][..], &(60_000_u64).to_be_bytes(), &[7; 60_000]].concat();
    let written = (0..1000).take_while(|_| idle.write_all(&ping).is_ok()).count();
    assert!(written < 1000, "it is not read from for ever");
    assert_eq!(frontend.beat(b"ping"), b"ping");
    frontend.shut_down(false);
    kernel.join();
}
