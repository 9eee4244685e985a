//! Binds the kernel's five sockets.
//!
//! See [the introduction](https://jupyter-client.readthedocs.io/en/stable/messaging.html#introduction) of the
//! messaging specification for the purpose of each.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jupyter_zmq_client::Connection;
use zeromq::{DealerSocket, Socket};

use super::connection::{Connected, endpoint, ipc_paths};
use super::heartbeat::Heartbeat;
use super::inbox::{Inbox, Seen};
use super::zmtp::{Endpoint, Publisher, Router, Sender};

/// How long a front end that reads nothing may hold up the others.
const PATIENCE: Duration = Duration::from_secs(5);

/// The bound sockets.
pub struct Sockets {
    /// Requests.
    pub shell: Requests,
    /// Requests that must not wait behind others.
    pub control: Requests,
    /// Questions to the user.
    pub stdin: Requests,
    /// What all front ends see.
    pub iopub: Connection<Publisher>,
    /// Echoes.
    pub heartbeat: Heartbeat,
    /// Removes the files of `ipc` sockets.
    pub files: SocketFiles,
}

/// The two sides of a socket that receives and sends messages.
pub struct Requests {
    /// The receiving side.
    pub inbox: Inbox,
    /// The sending side.
    pub sender: Connection<Sender>,
}

/// Binds all sockets of a connection. Messages carry `session` as their session id.
///
/// # Errors
/// Names the socket and its endpoint.
pub async fn bind(connection: &Connected, session: &str) -> anyhow::Result<Sockets> {
    let Connected { info, security } = connection;
    let files = SocketFiles(ipc_paths(info));
    files.remove_stale();
    let seen = Arc::new(Seen::default());
    // The crate makes its key in the constructor for its own sockets.
    let mac = Connection::new(DealerSocket::new(), &info.key, session).mac;
    let requests = |Router { sender, receiver }| Requests {
        inbox: Inbox::new(Connection { socket: receiver, mac: mac.clone(), session_id: session.into() }, seen.clone()),
        sender: Connection { socket: sender, mac: mac.clone(), session_id: session.into() },
    };
    let [shell, control, stdin, iopub, heartbeat] =
        [info.shell_port, info.control_port, info.stdin_port, info.iopub_port, info.hb_port]
            .map(|port| endpoint(info, port));
    Ok(Sockets {
        shell: requests(bound("shell", &shell, Router::bind(&shell, security).await)?),
        control: requests(bound("control", &control, Router::bind(&control, security).await)?),
        stdin: requests(bound("stdin", &stdin, Router::bind(&stdin, security).await)?),
        iopub: Connection {
            socket: bound("iopub", &iopub, Publisher::bind(&iopub, security, PATIENCE).await)?,
            mac: mac.clone(),
            session_id: session.into(),
        },
        heartbeat: bound("heartbeat", &heartbeat, Heartbeat::bind(&heartbeat, security).await)?,
        files,
    })
}

fn bound<S>(name: &str, endpoint: &Endpoint, socket: io::Result<S>) -> anyhow::Result<S> {
    socket.with_context(|| {
        format!("cannot bind the {name} socket to {endpoint}; is another kernel using the same connection file?")
    })
}

/// The files of `ipc` sockets; removed when dropped.
pub struct SocketFiles(Vec<PathBuf>);

impl SocketFiles {
    /// Removes sockets that a killed kernel left behind: no process listens on them, and they block binding.
    fn remove_stale(&self) {
        for path in &self.0 {
            let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
            if is_socket && UnixStream::connect(path).is_err() {
                // If it cannot be removed, binding fails and says so.
                let _ = fs::remove_file(path);
            }
        }
    }
}

impl Drop for SocketFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            // It may be gone already.
            let _ = fs::remove_file(path);
        }
    }
}
