//! The queue of messages to publish: one queue, so that text, displays and statuses keep their order.
//!
//! Text that follows text of the same stream is joined to it while it waits, so that a flood of small
//! writes costs a few appends rather than a message each. Outputs wait for room when [`CAPACITY`] bytes
//! are queued, which slows a flooding cell down to what the front ends can take. Statuses and other small messages
//! never wait: a flood must not keep the kernel from saying that it is alive. Their number is bounded at the source:
//! the kernel takes no request while too many are queued ([`IopubQueue::fewer_than`]).

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use jupyter_protocol::messaging::{JupyterMessage, JupyterMessageContent, Status, Stdio, StreamContent};
use tokio::sync::Notify;

use super::wire::{self, Origin};
use crate::api::Stream;

/// Outputs wait while this many bytes are queued.
const CAPACITY: usize = 4 << 20;
/// Text of this many bytes is published without waiting for more.
const BATCH_SIZE: usize = 64 << 10;
/// Text waits this long for more of it, unless it is the first in a while.
const BATCH_TIME: Duration = Duration::from_millis(25);
/// What a message costs besides its text, so that many small ones count too.
const OVERHEAD: usize = 256;

/// One thing to publish.
pub enum Item {
    /// A piece of a cell's text output.
    Text {
        /// The cell.
        origin: Arc<Origin>,
        /// Where it was written.
        stream: Stream,
        /// What was written.
        text: String,
    },
    /// Any other message, and its size in bytes.
    Message(Box<JupyterMessage>, usize),
    /// Tells the waiting thread that all items before this one were published.
    Flushed(mpsc::Sender<()>),
}

impl Item {
    fn size(&self) -> usize {
        match self {
            Item::Text { text, .. } => text.len() + OVERHEAD,
            Item::Message(_, size) => size + OVERHEAD,
            Item::Flushed(_) => 0,
        }
    }
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    /// The size of all items.
    bytes: usize,
    /// How many items are not text: these, and the text before them, do not wait.
    urgent: usize,
    /// How many items have already been released and are published without further waiting.
    released: usize,
    /// When items were last released.
    last_release: Option<Instant>,
    /// The cell whose text was last released.
    last_cell: Option<Arc<Origin>>,
    /// The cell that runs.
    running: Option<Arc<Origin>>,
    closed: bool,
}

/// What the publishing task is to do next.
pub enum Next {
    /// Publish this.
    Publish(Item),
    /// Ask again at this time, or when something is queued.
    Wait(Option<Instant>),
    /// End: the queue is closed and empty.
    End,
}

/// The queue; used by many threads, emptied by one task.
#[derive(Default)]
pub struct IopubQueue {
    state: Mutex<State>,
    room: Condvar,
    queued: Notify,
    taken: Notify,
}

impl IopubQueue {
    /// Queues text of a cell; blocks while the queue is full.
    pub fn text(&self, origin: &Arc<Origin>, stream: Stream, text: String) {
        if text.is_empty() {
            return;
        }
        let mut state = self.wait_for_room();
        if state.closed {
            return;
        }
        // An item that has been released is about to be taken: joining text to it would let it grow for ever.
        let joinable = state.items.len() > state.released;
        if let Some(Item::Text { origin: last_origin, stream: last_stream, text: last }) =
            state.items.back_mut().filter(|_| joinable)
            && Arc::ptr_eq(last_origin, origin)
            && *last_stream == stream
            && last.len() < BATCH_SIZE
        {
            last.push_str(&text);
            let full = last.len() >= BATCH_SIZE;
            state.bytes += text.len();
            if full {
                self.queued.notify_one();
            }
            return;
        }
        self.push(&mut state, Item::Text { origin: origin.clone(), stream, text });
    }

    /// Queues a rich output of this size; blocks while the queue is full.
    pub fn output(&self, message: JupyterMessage, size: usize) {
        let mut state = self.wait_for_room();
        self.push(&mut state, Item::Message(Box::new(message), size));
    }

    /// Queues a small message that must not wait.
    pub fn publish(&self, content: impl Into<JupyterMessageContent>, parent: Option<&Origin>) {
        self.publish_message(wire::message(content, parent));
    }

    /// Queues a small message that must not wait.
    pub fn publish_message(&self, message: JupyterMessage) {
        self.push(&mut self.lock(), Item::Message(Box::new(message), 0));
    }

    /// Publishes that a request is being answered.
    pub fn busy(&self, origin: &Origin) {
        self.publish(Status::busy(), Some(origin));
    }

    /// Publishes that a request has been answered.
    ///
    /// JupyterLab shows the last status it saw, whatever its parent. When a completion is answered while a cell runs,
    /// the cell's `busy` is published again, so that JupyterLab does not show the kernel as idle.
    pub fn idle(&self, origin: &Origin) {
        let mut state = self.lock();
        self.push(&mut state, status(Status::idle(), origin));
        if let Some(cell) = state.running.clone() {
            self.push(&mut state, status(Status::busy(), &cell));
        }
    }

    /// Publishes that a cell is running.
    pub fn cell_busy(&self, origin: &Arc<Origin>) {
        let mut state = self.lock();
        state.running = Some(origin.clone());
        self.push(&mut state, status(Status::busy(), origin));
    }

    /// Publishes that the cell has ended.
    pub fn cell_idle(&self, origin: &Origin) {
        let mut state = self.lock();
        state.running = None;
        self.push(&mut state, status(Status::idle(), origin));
    }

    /// Waits until all that is queued now has been published, but at most this long.
    pub fn flush(&self, at_most: Duration) {
        let (sender, published) = mpsc::channel();
        self.push(&mut self.lock(), Item::Flushed(sender));
        // A front end that reads nothing must not hold up the kernel: after the time limit, the kernel goes on.
        let _ = published.recv_timeout(at_most);
    }

    /// Closes the queue: it takes no further items, and threads that wait for room go on.
    pub fn close(&self) {
        self.lock().closed = true;
        self.room.notify_all();
        self.taken.notify_waiters();
        self.queued.notify_one();
    }

    /// What to publish now.
    pub fn next(&self) -> Next {
        let mut state = self.lock();
        if state.released == 0 {
            if let Some(due) = state.due() {
                return Next::Wait(Some(due));
            }
            state.release();
        }
        match state.items.pop_front() {
            Some(item) => {
                state.released -= 1;
                state.bytes -= item.size();
                state.urgent -= usize::from(!matches!(item, Item::Text { .. }));
                self.room.notify_all();
                self.taken.notify_waiters();
                Next::Publish(item)
            }
            None if state.closed => Next::End,
            None => Next::Wait(None),
        }
    }

    /// Waits until fewer items than this are queued, so that the sender of the requests that cause them can be made to
    /// wait.
    pub async fn fewer_than(&self, count: usize) {
        loop {
            let taken = self.taken.notified();
            tokio::pin!(taken);
            taken.as_mut().enable();
            {
                let state = self.lock();
                if state.items.len() < count || state.closed {
                    return;
                }
            }
            taken.await;
        }
    }

    /// Waits until an item is queued that may change the result of [`IopubQueue::next`].
    pub async fn changed(&self) {
        self.queued.notified().await;
    }

    fn push(&self, state: &mut State, item: Item) {
        if state.closed {
            return;
        }
        state.bytes += item.size();
        state.urgent += usize::from(!matches!(item, Item::Text { .. }));
        state.items.push_back(item);
        self.queued.notify_one();
    }

    fn wait_for_room(&self) -> MutexGuard<'_, State> {
        self.room
            .wait_while(self.lock(), |state| state.bytes >= CAPACITY && !state.closed)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When the first item may be published; `None` for at once.
    fn due(&self) -> Option<Instant> {
        let Some(Item::Text { origin, .. }) = self.items.front() else { return None };
        if self.urgent > 0 || self.closed || self.bytes >= BATCH_SIZE {
            return None;
        }
        if !self.last_cell.as_ref().is_some_and(|cell| Arc::ptr_eq(cell, origin)) {
            return None;
        }
        let due = self.last_release? + BATCH_TIME;
        (due > Instant::now()).then_some(due)
    }

    /// Lets all queued items be published without waiting between them.
    fn release(&mut self) {
        self.released = self.items.len();
        if let Some(cell) = self.items.iter().rev().find_map(|item| match item {
            Item::Text { origin, .. } => Some(origin.clone()),
            _ => None,
        }) {
            self.last_cell = Some(cell);
            self.last_release = Some(Instant::now());
        }
    }
}

fn status(status: Status, origin: &Origin) -> Item {
    Item::Message(Box::new(wire::message(status, Some(origin))), 0)
}

/// The message for a piece of text.
pub fn stream_message(origin: &Origin, stream: Stream, text: String) -> JupyterMessage {
    let name = match stream {
        Stream::Stdout => Stdio::Stdout,
        Stream::Stderr => Stdio::Stderr,
    };
    wire::message(StreamContent { name, text }, Some(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jupyter_protocol::messaging::ClearOutput;

    fn origin() -> Arc<Origin> {
        let header = JupyterMessage::new(Status::idle(), None).header;
        Arc::new(Origin { header, identities: Vec::new(), cell_id: None })
    }

    fn text(queue: &IopubQueue) -> String {
        match queue.next() {
            Next::Publish(Item::Text { text, .. }) => text,
            Next::Publish(_) => panic!("a message where text was expected"),
            Next::Wait(_) => panic!("nothing to publish yet"),
            Next::End => panic!("the queue has ended"),
        }
    }

    #[test]
    fn the_first_text_of_a_cell_does_not_wait() {
        let (queue, cell) = (IopubQueue::default(), origin());
        queue.text(&cell, Stream::Stdout, "a".into());
        assert_eq!(text(&queue), "a");
        let next_cell = origin();
        queue.text(&next_cell, Stream::Stdout, "b".into());
        assert_eq!(text(&queue), "b");
    }

    #[test]
    fn text_that_follows_soon_waits_and_is_joined() {
        let (queue, cell) = (IopubQueue::default(), origin());
        queue.text(&cell, Stream::Stdout, "a".into());
        assert_eq!(text(&queue), "a");
        queue.text(&cell, Stream::Stdout, "b".into());
        queue.text(&cell, Stream::Stdout, "c".into());
        let Next::Wait(Some(due)) = queue.next() else { panic!("published at once") };
        std::thread::sleep(due - Instant::now());
        assert_eq!(text(&queue), "bc");
    }

    #[test]
    fn a_rich_output_takes_the_text_before_it_along() {
        let (queue, cell) = (IopubQueue::default(), origin());
        queue.text(&cell, Stream::Stdout, "a".into());
        assert_eq!(text(&queue), "a");
        queue.text(&cell, Stream::Stdout, "b".into());
        queue.output(wire::message(ClearOutput { wait: false }, Some(&cell)), 0);
        queue.text(&cell, Stream::Stdout, "c".into());
        assert_eq!(text(&queue), "b");
        assert!(matches!(queue.next(), Next::Publish(Item::Message(..))));
        assert_eq!(text(&queue), "c");
    }

    #[test]
    fn streams_are_not_mixed() {
        let (queue, cell) = (IopubQueue::default(), origin());
        queue.text(&cell, Stream::Stdout, "a".into());
        queue.text(&cell, Stream::Stderr, "b".into());
        queue.text(&cell, Stream::Stdout, "c".into());
        assert_eq!([text(&queue), text(&queue), text(&queue)], ["a", "b", "c"]);
    }

    #[test]
    fn a_full_batch_does_not_wait() {
        let (queue, cell) = (IopubQueue::default(), origin());
        queue.text(&cell, Stream::Stdout, "a".into());
        assert_eq!(text(&queue), "a");
        for _ in 0..BATCH_SIZE {
            queue.text(&cell, Stream::Stdout, "b".into());
        }
        assert_eq!(text(&queue).len(), BATCH_SIZE);
    }

    #[test]
    fn outputs_wait_for_room_and_statuses_do_not() {
        let (queue, cell) = (Arc::new(IopubQueue::default()), origin());
        queue.text(&cell, Stream::Stdout, "x".repeat(CAPACITY));
        queue.busy(&cell);
        let (sender, done) = mpsc::channel();
        let writer = std::thread::spawn({
            let (queue, cell) = (queue.clone(), cell.clone());
            move || {
                queue.text(&cell, Stream::Stdout, "y".into());
                sender.send(()).unwrap();
            }
        });
        assert!(done.recv_timeout(Duration::from_millis(50)).is_err(), "the text did not wait");
        assert_eq!(text(&queue).len(), CAPACITY);
        done.recv_timeout(Duration::from_secs(5)).expect("there is room now");
        writer.join().unwrap();
    }

    #[test]
    fn closing_lets_waiting_writers_go() {
        let (queue, cell) = (Arc::new(IopubQueue::default()), origin());
        queue.text(&cell, Stream::Stdout, "x".repeat(CAPACITY));
        let writer = std::thread::spawn({
            let (queue, cell) = (queue.clone(), cell.clone());
            move || queue.text(&cell, Stream::Stdout, "y".into())
        });
        queue.close();
        writer.join().unwrap();
        assert_eq!(text(&queue).len(), CAPACITY);
        assert!(matches!(queue.next(), Next::End));
    }

    #[test]
    fn an_answer_beside_a_running_cell_is_followed_by_the_cells_busy() {
        let (queue, cell, request) = (IopubQueue::default(), origin(), origin());
        queue.cell_busy(&cell);
        queue.busy(&request);
        queue.idle(&request);
        queue.cell_idle(&cell);
        let mut said = Vec::new();
        while let Next::Publish(Item::Message(message, _)) = queue.next() {
            let JupyterMessageContent::Status(status) = &message.content else { panic!("not a status") };
            let parent = message.parent_header.as_ref().unwrap();
            said.push((status.execution_state.as_str().to_owned(), parent.msg_id == cell.header.msg_id));
        }
        let expected = [("busy", true), ("busy", false), ("idle", false), ("busy", true), ("idle", true)];
        assert_eq!(said, expected.map(|(state, of_cell)| (state.to_owned(), of_cell)));
    }
}
