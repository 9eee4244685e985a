//! Datasets from files.

use std::path::{Path, PathBuf};

use tensorlib::data::datasets::{FashionMnist, ImageFolder, Mnist, read_image};
use tensorlib::data::{DataLoader, Split, read_csv};
use tensorlib::prelude::*;

use crate::pictures::cases;

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pictures")
}

/// A folder that goes away with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tensorlib-data-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn pictures_are_read_as_pil_reads_them() {
    let mut count = 0;
    for (name, shape, values) in cases() {
        let Some(file) = name.strip_prefix("file ") else { continue };
        let x = read_image(pictures().join(file));
        assert_eq!((x.size()[..].to_vec(), x.dtype()), (shape, DType::U8), "{file}");
        // JPEG leaves decoders some freedom.
        let allowed = if file.ends_with("png") { 0.0 } else { 3.0 };
        let difference = x.to_vec::<f64>().iter().zip(&values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(difference <= allowed, "{file} differs by {difference}");
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn folders_are_classes_in_the_order_of_their_names() {
    let folder = ImageFolder::open(pictures()).unwrap();
    assert_eq!(folder.classes(), ["blue", "red"]);
    assert_eq!((folder.class_index("red"), folder.class_index("green")), (Some(1), None));
    let names: Vec<&str> = folder.files().iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["alpha.png", "color.png", "gray.png", "gray.JPEG", "smooth.jpg", "palette.png"]);
    let (image, label) = folder.get(5);
    assert_eq!((image.size().to_string(), image.dtype(), label), ("[3, 12, 10]".to_string(), DType::F32, 1));
    let loader = DataLoader::new(folder.transform(transforms![Resize::new([8, 8]), ToTensor]), 6).workers(2);
    let (images, labels) = loader.iter().next().unwrap();
    assert_eq!(
        (images.size().to_string(), labels.to_vec::<i64>()),
        ("[6, 3, 8, 8]".to_string(), vec![0, 0, 0, 1, 1, 1])
    );
}

#[test]
fn folders_that_are_not_as_they_should_be_are_told_of() {
    let folder = Folder::new("broken");
    let open = || ImageFolder::open(&folder.0).map(|folder| folder.len()).unwrap_err().to_string();
    assert!(open().ends_with("holds no folders; give each class a separate folder with its pictures"));
    std::fs::create_dir(folder.0.join("cats")).unwrap();
    assert!(open().ends_with("cats holds no PNG or JPEG files"));
    let picture = folder.0.join("cats/broken.png");
    let good = std::fs::read(pictures().join("blue/color.png")).unwrap();
    for cut in [0, 10, 40, good.len() / 2] {
        std::fs::write(&picture, &good[..cut]).unwrap();
        let images = ImageFolder::open(&folder.0).unwrap();
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| images.get(0))).err().unwrap();
        let sentence = panic.downcast_ref::<String>().unwrap();
        assert!(sentence.starts_with(&format!("read_image: {}: ", picture.display())), "{sentence}");
    }
    assert!(ImageFolder::open(folder.0.join("none")).err().unwrap().to_string().contains("cannot read"));
}

#[test]
fn the_lessons_pictures_are_there() {
    for (split, count, digits, sum) in
        [(Split::Train, 8000, [9, 3, 7, 0, 9], 209_738_180_i64), (Split::Test, 2000, [0, 2, 2, 8, 4], 52_408_420)]
    {
        let set = Mnist::bundled(split);
        assert_eq!((set.len(), set.images().size().to_string()), (count, format!("[{count}, 1, 28, 28]")));
        assert_eq!(set.labels().i(..5).to_vec::<i64>(), digits);
        assert_eq!(set.images().sum().item::<i64>(), sum);
    }
    let clothes = FashionMnist::bundled(Split::Test);
    assert_eq!((clothes.len(), clothes.images().sum().item::<i64>()), (1000, 58_034_149));
    let (image, class) = clothes.get(0);
    assert_eq!((clothes.classes()[class as usize], image.amax().item::<f32>()), ("Ankle boot", 1.0));
}

#[test]
fn the_fast_way_to_a_batch_of_pictures_gives_what_the_slow_one_gives() {
    let set = Mnist::bundled(Split::Test);
    let (fast, _) = DataLoader::new(set.clone(), 16).iter().next().unwrap();
    let (slow, labels) = DataLoader::new(set.transform(transforms![ToTensor]), 16).iter().next().unwrap();
    assert!(fast.equal(&slow) && labels.dtype() == DType::I64);
}

#[test]
fn published_files_are_read_and_others_told_of() {
    let folder = Folder::new("mnist");
    let open = || Mnist::open(&folder.0).map(|set| set.len());
    assert!(open().unwrap_err().to_string().contains("holds neither train-images-idx3-ubyte nor"));
    let raw = folder.0.join("MNIST/raw");
    std::fs::create_dir_all(&raw).unwrap();
    let images = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..], &[0, 51, 255, 1, 2, 3]].concat();
    std::fs::write(raw.join("train-images-idx3-ubyte"), images).unwrap();
    std::fs::write(raw.join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 7, 3]).unwrap();
    assert_eq!(open().unwrap(), 2);
    let (image, label) = Mnist::open(&folder.0).unwrap().get(0);
    assert_eq!((image.to_vec::<f32>(), label), (vec![0.0, 0.2, 1.0], 7));
    std::fs::write(raw.join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 1, 7]).unwrap();
    assert!(open().unwrap_err().to_string().ends_with("do not belong together"));
    std::fs::write(raw.join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 7, 11]).unwrap();
    assert!(open().unwrap_err().to_string().ends_with("a label is 11, and there are 10 classes"));
}

#[test]
fn tables_are_read_with_quotes_gaps_and_types() {
    let folder = Folder::new("csv");
    let path = folder.0.join("table.csv");
    std::fs::write(&path, "\u{feff}n, x ,\"the, name\"\r\n1,0.5,b\r\n2,,\"a \"\"q\"\"\"\r\n").unwrap();
    let table = read_csv(&path).unwrap();
    assert_eq!(table.to_string(), "Csv of 2 rows: n, x, the, name");
    assert_eq!((table.column("n").to_vec::<i64>(), table.column("n").dtype()), (vec![1, 2], DType::I64));
    assert!(table.column("x").i(1).item::<f32>().is_nan());
    assert_eq!(table.text("the, name"), ["b", "a \"q\""]);
    assert_eq!(table.classes("the, name").0.to_vec::<i64>(), [1, 0]);
    assert_eq!(table.columns(["x", "n"]).size(), [2, 2]);
    let error = table.try_column("the, name").unwrap_err().to_string();
    assert_eq!(error, "Csv: \"b\" in line 2 of the, name is no number; use classes(\"the, name\") for text");
    let error = table.try_column("y").unwrap_err().to_string();
    assert_eq!(error, "Csv: no column is called \"y\"; there are n, x, the, name");
    std::fs::write(&path, "a,b\n1,2\n3\n").unwrap();
    assert!(read_csv(&path).unwrap_err().to_string().contains("line: 3"));
}
