//! Who is connected to one socket, and who is let in when it is full.
//!
//! A connection is a stranger until it has proved that it belongs here: by a message with the right signature, on iopub
//! by subscribing. When all places are taken, the stranger that came first goes. So whoever opens connections and does
//! nothing with them takes no place from a front end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use nix::sys::resource::{Resource, getrlimit};
use tokio::task::AbortHandle;

use super::outgoing::Outgoing;

/// The most connections that a socket takes.
const MOST: usize = 512;
/// What is left of the descriptors that this process may have, for all else that it does.
const OWN_DESCRIPTORS: u64 = 256;
/// A kernel has five sockets.
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
    /// Whether it was waited for in vain, and has not caught up since.
    is_behind: bool,
}

/// A subscriber that is to be sent something.
pub struct Subscriber {
    /// Its number.
    pub id: u64,
    /// Takes what is for it.
    pub outgoing: Arc<Outgoing>,
    /// Whether it was waited for in vain, and has not caught up since.
    pub is_behind: bool,
}

#[derive(Default)]
struct State {
    peers: BTreeMap<u64, Peer>,
    /// Whom messages to an identity are for.
    routes: BTreeMap<Bytes, u64>,
}

/// The connections of one socket.
pub struct Peers {
    places: usize,
    state: Mutex<State>,
    admitted: AtomicU64,
}

impl Peers {
    /// Adds a topic that a connection wants to be sent, and makes it one that belongs here. False when it has too many.
    pub fn subscribe(&self, id: u64, topic: Bytes, most: usize) -> bool {
        let mut state = self.lock();
        let Some(peer) = state.peers.get_mut(&id).filter(|peer| peer.topics.len() < most) else { return false };
        peer.is_known = true;
        peer.topics.push(topic);
        true
    }

    /// As many places as the process has descriptors for.
    pub fn new() -> Arc<Peers> {
        let descriptors = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
        let share = descriptors.saturating_sub(OWN_DESCRIPTORS.min(descriptors / 2)) / SOCKETS;
        Peers::with_places((share as usize).clamp(8, MOST))
    }

    /// How many there are.
    pub fn places(&self) -> usize {
        self.places
    }

    /// This many places.
    pub fn with_places(places: usize) -> Arc<Peers> {
        Arc::new(Peers { places, state: Mutex::default(), admitted: AtomicU64::new(1) })
    }

    /// Gives a new connection a place; `None` when all places are taken by peers that are known.
    pub fn admit(self: &Arc<Self>) -> Option<Membership> {
        let id = self.admitted.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        let mut leaving = None;
        if state.peers.len() >= self.places {
            // Those that have not even made a handshake go first.
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

    /// Notes the task that serves a connection; ends it if its place is gone already.
    pub fn serves(&self, id: u64, task: AbortHandle) {
        match self.lock().peers.get_mut(&id) {
            Some(peer) => peer.task = Some(task),
            None => task.abort(),
        }
    }

    /// The connection has sent something that only who belongs here can send.
    pub fn is_known(&self, id: u64) -> bool {
        self.lock().peers.get(&id).is_some_and(|peer| peer.is_known)
    }

    /// Notes that a connection belongs here. What is for its identity goes to it from now on.
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

    /// What is to be written to the connection with this identity.
    pub fn route(&self, identity: &[u8]) -> Option<(u64, Arc<Outgoing>)> {
        let state = self.lock();
        let id = state.routes.get(identity)?;
        Some((*id, state.peers.get(id)?.outgoing.clone()))
    }

    /// The connections that have subscribed to what begins like this topic.
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

    /// Notes whether a subscriber was waited for in vain.
    pub fn note_behind(&self, id: u64, is_behind: bool) {
        if let Some(peer) = self.lock().peers.get_mut(&id) {
            peer.is_behind = is_behind;
        }
    }

    /// Everything that waits to be written to those that still read.
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
            // A front end that has connected again before the end of its first connection was noticed.
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

    /// What is to be written to it.
    pub fn outgoing(&self) -> &Arc<Outgoing> {
        &self.outgoing
    }

    /// The handshake is made. An identity that somebody else has keeps meaning the other: who knows the name of a front
    /// end is not that front end.
    pub fn introduce(&self, identity: Bytes) -> Bytes {
        let State { peers, routes } = &mut *self.peers.lock();
        // As in libzmq, names that are given begin with a zero, those that are chosen must not.
        let is_chosen = identity.first().is_some_and(|byte| *byte != 0);
        let identity = if is_chosen { identity } else { [&[0][..], &self.id.to_be_bytes()].concat().into() };
        if let Some(peer) = peers.get_mut(&self.id) {
            peer.is_ready = true;
            peer.identity = identity.clone();
            routes.entry(identity.clone()).or_insert(self.id);
        }
        identity
    }

    /// Takes back one subscription to a topic.
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
