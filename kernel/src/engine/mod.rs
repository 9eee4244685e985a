//! From a cell as typed to what the person sees.
//!
//! [`boundary`] is what the protocol layer knows of all this. [`session`] puts a session together;
//! [`evaluator`] runs a cell: [`nesting`] refuses what is too deep for parsers, [`prepare`] writes the types of its variables in, [`items`] finds what it needs of
//! earlier cells' definitions, evcxr compiles and runs it,
//! [`running`] takes what it writes, [`output`] turns that into displays, [`types`] learns the variables' types, and [`failure`] and
//! [`panics`] with [`callers`] explain what went wrong in terms of the cell as typed, in [`colours`].
//!
//! Invariant: nothing here knows of sockets, messages or front ends.

pub mod assistant;
pub mod boundary;
mod callers;
mod colours;
mod commands;
mod evaluator;
mod failure;
mod folder;
mod held;
mod items;
mod nesting;
mod output;
mod panics;
mod positions;
mod prepare;
mod running;
pub mod session;
mod types;
