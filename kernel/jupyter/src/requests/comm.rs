//! [Comms](https://jupyter-client.readthedocs.io/en/stable/messaging.html#custom-messages): this kernel
//! has no comm targets, and says so to front ends that try to open one.

use jupyter_protocol::messaging::{CommClose, CommId, CommInfoReply, CommOpen, JupyterMessageContent};

use crate::state::Kernel;
use crate::wire::Origin;

/// [comm_info](https://jupyter-client.readthedocs.io/en/stable/messaging.html#comm-info): no comm is open.
pub fn info() -> JupyterMessageContent {
    CommInfoReply::default().into()
}

/// [Opening a comm](https://jupyter-client.readthedocs.io/en/stable/messaging.html#opening-a-comm): an
/// unknown target is answered by closing the comm at once.
pub fn open(kernel: &Kernel, origin: &Origin, request: &CommOpen) {
    tracing::info!("comm_open for the unknown target {:?}", request.target_name);
    let close = CommClose { comm_id: request.comm_id.clone(), ..CommClose::default() };
    kernel.iopub.publish(close, Some(origin));
}

/// A message for a comm that is not open.
pub fn ignore(kind: &str, comm: &CommId) {
    tracing::info!("{kind} for the comm {:?}, which is not open", comm.0);
}
