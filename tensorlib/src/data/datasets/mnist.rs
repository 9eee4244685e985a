//! Small grey pictures of ten kinds: digits, and clothes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Split, locate};
use crate::data::collate::Collate;
use crate::data::dataset::{Dataset, outside};
use crate::data::tensors::rows;
use crate::data::transforms::{ToTensor, Transform};
use crate::dtype::DType;
use crate::error::{Result, file_error, or_raise, raise};
use crate::io::try_read_idx;
use crate::tensor::Tensor;

/// Pictures with labels in memory, and what is done to a picture when it is asked for.
struct Pictures {
    /// `[count, 1, height, width]`, as `u8`.
    images: Tensor,
    /// `[count]`, as `i64`.
    labels: Tensor,
    transform: Option<Arc<dyn Transform>>,
}

impl Pictures {
    fn open(op: &str, folder: &Path, split: Split) -> Result<Pictures> {
        let images = try_read_idx(find(op, folder, split, "images-idx3-ubyte")?)?;
        let labels = try_read_idx(find(op, folder, split, "labels-idx1-ubyte")?)?;
        let wrong = |what: String| file_error!("{op}: {}: {what}", folder.display());
        let &[count, height, width] = &images.size()[..] else {
            return Err(wrong(format!("the pictures have shape {}, not three dimensions", images.size())));
        };
        if images.dtype() != DType::U8 || labels.dtype() != DType::U8 || labels.size()[..] != [count] {
            return Err(wrong(format!(
                "pictures of shape {} and labels of shape {} do not belong together",
                images.size(),
                labels.size()
            )));
        }
        if let Some(label) = labels.to_vec::<u8>().into_iter().find(|&label| label >= CLASSES) {
            return Err(wrong(format!("a label is {label}, and there are {CLASSES} classes")));
        }
        Ok(Pictures { images: images.try_view([count, 1, height, width])?, labels: labels.long(), transform: None })
    }

    #[track_caller]
    fn get(&self, dataset: &str, index: usize) -> (Tensor, i64) {
        let count = self.labels.numel();
        if index >= count {
            raise(outside(dataset, index, count));
        }
        let image = self.images.i(index as i64);
        let image = match &self.transform {
            Some(transform) => transform.apply(&image),
            None => ToTensor.apply(&image),
        };
        (image, self.labels.i(index as i64).item())
    }

    #[track_caller]
    fn batch(&self, dataset: &str, indices: &[usize]) -> (Tensor, Tensor) {
        if self.transform.is_some() {
            return Collate::collate(indices.iter().map(|&index| self.get(dataset, index)).collect());
        }
        let [images, labels] = [&self.images, &self.labels].map(|all| rows(dataset, all, indices));
        (ToTensor.apply(&images), labels)
    }

    fn handle(&self) -> Pictures {
        Pictures { images: self.images.alias(), labels: self.labels.alias(), transform: self.transform.clone() }
    }
}

const CLASSES: u8 = 10;

/// A file of a dataset, in the folder or where PyTorch puts it, compressed or not.
fn find(op: &str, folder: &Path, split: Split, kind: &str) -> Result<PathBuf> {
    let split = if split == Split::Train { "train" } else { "t10k" };
    let name = format!("{split}-{kind}");
    let places = ["", "raw", "MNIST/raw", "FashionMNIST/raw"].map(|place| folder.join(place));
    let names = [name.clone(), format!("{name}.gz")];
    let files = places.iter().flat_map(|place| names.iter().map(|name| place.join(name)));
    files.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        file_error!(
            "{op}: {} holds neither {name} nor {name}.gz; these are the names of MNIST's files",
            folder.display()
        )
    })
}

macro_rules! sets {
    ($($(#[$doc:meta])* $name:ident, $folder:literal, $classes:expr;)*) => { $(
        $(#[$doc])*
        pub struct $name(Pictures);

        impl $name {
            /// The part that ships with the lessons.
            #[track_caller]
            pub fn bundled(split: Split) -> $name {
                or_raise($name::try_bundled(split))
            }

            /// [`bundled`](Self::bundled) with the error as a value.
            pub fn try_bundled(split: Split) -> Result<$name> {
                let op = concat!(stringify!($name), "::bundled");
                Ok($name(Pictures::open(op, &locate(op, $folder)?, split)?))
            }

            /// The pictures to learn from of a folder with the files as they are published, compressed or not.
            pub fn open(folder: impl AsRef<Path>) -> Result<$name> {
                $name::open_split(folder, Split::Train)
            }

            /// The same of either part.
            pub fn open_split(folder: impl AsRef<Path>, split: Split) -> Result<$name> {
                Ok($name(Pictures::open(concat!(stringify!($name), "::open"), folder.as_ref(), split)?))
            }

            /// The transform of a picture of `u8`, each time that it is read; by default [`ToTensor`].
            pub fn transform(self, transform: impl Transform) -> $name {
                $name(Pictures { transform: Some(Arc::new(transform)), ..self.0 })
            }

            /// All pictures as they are in the file: `u8` of shape `[count, 1, 28, 28]`.
            #[doc(alias = "data")]
            pub fn images(&self) -> Tensor {
                self.0.images.alias()
            }

            /// All labels: `i64` of shape `[count]`.
            #[doc(alias = "targets")]
            pub fn labels(&self) -> Tensor {
                self.0.labels.alias()
            }

            /// The names of the classes, by label.
            pub fn classes(&self) -> [&'static str; CLASSES as usize] {
                $classes
            }
        }

        impl Clone for $name {
            /// A second handle on the same pictures.
            fn clone(&self) -> $name {
                $name(self.0.handle())
            }
        }

        impl Dataset for $name {
            type Item = (Tensor, i64);

            fn len(&self) -> usize {
                self.0.labels.numel()
            }

            #[track_caller]
            fn get(&self, index: usize) -> (Tensor, i64) {
                self.0.get(stringify!($name), index)
            }

            #[track_caller]
            fn batch(&self, indices: &[usize]) -> (Tensor, Tensor) {
                self.0.batch(stringify!($name), indices)
            }
        }
    )* };
}

sets! {
    /// Handwritten digits (LeCun, Cortes and Burges, 1998): an example is a picture, `f32` of shape `[1, 28, 28]` from 0 for
    /// the ground to 1 for the ink, and the digit.
    ///
    /// [`bundled`](Mnist::bundled) is a part of MNIST, 8,000 to learn from and 2,000 to test with; [`open`](Mnist::open)
    /// reads the whole set.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let test = data::datasets::Mnist::bundled(data::Split::Test);
    /// let (image, digit) = test.get(0);
    /// assert_eq!((image.size().to_string(), digit, test.len()), ("[1, 28, 28]".to_string(), 0, 2000));
    /// for (images, labels) in data::DataLoader::new(test, 500).iter().take(1) {
    ///     assert_eq!((images.size()[0], labels.size()[0]), (500, 500));
    /// }
    /// ```
    Mnist, "digits", ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    /// Clothes (Xiao, Rasul and Vollgraf, 2017): an example is a picture, `f32` of shape `[1, 28, 28]` from 0 to 1, and the
    /// number of its class.
    ///
    /// [`bundled`](FashionMnist::bundled) is a part of Fashion-MNIST, 6,000 to learn from and 1,000 to test with;
    /// [`open`](FashionMnist::open) reads the whole set.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let train = data::datasets::FashionMnist::bundled(data::Split::Train);
    /// let (_, class) = train.get(0);
    /// assert_eq!((train.len(), train.classes()[class as usize]), (6000, "Ankle boot"));
    /// ```
    FashionMnist, "clothes", [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ];
}
