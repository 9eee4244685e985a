//! How tensors are printed: PyTorch's `torch.set_printoptions`.

use std::sync::{PoisonError, RwLock};

/// The options of [`set_printoptions`].
///
/// ```standalone_crate
/// # use tensorlib::prelude::*;
/// set_printoptions(PrintOptions::default().precision(2));
/// assert_eq!(tensor![0.12345].to_string(), "tensor([0.12])");
/// set_printoptions(PrintOptions::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintOptions {
    pub(super) precision: usize,
    pub(super) threshold: usize,
    pub(super) edgeitems: usize,
    pub(super) linewidth: usize,
    pub(super) sci_mode: Option<bool>,
}

/// PyTorch's own.
const DEFAULT: PrintOptions =
    PrintOptions { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80, sci_mode: None };

impl Default for PrintOptions {
    fn default() -> PrintOptions {
        DEFAULT
    }
}

impl PrintOptions {
    /// Digits behind the point; 4 by default.
    #[must_use]
    pub fn precision(self, digits: usize) -> PrintOptions {
        // No number has more that mean something, and Rust's formatting has a limit.
        PrintOptions { precision: digits.min(100), ..self }
    }

    /// Tensors with more elements than this show only their corners; 1000 by default.
    #[must_use]
    pub fn threshold(self, elements: usize) -> PrintOptions {
        PrintOptions { threshold: elements, ..self }
    }

    /// How many elements of each dimension are shown at either end then; 3 by default.
    #[must_use]
    pub fn edgeitems(self, count: usize) -> PrintOptions {
        PrintOptions { edgeitems: count.max(1), ..self }
    }

    /// The number of characters after which a line is broken; 80 by default.
    #[must_use]
    pub fn linewidth(self, characters: usize) -> PrintOptions {
        PrintOptions { linewidth: characters, ..self }
    }

    /// Whether numbers are written with exponents always, or never; by default when their sizes differ much.
    #[must_use]
    pub fn sci_mode(self, scientific: bool) -> PrintOptions {
        PrintOptions { sci_mode: Some(scientific), ..self }
    }
}

static OPTIONS: RwLock<PrintOptions> = RwLock::new(DEFAULT);

/// Sets how tensors are printed from here on, in all threads. What is not named gets its default.
///
/// ```standalone_crate
/// # use tensorlib::prelude::*;
/// set_printoptions(PrintOptions::default().sci_mode(false).edgeitems(1).threshold(3));
/// assert_eq!(arange(5).to_string(), "tensor([0,  ..., 4])");
/// set_printoptions(PrintOptions::default());
/// ```
pub fn set_printoptions(options: PrintOptions) {
    *OPTIONS.write().unwrap_or_else(PoisonError::into_inner) = options;
}

pub(super) fn options() -> PrintOptions {
    *OPTIONS.read().unwrap_or_else(PoisonError::into_inner)
}
