//! The receiving side of a ROUTER socket: passes on messages whose signature is right and has not been seen before.
//!
//! The crate's HMAC library compares signatures in a time that does not depend on where they differ. Only an empty key
//! in the connection file turns the check off.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jupyter_zmq_client::{Connection, RawMessage, RuntimeError};
use tokio::time::sleep;
use zeromq::ZmqMessage;

use super::wire::{self, Request};
use super::zmtp::{Received, Receiver, Unanswered};

/// The number of signatures to remember: as many as ipykernel remembers.
const REMEMBERED: usize = 1 << 16;
/// The pause after a refused message: keeps a broken peer from using up a processor.
const PAUSE: Duration = Duration::from_millis(1);
/// The first `TOLD` refused messages are logged, then one of each [`TOLD_OF_EACH`], so that no peer can fill a disk
/// with log lines.
const TOLD: usize = 20;
const TOLD_OF_EACH: usize = 10_000;
/// The frame before a message's signature.
const DELIMITER: &[u8] = b"<IDS|MSG>";

/// The signatures of the last messages on all of a kernel's sockets. No front end signs the same bytes twice, so a
/// message that comes twice was recorded and sent again by an attacker.
#[derive(Default)]
pub struct Seen(Mutex<(HashSet<u128>, VecDeque<u128>)>);

impl Seen {
    /// Whether the signature is seen for the first time; remembers it.
    fn is_new(&self, signature: u128) -> bool {
        let (all, order) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.insert(signature) {
            return false;
        }
        order.push_back(signature);
        if order.len() > REMEMBERED
            && let Some(oldest) = order.pop_front()
        {
            all.remove(&oldest);
        }
        true
    }
}

/// Receives requests.
pub struct Inbox {
    connection: Connection<Receiver>,
    seen: Arc<Seen>,
    /// How many messages were refused.
    refused: usize,
}

impl Inbox {
    /// An inbox that refuses messages that already came on any inbox that shares `seen`.
    pub fn new(connection: Connection<Receiver>, seen: Arc<Seen>) -> Inbox {
        Inbox { connection, seen, refused: 0 }
    }

    /// The next request, and what keeps it counted as unanswered. Messages that cannot be answered are logged.
    pub async fn next(&mut self) -> (Request, Unanswered) {
        loop {
            let received = self.connection.socket.next().await;
            match self.open(received) {
                Ok(request) => return request,
                Err(problem) => {
                    self.refused += 1;
                    if self.refused <= TOLD {
                        tracing::warn!("{problem}");
                    } else if self.refused.is_multiple_of(TOLD_OF_EACH) {
                        tracing::warn!("{problem}; {} messages were refused so far", self.refused);
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn open(&self, Received { message, unanswered, .. }: Received) -> Result<(Request, Unanswered), String> {
        let signature = signature(&message);
        let raw = RawMessage::from_multipart(message, &self.connection.mac).map_err(|error| {
            // A peer that has never sent a signed message is a stranger.
            self.connection.socket.refuse();
            match error {
                RuntimeError::VerifyError(_) => "refused a message with a wrong signature".to_owned(),
                error => format!("refused a message: {error}"),
            }
        })?;
        if self.connection.mac.is_some() && !signature.is_some_and(|signature| self.seen.is_new(signature)) {
            self.connection.socket.refuse();
            return Err("refused a message that has come before".to_owned());
        }
        self.connection.socket.recognise();
        Ok((wire::decode(raw)?, unanswered))
    }
}

/// Half of the signature, which is more than enough to tell messages apart.
fn signature(message: &ZmqMessage) -> Option<u128> {
    let digits = message.iter().skip_while(|frame| **frame != DELIMITER).nth(1)?;
    u128::from_str_radix(std::str::from_utf8(digits.get(..32)?).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_signatures_are_remembered_as_is_said_and_no_more() {
        let seen = Seen::default();
        for signature in 0..REMEMBERED as u128 {
            assert!(seen.is_new(signature));
        }
        assert!(!seen.is_new(0));
        assert!(seen.is_new(u128::MAX));
        assert!(seen.is_new(0), "the oldest was forgotten");
        assert_eq!(seen.0.lock().unwrap().0.len(), REMEMBERED);
    }
}
