//! The heartbeat socket: gives back what it gets, whatever the rest of the kernel does.
//!
//! See [heartbeat](https://jupyter-client.readthedocs.io/en/stable/messaging.html#heartbeat-for-kernels).

use std::time::Duration;

use tokio::time::sleep;
use zeromq::{RouterSocket, SocketRecv, SocketSend};

/// Echoes until the task is aborted.
///
/// A ROUTER rather than a REP socket: it serves several front ends at once, and one that goes away
/// between its ping and the echo leaves nothing behind.
pub async fn run(mut socket: RouterSocket) {
    loop {
        match socket.recv().await {
            Ok(ping) => {
                if let Err(error) = socket.send(ping).await {
                    tracing::debug!("a heartbeat could not be echoed: {error}");
                }
            }
            Err(error) => {
                tracing::debug!("the heartbeat socket: {error}");
                sleep(Duration::from_millis(1)).await;
            }
        }
    }
}
