//! Statics that macros make, shared between cells.

use std::ops::Deref;

/// A static of `lazy_static!`, for cells after the one that defines it: it points to the same value.
pub struct Lazy<T: 'static>(fn() -> &'static T);

impl<T> Lazy<T> {
    /// A static whose value `value` returns.
    pub const fn new(value: fn() -> &'static T) -> Lazy<T> {
        Lazy(value)
    }
}

impl<T> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        (self.0)()
    }
}
