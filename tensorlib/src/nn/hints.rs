//! Hints about steps that a learner may have forgotten, each given once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::parameter::Training;
use crate::autograd::is_grad_enabled;

static WAS_SAID: AtomicBool = AtomicBool::new(false);

/// Whether a layer is being trained. In `no_grad` that is nearly always a validation in which `eval()` was forgotten: results
/// are random, or running values move. The first time, a note says so on standard error.
pub(super) fn is_trained(layer: &str, training: &Training) -> bool {
    let is_trained = training.get();
    if is_trained && !is_grad_enabled() && !WAS_SAID.swap(true, Ordering::Relaxed) {
        eprintln!(
            "note: {layer} is in training mode inside no_grad; for validation call model.eval() before, and model.train() after"
        );
    }
    is_trained
}
