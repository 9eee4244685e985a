//! A strict front end for tests: it drives a kernel over real sockets, and a message that the test did not ask for
//! fails the test.
//!
//! It depends on nothing of the kernel, so that any test can use it. It treats messages as JSON, as they are on the
//! wire. Waiting ends after [`TIMEOUT`] with a panic that names the expected message.

use std::future::Future;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jupyter_protocol::connection_info::{ConnectionInfo, Transport};
use jupyter_protocol::messaging::{JupyterMessage, JupyterMessageContent, UnknownMessage};
use jupyter_zmq_client::{Connection, RawMessage, peer_identity_for_session};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use zeromq::{DealerSocket, ReqSocket, Socket, SocketOptions, SocketRecv, SocketSend, SubSocket, ZmqMessage};

/// How long a message may take to come: long enough for a machine that is busy with other tests.
pub const TIMEOUT: Duration = Duration::from_secs(300);
/// How long [`TestFrontend::finish`] waits for messages that the test did not ask for.
const QUIET_TIME: Duration = Duration::from_millis(60);

/// A received message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its type.
    pub kind: String,
    /// The id of the request that caused it; empty if there is none.
    pub parent: String,
    /// Its content.
    pub content: Value,
    /// Its metadata.
    pub metadata: Value,
    /// Its header.
    pub header: Value,
}

/// A front end that is connected to a kernel.
pub struct TestFrontend {
    runtime: Runtime,
    shell: Connection<DealerSocket>,
    control: Connection<DealerSocket>,
    stdin: Connection<DealerSocket>,
    iopub: Connection<SubSocket>,
    heartbeat: ReqSocket,
    key: String,
}

/// A connection of five free ports on the loopback interface.
///
/// They lie below the range from which the system picks ports by itself: a front end that tries to connect before the
/// kernel has bound a port of that range may get that very port as its source port, and would then connect to itself.
pub fn tcp_connection() -> ConnectionInfo {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id();
    let mut ports = Vec::new();
    while ports.len() < 5 {
        let number = first.wrapping_mul(37).wrapping_add(TAKEN.fetch_add(1, Ordering::SeqCst));
        let port = 20_000 + (number % 12_000) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            ports.push(port);
        }
    }
    connection(Transport::TCP, "127.0.0.1", &ports)
}

/// A connection of five sockets in a folder.
pub fn ipc_connection(folder: &Path) -> ConnectionInfo {
    connection(Transport::IPC, &folder.join("kernel").display().to_string(), &[1, 2, 3, 4, 5])
}

fn connection(transport: Transport, ip: &str, ports: &[u16]) -> ConnectionInfo {
    ConnectionInfo {
        ip: ip.to_owned(),
        transport,
        shell_port: ports[0],
        iopub_port: ports[1],
        stdin_port: ports[2],
        control_port: ports[3],
        hb_port: ports[4],
        key: "a key for tests".to_owned(),
        signature_scheme: "hmac-sha256".to_owned(),
        kernel_name: None,
    }
}

impl TestFrontend {
    /// Connects to a kernel, which may not have bound its sockets yet, and asserts that it gets a welcome.
    pub fn connect(connection: &ConnectionInfo) -> TestFrontend {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let session = JupyterMessage::new(unknown("", json!({})), None).header.session;
        let dealer = |socket| Connection::<DealerSocket>::new(socket, &connection.key, &session);
        let mut frontend = runtime.block_on(async {
            let mut iopub = SubSocket::new();
            iopub.subscribe("").await.unwrap();
            let mut heartbeat = ReqSocket::new();
            persistently_connect(&mut heartbeat, &connection.hb_url()).await;
            persistently_connect(&mut iopub, &connection.iopub_url()).await;
            let mut dealers = Vec::new();
            for url in [connection.shell_url(), connection.control_url(), connection.stdin_url()] {
                let mut options = SocketOptions::default();
                // The kernel finds the stdin socket by the identity of the shell socket.
                options.peer_identity(peer_identity_for_session(&session).unwrap());
                let mut socket = DealerSocket::with_options(options);
                persistently_connect(&mut socket, &url).await;
                dealers.push(dealer(socket));
            }
            (dealers, Connection::new(iopub, &connection.key, &session), heartbeat)
        });
        let stdin = frontend.0.pop().unwrap();
        let control = frontend.0.pop().unwrap();
        let shell = frontend.0.pop().unwrap();
        let mut frontend = TestFrontend {
            runtime,
            shell,
            control,
            stdin,
            iopub: frontend.1,
            heartbeat: frontend.2,
            key: connection.key.clone(),
        };
        let welcome = frontend.iopub("iopub_welcome", "");
        assert_eq!(welcome, json!({ "subscription": "" }));
        frontend
    }

    /// Sends a request on the shell socket and returns its id.
    pub fn send_shell(&mut self, kind: &str, content: Value) -> String {
        send(&self.runtime, &mut self.shell, kind, content, json!({}))
    }

    /// Sends a request on the control socket and returns its id.
    pub fn send_control(&mut self, kind: &str, content: Value) -> String {
        send(&self.runtime, &mut self.control, kind, content, json!({}))
    }

    /// Sends a request to run a cell, from a front end that answers questions.
    pub fn send_execute(&mut self, code: &str) -> String {
        self.send_shell("execute_request", json!({ "code": code, "allow_stdin": true }))
    }

    /// Sends a request to run a cell of a notebook, as JupyterLab and VS Code do.
    pub fn send_execute_of(&mut self, cell_id: &str, code: &str) -> String {
        let content = json!({ "code": code, "allow_stdin": true });
        send(&self.runtime, &mut self.shell, "execute_request", content, json!({ "cellId": cell_id }))
    }

    /// Sends a request to run a cell in a subshell, which only the header names.
    pub fn send_execute_in(&mut self, subshell: &str, code: &str) -> String {
        let mut header = header("execute_request");
        header["subshell_id"] = json!(subshell);
        self.send_parts(&[header.clone(), json!({}), json!({}), json!({ "code": code })]);
        header["msg_id"].as_str().expect("an id").to_owned()
    }

    /// Sends a correctly signed message on the shell socket; each part may be any JSON value.
    pub fn send_parts(&mut self, parts: &[Value; 4]) {
        let parts = parts.each_ref().map(Value::to_string);
        self.send_signed(&parts.each_ref().map(String::as_bytes));
    }

    /// Sends correctly signed parts on the shell socket; they need not even be JSON.
    pub fn send_signed(&mut self, parts: &[&[u8]]) {
        let frames = self.sign(parts);
        self.send_raw(&frames);
    }

    /// The frames of a correctly signed message with these parts.
    pub fn sign(&self, parts: &[impl AsRef<[u8]>]) -> Vec<Vec<u8>> {
        let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.as_ref().to_vec()).collect();
        let signature = signature(&self.key, &parts.concat());
        [b"<IDS|MSG>".to_vec(), signature.into_bytes()].into_iter().chain(parts).collect()
    }

    /// Sends frames unchanged, after the identity, on the shell socket.
    pub fn send_raw(&mut self, frames: &[impl AsRef<[u8]>]) {
        self.runtime.block_on(self.shell.socket.send(multipart(frames))).expect("frames are sent");
    }

    /// The same on the control socket.
    pub fn send_raw_control(&mut self, frames: &[impl AsRef<[u8]>]) {
        self.runtime.block_on(self.control.socket.send(multipart(frames))).expect("frames are sent");
    }

    /// Answers a question.
    pub fn send_input(&mut self, value: &str) {
        send(&self.runtime, &mut self.stdin, "input_reply", json!({ "status": "ok", "value": value }), json!({}));
    }

    /// The next message on the shell socket, which must be of this kind and the reply to `parent`.
    pub fn shell(&mut self, kind: &str, parent: &str) -> Value {
        self.shell_message(kind, parent).content
    }

    /// Like [`TestFrontend::shell`], with header and metadata.
    pub fn shell_message(&mut self, kind: &str, parent: &str) -> Message {
        expect(receive(&self.runtime, &mut self.shell, kind), kind, parent)
    }

    /// The next message on the control socket, which must be of this kind and the reply to `parent`.
    pub fn control(&mut self, kind: &str, parent: &str) -> Value {
        expect(receive(&self.runtime, &mut self.control, kind), kind, parent).content
    }

    /// The next message on the stdin socket, which must be a question of the request `parent`.
    pub fn stdin(&mut self, parent: &str) -> Value {
        expect(receive(&self.runtime, &mut self.stdin, "input_request"), "input_request", parent).content
    }

    /// The next message on iopub, which must be of this kind and caused by `parent`.
    pub fn iopub(&mut self, kind: &str, parent: &str) -> Value {
        loop {
            let message = receive(&self.runtime, &mut self.iopub, kind);
            // A front end that connects early enough sees that the kernel starts.
            let is_start = message.kind == "status" && message.content["execution_state"] == "starting";
            if !is_start {
                return expect(message, kind, parent).content;
            }
        }
    }

    /// The next message on iopub, of any kind, caused by `parent`.
    pub fn iopub_message(&mut self, parent: &str) -> Message {
        let message = self.iopub_any();
        assert_eq!(message.parent, parent, "{message:?}");
        message
    }

    /// The next message on iopub.
    pub fn iopub_any(&mut self) -> Message {
        receive(&self.runtime, &mut self.iopub, "a message on iopub")
    }

    /// The next message on iopub is the status `busy`.
    pub fn iopub_busy(&mut self, parent: &str) {
        assert_eq!(self.iopub("status", parent), json!({ "execution_state": "busy" }));
    }

    /// The next message on iopub is the status `idle`.
    pub fn iopub_idle(&mut self, parent: &str) {
        assert_eq!(self.iopub("status", parent), json!({ "execution_state": "idle" }));
    }

    /// The next messages on iopub are the status `busy` and the cell's code, with this number.
    pub fn iopub_begin(&mut self, parent: &str, count: u64) {
        self.iopub_busy(parent);
        assert_eq!(self.iopub("execute_input", parent)["execution_count"], count);
    }

    /// The next messages on iopub are text written to this stream, in any number of pieces.
    pub fn iopub_stream(&mut self, parent: &str, name: &str, text: &str) {
        let mut received = String::new();
        while received.len() < text.len() {
            let content = self.iopub("stream", parent);
            assert_eq!(content["name"], name, "{content}");
            received.push_str(content["text"].as_str().expect("text"));
        }
        assert_eq!(received, text);
    }

    /// The next message on iopub is this error.
    pub fn iopub_error(&mut self, parent: &str, name: &str) {
        assert_eq!(self.iopub("error", parent)["ename"], name);
    }

    /// Runs a cell that publishes only the usual messages, and returns its reply.
    pub fn run_quietly(&mut self, code: &str, count: u64) -> Value {
        let request = self.send_execute(code);
        self.iopub_begin(&request, count);
        let reply = self.shell("execute_reply", &request);
        self.iopub_idle(&request);
        reply
    }

    /// Sends a request on the shell socket that the kernel answers between `busy` and `idle`, and
    /// returns the reply.
    pub fn ask(&mut self, kind: &str, content: Value) -> Value {
        let request = self.send_shell(kind, content);
        self.iopub_busy(&request);
        let reply = self.shell(&kind.replace("_request", "_reply"), &request);
        self.iopub_idle(&request);
        reply
    }

    /// Sends bytes to the heartbeat socket and returns what comes back.
    pub fn beat(&mut self, ping: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            self.heartbeat.send(ZmqMessage::from(ping.to_vec())).await.expect("a ping is sent");
            let echo = in_time("an echo", self.heartbeat.recv()).await.expect("an echo");
            echo.into_vec().concat()
        })
    }

    /// Asks the kernel to shut down, and asserts that it says so to all front ends.
    pub fn shut_down(&mut self, restart: bool) {
        let request = self.send_control("shutdown_request", json!({ "restart": restart }));
        let reply = json!({ "status": "ok", "restart": restart });
        assert_eq!(self.control("shutdown_reply", &request), reply);
        self.iopub_busy(&request);
        assert_eq!(self.iopub("shutdown_reply", &request), reply);
        self.iopub_idle(&request);
    }

    /// The kernel's reply to a request that may be malformed; the kernel must publish only `busy` and `idle`, and the
    /// messages of running a cell.
    pub fn reply_to(&mut self, request: &str) -> Value {
        loop {
            let message = self.iopub_message(request);
            if message.kind == "status" && message.content["execution_state"] == "idle" {
                break;
            }
        }
        self.next_reply(request)
    }

    /// The next message on the shell socket, of any kind, which must be the reply to this request.
    pub fn next_reply(&mut self, request: &str) -> Value {
        let reply = receive(&self.runtime, &mut self.shell, "a reply");
        assert_eq!(reply.parent, request, "{reply:?}");
        reply.content
    }

    /// Asserts that nothing has come that the test did not ask for.
    pub fn finish(&mut self) {
        let quiet = |name: &str, received: Option<Message>| {
            assert!(received.is_none(), "nobody asked for this on {name}: {received:?}");
        };
        quiet("iopub", leftover(&self.runtime, &mut self.iopub, QUIET_TIME));
        quiet("shell", leftover(&self.runtime, &mut self.shell, Duration::from_millis(5)));
        quiet("control", leftover(&self.runtime, &mut self.control, Duration::from_millis(5)));
        quiet("stdin", leftover(&self.runtime, &mut self.stdin, Duration::from_millis(5)));
    }
}

fn multipart(frames: &[impl AsRef<[u8]>]) -> ZmqMessage {
    let frames: Vec<Bytes> = frames.iter().map(|frame| Bytes::copy_from_slice(frame.as_ref())).collect();
    ZmqMessage::try_from(frames).expect("at least one frame")
}

/// The header of a request of this type, with a new id.
pub fn header(kind: &str) -> Value {
    serde_json::to_value(&JupyterMessage::new(unknown(kind, json!({})), None).header).expect("a header is JSON")
}

/// Retries: a kernel that was just started has not bound its sockets yet.
async fn persistently_connect<S: Socket>(socket: &mut S, url: &str) {
    let deadline = Instant::now() + TIMEOUT;
    while let Err(error) = socket.connect(url).await {
        assert!(Instant::now() < deadline, "cannot connect to {url}: {error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn unknown(kind: &str, content: Value) -> JupyterMessageContent {
    JupyterMessageContent::UnknownMessage(UnknownMessage { msg_type: kind.to_owned(), content })
}

/// HMAC-SHA256 (RFC 2104) in hexadecimal digits; the crate signs only messages of its own types.
fn signature(key: &str, text: &[u8]) -> String {
    if key.is_empty() {
        return String::new();
    }
    let pad =
        |with: u8| -> Vec<u8> { key.bytes().chain(std::iter::repeat(0)).take(64).map(|byte| byte ^ with).collect() };
    let inner = Sha256::digest([pad(0x36), text.to_vec()].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn send(
    runtime: &Runtime,
    connection: &mut Connection<DealerSocket>,
    kind: &str,
    content: Value,
    metadata: Value,
) -> String {
    let message = JupyterMessage::new(unknown(kind, content), None).with_metadata(metadata);
    let id = message.header.msg_id.clone();
    runtime.block_on(connection.send(message)).expect("a message is sent");
    id
}

async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(TIMEOUT, work).await.unwrap_or_else(|_| panic!("{what} did not come within {TIMEOUT:?}"))
}

fn receive<S: SocketRecv>(runtime: &Runtime, connection: &mut Connection<S>, what: &str) -> Message {
    let multipart = runtime.block_on(in_time(what, connection.socket.recv())).expect("a message");
    read(multipart, connection)
}

fn leftover<S: SocketRecv>(runtime: &Runtime, connection: &mut Connection<S>, time: Duration) -> Option<Message> {
    // A socket whose kernel has ended delivers nothing more.
    let multipart = runtime.block_on(async { timeout(time, connection.socket.recv()).await.ok()?.ok() })?;
    Some(read(multipart, connection))
}

/// Checks the signature.
fn read<S>(multipart: ZmqMessage, connection: &Connection<S>) -> Message {
    let raw = RawMessage::from_multipart(multipart, &connection.mac).expect("a signed message");
    let [header, parent, metadata, content] =
        [0, 1, 2, 3].map(|part| serde_json::from_slice::<Value>(&raw.jparts[part]).expect("JSON"));
    Message {
        kind: header["msg_type"].as_str().expect("a type").to_owned(),
        parent: parent["msg_id"].as_str().unwrap_or_default().to_owned(),
        content,
        metadata,
        header,
    }
}

fn expect(message: Message, kind: &str, parent: &str) -> Message {
    assert_eq!((message.kind.as_str(), message.parent.as_str()), (kind, parent), "{message:?}");
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, parent: &str) -> Message {
        Message {
            kind: kind.to_owned(),
            parent: parent.to_owned(),
            content: json!({}),
            metadata: json!({}),
            header: json!({}),
        }
    }

    fn fails(test: impl FnOnce() + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(test).is_err()
    }

    #[test]
    fn a_message_of_another_kind_or_parent_fails_the_test() {
        assert!(!fails(|| drop(expect(message("status", "1"), "status", "1"))));
        assert!(fails(|| drop(expect(message("stream", "1"), "status", "1"))));
        assert!(fails(|| drop(expect(message("status", "2"), "status", "1"))));
    }
}
