//! Shows the value of a cell's last expression.
//!
//! evcxr writes `(expression).evcxr_display();` and, when that does not compile, compiles the cell a second time with
//! `{:?}`. With [`DebugFallback`] in scope the first form always compiles. Method lookup starts at the value: it finds
//! a type's own `evcxr_display`, or that of a trait of the notebook or of a crate, at the reference to the value, and
//! the fallback only at a reference to that reference. [`Pointer`] dereferences pointers and guards before that:
//! otherwise the `Debug` of a `Box` would come before the picture of its content.

use std::cell::{Ref, RefMut};
use std::fmt::{Arguments, Debug};
use std::io::Write;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, MutexGuard, RwLockReadGuard, RwLockWriteGuard};

use crate::shorten::written;

/// Writes a mark about the content that follows (an application program command, which terminals ignore).
pub(crate) fn mark(says: &str) {
    // A closed standard output must not end the cell.
    let _ = write!(std::io::stdout().lock(), "\x1b_soma:{says}\x1b\\");
}

/// Writes one representation of a display.
pub(crate) fn send(mime: &str, text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = write!(output, "EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT\n");
}

/// Marks the end of a display: the kernel shows it now, and does not wait for further representations.
pub fn end_display() {
    mark("end");
    let _ = std::io::stdout().flush();
}

/// A trait that no type implements: the compiler's error about it names a variable's type as rustc writes it.
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
        // No trait bound excludes `()`; its name is reserved, so the comparison is exact.
        if std::any::type_name::<T>() != "()" {
            send_text(&written(format_args!("{self:?}"), "{:?}"));
        }
    }
}

/// Shows a value of type `T` by the user's format; with `with_type`, after the type's name without paths.
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
        // The text before `::` is a module's name; it is removed back to where the path begins.
        let keep = if pieces.peek().is_some() {
            piece.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1)
        } else {
            piece.len()
        };
        short.push_str(&piece[..keep]);
    }
    short
}

/// A pointer or guard, through which its value is shown.
pub trait Pointer {
    /// What it points to.
    type Value: ?Sized;

    /// The value behind it. For any other value, method lookup finds the value itself, through the reference to it.
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

/// Marks that the next content is the value of the last expression.
pub fn begin_result() {
    mark("result");
}

/// Marks that the next content is the value of the last expression, then returns the value.
pub trait Mark {
    /// Writes the mark; called after the expression is evaluated and before its value is shown.
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
