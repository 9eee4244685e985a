//! Devices: what happens to elements below the rules of the operations.

pub(crate) mod cpu;
