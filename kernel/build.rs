//! Reads the names of the tensor library's items, from which the teacher suggests some, and says how the driver is linked.

use std::path::PathBuf;

/// Reads the names and aliases of the tensor library's items.
#[path = "../tensorlib/tests/names/source.rs"]
mod names;

fn main() {
    // Started for each cell: relocating it would take a third of its start. It has no sockets, so that it matters little
    // that its addresses are known.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-bin=soma-driver=-no-pie");
    }
    let library = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../tensorlib/src");
    println!("cargo::rerun-if-changed={}", library.display());
    // A line each: the item's path and its aliases.
    let items = names::items(&library);
    let lines = items.iter().map(|(path, aliases)| format!("{path} {}\n", aliases.join(" ")));
    let out = PathBuf::from(std::env::var("OUT_DIR").unwrap());
    std::fs::write(out.join("names.txt"), lines.collect::<String>()).unwrap();
}
