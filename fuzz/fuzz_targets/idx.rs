//! IDX, the files of MNIST.

#![no_main]

use libfuzzer_sys::fuzz_target;
use soma_fuzz::file::MemoryFile;
use tensorlib::{try_read_idx, try_read_npy, try_write_npy};

/// DEFLATE expands a byte to at most this many.
const MOST_OF_ONE_BYTE: usize = 1032;

fuzz_target!(|input: &[u8]| {
    let file = MemoryFile::new(input);
    let x = match try_read_idx(file.path()) {
        Ok(x) => x,
        Err(error) => return assert!(error.to_string().starts_with("read_idx: ")),
    };
    let is_packed = input.starts_with(&[0x1f, 0x8b]);
    let most = if is_packed { input.len() * MOST_OF_ONE_BYTE } else { input.len() };
    assert!(x.numel() <= most, "every element is in the file");
    let one = MemoryFile::new(&[]);
    try_write_npy(one.path(), &x).expect("what was read can be written");
    let again = try_read_npy(one.path()).expect("what was written can be read");
    assert_eq!((again.size(), again.dtype()), (x.size(), x.dtype()));
});
