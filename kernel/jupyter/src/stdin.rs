//! The stdin socket: the kernel asks, the user answers.
//!
//! See [stdin](https://jupyter-client.readthedocs.io/en/stable/messaging.html#messages-on-the-stdin-router-dealer-channel).

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use jupyter_protocol::messaging::{InputRequest, JupyterMessageContent};
use serde_json::json;

use super::inbox::Inbox;
use super::outbox::Outbox;
use super::wire::{self, Origin};

/// How long a front end that has just sent a cell may take to connect its stdin socket.
const CONNECT_TIME: Duration = Duration::from_secs(2);

/// Asks front ends for input, one question at a time.
pub struct Stdin {
    outbox: Outbox,
    /// Held while a question is open.
    turn: Mutex<()>,
    waiting: Mutex<Option<mpsc::Sender<Result<String, String>>>>,
}

impl Stdin {
    /// Sends questions through `outbox`.
    pub fn new(outbox: Outbox) -> Stdin {
        Stdin { outbox, turn: Mutex::default(), waiting: Mutex::default() }
    }

    /// Asks the front end that sent `origin`, and waits for the answer.
    ///
    /// # Errors
    /// A sentence: the front end cannot be reached, or the wait was interrupted.
    pub fn ask(&self, origin: &Origin, prompt: &str, password: bool) -> Result<String, String> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, answer) = mpsc::channel();
        self.expect(Some(sender));
        let request = InputRequest { prompt: prompt.to_owned(), password };
        let outcome = self.deliver(origin, request).and_then(|()| {
            answer
                .recv()
                .unwrap_or_else(|_| Err("the kernel is shutting down, so the question cannot be answered".to_owned()))
        });
        self.expect(None);
        outcome
    }

    fn deliver(&self, origin: &Origin, request: InputRequest) -> Result<(), String> {
        let deadline = Instant::now() + CONNECT_TIME;
        loop {
            match self.outbox.deliver(wire::reply(request.clone(), json!({}), origin)) {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() >= deadline => {
                    return Err(format!("the front end that runs this cell cannot be asked for input ({error})"));
                }
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Makes a waiting [`Stdin::ask`] fail.
    pub fn interrupt(&self) {
        self.answer(Err("interrupted while waiting for input".to_owned()));
    }

    /// Whether a cell was waiting for this answer.
    fn answer(&self, answer: Result<String, String>) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        waiting.is_some_and(|sender| sender.send(answer).is_ok())
    }

    fn expect(&self, sender: Option<mpsc::Sender<Result<String, String>>>) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = sender;
    }
}

/// Hands answers to the cell that asked, until the task is aborted.
pub async fn run(mut inbox: Inbox, stdin: Arc<Stdin>) {
    loop {
        let (message, _unanswered) = inbox.next().await;
        match message.content {
            Ok(JupyterMessageContent::InputReply(reply)) => {
                if !stdin.answer(Ok(reply.value)) {
                    tracing::debug!("an input_reply without a pending question");
                }
            }
            Ok(other) => tracing::warn!("{} does not belong on the stdin socket", other.message_type()),
            Err(problem) => tracing::warn!("{problem}"),
        }
    }
}
