//! Running layers: their names in errors, and, on request, a record of their inputs and outputs.

use std::cell::{Cell, RefCell};

use super::module::Module;
use super::show::described;
use crate::error::Result;
use crate::size::Size;
use crate::tensor::Tensor;

/// A record of a layer's input and output.
pub(crate) struct Passed {
    /// The word by which the layer is printed, and all of its line.
    pub word: String,
    pub line: String,
    /// Where the layer is in memory, by which it can be found in its model. Layers without fields are nowhere.
    pub address: Option<usize>,
    /// The number of its parameters, and the shape of the one called `weight`.
    pub parameters: usize,
    pub weight: Option<Size>,
    pub input: Tensor,
    pub output: Tensor,
}

thread_local! {
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
    static RECORD: RefCell<Vec<Passed>> = const { RefCell::new(Vec::new()) };
}

/// Runs a layer. An error names it, and its result is recorded if a recording was requested.
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
    let passed = Passed {
        word: layer.name().to_owned(),
        line: described(layer),
        address: address(layer),
        parameters: layer.num_parameters(),
        weight: layer.get_parameter("weight").map(|weight| weight.size()),
        input: x.detach(),
        output: output.detach(),
    };
    RECORD.with_borrow_mut(|record| record.push(passed));
}

/// By what a layer is known.
pub(super) fn address(layer: &dyn Module) -> Option<usize> {
    (size_of_val(layer) > 0).then(|| std::ptr::from_ref(layer).cast::<()>() as usize)
}

/// Records the layers of this library that run in `body`, in order.
pub(crate) fn recorded<R>(body: impl FnOnce() -> R) -> (R, Vec<Passed>) {
    /// Sets things back, by a panic too.
    struct Recording {
        was_recording: bool,
        before: Vec<Passed>,
    }
    impl Drop for Recording {
        fn drop(&mut self) {
            IS_RECORDING.set(self.was_recording);
            RECORD.replace(std::mem::take(&mut self.before));
        }
    }
    let recording = Recording { was_recording: IS_RECORDING.replace(true), before: RECORD.take() };
    let result = body();
    let passed = RECORD.take();
    drop(recording);
    (result, passed)
}
