//! Shared parts of the tests that span crates: one lab for all of them, a desk for each, and notebooks to compare.
//!
//! The tests in `tests/` drive the kernel as users do: through nbconvert, nbclient, the console, Jupyter Server and
//! JupyterLab in a browser. Each starts its programs at a [`Desk`], which gives them a time limit and checks that they
//! leave nothing behind. Python scripts are beside the tests that run them.
//!
//! Invariant: nothing here knows what is inside the kernel; behaviour that a front end cannot see is not tested here.

pub mod cell;
pub mod comparison;
pub mod desk;
pub mod notebook;

use std::path::PathBuf;
use std::sync::OnceLock;

use soma_lab::progress::Progress;
use soma_lab::requirements::RustSources;
use soma_lab::{Lab, Options};

pub use desk::{Desk, check};
pub use notebook::Notebook;

/// The lab of this test program, set up when the first test needs it.
///
/// `SOMA_LAB_KERNEL` names a kernel to test instead of the one that cargo builds from these sources.
///
/// # Panics
/// With the reason, if it cannot be set up.
pub fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        // Cargo lets tests keep files in `tmp` in the target folder. The kernel's own tests keep their cache there too,
        // so that the tensor library is built once for all.
        let target = soma_lab::workspace::Workspace::find().unwrap_or_else(|error| panic!("{error:#}")).target;
        let options = Options {
            rust_sources: RustSources::IfThere,
            kernel: std::env::var_os("SOMA_LAB_KERNEL").map(PathBuf::from),
            cache: Some(target.join("tmp/soma-cache")),
        };
        Lab::set_up(&options, &mut Progress::new()).unwrap_or_else(|error| panic!("{error:#}"))
    })
}

/// The lessons in one language, in order.
///
/// # Panics
/// When there are none.
pub fn lessons(language: &str) -> Vec<PathBuf> {
    let folder = lab().workspace.notebooks().join(language);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut lessons: Vec<PathBuf> = files
        .map(|file| file.expect("a folder can be read to its end").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ipynb"))
        .collect();
    lessons.sort();
    assert!(!lessons.is_empty(), "there is no lesson in {}", folder.display());
    lessons
}

/// A file in the folder of this package's tests.
pub fn beside_the_tests(name: &str) -> PathBuf {
    lab().workspace.root.join("tests/tests").join(name)
}
