//! The security of a socket's connections.

use std::fmt;
use std::sync::Arc;

use super::curve::ServerKeys;

/// What a connection needs besides the address.
#[derive(Clone)]
pub enum Security {
    /// Nothing: connections are not encrypted.
    Null,
    /// The server's public key: connections are encrypted.
    Curve {
        /// The server's keys.
        keys: Arc<ServerKeys>,
        /// Whether clients must have the server's key pair, and so have read the connection file; else any pair is
        /// accepted.
        only_own: bool,
    },
}

impl Security {
    /// The same, for clients that have their own keys.
    pub fn for_any_client(&self) -> Security {
        match self {
            Security::Null => Security::Null,
            Security::Curve { keys, .. } => Security::Curve { keys: keys.clone(), only_own: false },
        }
    }
}

impl fmt::Display for Security {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Security::Null => "NULL",
            Security::Curve { .. } => "CURVE",
        })
    }
}
