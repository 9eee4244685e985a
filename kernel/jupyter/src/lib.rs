//! The kernel's side of the Jupyter protocol: sockets, requests and replies, outputs, history, comms.
//!
//! A kernel gives [`serve`] a [`Session`]: an object that runs cells, one that reaches a running cell, and one that
//! answers questions about code ([`api`]: plain data and a few small traits). This crate does all else, and knows
//! nothing of what a cell means. One file per socket and per family of messages:
//!
//! ```text
//!  shell ┐                    ┌ requests/*  (answered at once, or on a thread beside the cell)
//!        ├─ inbox ─ dispatch ─┤
//!  control ┘                  └ executor    (cells, one after the other, on a thread of its own)
//!                                  │ cell_frontend
//!                                  ├─ iopub_queue ── iopub
//!                                  └─ stdin
//! ```
//!
//! A kernel whose cells give back their text:
//!
#![doc = concat!("```no_run\n", include_str!("../examples/echo.rs"), "```")]
//!
//! Invariants: every message is built and signed through [`wire`]; everything published goes through one
//! `iopub_queue`, so its order is the order in which it happened; no socket task ever waits for a cell.

pub mod api;
mod cell_frontend;
mod connection;
mod dispatch;
mod executor;
#[cfg(test)]
mod fake_session;
mod heartbeat;
mod history;
mod inbox;
mod info;
mod iopub;
mod iopub_queue;
mod lifecycle;
mod media;
pub mod offsets;
mod outbox;
mod panics;
mod requests;
mod sockets;
mod state;
mod stdin;
mod subshells;
#[cfg(test)]
mod tests;
pub mod wire;
pub mod zmtp;

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::Context;
use jupyter_protocol::messaging::{JupyterMessage, Status};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::api::{Controls, Session};
use self::connection::Connected;
use self::executor::Surroundings;
use self::history::History;
use self::iopub_queue::IopubQueue;
use self::sockets::Sockets;
use self::state::Kernel;
use self::stdin::Stdin;

/// How long the session's processes may take to end.
const SHUTDOWN_TIME: Duration = Duration::from_secs(5);
/// How long the thread of the cells may take to end.
const LAST_CELL_TIME: Duration = Duration::from_secs(2);
/// How long the last cells may take to be written to the history.
const HISTORY_TIME: Duration = Duration::from_secs(2);
/// How long the last messages may take to be published.
const LAST_OUTPUT_TIME: Duration = Duration::from_secs(1);
/// How long the last replies may take to be written.
const LAST_REPLY_TIME: Duration = Duration::from_secs(1);

/// While this many items wait to be published, the kernel takes no request from the shell socket.
const UNREAD: usize = 2048;
/// The same for the control socket. It is larger: a front end that asks much and reads nothing must not keep an
/// interrupt from being read.
const UNREAD_CONTROL: usize = 32_768;

pub use self::history::HistoryFile;
pub use self::info::{KernelInfo, Language};

/// Serves one session to front ends, until one of them shuts the kernel down or the process that started it is gone.
/// The file `history` keeps the cells; with `None` the history ends with the session.
///
/// # Errors
/// One sentence, when the connection file cannot be used or a socket cannot be bound.
pub fn serve(
    connection_file: &Path,
    session: Session,
    info: KernelInfo,
    history: Option<HistoryFile>,
) -> anyhow::Result<()> {
    let connection = connection::read(connection_file)?;
    // One thread could do the work; the second keeps a large message from delaying a small one.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .thread_name("jupyter")
        .enable_all()
        .build()
        .context("cannot start the threads that serve front ends")?;
    let outcome = runtime.block_on(run(&connection, session, info, history));
    // No front end waits any more for answers to questions about code.
    runtime.shutdown_background();
    outcome
}

async fn run(
    connection: &Connected,
    session: Session,
    info: KernelInfo,
    history: Option<HistoryFile>,
) -> anyhow::Result<()> {
    // Front ends tell a restarted kernel from the one before by the session id in its messages.
    let session_id = JupyterMessage::new(Status::starting(), None).header.session;
    let Sockets { shell, control, stdin: stdin_socket, iopub: iopub_socket, heartbeat: _heartbeat, files: _files } =
        sockets::bind(connection, &session_id).await?;
    let (shell_outbox, shell_letters) = outbox::outbox();
    let (control_outbox, control_letters) = outbox::outbox();
    let (stdin_outbox, stdin_letters) = outbox::outbox();

    let surroundings = Surroundings {
        iopub: Arc::new(IopubQueue::default()),
        stdin: Arc::new(Stdin::new(stdin_outbox)),
        history: Arc::new(History::new(history).context("cannot start the thread that keeps the history")?),
    };
    let Surroundings { iopub, stdin, history } = surroundings.clone();
    iopub.publish(Status::starting(), None);
    let (cells, cells_ended) =
        executor::spawn(session.start, surroundings).context("cannot start the thread that runs cells")?;
    let (end, mut ended) = watch::channel(false);
    let kernel = Arc::new(Kernel {
        info,
        iopub: iopub.clone(),
        stdin: stdin.clone(),
        cells,
        subshells: Default::default(),
        history: history.clone(),
        controls: session.controls.clone(),
        assistant: session.assistant,
        end,
    });

    let mut tasks = JoinSet::new();
    let last_replies =
        [(shell_outbox.clone(), shell.sender.socket.clone()), (control_outbox.clone(), control.sender.socket.clone())];
    tasks.spawn(outbox::run(shell.sender, shell_letters));
    tasks.spawn(outbox::run(control.sender, control_letters));
    tasks.spawn(outbox::run(stdin_socket.sender, stdin_letters));
    tasks.spawn(stdin::run(stdin_socket.inbox, stdin.clone()));
    tasks.spawn(dispatch::run(shell.inbox, shell_outbox, kernel.clone(), UNREAD));
    tasks.spawn(dispatch::run(control.inbox, control_outbox, kernel.clone(), UNREAD_CONTROL));
    tasks.spawn(lifecycle::watch_parent(kernel.clone()));
    tasks.spawn({
        let kernel = kernel.clone();
        async move {
            if let Err(error) = lifecycle::watch_signals(kernel).await {
                tracing::warn!("signals cannot be received: {error}");
            }
        }
    });
    let publisher = tokio::spawn(iopub::run(iopub_socket, iopub.clone()));

    // The sender lives in `kernel`, which this function keeps.
    let _ = ended.wait_for(|end| *end).await;
    kernel.cells.end();
    end_session(session.controls).await;
    stdin.interrupt();
    iopub.close();
    let _ = timeout(LAST_OUTPUT_TIME, publisher).await;
    for (outbox, socket) in last_replies {
        let written = async {
            // Replies that the outbox's task has not taken yet are not among those that the socket has.
            outbox.emptied().await;
            socket.written().await;
        };
        // The kernel does not wait for a front end that is gone or does not read.
        let _ = timeout(LAST_REPLY_TIME, written).await;
    }
    tasks.shutdown().await;
    drop(kernel);
    wait_for_last_cell(cells_ended).await;
    // The task can only fail by a panic, which has then been reported.
    let _ = tokio::task::spawn_blocking(move || history.close(HISTORY_TIME)).await;
    Ok(())
}

/// Ends the session's processes; gives up after [`SHUTDOWN_TIME`], since the kernel is to end in any case.
async fn end_session(controls: Arc<dyn Controls>) {
    let ending = tokio::task::spawn_blocking(move || controls.shutdown());
    match timeout(SHUTDOWN_TIME, ending).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!("ending the session failed: {error}"),
        Err(_) => tracing::error!("the session did not end within {SHUTDOWN_TIME:?}"),
    }
}

/// Waits until the thread that runs cells has dropped the evaluator, for [`LAST_CELL_TIME`] at most.
async fn wait_for_last_cell(ended: mpsc::Receiver<()>) {
    let waiting = tokio::task::spawn_blocking(move || ended.recv_timeout(LAST_CELL_TIME));
    if let Ok(Err(mpsc::RecvTimeoutError::Timeout)) = waiting.await {
        tracing::warn!("the last cell did not end within {LAST_CELL_TIME:?}");
    }
}
