//! Interrupting, ending and debugging the kernel.

use jupyter_protocol::messaging::{
    DebugReply, DebugRequest, InterruptReply, JupyterMessageContent, ReplyStatus, ShutdownReply, ShutdownRequest,
};
use serde_json::json;

use crate::outbox::Outbox;
use crate::state::Kernel;
use crate::wire::{self, Origin};

/// [Interrupt](https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-interrupt): the
/// running cell fails, and through its `stop_on_error` those that wait.
pub fn interrupt(kernel: &Kernel) -> JupyterMessageContent {
    kernel.interrupt();
    InterruptReply::new().into()
}

/// [Shutdown](https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-shutdown): replies to the front end
/// that asked, tells all others, then ends the kernel. For a restart, the front end starts the new kernel.
pub fn shutdown(kernel: &Kernel, outbox: &Outbox, origin: &Origin, request: &ShutdownRequest) {
    kernel.iopub.busy(origin);
    let reply = ShutdownReply { restart: request.restart, status: ReplyStatus::Ok, error: None };
    outbox.send(wire::reply(reply.clone(), json!({}), origin));
    kernel.iopub.publish(reply, Some(origin));
    kernel.iopub.idle(origin);
    kernel.end();
}

/// [Debug request](https://jupyter-client.readthedocs.io/en/stable/messaging.html#debug-request): a
/// response of the debug adapter protocol that says that there is no debugger.
pub fn debug(request: &DebugRequest) -> JupyterMessageContent {
    let reply = json!({
        "type": "response",
        "seq": 0,
        "request_seq": request.content.get("seq"),
        "command": request.content.get("command"),
        "success": false,
        "message": "this kernel has no debugger",
    });
    DebugReply { content: reply }.into()
}
