//! Everything that depends on evcxr's habits: the text that it writes, the questions that it asks, the answers that it
//! expects.
//!
//! What leaves this folder is plain data, so that a new evcxr does not affect the rest. Soma uses the published crate
//! unmodified, and much of what this folder relies on is not part of evcxr's public interface: `docs/architecture.md`
//! lists each habit with the test that fails when it changes. The crate itself is used by the kernel, in one file.
//!
//! * [`startup`] reads the files that evcxr would run before the first cell.
//! * [`tools`] holds its questions to cargo, rustc and rustup, and answers in the form that it expects; [`manifest`]
//!   reads its requests to cargo; [`program`] turns the source that it writes for a cell into the source that rustc
//!   gets.
//! * [`protocol`] is spoken with the process that runs cells; [`content`] is printed by crates that were written for
//!   evcxr.
//! * [`environment`] and [`files`] hold names; [`messages`] tells messages about generated code from those about the
//!   user's.
//!
//! Invariant: nothing here uses the toolchain.

pub mod content;
pub mod environment;
pub mod files;
pub mod manifest;
pub mod messages;
pub mod program;
pub mod protocol;
pub mod startup;
pub mod tools;
