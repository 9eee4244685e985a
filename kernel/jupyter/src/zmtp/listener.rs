//! Accepts connections, over TCP or a Unix socket.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen, socket};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::peers::{Membership, Peers};

/// How long to wait when the system has no descriptor for another connection.
const SCARCITY_PAUSE: Duration = Duration::from_millis(100);

/// How many connections the system may queue until they are accepted.
const CONNECTING: i32 = 128;

/// How many connections may be open beside those that have a place: new ones, and those that are being closed.
const LEAVING: usize = 8;

/// Where a socket is bound.
#[derive(Clone, Debug, PartialEq)]
pub enum Endpoint {
    /// A host, by address or name, and a port.
    Tcp(String, u16),
    /// The path of a Unix socket.
    Ipc(PathBuf),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Endpoint::Tcp(host, port) if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Endpoint::Tcp(host, port) => write!(f, "tcp://{host}:{port}"),
            Endpoint::Ipc(path) => write!(f, "ipc://{}", path.display()),
        }
    }
}

/// The reading half of a connection.
pub type ReadHalf = Box<dyn AsyncRead + Send + Unpin>;
/// The writing half of a connection.
pub type WriteHalf = Box<dyn AsyncWrite + Send + Unpin>;

enum Listener {
    Tcp(TcpListener),
    Ipc(UnixListener),
}

impl Listener {
    async fn bind(endpoint: &Endpoint) -> io::Result<Listener> {
        match endpoint {
            Endpoint::Tcp(host, port) => Ok(Listener::Tcp(TcpListener::bind((host.as_str(), *port)).await?)),
            Endpoint::Ipc(path) => Ok(Listener::Ipc(UnixListener::from_std(private(path)?)?)),
        }
    }

    async fn accept(&self) -> io::Result<(ReadHalf, WriteHalf)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Without it, small messages are sent late, but they are sent.
                let _ = stream.set_nodelay(true);
                let (read, write) = stream.into_split();
                Ok((Box::new(read), Box::new(write)))
            }
            Listener::Ipc(listener) => {
                let (stream, _) = listener.accept().await?;
                let (read, write) = stream.into_split();
                Ok((Box::new(read), Box::new(write)))
            }
        }
    }
}

/// A Unix socket that only its owner can connect to. Its permissions are set before it listens, so that no other user
/// can have connected to it before.
fn private(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    bind(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    listen(&socket, Backlog::new(CONNECTING)?)?;
    Ok(socket.into())
}

/// A bound socket; dropping it ends its connections.
pub struct Bound {
    accepting: JoinHandle<()>,
    peers: Arc<Peers>,
}

impl Bound {
    /// Binds, and serves each connection on its own task for as long as its membership lasts.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn new<Served>(
        endpoint: &Endpoint,
        peers: Arc<Peers>,
        serve: impl Fn(ReadHalf, WriteHalf, Membership) -> Served + Send + 'static,
    ) -> io::Result<Bound>
    where
        Served: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = Listener::bind(endpoint).await?;
        let members = peers.clone();
        // A connection that has lost its place keeps its descriptor until its task is dropped. Without this bound, a
        // flood of new connections would outrun that, and leave the process no descriptor for anything else.
        let room = Arc::new(Semaphore::new(peers.places() + LEAVING));
        let accepting = tokio::spawn(async move {
            while let Ok(permit) = room.clone().acquire_owned().await {
                match listener.accept().await {
                    Ok((read, write)) => {
                        let Some(membership) = members.admit() else { continue };
                        let id = membership.id();
                        let serving = serve(read, write, membership);
                        let task = tokio::spawn(async move {
                            // Given back after the connection is closed.
                            let _permit = permit;
                            if let Err(error) = serving.await {
                                tracing::debug!("a connection ends: {error}");
                            }
                        });
                        members.serves(id, task.abort_handle());
                    }
                    Err(error) => {
                        tracing::debug!("a connection cannot be accepted: {error}");
                        sleep(SCARCITY_PAUSE).await;
                    }
                }
            }
        });
        Ok(Bound { accepting, peers })
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.accepting.abort();
        self.peers.dismiss_all();
    }
}
