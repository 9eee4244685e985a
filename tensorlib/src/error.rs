//! The errors of operations, each one sentence that names the operation, the shapes and what to do.

use std::fmt;

/// Why an operation could not be done. Its `Display` is the sentence a user sees.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let error = ones([3, 2]).try_add(&ones([2, 2])).unwrap_err();
/// assert_eq!(error.to_string(), "add: shapes [3, 2] and [2, 2] do not broadcast: dimension 0 is 3 and 2");
/// assert!(matches!(error, tensorlib::Error::Shape(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Shapes do not fit each other or the operation.
    Shape(String),
    /// An index or a dimension is out of range.
    Index(String),
    /// The operation is not defined for this element type.
    DType(String),
    /// A value is not acceptable.
    Value(String),
    /// Operands are on two devices, or a device is not there.
    Device(String),
    /// A file could not be read or written, or does not hold what it should.
    File(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Error::Shape(text)
        | Error::Index(text)
        | Error::DType(text)
        | Error::Value(text)
        | Error::Device(text)
        | Error::File(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for Error {}

impl Error {
    /// The same error, with where it happened in front: `layer 2: …`.
    pub(crate) fn within(self, place: &str) -> Error {
        let put = |text: String| format!("{place}: {text}");
        match self {
            Error::Shape(text) => Error::Shape(put(text)),
            Error::Index(text) => Error::Index(put(text)),
            Error::DType(text) => Error::DType(put(text)),
            Error::Value(text) => Error::Value(put(text)),
            Error::Device(text) => Error::Device(put(text)),
            Error::File(text) => Error::File(put(text)),
        }
    }
}

/// The result of a `try_` method.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Panics with the error's sentence, at the place that called the operation.
#[cold]
#[track_caller]
pub(crate) fn raise(error: Error) -> ! {
    panic!("{error}")
}

/// A number of things in a sentence: `1 channel`, `3 batches`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let ending = match (number, thing.strip_suffix("ch")) {
        (1, _) => "",
        (_, Some(_)) => "es",
        (_, None) => "s",
    };
    format!("{number} {thing}{ending}")
}

/// Unwraps with [`raise`].
#[inline]
#[track_caller]
pub(crate) fn or_raise<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => raise(error),
    }
}

macro_rules! shape_error { ($($arg:tt)*) => { $crate::error::Error::Shape(format!($($arg)*)) } }
macro_rules! index_error { ($($arg:tt)*) => { $crate::error::Error::Index(format!($($arg)*)) } }
macro_rules! dtype_error { ($($arg:tt)*) => { $crate::error::Error::DType(format!($($arg)*)) } }
macro_rules! value_error { ($($arg:tt)*) => { $crate::error::Error::Value(format!($($arg)*)) } }
macro_rules! device_error { ($($arg:tt)*) => { $crate::error::Error::Device(format!($($arg)*)) } }
macro_rules! file_error { ($($arg:tt)*) => { $crate::error::Error::File(format!($($arg)*)) } }
pub(crate) use {device_error, dtype_error, file_error, index_error, shape_error, value_error};

/// Declares operations twice: `name`, which panics with the error's sentence at the caller, and `try_name`, which
/// returns it. The body is that of the `try_` form.
macro_rules! fallible {
    () => {};
    ($(#[$meta:meta])* pub fn $name:ident | $try_name:ident $(<$life:lifetime>)? (&$this:ident $(, $arg:ident: $ty:ty)* $(,)?) -> $ret:ty $body:block $($rest:tt)*) => {
        $(#[$meta])*
        #[track_caller]
        pub fn $name $(<$life>)? (&$this $(, $arg: $ty)*) -> $ret {
            $crate::error::or_raise($this.$try_name($($arg),*))
        }
        #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") with the error as a value.")]
        pub fn $try_name $(<$life>)? (&$this $(, $arg: $ty)*) -> $crate::error::Result<$ret> $body
        $crate::error::fallible! { $($rest)* }
    };
    ($(#[$meta:meta])* pub fn $name:ident | $try_name:ident $(<$life:lifetime>)? (&mut $this:ident $(, $arg:ident: $ty:ty)* $(,)?) -> $ret:ty $body:block $($rest:tt)*) => {
        $(#[$meta])*
        #[track_caller]
        pub fn $name $(<$life>)? (&mut $this $(, $arg: $ty)*) -> $ret {
            $crate::error::or_raise($this.$try_name($($arg),*))
        }
        #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") with the error as a value.")]
        pub fn $try_name $(<$life>)? (&mut $this $(, $arg: $ty)*) -> $crate::error::Result<$ret> $body
        $crate::error::fallible! { $($rest)* }
    };
    ($(#[$meta:meta])* pub fn $name:ident | $try_name:ident $(<$life:lifetime>)? ($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty $body:block $($rest:tt)*) => {
        $(#[$meta])*
        #[track_caller]
        pub fn $name $(<$life>)? ($($arg: $ty),*) -> $ret {
            $crate::error::or_raise($try_name($($arg),*))
        }
        #[doc = concat!("[`", stringify!($name), "`] with the error as a value.")]
        pub fn $try_name $(<$life>)? ($($arg: $ty),*) -> $crate::error::Result<$ret> $body
        $crate::error::fallible! { $($rest)* }
    };
}
pub(crate) use fallible;
