//! What cells share of statics that macros make.

use std::ops::Deref;

/// A static of `lazy_static!`, for the cells behind the one that has it: it points to the same value.
pub struct Lazy<T: 'static>(fn() -> &'static T);

impl<T> Lazy<T> {
    /// Of what this gives.
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
