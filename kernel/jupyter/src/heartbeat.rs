//! The heartbeat socket: echoes every message, whatever the rest of the kernel does.
//!
//! See [heartbeat](https://jupyter-client.readthedocs.io/en/stable/messaging.html#heartbeat-for-kernels).

use std::io;

use super::zmtp::{Bound, Endpoint, Security, echo};

/// Echoes for as long as it lives.
///
/// A ROUTER rather than a REP socket: it serves several front ends at once, and one that goes away
/// between its ping and the echo leaves nothing behind.
pub struct Heartbeat {
    _echo: Bound,
}

impl Heartbeat {
    /// Binds.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(endpoint: &Endpoint, security: &Security) -> io::Result<Heartbeat> {
        Ok(Heartbeat { _echo: echo(endpoint, security).await? })
    }
}
