//! The state that every request handler may use.

use std::sync::Arc;

use tokio::sync::watch;

use super::executor::Queue;
use super::history::History;
use super::info::KernelInfo;
use super::iopub_queue::IopubQueue;
use super::stdin::Stdin;
use super::subshells::Subshells;
use crate::api::{Assistant, Controls};

/// The kernel's state, shared by its sockets.
pub struct Kernel {
    /// The content of the kernel_info reply.
    pub info: KernelInfo,
    /// Messages to publish.
    pub iopub: Arc<IopubQueue>,
    /// Asks the user.
    pub stdin: Arc<Stdin>,
    /// Cells that wait to run.
    pub cells: Queue,
    /// The subshells that exist.
    pub subshells: Subshells,
    /// Cells that have run.
    pub history: Arc<History>,
    /// Reaches the running cell.
    pub controls: Arc<dyn Controls>,
    /// Answers questions about code.
    pub assistant: Arc<dyn Assistant>,
    /// Set to true when the kernel is to end.
    pub end: watch::Sender<bool>,
}

impl Kernel {
    /// Stops the running cell.
    pub fn interrupt(&self) {
        self.cells.interrupt();
        // The engine first: when the cell's question fails, the cell should already know of the interrupt.
        self.controls.interrupt();
        self.stdin.interrupt();
    }

    /// Makes the kernel end soon.
    pub fn end(&self) {
        self.end.send_replace(true);
    }
}
