//! How a socket's connections are secured.

use std::fmt;
use std::sync::Arc;

use super::curve::ServerKeys;

/// What a connection needs besides the address.
#[derive(Clone)]
pub enum Security {
    /// Nothing.
    Null,
    /// The server's public key; all that is sent is encrypted.
    Curve {
        /// The server's keys.
        keys: Arc<ServerKeys>,
        /// Whether clients must have the same pair of keys, and so have read the connection file; else any pair will do.
        only_own: bool,
    },
}

impl Security {
    /// The same for clients that have keys of their own.
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
