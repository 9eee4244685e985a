//! Pictures in folders, one for each class.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::picture::try_read_image;
use crate::data::dataset::{Dataset, outside};
use crate::data::transforms::{ToTensor, Transform};
use crate::error::{Error, Result, file_error, or_raise, raise};
use crate::tensor::Tensor;

/// The endings of files that are taken for pictures.
const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// Pictures in folders whose names are their classes, PyTorch's `ImageFolder`: `folder/cat/1.png`, `folder/dog/a.jpg`. An
/// example is a picture, `f32` of shape `[3, height, width]`, and the number of its class; classes are numbered in the order
/// of their names. A picture is read when it is asked for.
///
/// ```no_run
/// use tensorlib::prelude::*;
///
/// let pictures = data::datasets::ImageFolder::open("folder")?
///     .transform(transforms![Resize::new(64), CenterCrop::new(56), ToTensor, Normalize::new([0.5], [0.5])]);
/// for (images, labels) in &data::DataLoader::new(pictures, 16).shuffle(true).workers(2) {
///     println!("{} {}", images.size(), labels.size());
/// }
/// # Ok::<(), tensorlib::Error>(())
/// ```
#[derive(Clone)]
pub struct ImageFolder {
    classes: Vec<String>,
    files: Arc<[(PathBuf, usize)]>,
    transform: Arc<dyn Transform>,
}

impl ImageFolder {
    /// The pictures of a folder: PNG and JPEG files.
    ///
    /// # Errors
    /// When it cannot be read, has no folders, or one of these has no pictures.
    pub fn open(folder: impl AsRef<Path>) -> Result<ImageFolder> {
        let folder = folder.as_ref();
        let classes: Vec<PathBuf> = entries(folder)?.into_iter().filter(|entry| entry.is_dir()).collect();
        if classes.is_empty() {
            return Err(file_error!(
                "ImageFolder: {} holds no folders; give each class a separate folder with its pictures",
                folder.display()
            ));
        }
        let mut files = Vec::new();
        for (label, class) in classes.iter().enumerate() {
            let before = files.len();
            collect(class, label, &mut files)?;
            if files.len() == before {
                return Err(file_error!("ImageFolder: {} holds no PNG or JPEG files", class.display()));
            }
        }
        let names = classes.iter().map(|class| class.file_name().unwrap_or_default().to_string_lossy().into_owned());
        Ok(ImageFolder { classes: names.collect(), files: files.into(), transform: Arc::new(ToTensor) })
    }

    /// The transform of a picture, `u8` of shape `[3, height, width]`, each time that it is read.
    pub fn transform(self, transform: impl Transform) -> ImageFolder {
        ImageFolder { transform: Arc::new(transform), ..self }
    }

    /// The names of the classes, by label.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The label of a class, PyTorch's `class_to_idx`.
    #[doc(alias = "class_to_idx")]
    pub fn class_index(&self, class: &str) -> Option<usize> {
        self.classes.iter().position(|name| name == class)
    }

    /// The files and their labels, in order.
    #[doc(alias = "samples")]
    #[doc(alias = "imgs")]
    pub fn files(&self) -> &[(PathBuf, usize)] {
        &self.files
    }
}

/// The entries of a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let wrong =
        |error: std::io::Error| -> Error { file_error!("ImageFolder: cannot read {}: {error}", folder.display()) };
    let entries = std::fs::read_dir(folder).map_err(wrong)?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(wrong)).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The pictures of a folder and those inside it.
fn collect(folder: &Path, label: usize, files: &mut Vec<(PathBuf, usize)>) -> Result<()> {
    for path in entries(folder)? {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if path.is_dir() {
            collect(&path, label, files)?;
        } else if ENDINGS.contains(&ending.as_str()) {
            files.push((path, label));
        }
    }
    Ok(())
}

impl Dataset for ImageFolder {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        self.files.len()
    }

    #[track_caller]
    fn get(&self, index: usize) -> (Tensor, i64) {
        let Some((path, label)) = self.files.get(index) else { raise(outside("ImageFolder", index, self.len())) };
        (self.transform.apply(&or_raise(try_read_image(path))), *label as i64)
    }
}
