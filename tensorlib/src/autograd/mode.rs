//! Whether operations are recorded, thread by thread.

use std::cell::Cell;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
}

/// Whether operations on tensors that require gradients are recorded here and now.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert!(is_grad_enabled());
/// assert!(!no_grad(is_grad_enabled));
/// ```
#[inline]
pub fn is_grad_enabled() -> bool {
    ENABLED.get()
}

/// Sets the mode until it is dropped, by a panic too.
pub(crate) struct Mode(bool);

impl Mode {
    pub fn set(enabled: bool) -> Mode {
        Mode(ENABLED.replace(enabled))
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        ENABLED.set(self.0);
    }
}

/// Runs `body` without recording: PyTorch's `with torch.no_grad():`. Parameters are changed in place here.
///
/// ```
/// # use tensorlib::prelude::*;
/// let w = tensor![1.0, 2.0].requires_grad_(true);
/// (&w * &w).sum().backward();
/// no_grad(|| w.sub_(w.grad() * 0.5));
/// assert_eq!(w.to_vec::<f32>(), [0.0, 0.0]);
/// assert!(!no_grad(|| &w * 2.0).requires_grad());
/// ```
#[doc(alias = "inference_mode")]
pub fn no_grad<R>(body: impl FnOnce() -> R) -> R {
    let _mode = Mode::set(false);
    body()
}

/// Runs `body` with recording, inside [`no_grad`] too: PyTorch's `with torch.enable_grad():`.
///
/// ```
/// # use tensorlib::prelude::*;
/// let w = tensor![1.0, 2.0].requires_grad_(true);
/// assert!(no_grad(|| enable_grad(|| &w * 2.0)).requires_grad());
/// ```
pub fn enable_grad<R>(body: impl FnOnce() -> R) -> R {
    let _mode = Mode::set(true);
    body()
}

/// Switches recording on or off for this thread from here on: PyTorch's `torch.set_grad_enabled`. [`no_grad`] and
/// [`enable_grad`], which restore what was before, are safer.
///
/// ```
/// # use tensorlib::prelude::*;
/// set_grad_enabled(false);
/// assert!(!is_grad_enabled());
/// set_grad_enabled(true);
/// ```
pub fn set_grad_enabled(enabled: bool) {
    ENABLED.set(enabled);
}
