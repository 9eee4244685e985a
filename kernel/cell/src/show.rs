//! How the value of a cell's last expression is shown.
//!
//! evcxr writes `(expression).evcxr_display();` and, when that does not compile, compiles the cell a
//! second time with `{:?}`. With [`DebugFallback`] in scope the first form always compiles: a type's own
//! `evcxr_display` wins, because inherent methods come first, and everything else is shown by `{:?}`.

use std::fmt::Debug;
use std::io::Write;

/// Writes a mark that says something of the content that follows (an application program command, which
/// terminals ignore).
pub(crate) fn mark(says: &str) {
    // A closed standard output must not end the cell.
    let _ = write!(std::io::stdout().lock(), "\x1b_soma:{says}\x1b\\");
}

/// A trait that no type has: the kernel learns how rustc names a variable's type by asking for it.
pub trait Nothing {}

/// Never compiles; see [`Nothing`].
pub fn name_type<T: Nothing>(_: &T) {}

/// Shows any `Debug` value as evcxr would.
pub trait DebugFallback {
    /// Writes the value as a `text/plain` content block; nothing for `()`.
    fn evcxr_display(&self);
}

impl<T: Debug + ?Sized> DebugFallback for T {
    fn evcxr_display(&self) {
        // `()` has no bound to tell it apart by; its name is reserved, so the comparison is exact.
        if std::any::type_name::<T>() != "()" {
            send_text(&format!("{self:?}"));
        }
    }
}

/// Marks that what follows is the value of the last expression, then hands the value on.
pub trait Mark {
    /// Writes the mark; called after the expression was evaluated and before it is shown.
    fn soma_result(&self) -> &Self;
}

impl<T: ?Sized> Mark for T {
    fn soma_result(&self) -> &Self {
        mark("result");
        self
    }
}

#[inline(never)]
fn send_text(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = write!(output, "EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT\n");
}
