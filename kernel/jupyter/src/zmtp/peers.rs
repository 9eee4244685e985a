//! The peers that are connected to one socket, and the rule that admits peers when it is full.
//!
//! A connection is a stranger until it has proved that it belongs here: by a message with the right signature, on iopub
//! by subscribing. When all places are taken, the stranger that came first goes. So a process that only opens
//! connections takes no place from a front end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use nix::sys::resource::{Resource, getrlimit};
use tokio::task::AbortHandle;

use super::outgoing::Outgoing;

/// The most connections that a socket takes.
const MOST: usize = 512;
/// How many of the process's descriptors are kept free for everything else.
const OWN_DESCRIPTORS: u64 = 256;
/// The number of a kernel's sockets.
const SOCKETS: u64 = 5;

/// One connection.
struct Peer {
    task: Option<AbortHandle>,
    is_known: bool,
    /// Whether the handshake has been made.
    is_ready: bool,
    outgoing: Arc<Outgoing>,
    identity: Bytes,
    topics: Vec<Bytes>,
    /// Whether the publisher has waited for it in vain and it has not caught up since.
    is_behind: bool,
}

/// A subscriber to which a message is to be sent.
pub struct Subscriber {
    /// Its number.
    pub id: u64,
    /// Its queue of messages.
    pub outgoing: Arc<Outgoing>,
    /// Whether the publisher has waited for it in vain and it has not caught up since.
    pub is_behind: bool,
}

#[derive(Default)]
struct State {
    peers: BTreeMap<u64, Peer>,
    /// The connection that gets the messages to an identity.
    routes: BTreeMap<Bytes, u64>,
}

/// The connections of one socket.
pub struct Peers {
    places: usize,
    state: Mutex<State>,
    admitted: AtomicU64,
}

impl Peers {
    /// Adds a topic to which a connection subscribes, and marks the connection as known. False when it has too many
    /// topics.
    pub fn subscribe(&self, id: u64, topic: Bytes, most: usize) -> bool {
        let mut state = self.lock();
        let Some(peer) = state.peers.get_mut(&id).filter(|peer| peer.topics.len() < most) else { return false };
        peer.is_known = true;
        peer.topics.push(topic);
        true
    }

    /// With as many places as the process has descriptors for.
    pub fn new() -> Arc<Peers> {
        let descriptors = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
        let share = descriptors.saturating_sub(OWN_DESCRIPTORS.min(descriptors / 2)) / SOCKETS;
        Peers::with_places((share as usize).clamp(8, MOST))
    }

    /// The number of places.
    pub fn places(&self) -> usize {
        self.places
    }

    /// With this many places.
    pub fn with_places(places: usize) -> Arc<Peers> {
        Arc::new(Peers { places, state: Mutex::default(), admitted: AtomicU64::new(1) })
    }

    /// Gives a new connection a place; `None` when known peers take all places.
    pub fn admit(self: &Arc<Self>) -> Option<Membership> {
        let id = self.admitted.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        let mut leaving = None;
        if state.peers.len() >= self.places {
            // Strangers that have not even finished the handshake go first.
            let strangers = || state.peers.iter().filter(|(_, peer)| !peer.is_known);
            let first = strangers().find(|(_, peer)| !peer.is_ready).or_else(|| strangers().next());
            let first = *first?.0;
            leaving = state.remove(first);
        }
        let peer = Peer {
            task: None,
            is_known: false,
            is_ready: false,
            outgoing: Arc::default(),
            identity: Bytes::new(),
            topics: Vec::new(),
            is_behind: false,
        };
        let outgoing = peer.outgoing.clone();
        state.peers.insert(id, peer);
        drop(state);
        end(leaving);
        Some(Membership { peers: self.clone(), id, outgoing })
    }

    /// Records the task that serves a connection; ends the task if the connection has lost its place already.
    pub fn serves(&self, id: u64, task: AbortHandle) {
        match self.lock().peers.get_mut(&id) {
            Some(peer) => peer.task = Some(task),
            None => task.abort(),
        }
    }

    /// Whether the connection has proved that it belongs here.
    pub fn is_known(&self, id: u64) -> bool {
        self.lock().peers.get(&id).is_some_and(|peer| peer.is_known)
    }

    /// Marks a connection as known. Messages to its identity go to it from now on.
    pub fn recognise(&self, id: u64) {
        let State { peers, routes } = &mut *self.lock();
        if let Some(peer) = peers.get_mut(&id)
            && !peer.is_known
        {
            peer.is_known = true;
            routes.insert(peer.identity.clone(), id);
        }
    }

    /// Ends a connection.
    pub fn dismiss(&self, id: u64) {
        let leaving = self.lock().remove(id);
        end(leaving);
    }

    /// Ends all connections.
    pub fn dismiss_all(&self) {
        let leaving = std::mem::take(&mut *self.lock());
        leaving.peers.into_values().for_each(|peer| end(Some(peer)));
    }

    /// The connection with this identity, and its queue.
    pub fn route(&self, identity: &[u8]) -> Option<(u64, Arc<Outgoing>)> {
        let state = self.lock();
        let id = state.routes.get(identity)?;
        Some((*id, state.peers.get(id)?.outgoing.clone()))
    }

    /// The connections that have subscribed to a prefix of this topic.
    pub fn subscribers(&self, topic: &[u8]) -> Vec<Subscriber> {
        let state = self.lock();
        let subscribed = state.peers.iter().filter(|(_, peer)| peer.topics.iter().any(|own| topic.starts_with(own)));
        let subscriber = |(id, peer): (&u64, &Peer)| Subscriber {
            id: *id,
            outgoing: peer.outgoing.clone(),
            is_behind: peer.is_behind,
        };
        subscribed.map(subscriber).collect()
    }

    /// Records whether the publisher has waited for a subscriber in vain.
    pub fn note_behind(&self, id: u64, is_behind: bool) {
        if let Some(peer) = self.lock().peers.get_mut(&id) {
            peer.is_behind = is_behind;
        }
    }

    /// The queues of all peers that still read.
    pub fn unwritten(&self) -> Vec<Arc<Outgoing>> {
        let state = self.lock();
        let waiting = state.peers.values().filter(|peer| !peer.is_behind && peer.outgoing.bytes() > 0);
        waiting.map(|peer| peer.outgoing.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remove(&mut self, id: u64) -> Option<Peer> {
        let gone = self.peers.remove(&id)?;
        if self.routes.get(&gone.identity) == Some(&id) {
            // A front end may have connected again before the end of its first connection was noticed.
            let next = self.peers.iter().rev().find(|(_, peer)| peer.is_ready && peer.identity == gone.identity);
            match next.map(|(id, _)| *id) {
                Some(next) => self.routes.insert(gone.identity.clone(), next),
                None => self.routes.remove(&gone.identity),
            };
        }
        Some(gone)
    }
}

fn end(peer: Option<Peer>) {
    if let Some(task) = peer.and_then(|peer| peer.task) {
        task.abort();
    }
}

/// A connection's place; given back when dropped.
pub struct Membership {
    peers: Arc<Peers>,
    id: u64,
    outgoing: Arc<Outgoing>,
}

impl Membership {
    /// Its number.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its queue of messages.
    pub fn outgoing(&self) -> &Arc<Outgoing> {
        &self.outgoing
    }

    /// Records that the handshake is done. If another connection has the identity, messages to it still go to that one:
    /// a peer that knows the name of a front end is not that front end.
    pub fn introduce(&self, identity: Bytes) -> Bytes {
        let State { peers, routes } = &mut *self.peers.lock();
        // As in libzmq, generated names begin with a zero byte, and names that peers choose must not.
        let is_chosen = identity.first().is_some_and(|byte| *byte != 0);
        let identity = if is_chosen { identity } else { [&[0][..], &self.id.to_be_bytes()].concat().into() };
        if let Some(peer) = peers.get_mut(&self.id) {
            peer.is_ready = true;
            peer.identity = identity.clone();
            routes.entry(identity.clone()).or_insert(self.id);
        }
        identity
    }

    /// Removes one subscription to a topic.
    pub fn unsubscribe(&self, topic: &[u8]) {
        if let Some(peer) = self.peers.lock().peers.get_mut(&self.id)
            && let Some(place) = peer.topics.iter().position(|own| own == topic)
        {
            peer.topics.swap_remove(place);
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        drop(self.peers.lock().remove(self.id));
    }
}
