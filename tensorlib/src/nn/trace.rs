//! Layers at work: their names in errors, and a record of what went through them, for those who ask.

use std::cell::{Cell, RefCell};

use super::module::Module;
use super::show::described;
use crate::error::Result;
use crate::size::Size;
use crate::tensor::Tensor;

/// What went through a layer.
pub(crate) struct Passed {
    /// The layer, as it is printed.
    pub layer: String,
    /// Where its first parameter lies in memory, by which the layer can be found in its model.
    pub identity: Option<usize>,
    pub input: Size,
    pub output: Tensor,
}

thread_local! {
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
    static RECORD: RefCell<Vec<Passed>> = const { RefCell::new(Vec::new()) };
}

/// Runs a layer. An error names it, and its result is recorded if somebody asked.
#[inline]
pub(super) fn traced(layer: &dyn Module, x: &Tensor, run: impl FnOnce() -> Result<Tensor>) -> Result<Tensor> {
    match run() {
        Ok(output) => {
            if IS_RECORDING.get() {
                record(layer, x, &output);
            }
            Ok(output)
        }
        Err(error) => Err(error.within(&described(layer))),
    }
}

#[cold]
fn record(layer: &dyn Module, x: &Tensor, output: &Tensor) {
    let passed =
        Passed { layer: described(layer), identity: identity(layer), input: x.size(), output: output.detach() };
    RECORD.with_borrow_mut(|record| record.push(passed));
}

/// By what a layer is known: the memory of its first parameter.
pub(crate) fn identity(layer: &dyn Module) -> Option<usize> {
    let parameters = layer.parameters();
    parameters.first().map(|first| std::sync::Arc::as_ptr(&first.storage) as usize)
}

/// What goes through the layers of this library while `body` runs, in order.
pub(crate) fn recorded<R>(body: impl FnOnce() -> R) -> (R, Vec<Passed>) {
    /// Sets things back, by a panic too.
    struct Recording(bool, Vec<Passed>);
    impl Drop for Recording {
        fn drop(&mut self) {
            IS_RECORDING.set(self.0);
            RECORD.replace(std::mem::take(&mut self.1));
        }
    }
    let recording = Recording(IS_RECORDING.replace(true), RECORD.take());
    let result = body();
    let passed = RECORD.take();
    drop(recording);
    (result, passed)
}
