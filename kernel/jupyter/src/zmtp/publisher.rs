//! An XPUB socket: sends published messages to all subscribers.
//!
//! A subscriber that reads slowly slows the publisher down, so that it misses nothing. One that does not read at all
//! holds the publisher up once, for the patience given to [`Publisher::bind`], and then misses the messages that come
//! while its queue is full. The other subscribers miss nothing.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use zeromq::{SocketSend, ZmqMessage, ZmqResult};

use super::frames::{FrameReader, Incoming, Limits, answer, encode};
use super::listener::{Bound, Endpoint, ReadHalf, WriteHalf};
use super::peers::{Membership, Peers};
use super::router::{HANDSHAKE_TIME, written};
use super::security::Security;

/// How many bytes may wait for one subscriber.
const UNREAD: usize = 1 << 20;
/// The longest message from a subscriber: it is a topic.
const TOPIC_SIZE: usize = 4096;
/// How many topics one subscriber may have.
const TOPICS: usize = 64;
/// How many subscriptions may wait to be welcomed.
const WELCOMES: usize = 64;

/// A peer has subscribed to this topic.
pub struct Subscription(pub Bytes);

/// A peer that wants to subscribe. The publisher admits it between two messages, so that nothing is published to a peer
/// that was not welcomed yet.
struct Joining {
    peer: u64,
    topic: Bytes,
    /// Receives whether the peer has been subscribed.
    admitted: oneshot::Sender<bool>,
}

/// A bound socket.
pub struct Publisher {
    peers: Arc<Peers>,
    joining: mpsc::Receiver<Joining>,
    patience: Duration,
    _bound: Bound,
}

impl Publisher {
    /// Binds. A subscriber that reads nothing may hold up the others for as long as `patience` lasts.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(endpoint: &Endpoint, security: &Security, patience: Duration) -> io::Result<Publisher> {
        let security = security.clone();
        let (join, joining) = mpsc::channel(WELCOMES);
        let (limits, peers) = (Limits::new(TOPIC_SIZE), Peers::new());
        let bound = Bound::new(endpoint, peers.clone(), move |read, write, membership| {
            serve(read, write, security.clone(), membership, join.clone(), limits.clone())
        });
        let bound = bound.await?;
        Ok(Publisher { peers, joining, patience, _bound: bound })
    }

    /// The next subscription; the peer is subscribed from now on.
    pub async fn subscription(&mut self) -> Subscription {
        loop {
            match self.joining.recv().await {
                Some(joining) => {
                    if let Some(subscription) = self.admit(joining) {
                        return subscription;
                    }
                }
                // The channel's other end lives as long as the bound socket, and so as long as this.
                None => std::future::pending().await,
            }
        }
    }

    /// A subscription that waits already, if any; the peer is subscribed from now on.
    pub fn waiting_subscription(&mut self) -> Option<Subscription> {
        loop {
            let joining = self.joining.try_recv().ok()?;
            if let Some(subscription) = self.admit(joining) {
                return Some(subscription);
            }
        }
    }

    fn admit(&self, Joining { peer, topic, admitted }: Joining) -> Option<Subscription> {
        let is_one = self.peers.subscribe(peer, topic.clone(), TOPICS);
        let _ = admitted.send(is_one);
        is_one.then_some(Subscription(topic))
    }

    /// Waits until all messages were written to the subscribers that read.
    pub async fn written(&self) {
        written(&self.peers).await;
    }

    async fn publish(&mut self, message: ZmqMessage) {
        let Some(topic) = message.get(0) else { return };
        let subscribers = self.peers.subscribers(topic);
        if subscribers.is_empty() {
            return;
        }
        let encoded = encode(message.iter());
        let deadline = Instant::now() + self.patience;
        for subscriber in subscribers {
            let mut has_room = subscriber.outgoing.bytes() < UNREAD;
            if subscriber.is_behind {
                if subscriber.outgoing.bytes() == 0 {
                    self.peers.note_behind(subscriber.id, false);
                }
            } else if !has_room {
                has_room = self.wait_for(subscriber.id, &subscriber.outgoing, deadline).await;
            }
            if has_room {
                subscriber.outgoing.push(encoded.clone());
            }
        }
    }

    /// Whether a subscriber has made room before the deadline.
    async fn wait_for(&self, id: u64, outgoing: &super::outgoing::Outgoing, deadline: Instant) -> bool {
        let gone = async {
            // A subscriber that disconnects while the publisher waits for it takes no more bytes.
            while self.peers.is_known(id) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let waiting = async {
            tokio::select! {
                () = outgoing.below(UNREAD) => true,
                () = gone => false,
            }
        };
        timeout_at(deadline, waiting).await.unwrap_or_else(|_| {
            tracing::warn!("a front end has not read its iopub socket for {:?}; it misses output", self.patience);
            self.peers.note_behind(id, true);
            false
        })
    }
}

async fn serve(
    read: ReadHalf,
    write: WriteHalf,
    security: Security,
    membership: Membership,
    join: mpsc::Sender<Joining>,
    limits: Limits,
) -> io::Result<()> {
    let mut reader = FrameReader::new(read, limits);
    let greeted = timeout(HANDSHAKE_TIME, reader.shake_hands(write, &security, "XPUB", &["SUB", "XSUB"]));
    let (_, mut writer) = greeted.await??;
    membership.introduce(Bytes::new());
    let outgoing = membership.outgoing().clone();
    tokio::select! {
        ended = subscribe(&mut reader, &membership, &join) => ended,
        ended = outgoing.write_to(&mut writer) => ended,
    }
}

async fn subscribe(
    reader: &mut FrameReader<ReadHalf>,
    membership: &Membership,
    join: &mpsc::Sender<Joining>,
) -> io::Result<()> {
    loop {
        let frames = match reader.next().await? {
            Incoming::Message(frames, _) => frames,
            Incoming::Command(said) => {
                if let Some(reply) = answer(&said) {
                    membership.outgoing().push(reply);
                }
                continue;
            }
        };
        match frames[0].first() {
            Some(1) => {
                let (admitted, answer) = oneshot::channel();
                let joining = Joining { peer: membership.id(), topic: frames[0].slice(1..), admitted };
                if join.send(joining).await.is_err() {
                    return Ok(());
                }
                if !answer.await.unwrap_or(false) {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "it subscribed to too many topics"));
                }
            }
            Some(0) => membership.unsubscribe(&frames[0][1..]),
            // Other messages of an XSUB socket have no meaning here.
            _ => {}
        }
    }
}

impl SocketSend for Publisher {
    fn send<'publisher, 'sending>(
        &'publisher mut self,
        message: ZmqMessage,
    ) -> std::pin::Pin<Box<dyn Future<Output = ZmqResult<()>> + Send + 'sending>>
    where
        'publisher: 'sending,
        Self: 'sending,
    {
        Box::pin(async move {
            self.publish(message).await;
            Ok(())
        })
    }
}
