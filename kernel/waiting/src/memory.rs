//! Gives back the memory that loading has touched and that nobody needs while rustc waits, and in a compile gives back
//! nothing, since the process ends in a moment.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process compiles.
static COMPILES: AtomicBool = AtomicBool::new(false);

/// From now on this process keeps what it has mapped. When rustc has generated code, it unmaps the metadata of fifty
/// crates, one after the other, for which all its processors have to forget their addresses: 2 ms of a cell.
pub fn keep_all() {
    COMPILES.store(true, Ordering::Relaxed);
}

/// In place of the C library's function, since this library is loaded first.
///
/// # Safety
/// As `munmap(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn munmap(address: *mut c_void, size: usize) -> c_int {
    if COMPILES.load(Ordering::Relaxed) {
        return 0;
    }
    // SAFETY: the caller's.
    unsafe { libc::syscall(libc::SYS_munmap, address, size) as c_int }
}

/// Drops what is mapped from libraries' files and never written: code, constants, and the tables of symbols and
/// relocations, which the loader has read from end to end, 19 MB in all. The system has all of it in its cache of files;
/// a child maps it again where it looks, as a child does in any case.
pub fn release_files() {
    // SAFETY: the function looks at what the loader passes it, and keeps nothing.
    unsafe { libc::dl_iterate_phdr(Some(release), std::ptr::null_mut()) };
}

unsafe extern "C" fn release(library: *mut libc::dl_phdr_info, _size: usize, _data: *mut c_void) -> c_int {
    // SAFETY: the loader passes a valid description, whose headers are an array of that length.
    let (base, headers) = unsafe {
        let library = &*library;
        (library.dlpi_addr, std::slice::from_raw_parts(library.dlpi_phdr, library.dlpi_phnum.into()))
    };
    // SAFETY: no preconditions.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(1 << 16);
    for header in headers.iter().filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0) {
        let begin = (base + header.p_vaddr).next_multiple_of(page);
        let end = (base + header.p_vaddr + header.p_memsz) / page * page;
        if begin < end {
            // SAFETY: whole pages of a private mapping of a file that this process cannot write to: the next access reads
            // the same from the file.
            unsafe { libc::madvise(begin as *mut c_void, (end - begin) as usize, libc::MADV_DONTNEED) };
        }
    }
    0
}
