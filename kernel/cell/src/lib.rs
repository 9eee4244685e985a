//! The library that every cell links, compiled once into a dylib instead of into each cell.
//!
//! It contains the variable store that takes the place of the one evcxr would write into every cell ([`store`]); the
//! trait that lets evcxr's first attempt at showing a value always compile ([`show`]; `shorten` shortens long values);
//! the functions with which a cell shows things before its end ([`mod@display`], [`mod@progress`]) and asks the user
//! ([`mod@input`]); descriptions of variables' values ([`describe`]); and the worker's side of the reports that the
//! kernel reads ([`report`], [`host`]).
//!
//! The worker process loads this dylib before the first cell; cells link the same file, so that the
//! store, the random state of `tensorlib`, standard output's buffer and the panic hook exist once.
//! This crate knows nothing of Jupyter: the kernel turns reports and content blocks into messages.

pub mod awaits;
mod c_output;
pub mod describe;
pub mod display;
mod failed;
mod frames;
pub mod host;
pub mod input;
pub mod instances;
pub mod progress;
pub mod report;
mod shorten;
pub mod show;
pub mod statics;
pub mod store;

pub use input::{input, password, try_input, try_password};
pub use progress::progress;
pub use tensorlib;
