//! Training and storing models: optimisers, schedules, files, devices.

use super::super::lesson::sentence;
use super::super::tokens::{Kind, Tree, arguments, trim};
use super::Reader;
use super::calls::Arguments;
use super::layers::Form;

/// Optimisers: PyTorch's learning rate, and the options after it in PyTorch's order.
const OPTIMIZERS: [(&str, &str, &str); 5] = [
    ("SGD", "1e-3", "momentum dampening weight_decay nesterov maximize"),
    ("Adam", "1e-3", "betas eps weight_decay amsgrad maximize"),
    ("AdamW", "1e-3", "betas eps weight_decay amsgrad maximize"),
    ("RMSprop", "1e-2", "alpha eps weight_decay momentum centered maximize"),
    ("Adagrad", "1e-2", "lr_decay weight_decay initial_accumulator_value eps maximize"),
];

const SCHEDULES: [Form; 8] = [
    Form { name: "StepLR", new: "optimizer step_size gamma=0.1", options: "" },
    Form { name: "MultiStepLR", new: "optimizer milestones gamma=0.1", options: "" },
    Form { name: "ExponentialLR", new: "optimizer gamma", options: "" },
    Form { name: "LinearLR", new: "optimizer start_factor=0.3333 end_factor=1.0 total_iters=5", options: "" },
    Form { name: "ConstantLR", new: "optimizer factor=0.3333 total_iters=5", options: "" },
    Form { name: "CosineAnnealingLR", new: "optimizer T_max", options: "" },
    Form { name: "OneCycleLR", new: "optimizer max_lr total_steps", options: "" },
    Form { name: "ReduceLROnPlateau", new: "optimizer", options: "mode factor patience threshold _ cooldown min_lr" },
];

impl Reader<'_> {
    /// An optimiser from `torch.optim`.
    pub fn optimizer(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let Some((_, rate, places)) = OPTIMIZERS.iter().find(|known| known.0 == name) else {
            self.say(sentence!(
                "there is no `{name}` here; there are `optim::SGD`, `Adam`, `AdamW`, `RMSprop`, `Adagrad`",
                "没有 `{name}`；有 `optim::SGD`、`Adam`、`AdamW`、`RMSprop`、`Adagrad`"
            ));
            self.give_up();
            return None;
        };
        let mut given = Arguments::of(inner);
        let parameters = given.take(&["params"]).or_else(|| given.plain.first().copied())?;
        let lr = given.plain.get(1).copied().or_else(|| given.take(&["lr"])).map(|part| self.option("lr", part));
        let rate = lr.unwrap_or_else(|| (*rate).to_owned());
        let mut options = String::new();
        for (at, place) in places.split(' ').enumerate() {
            if let Some(part) = given.plain.get(2 + at).copied().or_else(|| given.take(&[place])) {
                options.push_str(&format!(".{place}({})", self.option(place, part)));
            }
        }
        self.say(sentence!(
            "an optimiser takes parameters and a rate, followed by options as methods: `optim::SGD::new(model.parameters(), 0.01).momentum(0.9)`",
            "优化器接收参数和学习率，选项写在后面：`optim::SGD::new(model.parameters(), 0.01).momentum(0.9)`"
        ));
        if let Some(groups) = self.groups(parameters, &rate) {
            return Some(format!("optim::{name}::with_groups({groups}){options}"));
        }
        Some(format!("optim::{name}::new({}, {rate}){options}", self.parameters(parameters)))
    }

    /// The first argument of an optimiser: a model's parameters, or a list of tensors, borrowed.
    fn parameters(&self, part: &[Tree]) -> String {
        let is_filtered = matches!(part, [filter, call] if filter.is_word("filter") && call.inside("(").is_some());
        if is_filtered
            && let Some(inner) = part[1].inside("(")
            && let Some(of) = arguments(inner).last()
        {
            let of = self.expression(of);
            return format!("{of}.into_iter().filter(|p| p.requires_grad()).collect::<Vec<_>>()");
        }
        match part {
            [list] if list.inside("[").is_some() => self.tensors(part),
            // A model in place of its parameters.
            [_] if self.is_a_model(part) => format!("{}.parameters()", self.text(part)),
            _ => self.expression(part),
        }
    }

    /// `[{"params": …, "lr": …}, …]`.
    fn groups(&self, part: &[Tree], rate: &str) -> Option<String> {
        let [list] = part else { return None };
        let groups: Option<Vec<String>> = arguments(list.inside("[")?)
            .iter()
            .map(|group| {
                let pairs = arguments(group.first()?.inside("{")?);
                let value = |key: &str| {
                    pairs.iter().find_map(|pair| {
                        let colon = pair.iter().position(|tree| tree.is_sign(":"))?;
                        let is_it = self.text(trim(&pair[..colon])).trim_matches(['\'', '"']) == key;
                        is_it.then(|| trim(&pair[colon + 1..]))
                    })
                };
                let rate = value("lr").map_or_else(|| rate.to_owned(), |part| self.option("lr", part));
                Some(format!("optim::group({}, {rate})", self.parameters(value("params")?)))
            })
            .collect();
        groups.filter(|groups| !groups.is_empty()).map(|groups| format!("[{}]", groups.join(", ")))
    }

    /// A schedule from `torch.optim.lr_scheduler`.
    pub fn schedule(&self, name: &str, inner: &[Tree]) -> Option<String> {
        self.say(sentence!(
            "a schedule borrows the optimiser when it is made: `optim::lr_scheduler::StepLR::new(&optimizer, 10, 0.1)`",
            "创建学习率调度时借用优化器：`optim::lr_scheduler::StepLR::new(&optimizer, 10, 0.1)`"
        ));
        let named = |names: &[&str]| Arguments::of(inner).take(names);
        let first = || Some(self.lent(Arguments::of(inner).plain.first()?));
        if name == "CosineAnnealingLR"
            && let Some(least) = named(&["eta_min"])
        {
            let count = named(&["T_max"]).or_else(|| Arguments::of(inner).plain.get(1).copied())?;
            let (count, least) = (self.expression(count), self.option("eta_min", least));
            return Some(format!(
                "optim::lr_scheduler::CosineAnnealingLR::with_minimum({}, {count}, {least})",
                first()?
            ));
        }
        if name == "OneCycleLR"
            && let (Some(epochs), Some(steps)) = (named(&["epochs"]), named(&["steps_per_epoch"]))
        {
            let rate = named(&["max_lr"]).or_else(|| Arguments::of(inner).plain.get(1).copied())?;
            let (rate, steps) = (self.option("max_lr", rate), self.expression(steps));
            let epochs = self.expression(epochs);
            return Some(format!("optim::lr_scheduler::OneCycleLR::new({}, {rate}, {epochs} * {steps})", first()?));
        }
        let Some(form) = SCHEDULES.iter().find(|form| form.name == name) else {
            self.said.borrow_mut().clear();
            self.say(sentence!(
                "`{name}` has another form here: see `:doc {name}`",
                "`{name}` 在这里写法不同：见 `:doc {name}`"
            ));
            self.give_up();
            return None;
        };
        let text = self.made("optim::lr_scheduler", form, inner)?;
        // Milestones are borrowed.
        Some(if name == "MultiStepLR" { text.replacen(", [", ", &[", 1) } else { text })
    }

    /// `torch.save(model.state_dict(), "model.pth")`.
    pub fn saved(&self, inner: &[Tree]) -> Option<String> {
        let given = Arguments::of(inner);
        let [what, place, ..] = given.plain[..] else { return None };
        if matches!(what, [dictionary] if dictionary.inside("{").is_some()) {
            self.say(sentence!(
                "a file keeps one state dict: save that of the model and that of the optimiser in two files",
                "一个文件存一个 state dict：模型和优化器的状态分别存成两个文件"
            ));
            self.give_up();
            return None;
        }
        if self.is_a_tensor(what) {
            self.say(sentence!(
                "one tensor is written by `write_npy(\"x.npy\", &x)`; `save` keeps a model's state dict",
                "单个张量用 `write_npy(\"x.npy\", &x)` 写入；`save` 保存模型的 state dict"
            ));
            let place = self.file(place).replace(".safetensors\"", ".npy\"");
            return Some(format!("write_npy({place}, {})", self.lent(what)));
        }
        self.say(sentence!(
            "a model is kept by `save(&model.state_dict(), \"model.safetensors\")?`",
            "保存模型用 `save(&model.state_dict(), \"model.safetensors\")?`"
        ));
        let state = match what {
            [_] if self.is_a_model(what) => format!("&{}.state_dict()", self.text(what)),
            _ => self.lent(what),
        };
        Some(format!("save({state}, {})?", self.file(place)))
    }

    /// `torch.load("model.pth")`.
    pub fn loaded(&self, inner: &[Tree]) -> Option<String> {
        let given = Arguments::of(inner);
        let place = given.plain.first()?;
        self.say(sentence!(
            "`load(\"model.pth\")?` reads a state dict, also one of `torch.save`",
            "`load(\"model.pth\")?` 读取 state dict，也能读 `torch.save` 的文件"
        ));
        // A file that this cell has written gets another name here.
        let is_written = self.code.contains("torch.save(") && self.code.matches(self.text(place)).count() > 1;
        let text = if is_written { self.file(place) } else { self.lent_text(place) };
        Some(format!("load({text})?"))
    }

    /// The name of a file to write, whose extension is changed.
    fn file(&self, place: &[Tree]) -> String {
        let text = self.lent_text(place);
        [".pth\"", ".pt\"", ".bin\"", ".ckpt\""]
            .iter()
            .find_map(|end| Some(format!("{}.safetensors\"", text.strip_suffix(end)?)))
            .unwrap_or(text)
    }

    /// Text as an argument; a variable that holds text is borrowed.
    fn lent_text(&self, part: &[Tree]) -> String {
        match part {
            [name] if name.word().is_some() => format!("&{}", self.text(part)),
            _ => self.expression(part),
        }
    }

    /// `torch.device("cuda")`, or just the text where a device is expected.
    pub fn device(&self, part: &[Tree]) -> Option<String> {
        if part.iter().any(|tree| tree.is_word("if"))
            && self.text(part).contains("is_available()")
            && self.text(part).contains("cpu")
        {
            self.say_how_devices_are_named();
            return Some("if gpu_is_available() { Device::Gpu(0) } else { Device::Cpu }".to_owned());
        }
        let [text] = part else { return None };
        let text = text.of(Kind::Text)?.trim_matches(['\'', '"']);
        let (kind, number) = text.split_once(':').unwrap_or((text, "0"));
        let device = match kind {
            "cpu" => "Device::Cpu".to_owned(),
            "cuda" | "mps" | "xpu" => format!("Device::Gpu({})", number.parse::<usize>().ok()?),
            _ => return None,
        };
        self.say_how_devices_are_named();
        Some(device)
    }

    fn say_how_devices_are_named(&self) {
        self.say(sentence!(
            "devices are `Device::Cpu` and `Device::Gpu(0)`; `gpu_is_available()` tells whether there is one",
            "设备是 `Device::Cpu` 和 `Device::Gpu(0)`；`gpu_is_available()` 告诉有没有 GPU"
        ));
    }
}
