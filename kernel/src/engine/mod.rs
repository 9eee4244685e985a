//! Turns a cell as typed into what the user sees.
//!
//! The protocol side knows only [`soma_jupyter::api`] of this. [`session`] puts a session together, [`evaluator`] runs
//! cells, [`assistant`] answers questions about code ([`completeness`] answers one of them).
//!
//! The steps of a cell:
//!
//! 1. It is refused if it is nested too deep for parsers ([`nesting`]), has characters that only look like Rust's
//!    ([`characters`]), or does not parse ([`syntax`]).
//! 2. Its [`commands`] are carried out.
//! 3. [`prepare`] writes in the types of its variables, using [`macros`] to find what its macros make, and [`items`]
//!    finds the definitions of earlier cells that it needs.
//! 4. evcxr has it compiled and run ([`soma_driver::evcxr`]). Meanwhile [`cell_state`] receives its output and reports, and
//!    [`output`] turns the output into displays.
//! 5. [`type_names`] turns the types of its variables into types that the next cell can write.
//!
//! Errors are explained in terms of the cell as typed: [`failure`] handles the compiler's errors, [`panics`] with
//! [`callers`] those at run time; [`advice`], [`imports`], [`failed`] and the [`teacher`] say what to do.
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
