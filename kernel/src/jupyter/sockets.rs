//! Binds the kernel's five sockets.
//!
//! See [the introduction](https://jupyter-client.readthedocs.io/en/stable/messaging.html#introduction) of the
//! messaging specification for what each is for.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::Context;
use jupyter_protocol::connection_info::ConnectionInfo;
use jupyter_zmq_client::Connection;
use zeromq::{RouterSocket, Socket, XPubSocket};

use super::connection::{endpoint, ipc_paths};

/// The bound sockets.
pub struct Sockets {
    /// Requests.
    pub shell: Connection<RouterSocket>,
    /// Requests that must not wait behind others.
    pub control: Connection<RouterSocket>,
    /// Questions to the person.
    pub stdin: Connection<RouterSocket>,
    /// What all front ends see.
    pub iopub: Connection<XPubSocket>,
    /// Echoes.
    pub heartbeat: RouterSocket,
    /// Removes what `ipc` sockets leave behind.
    pub files: SocketFiles,
}

/// Binds all sockets of a connection. Messages are sent as coming from `session`.
///
/// # Errors
/// Names the socket and its endpoint.
pub async fn bind(connection: &ConnectionInfo, session: &str) -> anyhow::Result<Sockets> {
    let files = SocketFiles(ipc_paths(connection));
    files.remove_stale();
    let (key, info) = (&connection.key, connection);
    Ok(Sockets {
        shell: Connection::new(bound("shell", info, info.shell_port).await?, key, session),
        control: Connection::new(bound("control", info, info.control_port).await?, key, session),
        stdin: Connection::new(bound("stdin", info, info.stdin_port).await?, key, session),
        iopub: Connection::new(bound("iopub", info, info.iopub_port).await?, key, session),
        heartbeat: bound("heartbeat", info, info.hb_port).await?,
        files,
    })
}

async fn bound<S: Socket>(name: &str, connection: &ConnectionInfo, port: u16) -> anyhow::Result<S> {
    let endpoint = endpoint(connection, port);
    let mut socket = S::new();
    socket.bind(&endpoint).await.with_context(|| {
        format!("cannot bind the {name} socket to {endpoint}; is another kernel using the same connection file?")
    })?;
    Ok(socket)
}

/// The files of `ipc` sockets; removed when dropped.
pub struct SocketFiles(Vec<PathBuf>);

impl SocketFiles {
    /// Removes sockets that a killed kernel left behind: nobody listens on them, and they cannot be bound.
    fn remove_stale(&self) {
        for path in &self.0 {
            let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
            if is_socket && UnixStream::connect(path).is_err() {
                // If it cannot be removed, binding says so.
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
