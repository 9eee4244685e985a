//! `cargo lab` as a user starts it, on machines made of shell scripts ([`fakes`]): what it says when something is
//! missing, and that it ends with everything it started. None of this needs a network or changes this machine.

mod fakes;
mod serve;
mod set_up;
