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

use crate::error::{Result, file_error};

/// The part of a dataset that a model learns from, or the part that tells how well it has learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// To learn from.
    Train,
    /// To test with.
    Test,
}

/// Where the lessons' data is said to be.
const VARIABLE: &str = "TENSORLIB_DATA";

/// The folder of a dataset that ships with the lessons: where the variable says, or in `data` or `notebooks/data` of this
/// folder or one that holds it, or in the sources from which this library was built.
fn bundled(op: &str, name: &str) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(VARIABLE) {
        let folder = Path::new(&folder).join(name);
        return if folder.is_dir() {
            Ok(folder)
        } else {
            Err(file_error!(
                "{op}: there is no folder {}; {VARIABLE} must name the folder notebooks/data",
                folder.display()
            ))
        };
    }
    let here = std::env::current_dir().unwrap_or_default();
    let above = here.ancestors().flat_map(|folder| [folder.join("data"), folder.join("notebooks/data")]);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks/data");
    above.chain([sources]).map(|folder| folder.join(name)).find(|folder| folder.is_dir()).ok_or_else(|| {
        file_error!(
            "{op}: the lessons' data is not in {} nor above it; run this in the folder of the notebooks, or set {VARIABLE} to \
             the folder notebooks/data",
            here.display()
        )
    })
}
