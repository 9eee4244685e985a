//! Builds a cell: stands in for `cargo build` in evcxr's crate.
//!
//! The driver calls rustc directly, or not at all when the cell cache has the program. evcxr reads cargo's JSON
//! messages from standard output and the library's path from a file, so the driver writes both as cargo would, and
//! translates the lines of diagnostics back into those of evcxr's own text.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cache::Cache;
use super::cell_libs::{Builder, CellLibs};
use super::cell_only::{self, CellOnly};
use super::command_line::CommandLine;
use super::dependencies::Dependencies;
use super::environment_errors;
use super::handoff::{CellNotes, SessionNotes};
use super::loaded_libraries;
use super::messages::{self, COMPILER_CRASH};
use super::original::Original;
use super::recipe::{self, Output, Recipe};
use super::replaced_deps::Kept;
use super::surroundings::{Anchored, Surroundings};
use super::toolchain_info::{ToolchainInfo, hex};
use super::{link, waiting, warming};
use crate::announce::announce;
use crate::diagnostic::{CompilerOutput, DiagnosticExt, DiagnosticLevel};
use crate::dirs;
use crate::evcxr::program::{self, CellItems, Definition, Program, Show, Versions};
use crate::evcxr::{self, files, manifest, tools};
use crate::session_dir::{BUILD_PID, KEY, SOURCE, WARNINGS};

/// The optimisation level that the engine gives evcxr at the start: Soma chooses a level for each cell, until the user
/// sets one with `:opt`.
pub const AUTOMATIC: &str = "\"s\"";

/// Removes the last cell from the cache: its library cannot be loaded, although the linker reported success.
pub fn forget(session: &Path) {
    if let (Ok(key), Ok(notes)) = (fs::read_to_string(session.join(KEY)), SessionNotes::read(session)) {
        let cell = CellNotes::read(session).unwrap_or_default();
        cache(&cell, &notes.libs).remove(&key);
    }
}

/// The cache for a cell. evcxr's own, with which every session begins, belongs to the libraries, and stays as long as
/// they do; where they are not this account's, it is a cell like others.
fn cache(cell: &CellNotes, libs: &CellLibs) -> Cache {
    match libs.own_folder().filter(|_| cell.is_of_evcxr) {
        Some(folder) => Cache::user_in(folder),
        None => Cache::user(),
    }
}

/// Builds the cell in the current folder, and returns the exit code.
///
/// # Errors
/// When the session's files cannot be read or written, or rustc cannot be run.
pub fn run(session: &Path, notes: &SessionNotes, arguments: &[&str]) -> Result<i32> {
    let cell = CellNotes::read(session).unwrap_or_default();
    let source = fs::read_to_string(files::SOURCE).context("evcxr left no source for the cell")?;
    // So that an interrupt, or the kernel's end, also ends the compile.
    let _ = nix::unistd::setpgid(nix::unistd::Pid::from_raw(0), nix::unistd::Pid::from_raw(0));
    crate::process::die_with_parent();
    fs::write(session.join(BUILD_PID), std::process::id().to_string())?;
    let status = compile(session, notes, &cell, &source, arguments)?;
    let _ = fs::remove_file(session.join(BUILD_PID));
    Ok(status)
}

fn compile(session: &Path, notes: &SessionNotes, cell: &CellNotes, source: &str, arguments: &[&str]) -> Result<i32> {
    let manifest = fs::read_to_string(files::MANIFEST).context("evcxr left no manifest for the cell")?;
    let (request, level) = manifest::request(&manifest, arguments)?;
    let with_own_libraries;
    let notes = match Dependencies::are_there(request.table, &notes.libs)? {
        true => notes,
        // An installation's libraries are not compatible with crates that are built here.
        false => {
            let builder = Builder { original: &notes.original, pid_file: None };
            let libs = builder.ensure_for_crates(&notes.facts, &notes.libs, &mut |line| announce(session, line))?;
            with_own_libraries = SessionNotes { libs, ..notes.clone() };
            &with_own_libraries
        }
    };
    let dependencies = match Dependencies::resolve(&request, session, notes)? {
        Ok(dependencies) => dependencies,
        Err(said) => {
            // evcxr shows cargo's standard error when there is no compiler message.
            eprintln!("{said}");
            return Ok(101);
        }
    };
    let present = externs(&notes.libs, &dependencies);
    let kept = Kept::find(&cell.types, &cell.made_with, &present);
    let definitions = definitions(&cell.items, &dependencies);
    let versions = Versions::of(&definitions, session);
    let mut cell_only = CellOnly::default();
    let mut show = program::first_show(&cell.items);
    // A cell without hot loops spends its time in libraries, which are optimised: fast compilation wins (45 against
    // 70 ms, and more with a loop of tensors). A hot loop at level 0 would be many times slower. The engine tells which
    // loops are hot (`engine/items/loops`).
    let opt_level = match level {
        AUTOMATIC if cell.items.has_hot_loops => "2",
        AUTOMATIC => "0",
        level => level,
    };
    let check_only = arguments.contains(&"check");
    let is_usual = kept.externs.is_empty();
    let externs: Vec<_> = present.iter().cloned().chain(kept.externs).collect();
    let recipe = Recipe {
        facts: &notes.facts,
        libs: &notes.libs,
        dependencies: &dependencies,
        externs: &externs,
        opt_level,
        linker: &OnceCell::new(),
        check_only,
        is_usual,
    };
    let identity = format!("{}-{}", notes.libs.key, dependencies.identity);
    CommandLine { libraries: recipe.libraries(), externs: present, identity }.write(session)?;
    let library = library_path(&notes.facts);
    fs::create_dir_all(library.parent().expect("a library is in a folder"))?;
    let read = |cell_only: &CellOnly, show| {
        let session = program::Session {
            words: &cell.words,
            cell_only: &cell_only.variables,
            types: &kept.types,
            kept: &kept.variables,
            items: &cell.items,
            definitions: &definitions,
            versions: &versions,
            show,
            linked: dependencies.linked(),
        };
        Program::read(source, &session)
    };
    let cache = cache(cell, &notes.libs);
    let mut is_probed = false;
    let (program, text, build) = loop {
        let program = read(&cell_only, show)?;
        if let Some(line) = program.question_mark {
            // rustc would report the same, but only after a compile.
            println!("{}", tools::compiler_message(&tools::missing_error_type(line)));
            return Ok(101);
        }
        let text = program.text();
        let build = build(&recipe, &program, (session, &text), &library, (&cache, &notes.original))?;
        // rustc may have refused the generated code around the cell: then compile the cell again, wrapped in another
        // way.
        if show == Show::Owned && build.has_errors_in_the_program() && build.lacks_a_display() {
            show = Show::Borrowed;
        } else if cell_only.learn(&build.said, &program) {
            continue;
        } else if build.library.is_some() || !CellOnly::may_explain(&build.said) {
            break (program, text, build);
        } else if cell_only.end_early() {
            continue;
        } else if !is_probed {
            is_probed = true;
            let check = Recipe { check_only: true, ..recipe };
            let is_too_short = |name: &str| -> Result<bool> {
                let program = read(&cell_only.all_but(name, &program), show)?;
                let text = program.text();
                let probe = self::build(&check, &program, (session, &text), &library, (&cache, &notes.original))?;
                Ok(probe.has_errors_in_the_program())
            };
            match cell_only::culprits(program.kept().map(str::to_owned).collect(), is_too_short)? {
                culprits if culprits.is_empty() => break (program, text, build),
                culprits => culprits.iter().for_each(|name| cell_only.add(name)),
            }
        } else {
            break (program, text, build);
        }
    };
    cell_only.write(session)?;
    if !check_only && build.library.is_none() && !build.has_errors_in_the_program() && !build.is_of_a_crash() {
        eprintln!("{}", environment_errors::of_compiler(&build.said));
        return Ok(101);
    }
    let has_errors = build.said.diagnostics.iter().any(|diagnostic| diagnostic.level == DiagnosticLevel::Error);
    // evcxr does not use warnings.
    let (mut warnings, others): (Vec<_>, Vec<_>) =
        build.said.diagnostics.into_iter().partition(|diagnostic| diagnostic.level == DiagnosticLevel::Warning);
    warnings.retain(|warning| messages::is_worth_telling(warning, &program));
    dirs::overwrite(&session.join(WARNINGS), &serde_json::to_vec(&warnings)?)?;
    for mut diagnostic in others {
        messages::translate(&mut diagnostic, &program);
        println!("{}", tools::compiler_message(&diagnostic));
    }
    build.said.other.iter().for_each(|line| eprintln!("{line}"));
    let Some(content) = build.library else { return Ok(i32::from(!check_only || has_errors)) };
    loaded_libraries::provide(&library, &content, session, &text)?;
    tools::tell_of_library(&library)?;
    Ok(0)
}

/// Compiles a session's program, or takes the result of an earlier compile from the cache.
fn build(
    recipe: &Recipe,
    program: &Program,
    (session, text): (&Path, &str),
    library: &Path,
    (cache, original): (&Cache, &Original),
) -> Result<Build> {
    let anchored = Anchored::new(text, &original.folder);
    dirs::overwrite(SOURCE.as_ref(), anchored.text.as_bytes())?;
    let key = recipe.key(&anchored.text);
    dirs::overwrite(&session.join(KEY), key.as_bytes())?;
    let call = |output| recipe.command(output, library, original, program.is_unstable);
    let cached = if recipe.check_only { None } else { cache.get(&key).and_then(Build::decode) };
    let mut build = match cached.filter(|build| build.surroundings.are_unchanged(|| call(Output::Object))) {
        Some(build) => {
            tracing::debug!(key, "the cell is in the cache");
            build
        }
        None => {
            let begun = Instant::now();
            let build = Build::make(recipe, call, library, session)?;
            tracing::debug!(key, level = recipe.opt_level, took = ?begun.elapsed(), "compiled");
            // rustc lists the files that a program reads only when it succeeds.
            let is_wrong = build.has_errors_in_the_program() && !program.reads_surroundings && !anchored.is_changed();
            if !recipe.check_only && (build.library.is_some() || is_wrong) {
                cache.put(&key, &build.encode());
            }
            build
        }
    };
    if build.library.is_some() && !recipe.check_only {
        warming::keep(&key, || build.encode());
    }
    if anchored.is_changed() {
        // So that a look-up of a place finds the cell's own line.
        dirs::overwrite(SOURCE.as_ref(), text.as_bytes())?;
        anchored.restore(&mut build.said.diagnostics);
    }
    Ok(build)
}

/// The result of compiling a program. The cache keeps it even if the program has errors.
struct Build {
    /// The library; `None` if there were errors, or if none was requested.
    library: Option<Vec<u8>>,
    /// rustc's messages.
    said: CompilerOutput,
    /// The files and variables that the library was made from.
    surroundings: Surroundings,
}

impl Build {
    /// Compiles, and links: Soma what is usual, the toolchain's linker everything else.
    fn make(recipe: &Recipe, call: impl Fn(Output) -> Command, library: &Path, session: &Path) -> Result<Build> {
        // Crates from a path may have been built a moment ago.
        let anew = !recipe.dependencies.changing.is_empty();
        if recipe.check_only {
            return Build::read(&mut call(Output::Messages), None, library, (session, anew));
        }
        if recipe.is_usual && link::is_possible(&recipe.facts.host) {
            let object = recipe::object(library);
            let mut build = Build::read(&mut call(Output::Object), Some(&object), library, (session, anew))?;
            let Some(object) = build.library.take() else { return Ok(build) };
            match link::link(&object, &recipe.linked(), &recipe.search_at_load()) {
                Ok(library) => return Ok(Build { library: Some(library), ..build }),
                Err(why) => tracing::debug!("the toolchain's linker links: {why:#}"),
            }
        }
        let build = Build::read(&mut call(Output::Library), Some(library), library, (session, anew))?;
        if let Some(content) = &build.library
            && let Err(error) = object::File::parse(&**content)
        {
            // On some file systems this is the only sign of a full disk.
            bail!("the linker has left a broken library ({error}): is there room on the disk? Then run the cell again");
        }
        Ok(build)
    }

    /// Runs rustc, and reads what it says and the file that it makes.
    fn read(rustc: &mut Command, made: Option<&Path>, library: &Path, (session, anew): (&Path, bool)) -> Result<Build> {
        tracing::trace!(command = ?rustc, "rustc");
        let output = waiting::client::output(rustc, session, anew).context("cannot run rustc")?;
        let made = made.filter(|_| output.status.success());
        let content = made.map(fs::read).transpose().context("rustc has left nothing")?;
        Ok(Build {
            surroundings: if content.is_some() { Surroundings::read(library, rustc) } else { Surroundings::default() },
            library: content,
            said: match output.status.signal() {
                Some(signal) => {
                    CompilerOutput { diagnostics: vec![messages::compiler_crash(signal)], other: Vec::new() }
                }
                None => CompilerOutput::read(&output.stderr),
            },
        })
    }

    /// Whether the program itself is wrong, so that every compile will fail. An error without a place in the program (a
    /// full disk, a missing linker) may be gone the next time, and so may what made the compiler crash.
    fn has_errors_in_the_program(&self) -> bool {
        self.said.errors().next().is_some()
    }

    /// Whether a value has no display method of its own.
    fn lacks_a_display(&self) -> bool {
        self.said.errors().any(evcxr::messages::lacks_a_display)
    }

    /// Whether the only message is that the compiler crashed.
    fn is_of_a_crash(&self) -> bool {
        self.said.diagnostics.first().is_some_and(|diagnostic| diagnostic.code() == COMPILER_CRASH)
    }

    /// The header, with its length before it, followed by the library.
    fn encode(&self) -> Vec<u8> {
        let header = Header { said: Cow::Borrowed(&self.said), surroundings: Cow::Borrowed(&self.surroundings) };
        let header = serde_json::to_vec(&header).expect("it is plain data");
        let length = (header.len() as u64).to_le_bytes();
        [&length, &*header, self.library.as_deref().unwrap_or_default()].concat()
    }

    fn decode(mut bytes: Vec<u8>) -> Option<Build> {
        const LENGTH: usize = size_of::<u64>();
        let length = u64::from_le_bytes(*bytes.first_chunk::<LENGTH>()?);
        let end = LENGTH.checked_add(usize::try_from(length).ok()?)?;
        let header: Header = serde_json::from_slice(bytes.get(LENGTH..end)?).ok()?;
        let (said, surroundings) = (header.said.into_owned(), header.surroundings.into_owned());
        bytes.drain(..end);
        Some(Build { library: (!bytes.is_empty()).then_some(bytes), said, surroundings })
    }
}

/// The header of an entry of the cache; the library follows it.
#[derive(Serialize, Deserialize)]
struct Header<'a> {
    said: Cow<'a, CompilerOutput>,
    surroundings: Cow<'a, Surroundings>,
}

/// The crates that a cell can name: those that the session has added hide those that every cell has.
fn externs(libs: &CellLibs, dependencies: &Dependencies) -> Vec<(String, PathBuf)> {
    let added = &dependencies.externs;
    let own = libs.externs.iter().filter(|(name, _)| added.iter().all(|(other, _)| other != name));
    added.iter().chain(own).cloned().collect()
}

/// The fingerprints that the cell is compiled with: of the notebook's types together with the crates that they use, and
/// of crates from a path.
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

fn library_path(facts: &ToolchainInfo) -> PathBuf {
    let folder = std::env::current_dir().unwrap_or_default();
    let name = format!("{}{}{}", std::env::consts::DLL_PREFIX, files::CRATE, std::env::consts::DLL_SUFFIX);
    folder.join("target").join(&facts.host).join("debug/deps").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic;

    #[test]
    fn a_build_is_the_same_after_the_cache() {
        for library in [None, Some(vec![1, 2, 3])] {
            let surroundings = Surroundings::default();
            let diagnostics = vec![diagnostic::error("E0308", "mismatched types", Some((SOURCE, 3)))];
            let said = CompilerOutput { diagnostics, other: vec!["a linker's line".to_owned()] };
            let build = Build { library: library.clone(), said: said.clone(), surroundings };
            let decoded = Build::decode(build.encode()).unwrap();
            assert_eq!((decoded.library, decoded.said), (library, said));
        }
        assert!(Build::decode(vec![9, 0, 0]).is_none());
        assert!(Build::decode(u64::MAX.to_le_bytes().to_vec()).is_none());
    }
}
