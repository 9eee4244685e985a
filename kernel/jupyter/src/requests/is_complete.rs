//! [Code completeness](https://jupyter-client.readthedocs.io/en/stable/messaging.html#code-completeness).

use jupyter_protocol::messaging::{IsCompleteReply, IsCompleteRequest, JupyterMessageContent};

use crate::api::Completeness;
use crate::state::Kernel;

/// Whether a console should run the code or ask for more lines.
pub fn reply(kernel: &Kernel, request: &IsCompleteRequest) -> JupyterMessageContent {
    match kernel.assistant.completeness(&request.code) {
        Completeness::Complete => IsCompleteReply::complete().into(),
        Completeness::Incomplete { indent } => IsCompleteReply::incomplete(indent).into(),
        Completeness::Invalid => IsCompleteReply::invalid().into(),
    }
}
