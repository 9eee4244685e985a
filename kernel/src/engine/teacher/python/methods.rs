//! Methods and members of tensors, lists and text.

use super::super::lesson::sentence;
use super::super::library;
use super::super::scope::Meaning;
use super::super::tokens::{self, Tree, arguments, trim};
use super::Reader;
use super::calls::Arguments;

impl Reader<'_> {
    /// A call of a method.
    pub fn method(&self, before: &str, of: &[Tree], name: &str, inner: &[Tree]) -> Option<String> {
        let mut given = Arguments::of(inner);
        let of_meaning = self.scope.borrow().meaning(of);
        let of_others = self
            .method_of_a_model(before, of, name, inner)
            .or_else(|| self.method_of_gradients(before, of, name, inner))
            .or_else(|| self.method_of_text(before, name, inner, &of_meaning))
            .or_else(|| self.method_of_a_list(before, of, name, &mut given));
        if of_others.is_some() {
            return of_others;
        }
        if name == "step_by" && given.plain.len() == 1 && self.text(of).contains("..") && is_an_index(self.code, of) {
            self.say(sentence!("a slice takes steps by `step`", "切片的步长用 `step`"));
            return Some(format!("{before}.step({})", self.expression(given.plain[0])));
        }
        let may_be_a_tensor = match of_meaning {
            Meaning::Tensor => true,
            // The methods of other types are not known, unless the compiler complains about this one.
            Meaning::Other if self.is_no_rust() => !given.named.is_empty(),
            Meaning::Other => self.is_said_to_be_a_tensor(of),
            _ => false,
        };
        if may_be_a_tensor { self.method_of_a_tensor(before, of, name, given) } else { None }
    }

    /// The methods of Python's lists, and the power of a number.
    fn method_of_a_list(&self, before: &str, of: &[Tree], name: &str, given: &mut Arguments) -> Option<String> {
        let of_meaning = self.scope.borrow().meaning(of);
        // Rust's `append` takes the elements of another vector.
        let is_rusts = given.plain.first().is_some_and(|part| part.iter().any(|tree| tree.is_word("mut")));
        if name == "append" && given.plain.len() == 1 && of_meaning != Meaning::Tensor && !is_rusts {
            self.say(sentence!("a vector takes one more by `push`", "向量用 `push` 添加元素"));
            return Some(format!("{before}.push({})", self.expression(given.plain[0])));
        }
        if name == "sort"
            && let Some(key) = given.take(&["key"])
        {
            self.say(sentence!("a key to sort by is `sort_by_key(|x| …)`", "按键排序用 `sort_by_key(|x| …)`"));
            let closure = self.expression(key);
            // Rust infers the type here.
            let closure = match closure.strip_prefix('|').and_then(|rest| rest.split_once('|')) {
                Some((parameter, body)) => format!("|{}|{body}", parameter.split(':').next().unwrap_or_default()),
                None => closure,
            };
            return Some(format!("{before}.sort_by_key({closure})"));
        }
        let exponent = given.plain.first().filter(|_| of_meaning == Meaning::Float && name == "pow")?;
        Some(self.power(of, "", exponent))
    }

    fn method_of_a_tensor(&self, before: &str, of: &[Tree], name: &str, mut given: Arguments) -> Option<String> {
        if let Some(text) = self.in_an_order(before, name, &mut given) {
            return Some(text);
        }
        if library::REDUCTIONS.contains(&name) {
            return self.reduction(before, name, given);
        }
        // `y.view(*x.shape)`
        if library::WITH_A_LIST.contains(&name)
            && let [[star, list @ ..]] = &given.plain[..]
            && star.is_sign("*")
        {
            self.say(sentence!("a shape is given as it is: `y.view(x.size())`", "形状直接给出：`y.view(x.size())`"));
            return Some(format!("{before}.{name}({})", self.expression(list)));
        }
        if library::WITH_A_LIST.contains(&name) && given.plain.len() > 1 && given.named.is_empty() {
            self.say(sentence!(
                "a list of lengths or dimensions is an array: `x.{name}([2, 3])`",
                "多个长度或维度写成数组：`x.{name}([2, 3])`"
            ));
            return Some(format!("{before}.{name}({})", self.lengths(&given.plain)));
        }
        let text = self.indexed(before, name, &given).or_else(|| self.converted(before, of, name, &given));
        if let Some(text) = text.or_else(|| self.in_another_form(before, name, &given)) {
            return Some(text);
        }
        if given.named.is_empty() || !library::is_method(name) {
            return None;
        }
        self.say(sentence!("arguments have no names, only places", "参数按位置给出，没有名字"));
        let all: Vec<&[Tree]> =
            given.plain.into_iter().chain(given.named.into_iter().map(|(_, value)| value)).collect();
        Some(format!("{before}.{name}({})", self.expressions(&all)))
    }

    /// Lengths as an array, or as a tuple if they have several types.
    fn lengths(&self, parts: &[&[Tree]]) -> String {
        let is_negative = |part: &&[Tree]| part[0].is_sign("-");
        let is_computed = |part: &&[Tree]| part.iter().any(|tree| tree.word().is_some());
        let texts = self.expressions(parts);
        if parts.iter().any(is_negative) && parts.iter().any(is_computed) {
            return format!("({texts})");
        }
        format!("[{texts}]")
    }

    /// Several arguments.
    pub fn expressions(&self, parts: &[&[Tree]]) -> String {
        parts.iter().map(|part| self.expression(part)).collect::<Vec<_>>().join(", ")
    }

    /// `x.size(0)`, `x.i(0, 1)`.
    fn indexed(&self, before: &str, name: &str, given: &Arguments) -> Option<String> {
        if !given.named.is_empty() {
            return None;
        }
        match (name, &given.plain[..]) {
            ("size" | "shape", [dim]) => {
                self.say(sentence!("one length of a shape is `x.size()[0]`", "某一维的长度写作 `x.size()[0]`"));
                Some(format!("{before}.size()[{}]", self.expression(dim)))
            }
            ("i", [_, _, ..]) => {
                self.say(sentence!(
                    "several indices stand in one tuple, so in two pairs of parentheses",
                    "多个下标写成一个元组，所以有两对括号"
                ));
                Some(format!("{before}.i(({}))", self.components(&given.plain)))
            }
            ("i", [[group]]) if group.inside("(").is_some() => {
                Some(format!("{before}.i(({}))", self.components(&arguments(group.inside("(")?))))
            }
            ("i", [part]) => Some(format!("{before}.i({})", self.components(&[part]))),
            _ => None,
        }
    }

    /// `x.to(torch.float64)`, `x.item()`, `x.tolist()`: conversions of elements, and to Rust values.
    fn converted(&self, before: &str, of: &[Tree], name: &str, given: &Arguments) -> Option<String> {
        let dtype = match (name, &given.plain[..], &given.named[..]) {
            // NumPy's `float` has 64 bits.
            ("astype", [dtype], []) if self.text(dtype) == "float" => Some("DType::F64".to_owned()),
            ("to" | "type" | "astype", [dtype], []) => {
                let own = self.dtype(dtype);
                (name != "to" || own != self.text(dtype)).then_some(own)
            }
            ("to", [], [("dtype", dtype)]) => Some(self.dtype(dtype)),
            _ => None,
        };
        if let Some(dtype) = dtype {
            self.say(sentence!("a type of elements is one of `DType`", "元素类型是 `DType` 的一个值"));
            return Some(format!("{before}.to({dtype})"));
        }
        if !given.plain.is_empty() || !given.named.is_empty() {
            return None;
        }
        let ty = self.scope.borrow().elements(of).to_owned();
        let (call, sentence) = match name {
            "item" => (
                format!("item::<{ty}>()"),
                sentence!("the type of the value is said: `x.item::<{ty}>()`", "要写明值的类型：`x.item::<{ty}>()`"),
            ),
            "tolist" => (
                format!("to_vec::<{ty}>()"),
                sentence!("the elements are copied by `x.to_vec::<{ty}>()`", "取出所有元素用 `x.to_vec::<{ty}>()`"),
            ),
            "numpy" => (
                "shared_array()".to_owned(),
                sentence!(
                    "an array of `ndarray` that shares memory is `x.shared_array()`",
                    "共享内存的 `ndarray` 数组是 `x.shared_array()`"
                ),
            ),
            "copy" | "deepcopy" => ("clone()".to_owned(), sentence!("a copy is `x.clone()`", "复制用 `x.clone()`")),
            "transpose" => ("t()".to_owned(), sentence!("a matrix is transposed by `x.t()`", "矩阵转置用 `x.t()`")),
            _ => return None,
        };
        self.say(sentence);
        Some(format!("{before}.{call}"))
    }

    /// Calls with all arguments, where the short form leaves some out.
    pub fn in_another_form(&self, before: &str, name: &str, given: &Arguments) -> Option<String> {
        if !given.named.is_empty() {
            return None;
        }
        let operands = || given.plain.iter().map(|part| self.operand(part)).collect::<Vec<_>>().join(", ");
        match (name, given.plain.len()) {
            ("flatten", 1) => {
                self.say(sentence!(
                    "from a dimension on it is `x.flatten_dims(1, -1)`",
                    "从某一维起展平用 `x.flatten_dims(1, -1)`"
                ));
                Some(format!("{before}.flatten_dims({}, -1)", self.expression(given.plain[0])))
            }
            ("flatten", 2) | ("allclose" | "isclose", 3) => {
                let method = if name == "flatten" { "flatten_dims".to_owned() } else { format!("{name}_within") };
                self.say(sentence!("with all arguments it is `x.{method}(…)`", "给出全部参数用 `x.{method}(…)`"));
                Some(format!("{before}.{method}({})", operands()))
            }
            ("where", 2) => {
                self.say(sentence!(
                    "`where` is a word of Rust's: it is `where_cond`",
                    "`where` 是 Rust 的关键字：这里叫 `where_cond`"
                ));
                Some(format!("{before}.where_cond({})", operands()))
            }
            (_, 1..) if (name == "squeeze" || !self.is_no_rust()) && library::is_method(&format!("{name}_dim")) => {
                self.say(sentence!("over a dimension it is `x.{name}_dim(…)`", "沿某一维计算用 `x.{name}_dim(…)`"));
                Some(format!("{before}.{name}_dim({})", self.expressions(&given.plain)))
            }
            _ => None,
        }
    }

    /// `x.sort(descending=True)`, `x.topk(2, 1)`, and other calls with separate methods here.
    pub fn in_an_order(&self, before: &str, name: &str, given: &mut Arguments) -> Option<String> {
        let forms = match name {
            "sort" | "argsort" => 0,
            "topk" => 1,
            _ => return None,
        };
        let text = |part: &[Tree]| self.expression(part);
        let is_true = |part: Option<&[Tree]>| part.map(|part| self.text(part).to_lowercase() == "true");
        let count = (forms == 1).then(|| given.plain.first().copied().map(text)).flatten();
        let dim = given.take(&["dim"]).or_else(|| given.plain.get(forms).copied()).map(text);
        let named = given.take(&["descending", "largest"]).or_else(|| given.plain.get(forms + 1).copied());
        let flag = is_true(named);
        let suffix = match (name, flag) {
            ("topk", Some(false)) => "_smallest",
            ("sort" | "argsort", Some(true)) => "_descending",
            _ => "",
        };
        let method = format!("{name}{suffix}{}", if dim.is_some() { "_dim" } else { "" });
        if !library::is_method(&method) {
            return None;
        }
        self.say(sentence!("each order has its own method: `x.{method}(…)`", "每种顺序有自己的方法：`x.{method}(…)`"));
        let parts: Vec<String> = count.into_iter().chain(dim).collect();
        Some(format!("{before}.{method}({})", parts.join(", ")))
    }

    /// The methods of Python's strings.
    pub fn method_of_text(&self, before: &str, name: &str, inner: &[Tree], of_meaning: &Meaning) -> Option<String> {
        if name == "join" && *of_meaning == Meaning::Text {
            self.say(sentence!("the list joins: `words.join(\", \")`", "连接字符串列表用 `words.join(\", \")`"));
            return Some(format!("{}.join({before})", self.expression(trim(inner))));
        }
        let method = match name {
            "upper" => "to_uppercase",
            "lower" => "to_lowercase",
            "strip" => "trim",
            "lstrip" => "trim_start",
            "rstrip" => "trim_end",
            "startswith" => "starts_with",
            "endswith" => "ends_with",
            _ => return None,
        };
        self.say(sentence!("that method is `{method}` in Rust", "这个方法在 Rust 里叫 `{method}`"));
        Some(format!("{before}.{method}({})", self.expression(inner)))
    }

    /// `x.sum(0)`, `x.mean(dim=1, keepdim=True)`.
    pub fn reduction(&self, before: &str, name: &str, mut given: Arguments) -> Option<String> {
        let is_numpys = given.named.iter().any(|(name, _)| *name == "axis");
        let dims =
            given.take(&["dim", "axis", "dims"]).or_else(|| (!given.plain.is_empty()).then(|| given.plain.remove(0)));
        let keep =
            given.take(&["keepdim", "keepdims"]).or_else(|| (!given.plain.is_empty()).then(|| given.plain.remove(0)));
        if !given.plain.is_empty() || !given.named.is_empty() {
            self.give_up();
            return None;
        }
        let dims = self.shape(dims?);
        let form = match keep.map(|keep| self.text(keep).to_lowercase()).as_deref() {
            Some("true") => "keepdim",
            Some("false") | None => "dim",
            Some(_) => return None,
        };
        // NumPy's extremes come without their positions.
        let method = match name {
            "max" | "min" if is_numpys => format!("a{name}_{form}"),
            _ => format!("{name}_{form}"),
        };
        if !library::is_method(&method) {
            self.give_up();
            return None;
        }
        self.say(sentence!("over a dimension it is `x.{method}(…)`", "沿某一维计算用 `x.{method}(…)`"));
        Some(format!("{before}.{method}({dims})"))
    }

    /// A member without a call.
    pub fn member(&self, before: &str, of: &[Tree], name: &str, rest: &[Tree]) -> Option<String> {
        if rest.first().is_some_and(|next| next.inside("(").is_some() || next.is_sign("::")) {
            return None;
        }
        let is_tensor = match self.scope.borrow().meaning(of) {
            Meaning::Tensor => true,
            Meaning::Other => !self.is_no_rust() && self.is_said_to_be_a_tensor(of),
            _ => false,
        };
        match name {
            "dataset" if super::looks_like_python(self.code) && self.text(of).ends_with("loader") => {
                self.say(sentence!("it is a method: `x.{name}()`", "这是方法，调用要加括号：`x.{name}()`"));
                Some(format!("{before}.{name}()"))
            }
            "T" if is_tensor => {
                self.say(sentence!("a matrix is transposed by `x.t()`", "矩阵转置用 `x.t()`"));
                Some(format!("{before}.t()"))
            }
            "shape" | "ndim" | "dtype" | "device" | "size" | "len" if is_tensor => {
                self.say(sentence!("it is a method: `x.{name}()`", "这是方法，调用要加括号：`x.{name}()`"));
                Some(format!("{before}.{name}()"))
            }
            _ => None,
        }
    }
}

/// Whether an expression stands in the brackets of `.i(…)`.
pub fn is_an_index(code: &str, of: &[Tree]) -> bool {
    let before = code[..tokens::range(of).start].trim_end_matches(|c: char| c != 'i' && c != '\n' && c != ';');
    before.ends_with(".i")
}
