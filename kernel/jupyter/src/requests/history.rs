//! [history](https://jupyter-client.readthedocs.io/en/stable/messaging.html#history).

use jupyter_protocol::messaging::{HistoryRequest, JupyterMessageContent};
use serde_json::{Value, json};

use crate::state::Kernel;
use crate::wire;

/// The cells that a front end asks for, oldest first.
pub fn reply(kernel: &Kernel, request: &HistoryRequest) -> JupyterMessageContent {
    let (HistoryRequest::Tail { output, .. }
    | HistoryRequest::Range { output, .. }
    | HistoryRequest::Search { output, .. }) = request;
    let entries = kernel.history.answer(request).into_iter().map(|entry| match output {
        true => json!([entry.session, entry.line, [&*entry.input, entry.output.as_deref()]]),
        false => json!([entry.session, entry.line, &*entry.input]),
    });
    // The crate's HistoryReply cannot say that a cell had no output.
    wire::content("history_reply", json!({ "status": "ok", "history": entries.collect::<Vec<Value>>() }))
}
