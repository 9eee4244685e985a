//! Names after `torch.`, `np.`, `plt.`, `F.` and similar prefixes.

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{Tree, arguments, trim};
use super::super::{library, names};
use super::Reader;
use super::calls::Arguments;

const MODULES: [&str; 20] = [
    "torch",
    "torchvision",
    "np",
    "numpy",
    "plt",
    "pyplot",
    "math",
    "random",
    "time",
    "F",
    "tf",
    "nn",
    "autograd",
    "optim",
    "lr_scheduler",
    "init",
    "data",
    "datasets",
    "transforms",
    "v2",
];

/// NumPy functions with the name of a different operation in PyTorch.
const OTHERWISE: [&str; 8] = ["repeat", "sort", "round", "transpose", "cumsum", "cumprod", "take", "split"];

/// Element types under Python's names.
const DTYPES: [(&str, &str); 18] = [
    ("float32", "F32"),
    ("float", "F32"),
    ("f32", "F32"),
    ("F32", "F32"),
    ("FloatTensor", "F32"),
    ("float64", "F64"),
    ("double", "F64"),
    ("f64", "F64"),
    ("F64", "F64"),
    ("int64", "I64"),
    ("long", "I64"),
    ("int", "I64"),
    ("i64", "I64"),
    ("I64", "I64"),
    ("int32", "I32"),
    ("i32", "I32"),
    ("uint8", "U8"),
    ("bool", "Bool"),
];

/// Whether names after this path belong to training, including those that do not exist here.
fn is_of_training(path: &[&str]) -> bool {
    path.iter().any(|module| matches!(*module, "nn" | "optim" | "F" | "lr_scheduler"))
        || matches!(path, [.., "utils", "data"])
}

impl Reader<'_> {
    /// An element type, such as `torch.float64` or `I64`.
    pub fn dtype(&self, trees: &[Tree]) -> String {
        let text = self.text(trees);
        let name = text.rsplit(['.', ':']).next().unwrap_or_default().trim_matches(['\'', '"']);
        match DTYPES.iter().find(|(known, _)| *known == name) {
            Some((_, dtype)) => format!("DType::{dtype}"),
            None => text.to_owned(),
        }
    }

    /// A chain that begins with a Python module, in Rust, and how many trees of it that takes.
    pub fn of_a_module(&self, trees: &[Tree]) -> Option<(String, usize)> {
        let module = trees[0].word().filter(|module| MODULES.contains(module) && !self.scope.borrow().knows(module))?;
        let mut at = 1;
        let mut name = "";
        while let [dot, word, ..] = &trees[at..]
            && dot.is_sign(".")
            && let Some(word) = word.word()
        {
            name = word;
            at += 2;
        }
        if name.is_empty() {
            return None;
        }
        let inner = trees.get(at).and_then(|tree| tree.inside("("));
        let path: Vec<&str> = trees[..at - 2].iter().filter_map(Tree::word).collect();
        if let Some(inner) = inner
            && let Some(text) = self.of_training(&path, name, inner)
        {
            return Some((text, at + 1));
        }
        if is_of_training(&path) || matches!(module, "torchvision" | "data" | "datasets" | "transforms" | "v2" | "init")
        {
            if inner.is_some() && !self.is_unsure.get() && path != ["data"] {
                self.no_such_layer(name);
            }
            let end = at + usize::from(inner.is_some());
            return inner.map(|_| (self.text(&trees[..end]).to_owned(), end));
        }
        let is_of_autograd = trees[..at].iter().any(|tree| tree.is_word("autograd"));
        if let Some(inner) = inner.filter(|_| is_of_autograd)
            && let Some(text) = self.of_autograd(name, inner)
        {
            return Some((text, at + 1));
        }
        if matches!(module, "plt" | "pyplot") {
            let plotted = self.plotted(name, inner?);
            return Some((plotted.unwrap_or_else(|| self.text(&trees[..=at]).to_owned()), at + 1));
        }
        let found = match inner {
            Some(inner) => self
                .called(module, name, inner)
                .or_else(|| self.is_unsure.get().then(|| self.text(&trees[..=at]).to_owned()))?,
            None => self.constant(name)?,
        };
        self.say(sentence!(
            "there is no `{module}.` here: call `zeros(…)` itself, or as a method, `x.mean()`",
            "不用写 `{module}.`：直接调用函数，或写成方法"
        ));
        Some((found, if inner.is_some() { at + 1 } else { at }))
    }

    /// A call of a training module: `torch.nn`, `torch.optim`, `torch.utils.data`, `torchvision`; or of `torch.save`.
    fn of_training(&self, path: &[&str], name: &str, inner: &[Tree]) -> Option<String> {
        match path {
            [.., "functional"] | ["F"] => self.of_functional(name, inner),
            [.., "init"] => self.of_init(name, inner),
            [.., "nn", "utils"] => self.of_utils(name, inner),
            [.., "lr_scheduler"] => self.schedule(name, inner),
            [.., "optim"] => self.optimizer(name, inner),
            [.., "nn"] => self.layer(name, inner),
            [.., "data"] => self.of_data(name, inner),
            [.., "datasets"] => self.dataset(name, inner),
            [.., "transforms" | "v2"] => self.transform(name, inner),
            ["torch"] => match name {
                "save" => self.saved(inner),
                "load" => self.loaded(inner),
                "device" => self.device(trim(inner)),
                _ => None,
            },
            ["torch", "cuda" | "accelerator"] if name == "is_available" => {
                self.say(sentence!(
                    "whether there is a graphics processor is asked by `gpu_is_available()`",
                    "有没有 GPU 用 `gpu_is_available()` 询问"
                ));
                Some("gpu_is_available()".to_owned())
            }
            _ => None,
        }
    }

    fn constant(&self, name: &str) -> Option<String> {
        Some(match name {
            "pi" => "std::f64::consts::PI".to_owned(),
            "e" => "std::f64::consts::E".to_owned(),
            "inf" => "f64::INFINITY".to_owned(),
            "nan" => "f64::NAN".to_owned(),
            "newaxis" => "NewAxis".to_owned(),
            _ => {
                let (_, dtype) = DTYPES.iter().find(|(known, _)| *known == name)?;
                format!("DType::{dtype}")
            }
        })
    }

    /// `torch.f(…)`, `np.f(…)`.
    fn called(&self, module: &str, name: &str, inner: &[Tree]) -> Option<String> {
        let of = Arguments::of(inner);
        let first = of.plain.first().copied();
        match module {
            "time" => {
                let seconds = self.expression(first.filter(|_| name == "sleep")?);
                return Some(format!("std::thread::sleep(std::time::Duration::from_secs_f64({seconds}))"));
            }
            "random" => return self.chance(name, &of),
            "np" | "numpy" => {
                let known = self.of_numpy(name, &of);
                if known.is_some() || self.is_unsure.get() {
                    return known;
                }
            }
            _ => {}
        }
        if matches!(name, "tensor" | "array" | "asarray" | "Tensor" | "FloatTensor" | "LongTensor" | "as_tensor") {
            return self.tensor(first?, &of);
        }
        let of_a_number =
            || first.is_some_and(|part| matches!(self.scope.borrow().meaning(part), Meaning::Float | Meaning::Whole));
        if module == "math" || library::is_method(name) && !library::is_function(name) && of_a_number() {
            let method = match name {
                "log" => "ln",
                "fabs" => "abs",
                "pow" => return Some(self.power(first?, "", of.plain.get(1)?)),
                other => other,
            };
            return Some(format!("{}.{method}()", self.float_for_a_method(first?)));
        }
        // PyTorch's functions of these names store state dicts.
        if matches!(module, "np" | "numpy") && matches!(name, "save" | "load") {
            return self.library_call(if name == "save" { "write_npy" } else { "read_npy" }, inner);
        }
        if name == "normal"
            && let Some(text) = self.normal(&of)
        {
            return Some(text);
        }
        let name = match name {
            "where" => {
                let parts: Vec<String> = of.plain.iter().map(|part| self.operand_of(part)).collect();
                return (parts.len() == 3).then(|| format!("where_cond({})", parts.join(", ")));
            }
            "random" => "rand",
            "seed" => "manual_seed",
            "normal" => "randn",
            name => name,
        };
        if library::is_function(name) {
            return self.library_call(name, inner);
        }
        if library::is_method(name) {
            return self.as_a_method(name, &of);
        }
        let known = names::of_another_library(name, false).or_else(|| names::of_another_library(name, true))?;
        self.say(known.sentence);
        match known.replacement {
            Some(replacement) if library::is_function(replacement) => self.library_call(replacement, inner),
            Some(replacement) => self.as_a_method(replacement, &of),
            None => {
                self.give_up();
                None
            }
        }
    }

    /// `torch.normal(0, 0.01, size=(2, 1))`: a mean, a deviation and a shape.
    fn normal(&self, of: &Arguments) -> Option<String> {
        let named = |names: &[&str]| of.named.iter().find(|(name, _)| names.contains(name)).map(|(_, value)| *value);
        let at = |at: usize, names: &[&str]| of.plain.get(at).copied().or_else(|| named(names));
        let (mean, deviation, shape) = (at(0, &["mean", "loc"])?, at(1, &["std", "scale"])?, at(2, &["size"])?);
        if !self.is_number(mean) || !self.is_number(deviation) {
            return None;
        }
        self.say(sentence!(
            "a deviation and a mean are computed: `randn([3]) * 0.5 + 1.0`",
            "标准差和均值写成计算：`randn([3]) * 0.5 + 1.0`"
        ));
        let by = if self.text(deviation) == "1" { String::new() } else { format!(" * {}", self.expression(deviation)) };
        let is_zero = self.text(mean).chars().all(|c| matches!(c, '0' | '.'));
        let mean = if is_zero { String::new() } else { format!(" + {}", self.expression(mean)) };
        let asked = self.asked_for_gradients(named(&["requires_grad"]));
        Some(format!("(randn({}){by}{mean}){asked}", self.shape(shape)))
    }

    /// What the library's table says of a function that NumPy uses in another sense than PyTorch.
    fn of_numpy(&self, name: &str, of: &Arguments) -> Option<String> {
        let axis = of.named.iter().find(|(name, _)| *name == "axis").map(|(_, axis)| *axis);
        let axis = axis.or_else(|| of.plain.get(1).copied());
        let receiver = *of.plain.first()?;
        if matches!(name, "max" | "min") && axis.is_some() {
            let given = Arguments { plain: of.plain[1..].to_vec(), named: of.named.clone() };
            let name = if name == "max" { "amax" } else { "amin" };
            return self.reduction(&self.number_for_a_method(receiver), name, given);
        }
        let known = names::of_numpy(name)?;
        if matches!(name, "std" | "var") {
            let before = self.number_for_a_method(receiver);
            self.say(known.sentence);
            return Some(match axis {
                Some(axis) => format!("{before}.{name}_correction_dim(0, {})", self.expression(axis)),
                None => format!("{before}.{name}_correction(0)"),
            });
        }
        if OTHERWISE.contains(&name) {
            self.say(known.sentence);
            self.give_up();
        }
        None
    }

    /// A function of a tensor as its method; NumPy's functions accept lists too.
    pub fn as_a_method(&self, name: &str, of: &Arguments) -> Option<String> {
        let (receiver, rest) = of.plain.split_first()?;
        let before = match self.scope.borrow().meaning(receiver) {
            Meaning::Vector(_) => format!("tensor({})", self.lent(receiver)),
            _ => self.number_for_a_method(receiver),
        };
        let given = Arguments { plain: rest.to_vec(), named: of.named.clone() };
        if library::REDUCTIONS.contains(&name) && (!rest.is_empty() || !given.named.is_empty()) {
            return self.reduction(&before, name, given);
        }
        if name == "flatten"
            && let Some(text) = self.in_another_form(&before, name, &given)
        {
            return Some(text);
        }
        let others = rest.iter().chain(given.named.iter().map(|(_, value)| value));
        let others: Vec<String> = others.map(|part| self.operand_of(part)).collect();
        Some(format!("{before}.{name}({})", others.join(", ")))
    }

    /// A comparison or a tensor as an argument.
    fn operand_of(&self, part: &[Tree]) -> String {
        match super::indices::comparison(part) {
            Some(_) => self.components(&[part]),
            None => self.operand(part),
        }
    }

    /// `random.f(…)`: numbers, not tensors.
    fn chance(&self, name: &str, of: &Arguments) -> Option<String> {
        let text = |at: usize| of.plain.get(at).map(|part| self.expression(part));
        let value = match (name, text(0), text(1)) {
            ("random", None, None) => "rand([1]).item::<f64>()".to_owned(),
            ("randint", Some(low), Some(high)) => format!("randint({low}..={high}, [1]).item::<i64>()"),
            ("randrange", Some(low), Some(high)) => format!("randint({low}..{high}, [1]).item::<i64>()"),
            ("gauss" | "normalvariate", Some(_), Some(_)) | ("uniform", Some(_), Some(_)) | ("seed", None, _) => {
                return None;
            }
            ("seed", Some(seed), _) => format!("manual_seed({seed})"),
            _ => {
                self.say(sentence!(
                    "random numbers are made by `rand([3])`, `randn([3])`, `randint(1..7, [3])`",
                    "随机数用 `rand([3])`、`randn([3])`、`randint(1..7, [3])` 生成"
                ));
                self.give_up();
                return None;
            }
        };
        self.say(sentence!("a random number is one of a tensor of such", "一个随机数取自随机张量"));
        Some(value)
    }

    /// `torch.tensor(…)`.
    fn tensor(&self, first: &[Tree], of: &Arguments) -> Option<String> {
        let dtype = of.named.iter().find(|(name, _)| *name == "dtype").map(|(_, dtype)| self.dtype(dtype));
        let conversion = dtype.map(|dtype| format!(".to({dtype})")).unwrap_or_default();
        let required = of.named.iter().find(|(name, _)| *name == "requires_grad").map(|(_, value)| *value);
        let asked = self.asked_for_gradients(required);
        let call = match first {
            [group] if group.inside("[").is_some() => {
                let inner = group.inside("[").unwrap_or_default();
                let is_plain = arguments(inner).iter().all(|part| !part.iter().any(|tree| tree.is_word("for")));
                if !is_plain {
                    return Some(format!("tensor(&{}){conversion}{asked}", self.expression(first)));
                }
                let literal = self.tensor_literal(group);
                // There, element types have Rust's names.
                let ty = conversion
                    .strip_prefix(".to(DType::")
                    .and_then(|text| text.strip_suffix(')'))
                    .map(str::to_lowercase);
                return Some(match ty {
                    Some(ty) => format!("tensor!{}; {ty}]{asked}", literal.strip_suffix(']')?),
                    None => format!("tensor!{literal}{asked}"),
                });
            }
            _ if matches!(self.scope.borrow().meaning(first), Meaning::Float | Meaning::Whole) => {
                format!("scalar({})", self.expression(first))
            }
            _ => format!("tensor({})", self.lent(first)),
        };
        Some(format!("{call}{conversion}{asked}"))
    }

    /// The method that a line of matplotlib's adds to an earlier plot, or an empty text.
    pub fn added_to_a_plot(&self, content: &[Tree]) -> Option<String> {
        let [plt, dot, name, call] = content else { return None };
        let inner = call.inside("(").filter(|_| plt.is_word("plt") && dot.is_sign("."))?;
        let text = arguments(inner).first().map(|part| self.expression(part)).unwrap_or_default();
        match name.word()? {
            "title" => Some(format!(".title({text})")),
            "xlabel" => Some(format!(".x_label({text})")),
            "ylabel" => Some(format!(".y_label({text})")),
            "show" | "figure" | "grid" | "tight_layout" | "legend" | "draw" => Some(String::new()),
            _ => None,
        }
    }

    /// A matplotlib call.
    fn plotted(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let of = Arguments::of(inner);
        let lend = |part: &&[Tree]| match self.scope.borrow().meaning(part) {
            Meaning::Whole | Meaning::Float | Meaning::Text => self.expression(part),
            _ => self.lent(part),
        };
        let parts: Vec<String> =
            of.plain.iter().filter(|part| self.scope.borrow().meaning(part) != Meaning::Text).map(lend).collect();
        let call = match (name, &parts[..]) {
            ("plot", [y]) => format!("plot::plot({y})"),
            ("plot", [x, y]) => format!("plot::line(({x}, {y}))"),
            ("scatter", [x, y]) => format!("plot::scatter({x}, {y})"),
            ("hist", [values]) => {
                let bins = of
                    .named
                    .iter()
                    .find(|(name, _)| *name == "bins")
                    .map_or("10".to_owned(), |(_, bins)| self.expression(bins));
                format!("plot::histogram({values}, {bins})")
            }
            ("hist", [values, bins]) => format!("plot::histogram({values}, {bins})"),
            ("imshow" | "matshow", [image]) => format!("plot::imshow({image})"),
            ("bar", [names, heights]) => format!("plot::bar({names}, {heights})"),
            _ => {
                self.say(sentence!(
                    "a plot is shown as the value of the cell, its last line: `plot::line(&y).title(\"…\")`",
                    "图作为单元格的值（最后一行）显示：`plot::line(&y).title(\"…\")`"
                ));
                self.give_up();
                return None;
            }
        };
        self.say(sentence!(
            "plots are made by `plot`, and shown as a cell's value",
            "图由 `plot` 生成，作为单元格的值显示"
        ));
        Some(call)
    }
}
