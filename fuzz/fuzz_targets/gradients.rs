//! Programs of tensor operations, differentiated: the gradients are what a model says, or there is a documented refusal.

#![no_main]

#[path = "../../tensorlib/tests/programs/mod.rs"]
mod programs;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // Longer ones only repeat themselves: a program has 40 steps at most.
    if input.len() <= 400 {
        programs::run(input);
    }
});
