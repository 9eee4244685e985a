//! [Subshells](https://jupyter.org/enhancement-proposals/91-kernel-subshells/kernel-subshells.html): further queues of
//! requests, which do not wait for the main queue's cells.
//!
//! Completion and documentation requests never wait here, whichever queue they come on. Cells that only ask something
//! (`:vars`, `:type x`, `:doc f`) are answered at once in a subshell. Rust code cannot run beside a running cell of its
//! session, which has taken the variables: it waits for its turn.

use std::sync::Arc;

use jupyter_protocol::messaging::{
    ExecuteInput, ExecuteReply, ExecuteResult, JupyterMessageContent, ReplyStatus, Transient,
};
use serde_json::{Value, json};

use crate::api::{Failure, MimeBundle};
use crate::executor::{Execution, error_output, reply_error};
use crate::media::media;
use crate::state::Kernel;
use crate::wire;

/// Handles a message about subshells; `None` when it is about something else.
pub fn reply(kernel: &Kernel, msg_type: &str, content: &Value) -> Option<JupyterMessageContent> {
    let mut ids = kernel.subshells.ids();
    let done = |content: Value| Some(wire::content(msg_type.replace("_request", "_reply"), content));
    match msg_type {
        "create_subshell_request" => {
            let id = kernel.subshells.next_name();
            ids.insert(id.clone());
            done(json!({ "status": "ok", "subshell_id": id }))
        }
        "delete_subshell_request" => match content["subshell_id"].as_str() {
            Some(id) if ids.remove(id) => done(json!({ "status": "ok" })),
            id => Some(wire::error_reply(msg_type, "SubshellError", &unknown(id.unwrap_or_default()))),
        },
        "list_subshell_request" => done(json!({ "status": "ok", "subshell_id": *ids })),
        _ => None,
    }
}

fn unknown(id: &str) -> String {
    format!("there is no subshell \"{id}\"; create_subshell_request makes one")
}

/// Runs a cell that was sent to a subshell.
pub fn execute(kernel: &Arc<Kernel>, id: &str, execution: Execution) {
    if !kernel.subshells.ids().contains(id) {
        let Execution { origin, outbox, .. } = execution;
        kernel.iopub.busy(&origin);
        let refused = wire::error_reply("execute_request", "SubshellError", &unknown(id));
        outbox.send(wire::reply(refused, json!({}), &origin));
        return kernel.iopub.idle(&origin);
    }
    let kernel = kernel.clone();
    // Finding documentation may take a moment.
    tokio::task::spawn_blocking(move || match kernel.assistant.answer(&execution.request.code) {
        Some(outcome) => answer(&kernel, &execution, outcome),
        None => kernel.cells.push(execution),
    });
}

/// Publishes and replies as for a cell that was run. The cell gets no number.
fn answer(
    kernel: &Kernel,
    Execution { origin, request, outbox, .. }: &Execution,
    outcome: Result<MimeBundle, Failure>,
) {
    let count = kernel.cells.last_number();
    kernel.iopub.busy(origin);
    let mut reply = ExecuteReply {
        execution_count: count.into(),
        user_expressions: Some(Default::default()),
        ..ExecuteReply::default()
    };
    if !request.silent {
        let input = ExecuteInput { code: request.code.clone(), execution_count: count.into() };
        kernel.iopub.publish(input, Some(origin));
    }
    match outcome {
        Ok(value) if !request.silent => {
            let mut result = ExecuteResult::new(count.into(), media(value));
            result.transient = Some(Transient::default());
            kernel.iopub.publish(result, Some(origin));
        }
        Ok(_) => {}
        Err(failure) => {
            if !request.silent {
                kernel.iopub.publish(error_output(&failure), Some(origin));
            }
            reply.status = ReplyStatus::Error;
            reply.error = Some(Box::new(reply_error(failure)));
        }
    }
    outbox.send(wire::reply(reply, json!({}), origin));
    kernel.iopub.idle(origin);
}
