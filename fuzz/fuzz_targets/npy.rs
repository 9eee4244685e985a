//! NumPy's `.npy` files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use soma_fuzz::file::MemoryFile;
use tensorlib::{try_read_npy, try_write_npy};

fuzz_target!(|input: &[u8]| {
    let file = MemoryFile::new(input);
    let x = match try_read_npy(file.path()) {
        Ok(x) => x,
        Err(error) => return assert!(error.to_string().starts_with("read_npy: ")),
    };
    assert!(x.numel() * x.dtype().size_in_bytes() <= input.len(), "every element is in the file");
    let mut one = MemoryFile::new(&[]);
    try_write_npy(one.path(), &x).expect("what was read can be written");
    let again = try_read_npy(one.path()).expect("what was written can be read");
    assert_eq!((again.size(), again.dtype()), (x.size(), x.dtype()));
    // Compares bytes, since NaN does not equal itself.
    let mut other = MemoryFile::new(&[]);
    try_write_npy(other.path(), &again).expect("what was read can be written");
    assert_eq!(one.content(), other.content());
});
