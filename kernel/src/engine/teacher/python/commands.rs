//! Lines that correspond to Soma's commands: magics, `pip install`, `type(x)`; and imports.

use super::super::lesson::sentence;
use super::super::tokens::{self, Tree, arguments, trim};
use super::Reader;
use super::statements::Line;

impl Reader<'_> {
    /// `%timeit f()`, `pip install x`, `help(x)`: lines for which Soma has a command.
    pub fn command(&self, line: Line) -> Option<String> {
        let content = line.content();
        let text = self.code[line.start..line.end()].trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        if !self.is_no_rust() {
            return None;
        }
        if first.starts_with('%') {
            return Some(match first.trim_start_matches('%') {
                "time" | "timeit" | "prun" => {
                    self.say(sentence!(
                        "`:time` at the top of a cell tells how long it takes",
                        "在单元格开头写 `:time` 可以计时"
                    ));
                    if rest.is_empty() { ":time".to_owned() } else { format!(":time\n{rest}") }
                }
                "who" | "whos" | "who_ls" => {
                    self.say(sentence!("`:vars` lists the variables", "`:vars` 列出所有变量"));
                    ":vars".to_owned()
                }
                "pip" | "conda" => return self.install(rest),
                "env" => {
                    self.say(sentence!("`:env` sets an environment variable", "`:env` 设置环境变量"));
                    format!(":env {rest}")
                }
                "matplotlib" | "config" | "load_ext" | "autoreload" => {
                    self.say(sentence!(
                        "this line is not needed: plots appear as a cell's value, with nothing to set up",
                        "不需要这一行：图作为单元格的值直接显示，无需设置"
                    ));
                    self.give_up();
                    text.to_owned()
                }
                _ => {
                    self.say(sentence!(
                        "commands begin with `:` here; `:help` lists them",
                        "这里的命令以 `:` 开头；`:help` 列出全部"
                    ));
                    self.give_up();
                    text.to_owned()
                }
            });
        }
        if matches!(first, "pip" | "pip3" | "conda") {
            return self.install(rest);
        }
        let name = text.strip_suffix('?').filter(|name| name.chars().all(|c| tokens::is_word(c) || c == '.'));
        if let Some(name) = name.or_else(|| text.strip_prefix('?').filter(|name| !name.is_empty())) {
            // `f()?` is Rust.
            self.say(sentence!("`:doc` explains a name", "`:doc` 解释一个名字"));
            return Some(format!(":doc {}", name.rsplit('.').next().unwrap_or(name)));
        }
        let printed = match content {
            [name, call] if name.is_word("print") => call.inside("(").map(trim),
            _ => None,
        };
        if let [name, call] = printed.unwrap_or(content)
            && let (Some("type"), Some(inner)) = (name.word(), call.inside("("))
            && let [argument] = &arguments(inner)[..]
            && let [variable] = argument
            && let Some(variable) = variable.word()
        {
            self.say(sentence!("`:type x` shows the type of a variable", "`:type x` 显示变量的类型"));
            return Some(format!(":type {variable}"));
        }
        None
    }

    pub fn install(&self, rest: &str) -> Option<String> {
        let name = rest.strip_prefix("install")?.trim();
        if matches!(name, "torch" | "numpy" | "matplotlib") {
            self.say(sentence!("tensors and plots are there: import them", "张量和绘图都已自带，导入即可"));
            return Some("use tensorlib::prelude::*;".to_owned());
        }
        self.say(sentence!("`:dep` adds a crate", "`:dep` 添加一个 crate"));
        self.give_up();
        Some(rest.to_owned())
    }

    /// `import numpy as np`, `from torch import nn`.
    pub fn import(&self, line: Line) -> Option<String> {
        let words: Vec<&str> = line.content().iter().filter_map(Tree::word).collect();
        let (&first, rest) = words.split_first()?;
        if !self.is_no_rust() || !(first == "import" || first == "from" && rest.contains(&"import")) {
            return None;
        }
        let is_alone = self.code.lines().filter(|line| !line.trim().is_empty()).count() == 1;
        let text = match *rest.first()? {
            "torch" | "numpy" | "matplotlib" | "torchvision" | "tensorlib" if self.has_imported.replace(true) => {
                self.say(sentence!("tensors, plots and all are imported at once", "张量、绘图等一次导入"));
                ""
            }
            "torch" | "numpy" | "matplotlib" | "torchvision" | "tensorlib" => {
                self.say(sentence!("tensors, plots and all are imported at once", "张量、绘图等一次导入"));
                "use tensorlib::prelude::*;"
            }
            // The uses of the module are changed too.
            "math" | "time" | "random" if !is_alone => {
                self.say(sentence!("nothing need be imported for that", "这不需要导入任何东西"));
                ""
            }
            "time" | "timeit" | "datetime" => {
                self.say(sentence!("`use` imports; time is in the standard library", "用 `use` 导入；时间在标准库里"));
                "use std::time::Instant;"
            }
            // For a list of named layers.
            "collections" if self.code.contains("OrderedDict(") && !is_alone => {
                self.say(sentence!("nothing need be imported for that", "这不需要导入任何东西"));
                ""
            }
            "collections" => {
                self.say(sentence!(
                    "`use` imports; collections are in the standard library",
                    "用 `use` 导入；集合在标准库里"
                ));
                "use std::collections::HashMap;"
            }
            "math" => {
                self.say(sentence!(
                    "nothing to import: numbers have methods, as in `2.0_f64.sqrt()`",
                    "无需导入：数有方法，如 `2.0_f64.sqrt()`"
                ));
                self.give_up();
                ""
            }
            "std" | "core" => {
                self.say(sentence!("Rust imports by `use`", "Rust 用 `use` 导入"));
                let path =
                    self.text(line.content()).trim_start_matches("import").trim().trim_end_matches(';').to_owned();
                return Some(format!("{}use {path};", self.before(line)));
            }
            name => {
                self.say(sentence!(
                    "Python's `{name}` is not in Rust; a crate is added by a line `:dep name`, and imported by `use`",
                    "Rust 里没有 Python 的 `{name}`；crate 用一行 `:dep 名字` 添加，用 `use` 导入"
                ));
                self.give_up();
                ""
            }
        };
        Some(format!("{}{text}", self.before(line)))
    }
}
