//! `cargo lab` as a user starts it, on machines made of shell scripts ([`fakes`]): its messages when something is
//! missing, and that all processes it started end with it. No test needs a network or changes this machine.

mod fakes;
mod serve;
mod set_up;
