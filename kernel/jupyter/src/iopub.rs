//! The iopub socket: everything that all front ends see.
//!
//! An XPUB socket, so that a new subscriber can be greeted with
//! [`iopub_welcome`](https://jupyter.org/enhancement-proposals/65-jupyter-xpub/jupyter-xpub.html) and knows from
//! when on it misses nothing.

use std::sync::Arc;
use std::time::Duration;

use jupyter_protocol::messaging::{IoPubWelcome, JupyterMessage};
use jupyter_zmq_client::Connection;
use tokio::time::{sleep_until, timeout};

use super::iopub_queue::{IopubQueue, Item, Next, stream_message};
use super::wire;
use super::zmtp::{Publisher, Subscription};

/// How long the last messages may take to be written.
const LAST_WRITE_TIME: Duration = Duration::from_millis(500);

/// Publishes what is queued until the queue is closed.
pub async fn run(mut socket: Connection<Publisher>, queue: Arc<IopubQueue>) {
    loop {
        while let Some(subscription) = socket.socket.waiting_subscription() {
            welcome(&mut socket, subscription).await;
        }
        match queue.next() {
            Next::Publish(Item::Text { origin, stream, text }) => {
                send(&mut socket, stream_message(&origin, stream, text)).await;
            }
            Next::Publish(Item::Message(message, _)) => send(&mut socket, *message).await,
            // The thread that asked may have gone on without an answer.
            Next::Publish(Item::Flushed(published)) => drop(published.send(())),
            Next::End => {
                // The kernel does not wait for a front end that reads nothing.
                let _ = timeout(LAST_WRITE_TIME, socket.socket.written()).await;
                return;
            }
            Next::Wait(until) => {
                let due = async {
                    match until {
                        Some(time) => sleep_until(time.into()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = queue.changed() => {}
                    () = due => {}
                    subscription = socket.socket.subscription() => welcome(&mut socket, subscription).await,
                }
            }
        }
    }
}

/// Greets a new subscriber, before anything else is published to it. See
/// <https://jupyter-client.readthedocs.io/en/stable/messaging.html#welcome-message>
async fn welcome(socket: &mut Connection<Publisher>, Subscription(topic): Subscription) {
    let message = wire::message(IoPubWelcome::new(String::from_utf8_lossy(&topic).into_owned()), None);
    send(socket, message.with_zmq_identities(vec![topic])).await;
}

/// Sends to all subscribers.
async fn send(socket: &mut Connection<Publisher>, mut message: JupyterMessage) {
    if message.zmq_identities.is_empty() {
        message.zmq_identities = vec![format!("kernel.{}", message.header.msg_type).into_bytes().into()];
    }
    if let Err(error) = socket.send(message).await {
        tracing::warn!("an iopub message could not be sent: {error}");
    }
}
