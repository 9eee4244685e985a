//! All commands, including evcxr's.

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Its name, with the colon.
    pub name: &'static str,
    /// The arguments after the name.
    pub arguments: &'static str,
    /// What it does.
    pub help: &'static str,
    /// The component that carries it out.
    pub by: By,
}

/// The component that carries a command out.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// Soma.
    Soma,
    /// evcxr.
    Evcxr(Turn),
    /// None; with what to do instead.
    Nobody(&'static str),
}

/// When evcxr carries a command out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At once, by itself.
    Now,
    /// With the code and the other commands that wait for it: crates are looked up and built once for all of them.
    WithCode,
    /// At once, together with the crates that wait: it shows them, or decides about them.
    WithCrates,
}

impl Command {
    /// Whether it has an effect.
    pub fn works(&self) -> bool {
        self.without_effect().is_none()
    }

    /// Why it has no effect, if so.
    pub fn without_effect(&self) -> Option<&'static str> {
        match self.by {
            By::Nobody(why) => Some(why),
            By::Soma | By::Evcxr(_) => None,
        }
    }
}

const fn command(name: &'static str, arguments: &'static str, help: &'static str, by: By) -> Command {
    Command { name, arguments, help, by }
}

const TOOLCHAIN: &str = "it uses the toolchain that `rustc` means in the notebook's folder; write a `rust-toolchain.toml` \
                         there, or run `rustup override set`, and restart the kernel";
const CACHE: &str = "it has a cache of compiled cells; `soma cache` shows and clears it, and the environment variable \
                     SOMA_CACHE_BYTES bounds it";
const PANICS: &str = "a panic never costs the variables of earlier cells, and keeping them costs nothing; `:restart` drops \
                      them";
const ANALYSIS: &str = "completions come from a process of its own; SOMA_LOG=soma=debug lets the kernel write what it does \
                        into its log";
const LINKING: &str = "it decides how cells are compiled and linked";

/// The commands, most wanted first.
pub const TABLE: &[Command] = &[
    command(":help", "NAME", "Explain a command; without a name list all", By::Soma),
    command(":dep", "regex = \"1\"", "Add a crate, as in a `Cargo.toml`", By::Evcxr(Turn::WithCode)),
    command(":show_deps", "", "Show the crates that were added", By::Evcxr(Turn::WithCrates)),
    command(":vars", "", "List the variables and their types", By::Soma),
    command(":type", "NAME", "Show a variable's type", By::Soma),
    command(":t", "NAME", "Short for `:type`", By::Soma),
    command(":doc", "NAME", "Show the documentation of a name", By::Soma),
    command(":time", "", "Tell how long this cell takes", By::Soma),
    command(":timing", "", "Tell how long every cell takes, or stop telling", By::Soma),
    command(":fmt", "{:#?}", "Set how values are shown; without a format as `{:?}`", By::Soma),
    command(":types", "", "Show values with their types, or stop it", By::Soma),
    command(":efmt", "{:?}", "Set how errors that `?` returns are shown", By::Evcxr(Turn::Now)),
    command(":opt", "LEVEL", "Compile cells at this optimisation level (0, 1, 2, 3)", By::Evcxr(Turn::Now)),
    command(":explain", "", "Explain the last compiler error", By::Evcxr(Turn::Now)),
    command(":env", "NAME=VALUE", "Set an environment variable; takes effect after `:restart`", By::Evcxr(Turn::Now)),
    command(":build_env", "NAME=VALUE", "Set an environment variable for compiling", By::Evcxr(Turn::Now)),
    command(":offline", "1", "Add crates without the network (1), or with it (0)", By::Evcxr(Turn::WithCrates)),
    command(
        ":snapshot",
        "off",
        "Take no snapshot after each cell, so that variables do not survive a crash; `on` again",
        By::Soma,
    ),
    command(":clear", "", "Forget every variable and definition", By::Evcxr(Turn::WithCrates)),
    command(
        ":restart",
        "",
        "Forget every variable, and restart the process that runs cells",
        By::Evcxr(Turn::WithCrates),
    ),
    command(":load_config", "", "Run evcxr's start-up files again", By::Soma),
    command(":last_compile_dir", "", "Show where the last cell was compiled", By::Evcxr(Turn::Now)),
    command(":last_error_json", "", "Show the last compiler error as JSON", By::Evcxr(Turn::Now)),
    command(":version", "", "Show evcxr's version", By::Evcxr(Turn::Now)),
    command(":quit", "", "End the kernel", By::Evcxr(Turn::WithCrates)),
    command(":preserve_vars_on_panic", "1", "Keep variables when a cell panics", By::Nobody(PANICS)),
    command(":internal_debug", "", "Show what evcxr asks its own analysis", By::Nobody(ANALYSIS)),
    command(":toolchain", "NAME", "Choose a toolchain", By::Nobody(TOOLCHAIN)),
    command(":cache", "MIB", "Bound evcxr's cache", By::Nobody(CACHE)),
    command(":clear_cache", "", "Clear evcxr's cache", By::Nobody(CACHE)),
    command(":sccache", "1", "Use sccache", By::Nobody(CACHE)),
    command(":linker", "NAME", "Choose a linker", By::Nobody(LINKING)),
    command(":codegen_backend", "NAME", "Choose a code generator", By::Nobody(LINKING)),
    command(":allow_static_linking", "1", "Link crates statically", By::Nobody(LINKING)),
    command(":time_passes", "", "Show the time of rustc's passes", By::Nobody(LINKING)),
];
