//! What every request handler may use.

use std::sync::Arc;

use tokio::sync::watch;

use super::executor::Queue;
use super::history::History;
use super::info::KernelInfo;
use super::iopub_queue::IopubQueue;
use super::stdin::Stdin;
use super::subshells::Subshells;
use crate::api::{Assistant, Controls};

/// The kernel, as its sockets share it.
pub struct Kernel {
    /// What kernel_info says.
    pub info: KernelInfo,
    /// What is to be published.
    pub iopub: Arc<IopubQueue>,
    /// Asks the user.
    pub stdin: Arc<Stdin>,
    /// Cells that are to be run.
    pub cells: Queue,
    /// The subshells that there are.
    pub subshells: Subshells,
    /// Cells that were run.
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
        // First the engine: a cell whose question fails should already know that it was interrupted.
        self.controls.interrupt();
        self.stdin.interrupt();
    }

    /// Makes the kernel end soon.
    pub fn end(&self) {
        self.end.send_replace(true);
    }
}
