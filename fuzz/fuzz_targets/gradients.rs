//! Programs of tensor operations, differentiated: the gradients match a model, or there is a documented refusal.

#![no_main]

#[path = "../../tensorlib/tests/programs/mod.rs"]
mod programs;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // Longer inputs only repeat themselves: a program has at most 40 steps.
    if input.len() <= 400 {
        programs::run(input);
    }
});
