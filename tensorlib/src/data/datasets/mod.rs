//! Datasets of pictures, from files.

#[doc(hidden)]
pub mod folder;
#[doc(hidden)]
pub mod mnist;
mod picture;

use std::path::{Path, PathBuf};

pub use folder::ImageFolder;
pub use mnist::{FashionMnist, Mnist};
pub use picture::{read_image, try_read_image};

use crate::error::{Result, file_error, or_raise};

/// The part of a dataset that a model learns from, or the part that tells how well it has learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// To learn from.
    Train,
    /// To test with.
    Test,
}

/// The environment variable with the folder of the lessons' data.
const VARIABLE: &str = "TENSORLIB_DATA";

/// A file or folder of the lessons' data, such as `"texts/names.txt"`: below the folder that the environment variable
/// `TENSORLIB_DATA` names (Soma sets it for its cells), or else in `data` or `notebooks/data` of the current folder or one
/// that holds it, or of the sources from which this library was built.
///
/// ```no_run
/// use tensorlib::prelude::*;
///
/// let names = std::fs::read_to_string(data::datasets::bundled("texts/names.txt"))?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// When it is not there ([`try_bundled`]).
#[track_caller]
pub fn bundled(name: &str) -> PathBuf {
    or_raise(try_bundled(name))
}

/// Like [`bundled`], with an [`Error`](crate::Error) when it is not there.
///
/// # Errors
/// A sentence that names the folders where it was looked for.
pub fn try_bundled(name: &str) -> Result<PathBuf> {
    locate("bundled", name)
}

fn locate(op: &str, name: &str) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(VARIABLE) {
        let path = Path::new(&folder).join(name);
        return if path.exists() {
            Ok(path)
        } else {
            Err(file_error!("{op}: there is no {}; {VARIABLE} must name the folder notebooks/data", path.display()))
        };
    }
    let here = std::env::current_dir().unwrap_or_default();
    let above = here.ancestors().flat_map(|folder| [folder.join("data"), folder.join("notebooks/data")]);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks/data");
    above.chain([sources]).map(|folder| folder.join(name)).find(|path| path.exists()).ok_or_else(|| {
        file_error!(
            "{op}: {name} of the lessons' data is not in {} nor above it; run this in the folder of the notebooks, or set \
             {VARIABLE} to the folder notebooks/data",
            here.display()
        )
    })
}
