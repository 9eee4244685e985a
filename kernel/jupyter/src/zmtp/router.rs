//! A ROUTER socket: receives messages from many front ends, and sends each reply to the front end that it is for.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use zeromq::{SocketSend, ZmqError, ZmqMessage, ZmqResult};

use super::frames::{FrameReader, Incoming, Limits, answer, encode};
use super::listener::{Bound, Endpoint, ReadHalf, WriteHalf};
use super::outgoing::Outgoing;
use super::peers::{Membership, Peers};
use super::security::Security;

/// How long a new connection may take for the handshake.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// The largest message; a cell with all of its attachments is smaller.
const MESSAGE_SIZE: usize = 128 << 20;
/// A front end that leaves this many bytes of its replies unread is not read from.
const UNREAD_REPLIES: usize = 4 << 20;
/// A front end that then leaves this many bytes unread is disconnected.
const MOST_UNREAD_REPLIES: usize = 256 << 20;
/// How much the unanswered requests of one front end may take, in KiB. Each counts as [`REQUEST_COST`] more than its
/// size.
const UNANSWERED: usize = 64 << 10;
/// What a request costs besides its text, in KiB.
const REQUEST_COST: usize = 4;
/// How many messages one front end may send before it is the others' turn.
const TURN: usize = 16;

/// Keeps a request counted as unanswered until it is dropped.
pub type Unanswered = OwnedSemaphorePermit;

/// A message, and what keeps it counted.
pub struct Received {
    /// The sender's identity, then the frames that it has sent.
    pub message: ZmqMessage,
    /// Held until the message is answered.
    pub unanswered: Unanswered,
    peer: u64,
    /// Its share of the budget for large messages, given back when the message has been read.
    _share: Option<OwnedSemaphorePermit>,
}

struct Shared {
    peers: Arc<Peers>,
    _bound: Bound,
}

/// A bound socket.
pub struct Router {
    /// Sends messages.
    pub sender: Sender,
    /// Receives messages.
    pub receiver: Receiver,
}

/// Sends a message to the peer that its first frame names.
#[derive(Clone)]
pub struct Sender(Arc<Shared>);

/// Receives from all peers in turn.
pub struct Receiver {
    shared: Arc<Shared>,
    received: mpsc::Receiver<Received>,
    /// The sender of the last message.
    last: u64,
}

impl Router {
    /// Binds.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(endpoint: &Endpoint, security: &Security) -> io::Result<Router> {
        let security = security.clone();
        let (inbox, received) = mpsc::channel(TURN);
        let (limits, peers) = (Limits::new(MESSAGE_SIZE), Peers::new());
        let bound = Bound::new(endpoint, peers.clone(), move |read, write, membership| {
            serve(read, write, security.clone(), membership, inbox.clone(), limits.clone())
        });
        let shared = Arc::new(Shared { peers, _bound: bound.await? });
        Ok(Router { sender: Sender(shared.clone()), receiver: Receiver { shared, received, last: 0 } })
    }
}

async fn serve(
    read: ReadHalf,
    write: WriteHalf,
    security: Security,
    membership: Membership,
    inbox: mpsc::Sender<Received>,
    limits: Limits,
) -> io::Result<()> {
    let mut reader = FrameReader::new(read, limits);
    let others = ["DEALER", "REQ", "ROUTER"];
    let greeted = timeout(HANDSHAKE_TIME, reader.shake_hands(write, &security, "ROUTER", &others));
    let (identity, mut writer) = greeted.await??;
    let identity = membership.introduce(identity);
    let outgoing = membership.outgoing().clone();
    let receiving = receive(&mut reader, &membership, &identity, &inbox);
    tokio::select! {
        ended = receiving => ended,
        ended = outgoing.write_to(&mut writer) => ended,
    }
}

async fn receive(
    reader: &mut FrameReader<ReadHalf>,
    membership: &Membership,
    identity: &Bytes,
    inbox: &mpsc::Sender<Received>,
) -> io::Result<()> {
    let budget = Arc::new(Semaphore::new(UNANSWERED));
    loop {
        membership.outgoing().below(UNREAD_REPLIES).await;
        let (frames, share) = match reader.next().await? {
            Incoming::Message(frames, share) => (frames, share),
            Incoming::Command(said) => {
                if let Some(reply) = answer(&said) {
                    membership.outgoing().push(reply);
                }
                continue;
            }
        };
        let size = frames.iter().map(Bytes::len).sum::<usize>() / 1024 + REQUEST_COST;
        let cost = size.min(UNANSWERED) as u32;
        let closed = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        let unanswered = budget.clone().acquire_many_owned(cost).await.map_err(|_| closed(()))?;
        let mut message = ZmqMessage::from(identity.clone());
        frames.into_iter().for_each(|frame| message.push_back(frame));
        let received = Received { message, unanswered, peer: membership.id(), _share: share };
        inbox.send(received).await.map_err(|_| closed(()))?;
    }
}

impl Receiver {
    /// The next message.
    pub async fn next(&mut self) -> Received {
        match self.received.recv().await {
            Some(received) => {
                self.last = received.peer;
                received
            }
            // The channel's other end lives as long as the bound socket, and so as long as this.
            None => std::future::pending().await,
        }
    }

    /// Marks the sender of the last message as known.
    pub fn recognise(&self) {
        self.shared.peers.recognise(self.last);
    }

    /// Ends the connection of the last message's sender, unless it is known.
    pub fn refuse(&self) {
        if !self.shared.peers.is_known(self.last) {
            self.shared.peers.dismiss(self.last);
        }
    }
}

impl Sender {
    /// Waits until all replies are written.
    pub async fn written(&self) {
        written(&self.0.peers).await;
    }
}

/// Waits until all messages to these peers are written.
pub async fn written(peers: &Peers) {
    let waiting: Vec<Arc<Outgoing>> = peers.unwritten();
    for outgoing in waiting {
        outgoing.below(1).await;
    }
}

impl SocketSend for Sender {
    fn send<'sender, 'sending>(
        &'sender mut self,
        message: ZmqMessage,
    ) -> std::pin::Pin<Box<dyn Future<Output = ZmqResult<()>> + Send + 'sending>>
    where
        'sender: 'sending,
        Self: 'sending,
    {
        let Some((id, outgoing)) = message.get(0).and_then(|identity| self.0.peers.route(identity)) else {
            return Box::pin(std::future::ready(Err(ZmqError::Other("the front end that it is for is gone"))));
        };
        outgoing.push(encode(message.iter().skip(1)));
        if outgoing.bytes() > MOST_UNREAD_REPLIES {
            tracing::warn!("a front end does not read its replies: its connection is closed");
            self.0.peers.dismiss(id);
        }
        Box::pin(std::future::ready(Ok(())))
    }
}
