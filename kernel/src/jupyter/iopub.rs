//! The iopub socket: everything that all front ends see.
//!
//! An XPUB socket, so that a new subscriber can be greeted with
//! [`iopub_welcome`](https://jupyter.org/enhancement-proposals/65-jupyter-xpub/jupyter-xpub.html) and knows from
//! when on it misses nothing.

use std::sync::Arc;
use std::time::Duration;

use jupyter_protocol::messaging::{IoPubWelcome, JupyterMessage};
use jupyter_zmq_client::{Connection, SubscriptionEvent};
use tokio::time::{sleep, sleep_until, timeout};
use zeromq::XPubSocket;

use super::iopub_queue::{IopubQueue, Item, Next, stream_message};
use super::wire;

/// How long a front end that reads nothing may hold up the others.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same once it has used up that patience, until it reads again.
const PATIENCE_LOST: Duration = Duration::from_millis(50);

/// Publishes what is queued until the queue is closed.
pub async fn run(mut socket: Connection<XPubSocket>, queue: Arc<IopubQueue>) {
    let mut patience = PATIENCE;
    loop {
        match queue.next() {
            Next::Publish(Item::Text { origin, stream, text }) => {
                send(&mut socket, stream_message(&origin, stream, text), &mut patience).await;
            }
            Next::Publish(Item::Message(message, _)) => send(&mut socket, *message, &mut patience).await,
            // Whoever asked may have gone on without an answer.
            Next::Publish(Item::Flushed(published)) => drop(published.send(())),
            Next::End => return,
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
                    event = socket.recv_subscription() => match event {
                        Ok(SubscriptionEvent::Subscribe(topic)) => welcome(&mut socket, topic, &mut patience).await,
                        Ok(SubscriptionEvent::Unsubscribe(_)) => {}
                        Err(error) => {
                            tracing::debug!("a subscriber of iopub is gone: {error}");
                            sleep(Duration::from_millis(1)).await;
                        }
                    },
                }
            }
        }
    }
}

/// See [welcome message](https://jupyter-client.readthedocs.io/en/stable/messaging.html#welcome-message).
async fn welcome(socket: &mut Connection<XPubSocket>, topic: String, patience: &mut Duration) {
    let address = vec![topic.clone().into_bytes().into()];
    let message = wire::message(IoPubWelcome::new(topic), None).with_zmq_identities(address);
    send(socket, message, patience).await;
}

/// Sends to all subscribers, but does not wait for ever for one that has stopped reading: the cell
/// that prints would never end.
async fn send(socket: &mut Connection<XPubSocket>, mut message: JupyterMessage, patience: &mut Duration) {
    if message.zmq_identities.is_empty() {
        message.zmq_identities = vec![format!("kernel.{}", message.header.msg_type).into_bytes().into()];
    }
    match timeout(*patience, socket.send(message)).await {
        Ok(Ok(())) => *patience = PATIENCE,
        Ok(Err(error)) => tracing::warn!("an iopub message could not be sent: {error}"),
        Err(_) => {
            if *patience == PATIENCE {
                tracing::warn!("a front end has not read its iopub socket for {PATIENCE:?}; it may miss output");
            }
            *patience = PATIENCE_LOST;
        }
    }
}
