//! NumPy's `.npz` archives, which are ZIP files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use soma_fuzz::file::MemoryFile;
use tensorlib::{Tensor, try_read_npz, try_write_npz};

fuzz_target!(|input: &[u8]| {
    let file = MemoryFile::new(input);
    let tensors = match try_read_npz(file.path()) {
        Ok(tensors) => tensors,
        Err(error) => return assert!(error.to_string().starts_with("read_npz: ")),
    };
    let named: Vec<(&str, &Tensor)> = tensors.iter().map(|(name, x)| (name.as_str(), x)).collect();
    let mut one = MemoryFile::new(&[]);
    try_write_npz(one.path(), &named).expect("what was read can be written");
    let again = try_read_npz(one.path()).expect("what was written can be read");
    let shape = |x: &Tensor| (x.size(), x.dtype());
    assert!(again.len() == tensors.len() && again.iter().all(|(name, x)| shape(&tensors[name]) == shape(x)));
    // Compares bytes, since NaN does not equal itself.
    let named: Vec<(&str, &Tensor)> = again.iter().map(|(name, x)| (name.as_str(), x)).collect();
    let mut other = MemoryFile::new(&[]);
    try_write_npz(other.path(), &named).expect("what was read can be written");
    assert_eq!(one.content(), other.content());
});
