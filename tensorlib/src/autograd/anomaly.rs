//! The errors of a backward pass, in sentences that name the operation of the forward pass.

use std::sync::atomic::{AtomicBool, Ordering};

use super::node::Head;
use crate::error::{Error, value_error};
use crate::tensor::Tensor;

static DETECTED: AtomicBool = AtomicBool::new(false);

/// Whether backward passes look for NaN from here on, in all threads: PyTorch's `torch.autograd.set_detect_anomaly`. It
/// costs a pass over each gradient, so switch it on to find where a NaN comes from.
///
/// ```
/// # use tensorlib::prelude::*;
/// autograd::set_detect_anomaly(true);
/// let x = tensor![-1.0, 4.0].requires_grad_(true);
/// let error = x.sqrt().sum().try_backward().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "backward: the gradient of sqrt (SqrtBackward0), whose result has shape [2], is NaN; look at what goes into it"
/// );
/// autograd::set_detect_anomaly(false);
/// ```
pub fn set_detect_anomaly(detect: bool) {
    DETECTED.store(detect, Ordering::Relaxed);
}

/// Whether [`set_detect_anomaly`] is on.
pub fn is_anomaly_enabled() -> bool {
    is_detected()
}

pub(super) fn is_detected() -> bool {
    DETECTED.load(Ordering::Relaxed)
}

/// The error when a formula gave NaN.
pub(super) fn not_a_number(head: &Head, operand: usize, gradient: &Tensor) -> Option<Error> {
    let is_nan = super::no_grad(|| gradient.isnan().any().item::<bool>());
    is_nan.then(|| {
        let which = if head.operands() > 1 { format!(" for its operand {operand}") } else { String::new() };
        value_error!(
            "backward: the gradient of {} ({}){which}, whose result has shape {:?}, is NaN; look at what goes into it",
            head.method(),
            head.name,
            &*head.meta(0).shape
        )
    })
}

/// The error when a value was changed that a formula needs.
pub(super) fn changed_since(head: &Head, shape: &[usize], then: u64, now: Option<u64>) -> Error {
    let now = now.map_or_else(String::new, |now| format!(" and is at version {now}"));
    value_error!(
        "backward: {} ({}) needs a tensor of shape {shape:?} that was changed in place since: it was at version {then}{now}; change a copy instead, x.clone()",
        head.method(),
        head.name
    )
}

/// The error when a formula was used and let go of.
pub(super) fn released(head: &Head) -> Error {
    value_error!(
        "backward: the values that {} ({}) kept were let go of by an earlier backward(); run the forward pass again, or keep them with autograd::backward(&[&loss]).retain_graph(true).run()",
        head.method(),
        head.name
    )
}
