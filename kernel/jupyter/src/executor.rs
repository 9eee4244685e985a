//! Runs cells, one after the other, on one thread, and replies with the outcome of each.
//!
//! See [execute](https://jupyter-client.readthedocs.io/en/stable/messaging.html#execute).

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use std::{io, thread};

use chrono::Utc;
use jupyter_protocol::messaging::{
    ErrorOutput, ExecuteInput, ExecuteReply, ExecuteRequest, ExecuteResult, ExpressionResult, JupyterMessageContent,
    ReplyError, ReplyStatus, Transient,
};
use serde_json::json;

use super::cell_frontend::CellFrontend;
use super::history::History;
use super::iopub_queue::IopubQueue;
use super::media::{media, size};
use super::outbox::Outbox;
use super::panics::panic_message;
use super::stdin::Stdin;
use super::wire::{self, Origin};
use super::zmtp::Unanswered;
use crate::api::{Cell, Evaluator, Failure, Frontend, MimeBundle, StartEvaluator};

/// rust-analyzer's parser recurses once per nesting level of the code.
const STACK_SIZE: usize = 64 << 20;
/// "Run All" sends a burst of requests, which arrive over several reads of the socket. After a cell fails, the kernel
/// waits this long for the rest of the burst, so that it aborts the burst as a whole.
const BURST_TIME: Duration = Duration::from_millis(5);
/// How long a reply waits until the output before it is published.
const FLUSH_TIME: Duration = Duration::from_secs(2);

/// A request to run a cell.
pub struct Execution {
    /// Who sent it.
    pub origin: Arc<Origin>,
    /// What to run and how.
    pub request: ExecuteRequest,
    /// Where its reply goes.
    pub outbox: Outbox,
    /// Held until the reply is sent.
    pub unanswered: Unanswered,
}

/// The state that the sending and the receiving side of the queue share.
#[derive(Default)]
struct Progress {
    /// How many requests have arrived.
    received: AtomicU64,
    /// Requests before this one are aborted.
    abort_before: AtomicU64,
    /// Whether the evaluator is being made.
    starting: AtomicBool,
    /// Set when no further cell is to run.
    ended: AtomicBool,
    /// The number of the last cell that had a number.
    last_number: AtomicUsize,
}

impl Progress {
    fn abort_received(&self) {
        self.abort_before.store(self.received.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

/// The cells that wait to be run.
pub struct Queue {
    sender: mpsc::Sender<(u64, Execution)>,
    progress: Arc<Progress>,
}

impl Queue {
    /// Adds a cell.
    pub fn push(&self, execution: Execution) {
        let number = self.progress.received.fetch_add(1, Ordering::SeqCst);
        // The thread ends with the kernel; no front end waits for replies then.
        let _ = self.sender.send((number, execution));
    }

    /// Aborts the cells that wait while the evaluator is being made. (When a running cell is interrupted, its failure
    /// aborts those behind it.)
    pub fn interrupt(&self) {
        if self.progress.starting.load(Ordering::SeqCst) {
            self.progress.abort_received();
        }
    }

    /// The number of the last cell that had a number; 0 before the first.
    pub fn last_number(&self) -> usize {
        self.progress.last_number.load(Ordering::SeqCst)
    }

    /// Stops running cells.
    pub fn end(&self) {
        self.progress.ended.store(true, Ordering::SeqCst);
    }
}

/// Where cells' outputs and questions go, and where cells are recorded.
#[derive(Clone)]
pub struct Surroundings {
    /// What is to be published.
    pub iopub: Arc<IopubQueue>,
    /// Asks the user.
    pub stdin: Arc<Stdin>,
    /// Cells that were run.
    pub history: Arc<History>,
}

/// Starts the thread that makes the evaluator and then runs cells. The receiver is disconnected when the thread has
/// ended.
///
/// # Errors
/// When the thread cannot be made.
pub fn spawn(start: StartEvaluator, surroundings: Surroundings) -> io::Result<(Queue, mpsc::Receiver<()>)> {
    let (sender, executions) = mpsc::channel();
    let (alive, ended) = mpsc::channel();
    let progress = Arc::new(Progress { starting: AtomicBool::new(true), ..Progress::default() });
    let queue = Queue { sender, progress: progress.clone() };
    thread::Builder::new().name("cells".to_owned()).stack_size(STACK_SIZE).spawn(move || {
        let _alive: mpsc::Sender<()> = alive;
        let evaluator = guarded(start);
        if let Err(failure) = &evaluator {
            tracing::error!("no cell can be run: {}: {}", failure.name, failure.message);
        }
        progress.starting.store(false, Ordering::SeqCst);
        Executor { evaluator, surroundings, count: 1, progress }.run_all(&executions);
    })?;
    Ok((queue, ended))
}

struct Executor {
    /// Or the reason why there is none; every cell then fails with it.
    evaluator: Result<Box<dyn Evaluator>, Failure>,
    surroundings: Surroundings,
    /// The number of the next cell.
    count: usize,
    progress: Arc<Progress>,
}

impl Executor {
    fn run_all(&mut self, executions: &mpsc::Receiver<(u64, Execution)>) {
        while let Ok((number, execution)) = executions.recv() {
            if self.progress.ended.load(Ordering::SeqCst) {
                return;
            }
            if number < self.progress.abort_before.load(Ordering::SeqCst) {
                self.abort(&execution);
            } else {
                self.run(execution);
            }
        }
    }

    /// [Aborted](https://jupyter-client.readthedocs.io/en/stable/messaging.html#request-reply) because a cell
    /// before it failed.
    fn abort(&self, Execution { origin, outbox, .. }: &Execution) {
        self.surroundings.iopub.busy(origin);
        let content = wire::content("execute_reply", json!({ "status": "aborted" }));
        outbox.send(wire::reply(content, json!({ "status": "aborted" }), origin));
        self.surroundings.iopub.idle(origin);
    }

    fn run(&mut self, Execution { origin, request, outbox, unanswered: _unanswered }: Execution) {
        let started = Utc::now();
        if let Ok(evaluator) = &mut self.evaluator {
            evaluator.begin();
        }
        let iopub = self.surroundings.iopub.clone();
        iopub.cell_busy(&origin);
        tracing::debug!(
            count = self.count,
            id = origin.header.msg_id,
            cell = origin.cell_id,
            bytes = request.code.len(),
            "cell begins"
        );
        let begun = Instant::now();
        let blank = request.code.trim().is_empty();
        let numbered = request.store_history && !request.silent && !blank;
        let cell = Cell { code: request.code.clone(), count: self.count, id: origin.cell_id.clone() };
        if !request.silent {
            // https://jupyter-client.readthedocs.io/en/stable/messaging.html#code-inputs
            let input = ExecuteInput { code: cell.code.clone(), execution_count: cell.count.into() };
            iopub.publish(input, Some(&origin));
        }
        if numbered {
            self.surroundings.history.push(cell.count, &cell.code);
            self.progress.last_number.store(self.count, Ordering::SeqCst);
            self.count += 1;
        }
        let frontend = self.frontend(&origin, request.allow_stdin, request.silent);
        let outcome = if blank { Ok(None) } else { self.evaluate(&cell, frontend.clone()) };
        let mut reply = ExecuteReply {
            // As in ipykernel, a cell without a number reports the last number that was given.
            execution_count: (self.count - 1).into(),
            user_expressions: Some(HashMap::new()),
            payload: frontend.payload(),
            ..ExecuteReply::default()
        };
        match outcome {
            Ok(value) => {
                if let Some(value) = value.filter(|_| !request.silent) {
                    if numbered {
                        let text = value.get("text/plain").map_or("", String::as_str);
                        self.surroundings.history.set_output(cell.count, text);
                    }
                    self.publish_result(&origin, cell.count, value);
                }
                frontend.show_remarks();
                let expressions = request.user_expressions.unwrap_or_default();
                reply.user_expressions = Some(self.evaluate_expressions(&origin, expressions));
            }
            Err(failure) => {
                if request.stop_on_error {
                    thread::sleep(BURST_TIME);
                    self.progress.abort_received();
                }
                if !request.silent {
                    iopub.publish(error_output(&failure), Some(&origin));
                }
                reply.status = ReplyStatus::Error;
                reply.error = Some(Box::new(reply_error(failure)));
            }
        }
        if let Ok(evaluator) = &mut self.evaluator {
            evaluator.end();
        }
        iopub.flush(FLUSH_TIME);
        tracing::debug!(status = ?reply.status, took = ?begun.elapsed(), "cell is over");
        let metadata = json!({ "started": started, "status": reply.status });
        outbox.send(wire::reply(reply, metadata, &origin));
        iopub.cell_idle(&origin);
    }

    /// [Execution results](https://jupyter-client.readthedocs.io/en/stable/messaging.html#id6).
    fn publish_result(&self, origin: &Origin, count: usize, value: MimeBundle) {
        let size = size(&value);
        let mut result = ExecuteResult::new(count.into(), media(value));
        // Left out it would be sent as null, which no front end expects.
        result.transient = Some(Transient::default());
        self.surroundings.iopub.output(wire::message(result, Some(origin)), size);
    }

    /// [`user_expressions`](https://jupyter-client.readthedocs.io/en/stable/messaging.html#execution-results):
    /// evaluated after the cell, each by itself; their output is not shown.
    fn evaluate_expressions(
        &mut self,
        origin: &Arc<Origin>,
        expressions: HashMap<String, String>,
    ) -> HashMap<String, ExpressionResult> {
        let mut results = HashMap::new();
        for (name, code) in expressions {
            let cell = Cell { code, count: self.count - 1, id: None };
            let result = match self.evaluate(&cell, self.frontend(origin, false, true)) {
                Ok(value) => {
                    ExpressionResult::Ok { data: media(value.unwrap_or_default()), metadata: serde_json::Map::new() }
                }
                Err(Failure { name, message, traceback }) => {
                    ExpressionResult::Error { ename: name, evalue: message, traceback }
                }
            };
            results.insert(name, result);
        }
        results
    }

    fn evaluate(&mut self, cell: &Cell, frontend: Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure> {
        let evaluator = self.evaluator.as_mut().map_err(|failure| failure.clone())?;
        guarded(|| evaluator.evaluate(cell, frontend))
    }

    fn frontend(&self, origin: &Arc<Origin>, allow_stdin: bool, silent: bool) -> Arc<CellFrontend> {
        let Surroundings { iopub, stdin, history } = &self.surroundings;
        Arc::new(CellFrontend {
            history: history.clone(),
            origin: origin.clone(),
            iopub: iopub.clone(),
            stdin: stdin.clone(),
            allow_stdin,
            silent,
            pages: Mutex::default(),
            remarks: Mutex::default(),
        })
    }
}

/// The error message for all front ends; see
/// [execution errors](https://jupyter-client.readthedocs.io/en/stable/messaging.html#execution-errors).
pub fn error_output(failure: &Failure) -> JupyterMessageContent {
    let Failure { name, message, traceback } = failure.clone();
    ErrorOutput { ename: name, evalue: message, traceback }.into()
}

/// The same error, for the reply to the front end that sent the cell.
pub fn reply_error(Failure { name, message, traceback }: Failure) -> ReplyError {
    ReplyError { ename: name, evalue: message, traceback }
}

/// Turns a panic of the engine into a failure of the cell, so that the kernel survives it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = format!("the kernel made a mistake: {}", panic_message(panic.as_ref()));
        tracing::error!("{message}");
        Err(Failure { name: "InternalError".to_owned(), traceback: vec![message.clone()], message })
    })
}
