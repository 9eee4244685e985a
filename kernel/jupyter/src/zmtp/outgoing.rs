//! The messages that wait to be written to one connection.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite;
use tokio::sync::Notify;

use super::frames::FrameWriter;

/// Small messages are written together until they are this many bytes.
const BATCH_SIZE: usize = 64 << 10;

#[derive(Default)]
struct State {
    messages: VecDeque<Bytes>,
    /// The number of bytes that the connection has not taken yet.
    bytes: usize,
}

/// Encoded messages, in order.
#[derive(Default)]
pub struct Outgoing {
    state: Mutex<State>,
    pushed: Notify,
    written: Notify,
}

impl Outgoing {
    /// Adds a message.
    pub fn push(&self, message: Bytes) {
        let mut state = self.lock();
        state.bytes += message.len();
        state.messages.push_back(message);
        self.pushed.notify_one();
    }

    /// How many bytes wait.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Waits until fewer than this many bytes wait.
    pub async fn below(&self, bytes: usize) {
        loop {
            let written = self.written.notified();
            tokio::pin!(written);
            written.as_mut().enable();
            if self.bytes() < bytes {
                return;
            }
            written.await;
        }
    }

    /// Writes messages as they are added, for ever.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn write_to(&self, writer: &mut FrameWriter<impl AsyncWrite + Unpin>) -> io::Result<()> {
        loop {
            let Some(batch) = self.batch() else {
                self.pushed.notified().await;
                continue;
            };
            writer.write(&batch).await?;
            self.lock().bytes -= batch.len();
            self.written.notify_waiters();
        }
    }

    fn batch(&self) -> Option<Bytes> {
        let mut state = self.lock();
        let first = state.messages.pop_front()?;
        if state.messages.front().is_none_or(|next| first.len() + next.len() > BATCH_SIZE) {
            return Some(first);
        }
        let mut batch = BytesMut::from(first);
        while let Some(next) = state.messages.pop_front_if(|next| batch.len() + next.len() <= BATCH_SIZE) {
            batch.extend_from_slice(&next);
        }
        Some(batch.freeze())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
