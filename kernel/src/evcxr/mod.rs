//! All that knows evcxr: its interface, the text it writes, the questions it asks, the words it waits for.
//!
//! What leaves this folder is plain data, so that the rest of the kernel does not notice a new evcxr. Soma uses the
//! published crate unmodified, and much of what is known here of it is no interface of its: `docs/architecture.md`
//! lists each habit with the test that tells when it has changed.
//!
//! * [`context`] starts evcxr, gives it cells and says what became of them; [`startup`] reads the files that it would run
//!   before the first.
//! * [`tools`] are its questions to cargo, rustc and rustup, and answers in words that it takes; [`manifest`] reads what it
//!   asks cargo for, [`program`] makes of the source that it writes for a cell the one that rustc is given.
//! * [`protocol`] is spoken with the process that runs cells; [`content`] is printed by crates that were written for it.
//! * [`environment`] and [`files`] are names; [`messages`] are told from those about a user's code.
//!
//! Invariant: nothing here uses the engine, the toolchain or the runtime.
//!

pub mod content;
pub mod context;
pub mod environment;
pub mod files;
pub mod manifest;
pub mod messages;
pub mod program;
pub mod protocol;
pub mod startup;
pub mod tools;
