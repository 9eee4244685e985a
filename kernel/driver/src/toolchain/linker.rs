//! Links cells without a C compiler in between.
//!
//! rustc usually starts `cc`, which starts `collect2`, which starts LLD: a quarter of the time of a small cell's link.
//! With the arguments that a C compiler would add, the toolchain's own LLD does the same directly. Whether that works here
//! is tried once, when the first cell is compiled.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use sha2::{Digest, Sha256};

use super::cell_libs::CellLibs;
use super::search;
use super::toolchain_info::{ToolchainInfo, hex};
use crate::dirs;

/// rustc's arguments for linking cells; empty if a C compiler has to link them.
pub fn arguments(facts: &ToolchainInfo, libs: &CellLibs) -> Vec<String> {
    let mut digest = Sha256::new();
    for text in [facts.version.as_str(), &facts.sysroot.to_string_lossy(), &libs.key, &libs.dylib.to_string_lossy()] {
        digest.update(text);
        digest.update([0]);
    }
    let file = dirs::cache_dir().join("linkers").join(format!("{}.json", hex(&digest.finalize())));
    let known = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    known.unwrap_or_else(|| {
        let arguments = direct(facts, libs).unwrap_or_default();
        // With a read-only home this only takes longer.
        let _ = dirs::private_dir(file.parent().expect("the file has a folder"))
            .and_then(|()| dirs::write_atomically(&file, &serde_json::to_vec(&arguments)?));
        arguments
    })
}

/// The arguments for LLD, if a library can be linked with them.
fn direct(facts: &ToolchainInfo, libs: &CellLibs) -> Option<Vec<String>> {
    let lld = facts.sysroot.join("lib/rustlib").join(&facts.host).join("bin/rust-lld");
    if !facts.host.contains("linux") || !lld.exists() {
        return None;
    }
    let mut arguments = vec!["-C".to_owned(), format!("linker={}", lld.display())];
    arguments.extend(["-C".to_owned(), "linker-flavor=ld.lld".to_owned()]);
    for library in ["libc.so", "libgcc_s.so"] {
        let path = search::path_with_linker(std::env::var("PATH").ok().as_deref());
        let answer = Command::new("cc").env("PATH", path).arg(format!("-print-file-name={library}")).output().ok()?;
        let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
        let directory = path.canonicalize().ok()?.parent()?.to_owned();
        arguments.extend(["-C".to_owned(), format!("link-arg=-L{}", directory.display())]);
    }
    let trial = tempfile::tempdir().ok()?;
    let program = "use ::soma_cell as _; #[unsafe(no_mangle)] pub extern \"C\" fn f() { println!(); }";
    fs::write(trial.path().join("trial.rs"), program).ok()?;
    let linked = Command::new(&facts.rustc)
        .args(["--edition", "2024", "--crate-type", "cdylib", "-C", "prefer-dynamic", "trial.rs"])
        .args(["-L", &format!("dependency={}", libs.deps.display()), "--extern"])
        .arg(format!("soma_cell={}", libs.dylib.display()))
        .args(&arguments)
        .current_dir(trial.path())
        .output()
        .is_ok_and(|output| output.status.success() && output.stderr.is_empty());
    let file = trial.path().join(format!("{}trial{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX));
    (linked && file.exists()).then_some(arguments)
}
