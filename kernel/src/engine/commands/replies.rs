//! Plain answers and refusals of commands.

use soma_jupyter::api::{Failure, MimeBundle};

use crate::engine::sentence::sentence;

/// A refusal.
pub fn wrong(message: &str) -> Failure {
    sentence("CommandError", message)
}

/// An answer.
pub fn plain(text: &str) -> MimeBundle {
    MimeBundle::from([("text/plain".to_owned(), text.to_owned())])
}
