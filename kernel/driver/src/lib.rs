//! What the kernel shares with the driver, the small program that stands in for Rust's tools under evcxr.
//!
//! evcxr starts the driver for each cell, so it is a crate of its own, without evcxr and rust-analyzer, and starts in a
//! millisecond. The kernel uses the same modules: it leaves notes for the driver and reads what that has left.
//!
//! * [`stand_in`] is the driver itself, [`toolchain`] its work, and [`evcxr`] what it knows of evcxr's text.
//! * [`session_dir`] names the files in a session's folder; [`dirs`] and [`shared`] find the folders outside it.
//! * [`announce`] shows a user progress, in the frames ([`wire`]) in which the output of cells reaches the kernel.
//! * [`diagnostic`] is what rustc reports, [`variable_types`] what it says of types, [`fast_paths`] what can be switched
//!   off, [`process`] what every process of Soma does with others.

pub mod announce;
pub mod diagnostic;
pub mod dirs;
pub mod evcxr;
pub mod fast_paths;
pub mod process;
pub mod session_dir;
pub mod shared;
pub mod stand_in;
pub mod toolchain;
pub mod variable_types;
pub mod wire;
