//! Datasets, loaders and transforms: `torch.utils.data` and `torchvision`.

use super::super::lesson::sentence;
use super::super::tokens::{Tree, arguments};
use super::Reader;
use super::calls::Arguments;
use super::layers::Form;

/// Transforms with parameters; those that are just a name are handled elsewhere.
const TRANSFORMS: [Form; 10] = [
    Form { name: "Normalize", new: "mean std", options: "" },
    Form { name: "Resize", new: "size", options: "" },
    Form { name: "CenterCrop", new: "size", options: "" },
    Form { name: "RandomCrop", new: "size", options: "padding" },
    Form { name: "RandomResizedCrop", new: "size", options: "" },
    Form { name: "RandomHorizontalFlip", new: "p=0.5", options: "" },
    Form { name: "RandomVerticalFlip", new: "p=0.5", options: "" },
    Form { name: "RandomRotation", new: "degrees", options: "" },
    Form { name: "Grayscale", new: "", options: "channels" },
    Form { name: "ColorJitter", new: "", options: "brightness contrast saturation hue" },
];

impl Reader<'_> {
    /// A call of `torch.utils.data`.
    pub fn of_data(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let mut given = Arguments::of(inner);
        Some(match name {
            "DataLoader" => self.loader(given)?,
            "TensorDataset" => {
                self.say(sentence!(
                    "tensors that belong together are one list: `data::TensorDataset::new([&x, &y])`",
                    "一起的张量写成一个列表：`data::TensorDataset::new([&x, &y])`"
                ));
                let tensors: Vec<String> = given.plain.iter().map(|part| self.lent_once(part)).collect();
                format!("data::TensorDataset::new([{}])", tensors.join(", "))
            }
            "random_split" => {
                let parts = given.take(&["lengths"]).or_else(|| given.plain.get(1).copied())?;
                self.say(sentence!("names inside of `data` are reached by `::`", "`data` 里的名字用 `::` 访问"));
                format!("data::random_split({}, {})", self.expression(given.plain.first()?), self.shape(parts))
            }
            "Subset" | "ConcatDataset" => {
                self.say(sentence!("names inside of `data` are reached by `::`", "`data` 里的名字用 `::` 访问"));
                format!("data::{name}::new({})", self.expressions(&given.plain))
            }
            _ => return None,
        })
    }

    fn loader(&self, mut given: Arguments) -> Option<String> {
        let dataset = given.take(&["dataset"]).or_else(|| given.plain.first().copied())?;
        let size = given.plain.get(1).copied().or_else(|| given.take(&["batch_size"]));
        let mut text = format!(
            "data::DataLoader::new({}, {})",
            self.expression(dataset),
            size.map_or("1".to_owned(), |part| self.expression(part))
        );
        for (at, name, method) in [
            (2, "shuffle", "shuffle"),
            (3, "sampler", "sampler"),
            (5, "num_workers", "workers"),
            (8, "drop_last", "drop_last"),
        ] {
            let part = given.plain.get(at).copied().or_else(|| given.take(&[name]));
            match part.map(|part| (self.text(part), self.option(name, part))) {
                None | Some(("None" | "False", _)) => {}
                Some(("0", _)) if name == "num_workers" => {}
                Some((_, value)) => text.push_str(&format!(".{method}({value})")),
            }
        }
        self.say(sentence!(
            "a loader is made by `data::DataLoader::new(dataset, 64)`, followed by options as methods: `.shuffle(true)`",
            "加载器用 `data::DataLoader::new(dataset, 64)` 创建，选项写在后面：`.shuffle(true)`"
        ));
        if given.take(&["collate_fn", "batch_sampler"]).is_some() {
            self.give_up();
        }
        Some(text)
    }

    /// A dataset from `torchvision.datasets`.
    pub fn dataset(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let mut given = Arguments::of(inner);
        let transform = given.take(&["transform"]);
        let train = given.take(&["train"]).or_else(|| given.plain.get(1).copied()).map(|part| self.flag(part));
        let start = match name {
            "MNIST" | "FashionMNIST" => {
                let name = if name == "MNIST" { "Mnist" } else { "FashionMnist" };
                let split = match train.as_deref() {
                    None | Some("true") => "data::Split::Train",
                    Some("false") => "data::Split::Test",
                    Some(_) => return None,
                };
                self.say(sentence!(
                    "what ships is `data::datasets::{name}::bundled(…)`; your own files are read by `open(folder)?`",
                    "自带的数据是 `data::datasets::{name}::bundled(…)`；自己的文件用 `open(folder)?` 读取"
                ));
                format!("data::datasets::{name}::bundled({split})")
            }
            "ImageFolder" => {
                let folder = given.take(&["root"]).or_else(|| given.plain.first().copied())?;
                self.say(sentence!(
                    "pictures in folders are read by `data::datasets::ImageFolder::open(folder)?`",
                    "按文件夹存放的图片用 `data::datasets::ImageFolder::open(folder)?` 读取"
                ));
                format!("data::datasets::ImageFolder::open({})?", self.expression(folder))
            }
            _ => {
                self.say(sentence!(
                    "`{name}` does not ship; there are `FashionMnist`, `Mnist` and `ImageFolder` in `data::datasets`",
                    "没有自带 `{name}`；`data::datasets` 里有 `FashionMnist`、`Mnist` 和 `ImageFolder`"
                ));
                self.give_up();
                return None;
            }
        };
        let transform = transform.map(|part| match part {
            // Another dataset gets it too.
            [name] if name.word().is_some_and(|name| self.is_named_often(name)) => {
                format!("{}.clone()", self.text(part))
            }
            _ => self.expression(part),
        });
        Some(match transform.as_deref() {
            None | Some("data::transforms::ToTensor") => start,
            Some(transform) => format!("{start}.transform({transform})"),
        })
    }

    /// Whether a name occurs in the cell more than once besides its definition.
    fn is_named_often(&self, name: &str) -> bool {
        let tokens = super::tokens::tokens(self.code);
        let values = tokens.windows(2).filter(|pair| pair[1].text == name && pair[0].text == "=").count();
        values > 1
    }

    /// A transform from `torchvision.transforms`.
    pub fn transform(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let parts = arguments(inner);
        if name == "Compose"
            && let [[list]] = &parts[..]
        {
            self.say(sentence!(
                "changes of pictures one after the other are `transforms![Resize::new(64), ToTensor]`",
                "依次进行的图像变换写作 `transforms![Resize::new(64), ToTensor]`"
            ));
            let changes: Vec<String> = arguments(list.inside("[")?)
                .iter()
                .map(|part| self.expression(part).trim_start_matches("data::transforms::").to_owned())
                .collect();
            return Some(super::layers::in_lines("transforms![", "", &changes, "]"));
        }
        if matches!(name, "ToTensor" | "PILToTensor") {
            self.say(sentence!(
                "what has no options is its name alone: `data::transforms::ToTensor`",
                "没有选项的只写名字：`data::transforms::ToTensor`"
            ));
            return Some("data::transforms::ToTensor".to_owned());
        }
        let Some(form) = TRANSFORMS.iter().find(|form| form.name == name) else {
            self.say(sentence!(
                "there is no `{name}` here; a closure is a transform, too: `transforms![ToTensor, |x: &Tensor| x * 2.0]`",
                "没有 `{name}`；闭包也是变换：`transforms![ToTensor, |x: &Tensor| x * 2.0]`"
            ));
            self.give_up();
            return None;
        };
        self.say(sentence!(
            "changes of pictures are made by `new`: `data::transforms::Resize::new(64)`",
            "图像变换用 `new` 创建：`data::transforms::Resize::new(64)`"
        ));
        // It has another name in PyTorch.
        let text = self.code.get(super::tokens::range(inner)).unwrap_or_default();
        if name == "Grayscale" {
            let count = text.rsplit('=').next().unwrap_or_default().trim();
            let channels = if count.is_empty() { String::new() } else { format!(".channels({count})") };
            return Some(format!("data::transforms::Grayscale::new(){channels}"));
        }
        self.made("data::transforms", form, inner)
    }
}
