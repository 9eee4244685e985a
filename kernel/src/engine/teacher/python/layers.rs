//! Layers and losses of `torch.nn`: made by `new`, with options as methods.

use super::super::lesson::sentence;
use super::super::names;
use super::super::tokens::{Tree, arguments, trim};
use super::Reader;
use super::calls::Arguments;

/// How an object of PyTorch's is made here.
pub struct Form {
    pub name: &'static str,
    /// The arguments of `new`, with PyTorch's names and order, and PyTorch's default if it has one.
    pub new: &'static str,
    /// The arguments that follow in PyTorch, and that are methods here; `_` stands for one that does not exist here.
    pub options: &'static str,
}

const fn form(name: &'static str, new: &'static str, options: &'static str) -> Form {
    Form { name, new, options }
}

/// The options of recurrent layers, in order.
const RECURRENT: &str = "num_layers bias batch_first dropout bidirectional";
/// The options of convolutions, in order.
const CONVOLUTION: &str = "stride padding dilation groups bias";
const NORMALIZATION: &str = "eps momentum affine track_running_stats";

const LAYERS: [Form; 59] = [
    form("Linear", "in_features out_features", "bias"),
    form("Bilinear", "in1_features in2_features out_features", "bias"),
    form("Unflatten", "dim unflattened_size", ""),
    form("Conv1d", "in_channels out_channels kernel_size", CONVOLUTION),
    form("Conv2d", "in_channels out_channels kernel_size", CONVOLUTION),
    form(
        "ConvTranspose1d",
        "in_channels out_channels kernel_size",
        "stride padding output_padding groups bias dilation",
    ),
    form(
        "ConvTranspose2d",
        "in_channels out_channels kernel_size",
        "stride padding output_padding groups bias dilation",
    ),
    form("MaxPool1d", "kernel_size", "stride padding dilation _ ceil_mode"),
    form("MaxPool2d", "kernel_size", "stride padding dilation _ ceil_mode"),
    form("AvgPool1d", "kernel_size", "stride padding ceil_mode count_include_pad"),
    form("AvgPool2d", "kernel_size", "stride padding ceil_mode count_include_pad divisor_override"),
    form("AdaptiveAvgPool1d", "output_size", ""),
    form("AdaptiveAvgPool2d", "output_size", ""),
    form("AdaptiveMaxPool1d", "output_size", ""),
    form("AdaptiveMaxPool2d", "output_size", ""),
    form("BatchNorm1d", "num_features", NORMALIZATION),
    form("BatchNorm2d", "num_features", NORMALIZATION),
    form("LayerNorm", "normalized_shape", "eps elementwise_affine bias"),
    form("RMSNorm", "normalized_shape", "eps elementwise_affine"),
    form("GroupNorm", "num_groups num_channels", "eps affine"),
    form("Dropout", "p=0.5", ""),
    form("Dropout1d", "p=0.5", ""),
    form("Dropout2d", "p=0.5", ""),
    form("AlphaDropout", "p=0.5", ""),
    form("Embedding", "num_embeddings embedding_dim", "padding_idx"),
    form("RNN", "input_size hidden_size", "num_layers nonlinearity bias batch_first dropout bidirectional"),
    form("LSTM", "input_size hidden_size", RECURRENT),
    form("GRU", "input_size hidden_size", RECURRENT),
    form("RNNCell", "input_size hidden_size", "bias nonlinearity"),
    form("LSTMCell", "input_size hidden_size", "bias"),
    form("GRUCell", "input_size hidden_size", "bias"),
    form("MultiheadAttention", "embed_dim num_heads", "dropout bias _ _ _ _ _ batch_first"),
    form(
        "TransformerEncoderLayer",
        "d_model nhead",
        "dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias",
    ),
    form("TransformerEncoder", "encoder_layer num_layers", "norm"),
    form("LeakyReLU", "negative_slope=0.01", ""),
    form("ELU", "alpha=1.0", ""),
    form("CELU", "alpha=1.0", ""),
    form("Hardshrink", "lambd=0.5", ""),
    form("Softshrink", "lambd=0.5", ""),
    form("Hardtanh", "min_val=-1.0 max_val=1.0", ""),
    form("Threshold", "threshold value", ""),
    form("Softmax", "dim=1", ""),
    form("LogSoftmax", "dim=1", ""),
    form("Softmin", "dim=1", ""),
    form("GLU", "dim=-1", ""),
    form("PReLU", "", ""),
    form("CosineSimilarity", "dim=1", ""),
    form("CrossEntropyLoss", "", "weight _ ignore_index _ reduction label_smoothing"),
    form("NLLLoss", "", "weight _ ignore_index _ reduction"),
    form("MSELoss", "", "_ _ reduction"),
    form("L1Loss", "", "_ _ reduction"),
    form("SmoothL1Loss", "", "_ _ reduction beta"),
    form("HuberLoss", "", "reduction delta"),
    form("BCELoss", "", "weight _ _ reduction"),
    form("BCEWithLogitsLoss", "", "weight _ _ reduction pos_weight"),
    form("KLDivLoss", "", "_ _ reduction log_target"),
    form("CosineEmbeddingLoss", "", "margin _ _ reduction"),
    form("HingeEmbeddingLoss", "", "margin _ _ reduction"),
    form("Parameter", "data", ""),
];

/// Layers without options, which are used by name alone.
const PLAIN: [&str; 16] = [
    "ReLU",
    "ReLU6",
    "Sigmoid",
    "Tanh",
    "GELU",
    "SiLU",
    "Mish",
    "SELU",
    "Softplus",
    "Softsign",
    "Tanhshrink",
    "LogSigmoid",
    "Hardsigmoid",
    "Hardswish",
    "Identity",
    "Flatten",
];

/// Arguments that have no effect here.
const IDLE: [&str; 17] = [
    "inplace",
    "device",
    "dtype",
    "requires_grad",
    "download",
    "pin_memory",
    "persistent_workers",
    "generator",
    "foreach",
    "fused",
    "capturable",
    "verbose",
    "worker_init_fn",
    "prefetch_factor",
    "last_epoch",
    "antialias",
    "padding_mode",
];

/// Options that are numbers with a fraction.
const FRACTIONS: [&str; 31] = [
    "p",
    "dropout",
    "eps",
    "momentum",
    "negative_slope",
    "alpha",
    "lambd",
    "min_val",
    "max_val",
    "threshold",
    "value",
    "label_smoothing",
    "beta",
    "delta",
    "margin",
    "layer_norm_eps",
    "divisor_override",
    "lr",
    "weight_decay",
    "dampening",
    "lr_decay",
    "initial_accumulator_value",
    "gamma",
    "factor",
    "eta_min",
    "start_factor",
    "end_factor",
    "max_lr",
    "min_lr",
    "degrees",
    "betas",
];

impl Reader<'_> {
    /// A layer or loss of `torch.nn`.
    pub fn layer(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let text = match name {
            "Sequential" => self.sequential(inner)?,
            "ModuleList" => self.list_of_layers(inner)?,
            "Flatten" if !inner.is_empty() => {
                let given = Arguments::of(inner);
                let at = |at: usize, name: &str, default: &str| {
                    let named = given.named.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
                    given.plain.get(at).copied().or(named).map_or(default.to_owned(), |part| self.expression(part))
                };
                format!("nn::Flatten::dims({}, {})", at(0, "start_dim", "1"), at(1, "end_dim", "-1"))
            }
            "Flatten" => "nn::Flatten::new()".to_owned(),
            "GELU" if !inner.is_empty() => "nn::GELUTanh".to_owned(),
            _ if PLAIN.contains(&name) => format!("nn::{name}"),
            _ => {
                let form = LAYERS.iter().find(|form| form.name == name)?;
                self.made("nn", form, inner)?
            }
        };
        self.say_how_layers_are_made();
        Some(text)
    }

    /// Whether a call of `new` contains options as arguments.
    pub fn is_made_as_in_python(name: &str, inner: &[Tree]) -> bool {
        let given = Arguments::of(inner);
        let form = LAYERS.iter().find(|form| form.name == name && !form.options.is_empty());
        form.is_some_and(|form| !given.named.is_empty() || given.plain.len() > form.new.split_whitespace().count())
    }

    /// Whether this library has the layer of `torch.nn` with this name.
    pub fn is_a_layer(name: &str) -> bool {
        matches!(name, "Sequential" | "ModuleList")
            || PLAIN.contains(&name)
            || LAYERS.iter().any(|form| form.name == name)
    }

    fn say_how_layers_are_made(&self) {
        self.say(sentence!(
            "layers are made by `new`, followed by options as methods: `nn::Conv2d::new(1, 6, 5).padding(2)`",
            "层用 `new` 创建，选项写在后面：`nn::Conv2d::new(1, 6, 5).padding(2)`"
        ));
    }

    /// A call of a constructor: the arguments of `new`, and methods for the options.
    pub fn made(&self, module: &str, form: &Form, inner: &[Tree]) -> Option<String> {
        let mut given = Arguments::of(inner);
        let (mut required, mut options) = (Vec::new(), String::new());
        let count = form.new.split_whitespace().count();
        for (at, place) in form.new.split_whitespace().chain(form.options.split_whitespace()).enumerate() {
            let (name, default) = place.split_once('=').map_or((place, None), |(name, value)| (name, Some(value)));
            let value = given.plain.get(at).copied().or_else(|| given.take(&[name]));
            let value = value.filter(|part| !matches!(part, [none] if none.is_word("None")));
            let text = value.map(|part| self.option(name, part));
            match (text.or(default.filter(|_| at < count).map(str::to_owned)), at < count) {
                (Some(text), true) => required.push(text),
                (Some(text), false) if name != "_" => options.push_str(&format!(".{name}({text})")),
                (None, true) => return self.without_a_form(form.name),
                _ => {}
            }
        }
        given.named.retain(|(name, _)| !IDLE.contains(name));
        let is_unpacked = given.plain.iter().any(|part| part[0].is_sign("*"));
        if is_unpacked || !given.named.is_empty() {
            return self.without_a_form(form.name);
        }
        Some(format!("{module}::{}::new({}){options}", form.name, required.join(", ")))
    }

    fn without_a_form(&self, name: &str) -> Option<String> {
        self.say(sentence!(
            "these arguments of `{name}` have no form here: `:doc {name}` tells which it has",
            "`{name}` 的这些参数这里没有：`:doc {name}` 列出有的参数"
        ));
        self.give_up();
        None
    }

    /// The value of an option.
    pub fn option(&self, name: &str, part: &[Tree]) -> String {
        let text = self.text(part);
        let is_whole = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        match name {
            "reduction" | "mode" | "activation" => {
                let kind = match name {
                    "reduction" => "nn::Reduction",
                    "mode" => "optim::lr_scheduler::Goal",
                    _ => "nn::FeedForward",
                };
                let value = text.trim_matches(['\'', '"']);
                let value = value.rsplit('.').next().unwrap_or_default();
                let value = if value == "batchmean" { "BatchMean" } else { value };
                format!("{kind}::{}{}", value[..1.min(value.len())].to_uppercase(), value.get(1..).unwrap_or_default())
            }
            "betas" => {
                let inner = part.first().and_then(|group| group.inside("(").or_else(|| group.inside("[")));
                self.expressions(&arguments(inner.unwrap_or(part)))
            }
            "encoder_layer" | "weight" | "pos_weight" | "optimizer" => self.lent(part),
            _ if FRACTIONS.contains(&name) && is_whole => format!("{text}.0"),
            _ if matches!(text, "True" | "False") => text.to_lowercase(),
            _ => self.shape(part),
        }
    }

    /// `nn.Sequential(…)`, with plain or named layers.
    fn sequential(&self, inner: &[Tree]) -> Option<String> {
        let parts = arguments(inner);
        if parts.iter().any(|part| part[0].is_sign("*")) {
            self.say(sentence!(
                "layers that are in a list already are added one by one: `model.push(layer)`",
                "已在列表里的层逐个加入：`model.push(layer)`"
            ));
            self.give_up();
            return None;
        }
        if let [[name, call]] = &parts[..]
            && name.is_word("OrderedDict")
            && let Some(list) = trim(call.inside("(")?).first().and_then(|list| list.inside("["))
        {
            let mut named = Vec::new();
            for pair in arguments(list) {
                let pair = arguments(pair.first()?.inside("(")?);
                let [name, layer] = pair[..] else { return None };
                named.push(format!("{}: {}", self.text(name).trim_matches(['\'', '"']), self.expression(layer)));
            }
            return Some(in_lines("nn::sequential! {", " ", &named, "}"));
        }
        let layers: Vec<String> = parts.iter().map(|part| self.expression(part)).collect();
        Some(in_lines("nn::sequential![", "", &layers, "]"))
    }

    /// `nn.ModuleList([…])`, which becomes a vector.
    fn list_of_layers(&self, inner: &[Tree]) -> Option<String> {
        let [list] = trim(inner) else { return None };
        self.say(sentence!("a list of layers is a vector", "层的列表是向量"));
        let text = self.expression(trim(inner));
        match list.inside("[")? {
            inner if inner.iter().any(|tree| tree.is_word("for")) => Some(text),
            _ => Some(format!("vec!{text}")),
        }
    }

    /// Says what the library's table has about a name of `torch.nn` that does not exist here.
    pub fn no_such_layer(&self, name: &str) {
        let known = names::of_another_library(name, false).filter(|known| known.replacement.is_none());
        self.say(known.map_or_else(
            || {
                sentence!(
                    "there is no `{name}` here: `:doc nn` lists the layers",
                    "没有 `{name}`：`:doc nn` 列出所有层"
                )
            },
            |known| known.sentence,
        ));
        self.give_up();
    }
}

/// A list between brackets, on one line if it fits.
pub fn in_lines(open: &str, blank: &str, parts: &[String], close: &str) -> String {
    /// The longest allowed line.
    const WIDTH: usize = 90;
    let joined = parts.join(", ");
    if joined.len() < WIDTH && !joined.contains('\n') {
        return format!("{open}{blank}{joined}{blank}{close}");
    }
    let lines = parts.iter().flat_map(|part| {
        let part = format!("{part},");
        part.lines().map(|line| format!("    {line}\n")).collect::<Vec<_>>()
    });
    format!("{open}\n{}{close}", lines.collect::<String>())
}
