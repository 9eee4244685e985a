//! How the value of a cell's last expression is shown.
//!
//! evcxr writes `(expression).evcxr_display();` and, when that does not compile, compiles the cell a
//! second time with `{:?}`. With [`DebugFallback`] in scope the first form always compiles. A method is looked for
//! from the value on: a type's own `evcxr_display`, or that of a trait of the notebook or of a crate, is found at the
//! reference to the value; the fallback only at a reference to that reference. [`Pointer`] takes off what a value is
//! behind before that: otherwise the `Debug` of a `Box` would come before the picture of what is in it.

use std::cell::{Ref, RefMut};
use std::fmt::{Arguments, Debug};
use std::io::Write;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, MutexGuard, RwLockReadGuard, RwLockWriteGuard};

use crate::shorten::written;

/// Writes a mark that says something of the content that follows (an application program command, which
/// terminals ignore).
pub(crate) fn mark(says: &str) {
    // A closed standard output must not end the cell.
    let _ = write!(std::io::stdout().lock(), "\x1b_soma:{says}\x1b\\");
}

/// Writes one representation of a display.
pub(crate) fn send(mime: &str, text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = write!(output, "EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT\n");
}

/// Says that a display is whole: it is shown now, not when it is clear that nothing more belongs to it.
pub fn end_display() {
    mark("end");
    let _ = std::io::stdout().flush();
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

impl<T: Debug + ?Sized> DebugFallback for &T {
    fn evcxr_display(&self) {
        // `()` has no bound to tell it apart by; its name is reserved, so the comparison is exact.
        if std::any::type_name::<T>() != "()" {
            send_text(&written(format_args!("{self:?}"), "{:?}"));
        }
    }
}

/// Shows a value of type `T` by a format of the user's; with the type's name without its paths if that is wanted.
pub fn formatted<T: ?Sized>(value: Arguments, format: &str, with_type: bool) {
    let name = std::any::type_name::<T>();
    if name == "()" {
        return;
    }
    let text = written(value, format);
    if with_type { send_text(&format!(": {} = {text}", short(name))) } else { send_text(&text) }
}

/// A type's name without paths: `Option<alloc::string::String>` is `Option<String>`.
fn short(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut pieces = name.split("::").peekable();
    while let Some(piece) = pieces.next() {
        // What stands before `::` is a module's name, back to where the path begins.
        let keep = if pieces.peek().is_some() {
            piece.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1)
        } else {
            piece.len()
        };
        short.push_str(&piece[..keep]);
    }
    short
}

/// What a value is behind: a pointer, or a guard.
pub trait Pointer {
    /// What it points to.
    type Value: ?Sized;

    /// The value behind it. A value that is behind nothing is found as its own, through the reference to it.
    fn soma_value(&self) -> &Self::Value;
}

macro_rules! pointers {
    ($($pointer:ty),*) => {
        $(
            impl<T: ?Sized> Pointer for $pointer {
                type Value = T;

                fn soma_value(&self) -> &T {
                    self
                }
            }
        )*
    };
}

pointers!(
    &T,
    &mut T,
    Box<T>,
    Rc<T>,
    Arc<T>,
    Ref<'_, T>,
    RefMut<'_, T>,
    MutexGuard<'_, T>,
    RwLockReadGuard<'_, T>,
    RwLockWriteGuard<'_, T>,
    Pin<&T>,
    Pin<Box<T>>
);

impl<T> Pointer for LazyLock<T> {
    type Value = T;

    fn soma_value(&self) -> &T {
        self
    }
}

/// Marks that what is shown next is the value of the last expression.
pub fn begin_result() {
    mark("result");
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
    send("text/plain", text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_shown_without_their_paths() {
        assert_eq!(short("core::option::Option<alloc::string::String>"), "Option<String>");
        assert_eq!(short("(i32, &[ctx::m::A])"), "(i32, &[A])");
        assert_eq!(short("f64"), "f64");
    }
}
