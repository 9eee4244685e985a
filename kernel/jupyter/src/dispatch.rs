//! The receiving side of the shell and control sockets: reads requests and passes them to their handlers.
//!
//! Only cells wait for one another. Everything else is answered at once, or on a thread beside the running cell.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jupyter_protocol::messaging::JupyterMessageContent as Content;
use serde_json::json;

use super::executor::Execution;
use super::inbox::Inbox;
use super::outbox::Outbox;
use super::panics::panic_message;
use super::requests::{comm, complete, control, history, inspect, is_complete, kernel_info, subshell};
use super::state::Kernel;
use super::wire::{self, Origin, Request};
use super::zmtp::Unanswered;

/// Answers the requests of one socket, until the task is aborted. While more than `unread` items wait to be published,
/// it takes no request, because each would add to them.
pub async fn run(mut inbox: Inbox, outbox: Outbox, kernel: Arc<Kernel>, unread: usize) {
    loop {
        let (request, unanswered) = inbox.next().await;
        kernel.iopub.fewer_than(unread).await;
        dispatch(&kernel, &outbox, request, unanswered);
    }
}

fn dispatch(
    kernel: &Arc<Kernel>,
    outbox: &Outbox,
    Request { origin, subshell, content }: Request,
    unanswered: Unanswered,
) {
    tracing::debug!(kind = origin.header.msg_type, id = origin.header.msg_id, subshell, "request");
    let content = match content {
        Ok(content) => content,
        Err(problem) => return refuse(kernel, outbox, &origin, "InvalidRequest", &problem),
    };
    match content {
        Content::ExecuteRequest(request) => match subshell {
            Some(id) => {
                let execution = Execution { origin, request, outbox: outbox.clone(), unanswered };
                subshell::execute(kernel, &id, execution);
            }
            None => kernel.cells.push(Execution { origin, request, outbox: outbox.clone(), unanswered }),
        },
        Content::KernelInfoRequest(_) => answer(kernel, outbox, &origin, kernel_info::reply),
        Content::HistoryRequest(request) => {
            answer_beside(kernel, outbox, origin, unanswered, move |kernel| history::reply(kernel, &request));
        }
        Content::CommInfoRequest(_) => answer(kernel, outbox, &origin, |_| comm::info()),
        Content::CompleteRequest(request) => {
            answer_beside(kernel, outbox, origin, unanswered, move |kernel| complete::reply(kernel, &request));
        }
        Content::InspectRequest(request) => {
            answer_beside(kernel, outbox, origin, unanswered, move |kernel| inspect::reply(kernel, &request));
        }
        Content::IsCompleteRequest(request) => {
            answer_beside(kernel, outbox, origin, unanswered, move |kernel| is_complete::reply(kernel, &request));
        }
        Content::InterruptRequest(_) => answer(kernel, outbox, &origin, control::interrupt),
        Content::ShutdownRequest(request) => control::shutdown(kernel, outbox, &origin, &request),
        Content::DebugRequest(request) => answer(kernel, outbox, &origin, |_| control::debug(&request)),
        Content::CommOpen(request) => announce(kernel, &origin, |kernel| comm::open(kernel, &origin, &request)),
        Content::CommMsg(message) => announce(kernel, &origin, |_| comm::ignore("comm_msg", &message.comm_id)),
        Content::CommClose(message) => announce(kernel, &origin, |_| comm::ignore("comm_close", &message.comm_id)),
        Content::UnknownMessage(unknown) => match subshell::reply(kernel, &unknown.msg_type, &unknown.content) {
            Some(reply) => answer(kernel, outbox, &origin, |_| reply),
            None => {
                let problem = format!("this kernel does not know {}", unknown.msg_type);
                refuse(kernel, outbox, &origin, "UnknownMessage", &problem);
            }
        },
        // Messages that only a kernel sends, and messages that belong on other sockets.
        Content::ClearOutput(_)
        | Content::CommInfoReply(_)
        | Content::CompleteReply(_)
        | Content::DebugReply(_)
        | Content::DisplayData(_)
        | Content::ErrorOutput(_)
        | Content::ExecuteInput(_)
        | Content::ExecuteReply(_)
        | Content::ExecuteResult(_)
        | Content::HistoryReply(_)
        | Content::InputReply(_)
        | Content::InputRequest(_)
        | Content::InspectReply(_)
        | Content::InterruptReply(_)
        | Content::IoPubWelcome(_)
        | Content::IsCompleteReply(_)
        | Content::KernelInfoReply(_)
        | Content::ShutdownReply(_)
        | Content::Status(_)
        | Content::StreamContent(_)
        | Content::UpdateDisplayData(_) => {
            tracing::warn!("{} does not belong on this socket", origin.header.msg_type);
        }
    }
}

/// Answers a request on the spot; `handler` must be quick.
fn answer(kernel: &Kernel, outbox: &Outbox, origin: &Origin, handler: impl FnOnce(&Kernel) -> Content) {
    kernel.iopub.busy(origin);
    respond(kernel, outbox, origin, handler);
}

/// Answers a request that may take a while, on a thread made for it.
fn answer_beside(
    kernel: &Arc<Kernel>,
    outbox: &Outbox,
    origin: Arc<Origin>,
    unanswered: Unanswered,
    handler: impl FnOnce(&Kernel) -> Content + Send + 'static,
) {
    kernel.iopub.busy(&origin);
    let (kernel, outbox) = (kernel.clone(), outbox.clone());
    tokio::task::spawn_blocking(move || {
        respond(&kernel, &outbox, &origin, handler);
        drop(unanswered);
    });
}

/// Sends a handler's reply and says `idle`, even if the handler panics.
fn respond(kernel: &Kernel, outbox: &Outbox, origin: &Origin, handler: impl FnOnce(&Kernel) -> Content) {
    let content = catch_unwind(AssertUnwindSafe(|| handler(kernel))).unwrap_or_else(|panic| {
        let problem = format!("the kernel made a mistake: {}", panic_message(panic.as_ref()));
        tracing::error!("{}: {problem}", origin.header.msg_type);
        wire::error_reply(&origin.header.msg_type, "InternalError", &problem)
    });
    outbox.send(wire::reply(content, json!({}), origin));
    kernel.iopub.idle(origin);
}

/// Handles a message that has no reply.
fn announce(kernel: &Kernel, origin: &Origin, handler: impl FnOnce(&Kernel)) {
    kernel.iopub.busy(origin);
    handler(kernel);
    kernel.iopub.idle(origin);
}

/// Logs a message that cannot be answered as asked; the reply, if the message type has one, says so.
fn refuse(kernel: &Kernel, outbox: &Outbox, origin: &Origin, name: &str, problem: &str) {
    tracing::warn!("{problem}");
    let kind = &origin.header.msg_type;
    if kind.ends_with("_request") {
        answer(kernel, outbox, origin, |_| wire::error_reply(kind, name, problem));
    }
}
