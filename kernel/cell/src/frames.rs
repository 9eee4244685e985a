//! The call stack of a panic: the addresses of its calls, and the libraries that contain them.
//!
//! The kernel finds the names: the standard library finds none in cells that were loaded after its first search, and a
//! library's table of names does not belong in this process. So a cell that panics costs a walk over its stack, and one
//! that does not panic costs nothing.

/// How many calls are walked over: more than a thread's stack can hold in a recursion.
const WALKED: usize = 1 << 16;

/// The calls that a panic came through, the innermost first.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// Return addresses, and how often each occurs in succession.
    addresses: Vec<(usize, usize)>,
}

impl Frames {
    /// The calls that lead to this function.
    #[inline(never)]
    pub(crate) fn capture() -> Frames {
        let mut addresses: Vec<(usize, usize)> = Vec::new();
        for address in walk() {
            match addresses.last_mut() {
                Some((last, times)) if *last == address => *times += 1,
                _ => addresses.push((address, 1)),
            }
        }
        Frames { addresses }
    }

    /// The files of the libraries, one a line, and the calls: the library's number, the call's offset in it in
    /// hexadecimal, and how often it occurs in succession, as in `0:1a2b*1 1:30c*7`. At most `most` calls, the
    /// innermost.
    pub(crate) fn fields(&self, most: usize) -> [String; 2] {
        let mut libraries: Vec<String> = Vec::new();
        let mut calls: Vec<String> = Vec::new();
        for (address, times) in self.addresses.iter().take(most) {
            // The call is before the return address, which may already belong to another function.
            let Some((library, offset)) = library_of(address.saturating_sub(1)) else { continue };
            let number = libraries.iter().position(|other| *other == library).unwrap_or_else(|| {
                libraries.push(library);
                libraries.len() - 1
            });
            calls.push(format!("{number}:{offset:x}*{times}"));
        }
        [libraries.join("\n"), calls.join(" ")]
    }
}

#[cfg(any(all(target_os = "linux", target_env = "gnu"), target_vendor = "apple"))]
fn walk() -> Vec<usize> {
    let mut size = 256;
    loop {
        let mut addresses = vec![std::ptr::null_mut(); size];
        // SAFETY: `backtrace` writes at most this many addresses there.
        let found = unsafe { libc::backtrace(addresses.as_mut_ptr(), size as i32) };
        let found = usize::try_from(found).unwrap_or(0);
        if found < size || size >= WALKED {
            return addresses[..found].iter().map(|address| address.addr()).collect();
        }
        size *= 16;
    }
}

/// The file of the library that contains an address, and the address's offset from where the library was loaded.
#[cfg(any(all(target_os = "linux", target_env = "gnu"), target_vendor = "apple"))]
fn library_of(address: usize) -> Option<(String, usize)> {
    let mut found = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: `dladdr` takes any address, and fills in `found` if it returns a value other than 0; the name is a C
    // string for as long as the library is loaded, and no cell is ever unloaded.
    unsafe {
        if libc::dladdr(std::ptr::without_provenance(address), found.as_mut_ptr()) == 0 {
            return None;
        }
        let found = found.assume_init();
        let name = std::ffi::CStr::from_ptr(found.dli_fname).to_string_lossy().into_owned();
        Some((name, address - found.dli_fbase.addr()))
    }
}

#[cfg(not(any(all(target_os = "linux", target_env = "gnu"), target_vendor = "apple")))]
fn walk() -> Vec<usize> {
    Vec::new()
}

#[cfg(not(any(all(target_os = "linux", target_env = "gnu"), target_vendor = "apple")))]
fn library_of(_: usize) -> Option<(String, usize)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn down(levels: usize) -> Frames {
        let frames = if levels == 0 { Frames::capture() } else { down(levels - 1) };
        std::hint::black_box(frames)
    }

    #[test]
    fn calls_are_told_with_their_library() {
        let frames = down(1000);
        assert!(frames.addresses.iter().any(|(_, times)| *times >= 900), "a recursion is one entry");
        let [libraries, calls] = frames.fields(1000);
        let own = std::env::current_exe().unwrap();
        let own = own.file_name().unwrap().to_str().unwrap();
        assert!(libraries.lines().any(|library| library.contains(own)), "{libraries}");
        assert!(calls.split(' ').count() >= 2, "{calls}");
        assert_eq!(frames.fields(1)[1].split(' ').count(), 1);
    }
}
