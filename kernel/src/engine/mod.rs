//! From a cell as typed to what the user sees.
//!
//! [`soma_jupyter::api`] is all that the protocol knows of this. [`session`] puts a session together, [`evaluator`] runs
//! cells, [`assistant`] answers questions about code ([`completeness`] is one of them).
//!
//! A cell takes this way:
//!
//! 1. It is refused where it is nested too deep for parsers ([`nesting`]), where characters only look like Rust's
//!    ([`characters`]), where no parser takes it ([`syntax`]).
//! 2. Its [`commands`] are carried out.
//! 3. [`prepare`] writes the types of its variables in, with [`macros`] telling what its macros make, and [`items`] finds
//!    what it needs of the definitions of earlier cells.
//! 4. evcxr has it compiled and run ([`crate::evcxr`]). Meanwhile [`cell_state`] takes what it writes and reports, and
//!    [`output`] turns that into displays.
//! 5. [`type_names`] turns the types of its variables into what the next cell can write.
//!
//! What goes wrong is explained in terms of the cell as typed: [`failure`] has the compiler's errors, [`panics`] with
//! [`callers`] what happens at run time; [`advice`], [`imports`], [`failed`] and the [`teacher`] say what to do.
//!
//! Invariant: nothing here knows of sockets, messages or front ends.

mod advice;
pub mod assistant;
mod callers;
mod cell_state;
mod characters;
mod colours;
mod commands;
mod completeness;
mod evaluator;
mod failed;
mod failure;
mod folder;
mod imports;
mod items;
mod macros;
mod names;
mod nesting;
mod output;
mod panic_report;
mod panics;
mod past_cell;
mod positions;
mod prepare;
mod raw_name;
mod sentence;
pub mod session;
mod syntax;
mod teacher;
mod type_names;
mod value_summary;
