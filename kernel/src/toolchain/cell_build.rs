//! A cell's build: what `cargo build` means in evcxr's crate.
//!
//! rustc is called directly, or not at all when the cell cache knows the program. evcxr reads cargo's JSON
//! messages from standard output and the path of the library from a file, so both are written as cargo
//! would; a diagnostic's lines are translated back into those of evcxr's own text.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::cache::Cache;
use super::cell_libs::CellLibs;
use super::dependencies::{self, Dependencies};
use super::facts::{Facts, hex};
use super::kept::Kept;
use super::loaded;
use super::notes::{CellItems, CellNotes, Definition, Original, SessionNotes};
use super::paths::CommandLine;
use super::program::{self, Origin, Program};
use super::trouble;

/// The file that is compiled; panics name it, and the engine maps its lines back to cells.
pub const SOURCE: &str = "src/cell.rs";

/// The optimisation level that the engine gives evcxr at the start: Soma chooses one for each cell, until
/// the person says otherwise with `:opt`.
pub const AUTOMATIC: &str = "\"s\"";

/// Holds this process's number while a cell is compiled; it leads a process group that rustc is in.
pub const PID_FILE: &str = "build.pid";

/// What rustc warned of in the last cell that it compiled: its messages, one a line, with the places in [`SOURCE`].
pub const WARNINGS: &str = "warnings.json";

/// The lints that a person who runs a cell is told of: likely mistakes. Those about style, and about what is never
/// used, are not: in a notebook the next cell may use it.
const LINTS: &[&str] = &[
    "unused_must_use",
    "unused_variables",
    "unused_assignments",
    "unused_comparisons",
    "unreachable_code",
    "unreachable_patterns",
    "path_statements",
    "unconditional_recursion",
    "invalid_nan_comparisons",
    "for_loops_over_fallibles",
    "dropping_references",
    "deprecated",
    "static_mut_refs",
];

/// How a cell is compiled, apart from its text.
#[derive(Clone, Copy)]
struct Recipe<'a> {
    facts: &'a Facts,
    libs: &'a CellLibs,
    dependencies: &'a Dependencies,
    /// The crates that the cell can name, and their files.
    externs: &'a [(String, PathBuf)],
    opt_level: &'a str,
    /// Look for errors only, and make nothing.
    check_only: bool,
}

/// Builds the cell in the current folder; the result is the exit code.
///
/// # Errors
/// When files of the session cannot be read or written, or rustc cannot be run.
pub fn run(session: &Path, notes: &SessionNotes, arguments: &[&str]) -> Result<i32> {
    let cell = CellNotes::read(session).unwrap_or_default();
    let source = fs::read_to_string("src/lib.rs").context("evcxr left no source for the cell")?;
    // An interrupt, or the end of the kernel, ends the compile too.
    let _ = nix::unistd::setpgid(nix::unistd::Pid::from_raw(0), nix::unistd::Pid::from_raw(0));
    crate::process::die_with_parent();
    fs::write(session.join(PID_FILE), std::process::id().to_string())?;
    let status = compile(session, notes, &cell, &source, arguments)?;
    let _ = fs::remove_file(session.join(PID_FILE));
    Ok(status)
}

fn compile(session: &Path, notes: &SessionNotes, cell: &CellNotes, source: &str, arguments: &[&str]) -> Result<i32> {
    let manifest = fs::read_to_string("Cargo.toml").context("evcxr left no manifest for the cell")?;
    let (request, level) = dependencies::request(&manifest, arguments)?;
    let dependencies = match Dependencies::resolve(&request, session, notes)? {
        Ok(dependencies) => dependencies,
        Err(said) => {
            // evcxr shows what cargo wrote when there is no compiler message.
            eprintln!("{said}");
            return Ok(101);
        }
    };
    let present = externs(&notes.libs, &dependencies);
    let kept = Kept::find(&cell.types, &cell.made_with, &present);
    let program = Program::read(
        source,
        &program::Session {
            words: &cell.words,
            types: &kept.types,
            kept: &kept.variables,
            items: &cell.items,
            definitions: &definitions(&cell.items, &dependencies),
            linked: dependencies.linked(),
        },
    )?;
    if let Some(line) = program.question_mark {
        // rustc would say the same, and take a compile for it.
        println!("{}", compiler_message(missing_error_type(line)));
        return Ok(101);
    }
    let text = program.text();
    // Without loops of its own, a cell spends its time in libraries, which are optimised: compiling fast wins
    // (45 against 70 ms). A hot loop at level 0 would be many times slower.
    let opt_level = match level {
        AUTOMATIC if cell.items.has_loops => "2",
        AUTOMATIC => "0",
        level => level,
    };
    let check_only = arguments.contains(&"check");
    let externs: Vec<_> = present.iter().cloned().chain(kept.externs).collect();
    let recipe = Recipe {
        facts: &notes.facts,
        libs: &notes.libs,
        dependencies: &dependencies,
        externs: &externs,
        opt_level,
        check_only,
    };
    let identity = format!("{}-{}", notes.libs.key, dependencies.identity);
    CommandLine { libraries: recipe.libraries(), externs: present, identity }.write(session)?;
    let library = library_path(&notes.facts);
    fs::create_dir_all(library.parent().expect("a library is in a folder"))?;
    fs::write(SOURCE, &text)?;
    let cache = Cache::user();
    let key = recipe.key(&text);
    let cached = if program.reads_surroundings { None } else { cache.get(&key).and_then(Build::decode) };
    let build = match cached {
        Some(build) => build,
        None => {
            let mut rustc = recipe.command(&library, &notes.original);
            crate::process::end_with_parent(&mut rustc);
            let output = rustc.output().context("cannot run rustc")?;
            let build = Build::read(&output, &library, check_only)?;
            let is_final = output.status.success() || build.has_errors_in_the_program();
            if is_final && !program.reads_surroundings {
                cache.put(&key, &build.encode());
            }
            build
        }
    };
    if !check_only && build.library.is_none() && !build.has_errors_in_the_program() && !build.is_of_a_crash() {
        eprintln!("{}", trouble::of_compiler(&build.diagnostics));
        return Ok(101);
    }
    let mut warnings = String::new();
    for line in build.diagnostics.lines() {
        match serde_json::from_str::<Value>(line) {
            // evcxr has no use for it.
            Ok(diagnostic) if diagnostic["level"] == "warning" => {
                if is_worth_telling(&diagnostic, &program) {
                    warnings.extend([line, "\n"]);
                }
            }
            Ok(mut diagnostic) => {
                translate(&mut diagnostic, &program);
                println!("{}", compiler_message(diagnostic));
            }
            Err(_) => eprintln!("{line}"),
        }
    }
    fs::write(session.join(WARNINGS), warnings)?;
    let Some(content) = build.library else { return Ok(i32::from(!check_only || build.diagnostics.contains("error"))) };
    loaded::provide(&library, &content, session, &text)?;
    println!("{}", json!({"reason": "compiler-artifact", "target": {"name": "ctx"}, "filenames": [library]}));
    if let Some(file) = std::env::var_os("EVCXR_EXECUTION_SO_PATH") {
        fs::write(file, library.to_string_lossy().as_bytes())?;
    }
    Ok(0)
}

/// Whether a warning is of a kind that people are told of, and about this cell: what is said of an earlier cell's item
/// was said there.
fn is_worth_telling(diagnostic: &Value, program: &Program) -> bool {
    let is_own = |span: &Value| {
        let line = span["line_start"].as_u64().unwrap_or(0) as usize;
        span["is_primary"] == true && span["file_name"] == SOURCE && matches!(program.origin(line), Origin::Evcxr(_))
    };
    diagnostic["code"]["code"].as_str().is_some_and(|code| LINTS.contains(&code))
        && diagnostic["spans"].as_array().is_some_and(|spans| spans.iter().any(is_own))
}

/// rustc's diagnostic as cargo hands it on.
fn compiler_message(diagnostic: Value) -> Value {
    json!({"reason": "compiler-message", "target": {"name": "ctx"}, "message": diagnostic})
}

/// What rustc says of `?` in a function that returns nothing, on which evcxr gives it an error type to return.
fn missing_error_type(line: usize) -> Value {
    json!({
        "message": "the `?` operator can only be used in a function that returns `Result`",
        "code": {"code": "E0277", "explanation": null},
        "level": "error",
        "spans": [{
            "file_name": "src/lib.rs", "byte_start": 0, "byte_end": 0, "line_start": line, "line_end": line,
            "column_start": 1, "column_end": 1, "is_primary": true, "text": [], "label": null,
            "suggested_replacement": null, "suggestion_applicability": null, "expansion": null
        }],
        "children": [],
        "rendered": ""
    })
}

/// The code of the only message of a compiler that crashed.
const COMPILER_CRASH: &str = "CompilerCrash";

/// What is said in place of what a compiler writes that a signal has ended: pages about itself.
fn compiler_crash(signal: i32) -> Value {
    let name = Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string());
    let message = match Signal::try_from(signal) {
        Ok(Signal::SIGKILL | Signal::SIGTERM | Signal::SIGINT | Signal::SIGHUP) => format!(
            "the Rust compiler was ended by {name} while it compiled this cell, perhaps for want of memory; the cell did \
             not run"
        ),
        _ => format!(
            "the Rust compiler crashed on this cell ({name}), and the cell did not run. An expression or a type that is \
             nested very deep does that: give parts of it names with `let`"
        ),
    };
    json!({
        "message": message, "code": {"code": COMPILER_CRASH, "explanation": null}, "level": "error", "spans": [],
        "children": [], "rendered": ""
    })
}

/// What rustc made of a program: what the cache keeps, also when the program has errors.
struct Build {
    /// The library; `None` when there were errors, or none was asked for.
    library: Option<Vec<u8>>,
    /// rustc's messages, a line each.
    diagnostics: String,
}

impl Build {
    fn read(output: &Output, library: &Path, check_only: bool) -> Result<Build> {
        let made = output.status.success() && !check_only;
        Ok(Build {
            library: if made { Some(fs::read(library)?) } else { None },
            diagnostics: match output.status.signal() {
                Some(signal) => compiler_crash(signal).to_string(),
                None => String::from_utf8_lossy(&output.stderr).into_owned(),
            },
        })
    }

    /// Whether the program itself is wrong, so that it will be another time. An error that stands nowhere in it (a disk
    /// that is full, a linker that is not there) may be gone by then; so may be what stopped the compiler.
    fn has_errors_in_the_program(&self) -> bool {
        let mut diagnostics = self.diagnostics.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        diagnostics.any(|diagnostic| {
            diagnostic["level"] == "error" && diagnostic["spans"].as_array().is_some_and(|spans| !spans.is_empty())
        })
    }

    /// Whether all there is to say is that the compiler has crashed.
    fn is_of_a_crash(&self) -> bool {
        serde_json::from_str::<Value>(&self.diagnostics).is_ok_and(|message| message["code"]["code"] == COMPILER_CRASH)
    }

    /// The length of the messages, the messages, the library.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = (self.diagnostics.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(self.diagnostics.as_bytes());
        bytes.extend_from_slice(self.library.as_deref().unwrap_or_default());
        bytes
    }

    fn decode(mut bytes: Vec<u8>) -> Option<Build> {
        let length = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?) as usize;
        let end = length.checked_add(8)?;
        let diagnostics = String::from_utf8(bytes.get(8..end)?.to_vec()).ok()?;
        bytes.drain(..end);
        Some(Build { library: (!bytes.is_empty()).then_some(bytes), diagnostics })
    }
}

/// The crates that a cell can name: what the session has added hides what every cell has.
fn externs(libs: &CellLibs, dependencies: &Dependencies) -> Vec<(String, PathBuf)> {
    let added = &dependencies.externs;
    let own = libs.externs.iter().filter(|(name, _)| added.iter().all(|(other, _)| other != name));
    added.iter().chain(own).cloned().collect()
}

/// The fingerprints that the cell is compiled with: of the notebook's types, with the crates that these are made of,
/// and of the crates that come from a path.
fn definitions(items: &CellItems, dependencies: &Dependencies) -> BTreeMap<String, String> {
    let of_crate = |name: &str| dependencies.changing.iter().find(|(other, _)| other == name).map(|(_, print)| print);
    let of_type = |definition: &Definition| {
        let used = dependencies.externs.iter().filter(|(name, _)| definition.words.contains(name));
        let crates: Vec<String> = used
            .map(|(name, file)| format!("{} {}", file.display(), of_crate(name).map_or("", String::as_str)))
            .collect();
        if crates.is_empty() {
            return definition.fingerprint.clone();
        }
        hex(&Sha256::digest(format!("{}\0{}", definition.fingerprint, crates.join("\0"))))
    };
    let types = items.definitions.iter().map(|(path, definition)| (path.clone(), of_type(definition)));
    types.chain(dependencies.changing.iter().map(|(name, print)| (format!("{name}::"), print.clone()))).collect()
}

fn library_path(facts: &Facts) -> PathBuf {
    let folder = std::env::current_dir().unwrap_or_default();
    let name = format!("{}ctx{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    folder.join("target").join(&facts.host).join("debug/deps").join(name)
}

impl Recipe<'_> {
    /// Everything that decides what rustc makes of a text.
    fn key(&self, text: &str) -> String {
        let mut digest = Sha256::new();
        let (version, dependencies) = (&self.facts.version, &self.dependencies.identity);
        let emit = if self.check_only { "check" } else { "build" };
        for part in [env!("SOMA_DRIVER"), emit, version, &self.libs.key, dependencies, self.opt_level, text] {
            digest.update(part.len().to_le_bytes());
            digest.update(part.as_bytes());
        }
        hex(&digest.finalize())
    }

    /// The arguments that name the libraries a cell can use.
    fn libraries(&self) -> Vec<String> {
        let mut arguments = vec!["-L".to_owned(), format!("dependency={}", self.libs.deps.display())];
        arguments.extend(self.dependencies.search());
        let externs = self.externs.iter();
        arguments
            .extend(externs.flat_map(|(name, file)| ["--extern".to_owned(), format!("{name}={}", file.display())]));
        arguments
    }

    /// The arguments by which the loader looks for dylibs in this folder.
    fn search_at_load(&self, folder: &Path) -> [String; 4] {
        // A C compiler has to be told to hand it on.
        let prefix = if self.libs.linker.is_empty() { "-Wl," } else { "" };
        let argument = |part: &str| format!("link-arg={prefix}{part}");
        ["-C".to_owned(), argument("-rpath"), "-C".to_owned(), argument(&folder.display().to_string())]
    }

    /// The compiler's call. Debug assertions and overflow checks are on, as in a debug build; crate name and
    /// metadata are the same for every cell, so that a type has one `TypeId` in all of them.
    fn command(&self, library: &Path, original: &Original) -> Command {
        let mut command = Command::new(&self.facts.rustc);
        command
            .args(["--edition", "2024", "--crate-name", "ctx", "--crate-type", "cdylib", "--error-format", "json"])
            .args(["-C", "prefer-dynamic", "-C", "metadata=soma", "-C", "codegen-units=1"])
            .args(["-C", "debug-assertions=on", "-C", "overflow-checks=on", "-C", "strip=debuginfo"])
            .args(["-A", "unused", "-A", "nonstandard_style", "-A", "future_incompatible"])
            .args(LINTS.iter().flat_map(|lint| ["-W", lint]))
            .args(["-C", &format!("opt-level={}", self.opt_level)])
            .args(&self.libs.linker)
            .args(self.libraries());
        let target_libdir = self.facts.target_libdir();
        let folders = [&self.libs.deps, &target_libdir].into_iter().chain(&self.dependencies.folder);
        command.args(folders.flat_map(|folder| self.search_at_load(folder)));
        if self.check_only {
            command.arg("--emit=metadata").arg("--out-dir").arg(library.with_file_name("check"));
        } else {
            command.arg("-o").arg(library);
        }
        command.arg(SOURCE).stdin(Stdio::null());
        original.restore(&mut command);
        if std::env::var_os("RUST_MIN_STACK").is_none() {
            // Four times what it takes by itself: it goes one call deeper for each level of an expression.
            command.env("RUST_MIN_STACK", (32 << 20).to_string());
        }
        command
    }
}

/// Rewrites every span of a diagnostic from the compiled text's lines: to those of evcxr's text, or to those of the
/// earlier cell that the lines are from, under the name of [`earlier_cell`]. A span in lines that Soma added names
/// no file; both are shown to nobody by evcxr.
fn translate(diagnostic: &mut Value, program: &Program) {
    match diagnostic {
        Value::Object(fields) => {
            if fields.get("file_name").is_some_and(|name| name == SOURCE) {
                let number = |at: &str| fields.get(at).and_then(Value::as_u64).unwrap_or(0);
                let place = |line: &str| program.origin(number(line) as usize);
                match (place("line_start"), place("line_end")) {
                    (Origin::Evcxr(start), Origin::Evcxr(end)) => {
                        fields.insert("file_name".into(), "src/lib.rs".into());
                        fields.insert("line_start".into(), start.into());
                        fields.insert("line_end".into(), end.into());
                    }
                    (Origin::Earlier { cell, line, indent }, Origin::Earlier { line: end, indent: end_indent, .. }) => {
                        let columns = [("column_start", indent), ("column_end", end_indent)];
                        let columns = columns.map(|(at, indent)| (at, number(at) + indent as u64));
                        fields.insert("file_name".into(), earlier_cell(cell).into());
                        fields.insert("line_start".into(), line.into());
                        fields.insert("line_end".into(), end.into());
                        fields.extend(columns.map(|(at, column)| (at.to_owned(), column.into())));
                    }
                    _ => {
                        fields.insert("file_name".into(), "generated".into());
                    }
                }
            }
            fields.values_mut().for_each(|value| translate(value, program));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| translate(value, program)),
        _ => {}
    }
}

/// How diagnostics name a cell of the session, by its place.
pub fn earlier_cell(cell: usize) -> String {
    format!("{EARLIER_CELL}{cell}")
}

/// The place in the session of the cell that a diagnostic names, if it is an earlier one.
pub fn earlier_cell_in(file: &str) -> Option<usize> {
    file.strip_prefix(EARLIER_CELL)?.parse().ok()
}

const EARLIER_CELL: &str = "cell ";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The keys of recipes that differ in one thing each; the first is the usual one.
    fn keys() -> Vec<String> {
        let facts = Facts::find().unwrap();
        let mut other_compiler = facts.clone();
        other_compiler.version.push_str("-other");
        let libs = CellLibs {
            key: "libs".into(),
            dylib: PathBuf::new(),
            deps: PathBuf::new(),
            externs: Vec::new(),
            versions: Vec::new(),
            linker: Vec::new(),
        };
        let other_libs = CellLibs { key: "other".into(), ..libs.clone() };
        let none = Dependencies::default();
        let some = Dependencies { identity: "some".into(), ..Dependencies::default() };
        let usual =
            Recipe { facts: &facts, libs: &libs, dependencies: &none, externs: &[], opt_level: "0", check_only: false };
        vec![
            usual.key("cell"),
            usual.key("other cell"),
            Recipe { facts: &other_compiler, ..usual }.key("cell"),
            Recipe { libs: &other_libs, ..usual }.key("cell"),
            Recipe { dependencies: &some, ..usual }.key("cell"),
            Recipe { opt_level: "2", ..usual }.key("cell"),
            Recipe { check_only: true, ..usual }.key("cell"),
        ]
    }

    #[test]
    fn whatever_decides_what_rustc_makes_is_in_the_key() {
        let (first, again) = (keys(), keys());
        assert_eq!(first, again);
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len());
    }

    #[test]
    fn a_build_is_the_same_after_the_cache() {
        for library in [None, Some(vec![1, 2, 3])] {
            let build = Build { library: library.clone(), diagnostics: "{\"a\": 1}\n".to_owned() };
            let decoded = Build::decode(build.encode()).unwrap();
            assert_eq!((decoded.library, decoded.diagnostics), (library, build.diagnostics));
        }
        assert!(Build::decode(vec![9, 0, 0]).is_none());
        assert!(Build::decode(u64::MAX.to_le_bytes().to_vec()).is_none());
    }
}
