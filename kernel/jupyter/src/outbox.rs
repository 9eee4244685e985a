//! The sending side of a ROUTER socket: threads put messages in, one task sends them.

use std::sync::mpsc;

use jupyter_protocol::messaging::JupyterMessage;
use jupyter_zmq_client::Connection;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::zmtp::Sender;

enum Letter {
    /// A message to send; the sender, if any, gets the outcome.
    Message(Box<JupyterMessage>, Option<mpsc::Sender<Result<(), String>>>),
    /// Dropped when all before it has been sent.
    Mark(oneshot::Sender<()>),
}

/// Takes messages for one socket; cheap to clone, never blocks.
#[derive(Clone)]
pub struct Outbox(UnboundedSender<Letter>);

/// The messages that wait to be sent.
pub struct Letters(UnboundedReceiver<Letter>);

/// An outbox and what [`run`] needs to empty it.
pub fn outbox() -> (Outbox, Letters) {
    let (sender, receiver) = unbounded_channel();
    (Outbox(sender), Letters(receiver))
}

impl Outbox {
    /// Sends a message; if its front end is gone, the log says so.
    pub fn send(&self, message: JupyterMessage) {
        // The task ends with the kernel; no front end waits for replies then.
        let _ = self.0.send(Letter::Message(Box::new(message), None));
    }

    /// Sends a message and waits until it is sent.
    ///
    /// # Errors
    /// The reason why the message cannot be sent. Must not be called from an async task.
    pub fn deliver(&self, message: JupyterMessage) -> Result<(), String> {
        let (sender, sent) = mpsc::channel();
        let ended = |_| "the kernel is shutting down".to_owned();
        self.0.send(Letter::Message(Box::new(message), Some(sender))).map_err(|error| ended(error.to_string()))?;
        sent.recv().map_err(|error| ended(error.to_string()))?
    }

    /// Waits until all messages put in before have been handed to the socket.
    pub async fn emptied(&self) {
        let (mark, dropped) = oneshot::channel();
        if self.0.send(Letter::Mark(mark)).is_ok() {
            let _ = dropped.await;
        }
    }
}

/// Sends until the task is aborted or every [`Outbox`] is gone.
pub async fn run(mut connection: Connection<Sender>, mut letters: Letters) {
    while let Some(letter) = letters.0.recv().await {
        let (message, sender) = match letter {
            Letter::Message(message, sender) => (*message, sender),
            Letter::Mark(mark) => {
                drop(mark);
                continue;
            }
        };
        let kind = message.header.msg_type.clone();
        let outcome = connection.send(message).await.map_err(|error| error.to_string());
        if let Err(error) = &outcome {
            tracing::debug!("{kind} could not be sent: {error}");
        }
        if let Some(sender) = sender {
            // The thread that asked may have gone on without an answer.
            let _ = sender.send(outcome);
        }
    }
}
