//! [Introspection](https://jupyter-client.readthedocs.io/en/stable/messaging.html#introspection).

use jupyter_protocol::messaging::{InspectReply, InspectRequest, JupyterMessageContent};

use crate::media::media;
use crate::offsets;
use crate::state::Kernel;

/// Documentation of the name at the cursor.
pub fn reply(kernel: &Kernel, request: &InspectRequest) -> JupyterMessageContent {
    let cursor = offsets::to_bytes(&request.code, request.cursor_pos);
    let detail = u8::from(request.detail_level.is_some_and(|level| level > 0));
    match kernel.assistant.inspect(&request.code, cursor, detail) {
        Some(bundle) => InspectReply { found: true, data: media(bundle), ..InspectReply::default() }.into(),
        None => InspectReply::default().into(),
    }
}
