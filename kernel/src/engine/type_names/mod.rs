//! The names of types: as `std::any::type_name` prints them, as code can write them, as messages show them.
//!
//! `type_name` prints the paths of definitions: `alloc::vec::Vec<ctx::User>`. [`parse`] takes such a name apart,
//! [`written`] builds the type that a later cell can write, in which the notebook's own crate is `crate`. `alloc` and
//! `core` are reached through `std`, and many types are defined in private modules and public elsewhere: [`known`] has
//! the paths of the libraries that every notebook uses, so that most cells need no question; for all others [`asked`]
//! asks rustc, once.

mod asked;
mod known;
mod parse;
mod written;

pub use asked::PublicPaths;
pub use written::{Meaning, Unnameable, Written, leaves_lifetimes_out, mentions, nameable, short, with_paths};
