//! What rustc wants linked, from the arguments that it gives to a linker.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// System libraries that every process of Rust has loaded.
const LOADED: [&str; 7] = ["gcc_s", "util", "rt", "pthread", "m", "dl", "c"];

/// What to link.
#[derive(Debug, Default, PartialEq)]
pub struct Request {
    /// The object of the cell.
    pub object: PathBuf,
    /// The shared libraries that it refers to.
    pub libraries: Vec<PathBuf>,
    /// The folders in which the loader looks for them.
    pub search: Vec<String>,
    /// The symbols that others can refer to.
    pub exports: Vec<String>,
    /// The library to make.
    pub output: PathBuf,
}

impl Request {
    /// Reads the arguments.
    pub fn read(arguments: &[String]) -> Result<Request> {
        let mut request = Request::default();
        let mut objects = Vec::new();
        let mut is_shared = false;
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().context("an option without a value");
            match argument {
                // What it does anyway, or what makes no difference for a cell.
                "--no-undefined-version"
                | "--as-needed"
                | "-Bdynamic"
                | "-Bstatic"
                | "--eh-frame-hdr"
                | "--strip-debug"
                | "-Bsymbolic-functions"
                | "--gc-sections"
                | "-O1" => {}
                "-shared" => is_shared = true,
                "-flavor" | "-L" => drop(value()?),
                "-z" => match value()? {
                    "noexecstack" | "relro" | "now" => {}
                    other => bail!("-z {other}"),
                },
                "-o" => request.output = value()?.into(),
                "-rpath" => request.search.push(value()?.to_owned()),
                _ if argument.starts_with("-L") => {}
                _ if let Some(name) = argument.strip_prefix("-l") => {
                    if !LOADED.contains(&name) {
                        bail!("the library {name}");
                    }
                }
                _ if let Some(script) = argument.strip_prefix("--version-script=") => {
                    request.exports = exports(&fs::read_to_string(script)?)?;
                }
                _ if argument.starts_with('-') => bail!("the option {argument}"),
                _ => {
                    let path = Path::new(argument);
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    if name.ends_with(".so") {
                        request.libraries.push(path.to_owned());
                    } else if name.ends_with(".o") {
                        objects.push(path.to_owned());
                    // rustc's own list of the exported symbols, and code that the standard library contains, too.
                    } else if !(name.starts_with("libcompiler_builtins-") && name.ends_with(".rlib")) {
                        bail!("the file {argument}");
                    }
                }
            }
        }
        // rustc's list of exported symbols, as an object that refers to them.
        objects.retain(|object| object.file_name().is_none_or(|name| name != "symbols.o"));
        request.object = match objects.len() {
            1 => objects.remove(0),
            number => bail!("{number} objects"),
        };
        if !is_shared || request.output.as_os_str().is_empty() {
            bail!("no shared library");
        }
        Ok(request)
    }
}

/// The names in a version script as rustc writes it.
fn exports(script: &str) -> Result<Vec<String>> {
    let words: Vec<&str> = script.split_whitespace().collect();
    let ["{", "global:", names @ .., "local:", "*;", "};"] = &words[..] else { bail!("the version script {script}") };
    let names = names.iter().map(|name| name.strip_suffix(';').filter(|name| !name.contains(['*', '?', '['])));
    names.map(|name| name.map(str::to_owned).context("a pattern in the version script")).collect()
}
