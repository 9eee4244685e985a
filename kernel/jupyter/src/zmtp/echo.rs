//! A socket that echoes every message. Each connection has its own task, so that a peer that does not read keeps no
//! other peer waiting.

use std::io;
use std::sync::Arc;

use tokio::time::timeout;

use super::frames::{FrameReader, Incoming, Limits, answer, encode};
use super::listener::{Bound, Endpoint};
use super::peers::{Membership, Peers};
use super::router::HANDSHAKE_TIME;
use super::security::Security;

/// The largest ping; usual pings are a few bytes.
const PING_SIZE: usize = 64 << 10;

/// Binds, and echoes for as long as the result lives.
///
/// # Errors
/// When the address cannot be bound.
pub async fn echo(endpoint: &Endpoint, security: &Security) -> io::Result<Bound> {
    // A heartbeat's client has its own keys, and learns nothing here.
    let security = security.for_any_client();
    let limits = Limits::new(PING_SIZE);
    let peers: Arc<Peers> = Peers::new();
    let known = peers.clone();
    Bound::new(endpoint, peers, move |read, write, membership: Membership| {
        let (limits, known, security) = (limits.clone(), known.clone(), security.clone());
        async move {
            let mut reader = FrameReader::new(read, limits);
            let greeted = reader.shake_hands(write, &security, "ROUTER", &["REQ", "DEALER"]);
            let (_, mut writer) = timeout(HANDSHAKE_TIME, greeted).await??;
            loop {
                match reader.next().await? {
                    Incoming::Message(frames, _) => {
                        known.recognise(membership.id());
                        writer.write(&encode(frames.iter())).await?;
                    }
                    Incoming::Command(said) => {
                        if let Some(reply) = answer(&said) {
                            writer.write(&reply).await?;
                        }
                    }
                }
            }
        }
    })
    .await
}
