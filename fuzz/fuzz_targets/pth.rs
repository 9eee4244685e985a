//! Files of PyTorch's `torch.save`, and the other formats that `load` reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use soma_fuzz::file::MemoryFile;
use tensorlib::{Tensor, load, try_write_safetensors};

/// A view with more elements than this, which repeats its elements, is not written out.
const MOST: usize = 1 << 16;

fuzz_target!(|input: &[u8]| {
    let file = MemoryFile::new(input);
    let state = match load(file.path()) {
        Ok(state) => state,
        Err(error) => return assert!(error.to_string().starts_with("load: ")),
    };
    let _ = state.to_string();
    let elements = |x: &Tensor| x.numel();
    if state.values().map(elements).fold(0, usize::saturating_add) > MOST {
        return;
    }
    // A name that safetensors reserves.
    let named: Vec<(&str, &Tensor)> = state.iter().filter(|(name, _)| *name != "__metadata__").collect();
    let mut one = MemoryFile::new(&[]);
    try_write_safetensors(one.path(), &named).expect("what was read can be written");
    let again = load(one.path()).expect("what was written can be read");
    assert!(again.len() == named.len() && again.iter().zip(&named).all(|(a, b)| a.0 == b.0 && a.1.size() == b.1.size()));
    // Compares bytes, since NaN does not equal itself.
    let named: Vec<(&str, &Tensor)> = again.iter().collect();
    let mut other = MemoryFile::new(&[]);
    try_write_safetensors(other.path(), &named).expect("what was read can be written");
    assert_eq!(one.content(), other.content());
});
