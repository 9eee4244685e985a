//! A socket that gives back what it gets. Each connection has a task of its own, so that one that does not read keeps
//! nobody else waiting.

use std::io;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::frames::{FrameReader, Incoming, Limits, answer, encode};
use super::listener::{Bound, Endpoint};
use super::peers::{Membership, Peers};
use super::router::HANDSHAKE_TIME;

/// A ping is a few bytes.
const PING_SIZE: usize = 64 << 10;

/// Binds, and echoes for as long as the result lives.
///
/// # Errors
/// When the address cannot be bound.
pub async fn echo(endpoint: &Endpoint) -> io::Result<Bound> {
    let limits = Limits::new(PING_SIZE);
    let peers: Arc<Peers> = Peers::new();
    let known = peers.clone();
    Bound::new(endpoint, peers, move |read, mut write, membership: Membership| {
        let (limits, known) = (limits.clone(), known.clone());
        async move {
            let mut reader = FrameReader::new(read, limits);
            timeout(HANDSHAKE_TIME, reader.shake_hands(&mut write, "ROUTER", &["REQ", "DEALER"])).await??;
            loop {
                match reader.next().await? {
                    Incoming::Message(frames, _) => {
                        known.recognise(membership.id());
                        write.write_all(&encode(frames.iter())).await?;
                    }
                    Incoming::Command(said) => {
                        if let Some(reply) = answer(&said) {
                            write.write_all(&reply).await?;
                        }
                    }
                }
            }
        }
    })
    .await
}
