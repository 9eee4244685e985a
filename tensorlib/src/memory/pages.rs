//! Large pages for large buffers.
//!
//! A fresh buffer costs one page fault for every page. With 2 MiB pages instead of 4 KiB ones a tensor of 64 MiB takes 32
//! faults instead of 16,384, later passes over it miss the address cache less, and a fork has less to copy.

/// Below this a buffer holds no whole large page, or hardly one.
const WORTH_ASKING: usize = 4 << 20;

/// Asks the system for large pages for elements that were not touched yet.
#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) fn prefer_large<T>(fresh: &mut [T]) {
    const PAGE: usize = 4096;
    let bytes = size_of_val(fresh);
    if bytes < WORTH_ASKING {
        return;
    }
    let start = fresh.as_mut_ptr().cast::<u8>();
    let skipped = start.align_offset(PAGE);
    let length = (bytes - skipped) / PAGE * PAGE;
    // SAFETY: the range lies inside the slice and begins at a page. This is advice on how to keep these bytes, which
    // never changes them; whether the system follows it does not matter.
    unsafe {
        libc::madvise(start.add(skipped).cast(), length, libc::MADV_HUGEPAGE);
    }
}

/// Other systems choose their pages themselves.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub(crate) fn prefer_large<T>(fresh: &mut [T]) {
    let _ = size_of_val(fresh) < WORTH_ASKING;
}
