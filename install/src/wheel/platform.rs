//! The systems that programs run on: the platform tag of a wheel.
//!
//! See <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// How the dynamic linker names the versions of glibc that a program asks for.
const VERSION: &[u8] = b"GLIBC_2.";

/// The tag for programs and libraries: the processor, and on Linux the oldest glibc that has all that they ask for (PEP 600).
///
/// # Errors
/// When a file cannot be read, or the system is none for which wheels are made.
pub fn tag(files: &[&Path]) -> Result<String> {
    let processor = std::env::consts::ARCH;
    if cfg!(not(all(target_os = "linux", target_env = "gnu"))) {
        bail!("wheels are made on Linux with glibc; elsewhere install the kernel with `cargo lab` or `soma install`");
    }
    let mut newest = 17;
    for file in files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        newest = newest.max(glibc(&bytes));
    }
    Ok(format!("manylinux_2_{newest}_{processor}"))
}

/// The newest minor version of glibc 2 that is named in a file.
fn glibc(bytes: &[u8]) -> u32 {
    let places = bytes.windows(VERSION.len()).enumerate().filter(|(_, window)| *window == VERSION);
    let versions = places.filter_map(|(at, _)| {
        let digits = bytes[at + VERSION.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        String::from_utf8(digits.copied().collect()).ok()?.parse().ok()
    });
    versions.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_is_asked_for_counts() {
        assert_eq!(glibc(b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_PRIVATE\0"), 34);
        assert_eq!(glibc(b"nothing"), 0);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn this_program_runs_on_this_system() {
        let program = std::env::current_exe().unwrap();
        let tag = tag(&[&program]).unwrap();
        assert!(tag.starts_with("manylinux_2_") && tag.ends_with(std::env::consts::ARCH), "{tag}");
    }
}
