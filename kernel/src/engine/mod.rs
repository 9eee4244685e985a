//! From a cell as typed to what the user sees.
//!
//! [`soma_jupyter::api`] is what the protocol knows of all this. [`session`] puts a session together, [`startup`] reads what
//! runs before its first cell;
//! [`evaluator`] runs a cell: [`nesting`] refuses what is too deep for parsers and [`syntax`] what no parser takes, [`characters`] what only looks
//! like Rust's; [`commands`] are carried out, [`prepare`] writes the types of its variables in and [`macros`] tells what its macros make, [`items`] finds what it needs of
//! earlier cells' definitions, evcxr compiles and runs it,
//! [`cell_state`] takes what it writes, [`output`] turns that into displays, [`types`] learns the variables' types from their names ([`type_name`]), and [`failure`] and
//! [`panics`] with [`callers`] explain what went wrong in terms of the cell as typed, in [`colours`]; [`advice`],
//! [`imports`] and [`failed`] add what helps on. [`assistant`] answers questions about code, [`completeness`] one of them.
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
mod startup;
mod syntax;
mod teacher;
mod type_name;
mod types;
mod value_summary;
