//! The crates that a cell can name, loaded into rust-analyzer: those that every cell links, those that `:dep` added,
//! the standard library if its sources are installed (`rustup component add rust-src`), and the session's own crate.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use ra_ap_base_db::SourceRoot;
use ra_ap_hir::{ChangeWithProcMacros, Crate, TraitImpls};
use ra_ap_ide::{Analysis, AnalysisHost, FileId};
use ra_ap_ide_db::{FxHashMap, RootDatabase};
use ra_ap_paths::AbsPathBuf;
use ra_ap_project_model::{
    CargoConfig, PackageRoot, ProjectManifest, ProjectWorkspace, ProjectWorkspaceKind, RustLibSource,
};
use ra_ap_vfs::file_set::FileSetConfig;
use ra_ap_vfs::{Change, Vfs, VfsPath};
use soma_driver::evcxr::manifest::modernise;
use soma_driver::toolchain::cell_libs::{CellLibs, Shared};
use soma_driver::toolchain::handoff::SessionNotes;
use soma_driver::toolchain::toolchain_info::ToolchainInfo;

use super::memory;
use super::packages::{self, BUNDLED, OWN};

/// A loaded project.
pub struct Project {
    host: AnalysisHost,
    file: FileId,
    /// The dependencies in evcxr's manifest when the project was loaded.
    dependencies: toml::Table,
    /// What is still to be analysed of the libraries, from the last to the first.
    unread: Vec<(Crate, Part)>,
}

/// What rust-analyzer needs to know of a library before it can answer.
#[derive(Clone, Copy)]
enum Part {
    /// The names in its modules.
    Names,
    /// The traits that its types have.
    Traits,
}

impl Project {
    /// Loads everything that a session's cells can name.
    ///
    /// # Errors
    /// When cargo cannot tell the packages.
    pub fn load(session: &Path, notes: &SessionNotes) -> Result<Project> {
        let dependencies = dependencies(session);
        let folder = session.join("analyst");
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        // If cargo cannot resolve some crates (now), the others must still be known.
        let (host, file) = read(&folder, notes, &dependencies).or_else(|error| {
            if dependencies.is_empty() { Err(error) } else { read(&folder, notes, &toml::Table::new()) }
        })?;
        let unread = parts(host.raw_database()).into_iter().rev().collect();
        Ok(Project { host, file, dependencies, unread })
    }

    /// Analyses the next part of the libraries; `false` when there is none left. An answer would do it as well, but all at
    /// once: between two parts, what only the first has needed is freed, and the whole takes half of the memory.
    pub fn read_on(&mut self) -> bool {
        let Some((library, part)) = self.unread.pop() else { return false };
        let db = self.host.raw_database();
        ra_ap_hir::attach_db(db, || match part {
            Part::Names => drop(library.root_module(db)),
            Part::Traits => drop(TraitImpls::for_crate(db, library.into())),
        });
        // rust-analyzer's caches drop what has not been used lately when something changes.
        self.set_text(String::new());
        memory::give_back();
        true
    }

    /// Loads the project again if a `:dep` has changed it. If that fails, the old project stays.
    pub fn refresh(&mut self, session: &Path, notes: &SessionNotes) {
        let dependencies = dependencies(session);
        if dependencies != self.dependencies {
            match Project::load(session, notes) {
                Ok(project) => *self = project,
                Err(_) => self.dependencies = dependencies,
            }
        }
    }

    /// Replaces the text of the session's crate.
    pub fn set_text(&mut self, text: String) {
        let mut change = ChangeWithProcMacros::default();
        change.change_file(self.file, Some(text));
        self.host.apply_change(change);
    }

    /// For questions about the current text. Drop it before the text is changed.
    pub fn analysis(&self) -> Analysis {
        self.host.analysis()
    }

    /// The session's crate.
    pub fn file(&self) -> FileId {
        self.file
    }
}

/// The parts of all libraries, each after those that it needs.
fn parts(db: &RootDatabase) -> Vec<(Crate, Part)> {
    fn add(db: &RootDatabase, library: Crate, order: &mut Vec<Crate>) {
        if !order.contains(&library) {
            library.dependencies(db).into_iter().for_each(|used| add(db, used.krate, order));
            order.push(library);
        }
    }
    let mut order = Vec::new();
    Crate::all(db).into_iter().for_each(|library| add(db, library, &mut order));
    order.into_iter().flat_map(|library| [(library, Part::Names), (library, Part::Traits)]).collect()
}

/// The crates that `:dep` added: the dependencies of the crate in the session's folder.
fn dependencies(session: &Path) -> toml::Table {
    let manifest = fs::read_to_string(session.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let mut table = manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    modernise(&mut table);
    table
}

/// The manifest of a crate that can name the same crates as a cell.
fn manifest(libs: &CellLibs, sources: &Path, dependencies: &toml::Table) -> String {
    let mut all = dependencies.clone();
    for Shared { name, version, .. } in libs.shared.iter().filter(|shared| shared.is_public) {
        // A cell gets the bundled crate, whatever version a `:dep` requested that it satisfies, with the features that
        // the tensor library has chosen: crates that only other features need may never have been downloaded.
        let version = ("version".to_owned(), format!("={version}").into());
        let features = ("default-features".to_owned(), false.into());
        all.insert(name.clone(), toml::Table::from_iter([version, features]).into());
    }
    for (name, folder) in BUNDLED {
        let path = sources.join(folder).display().to_string();
        all.insert(name.to_owned(), toml::Table::from_iter([("path".to_owned(), path.into())]).into());
    }
    let all = toml::Table::from_iter([("dependencies".to_owned(), toml::Value::Table(all))]);
    format!(
        "[package]\nname = \"{OWN}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n[workspace]\n\n{all}"
    )
}

fn read(folder: &Path, notes: &SessionNotes, dependencies: &toml::Table) -> Result<(AnalysisHost, FileId)> {
    let sources = notes.libs.sources();
    fs::write(folder.join("Cargo.toml"), manifest(&notes.libs, sources, dependencies))?;
    fs::write(folder.join("lib.rs"), "")?;
    fs::copy(sources.join("Cargo.lock"), folder.join("Cargo.lock")).context("the tensor library's sources are gone")?;
    let folder = absolute(folder)?;
    let manifest = ProjectManifest::from_manifest_file(folder.join("Cargo.toml"))?;
    let workspace = ProjectWorkspace::load(manifest, &config(&notes.facts)?, &|_| {})?;
    if let ProjectWorkspaceKind::Cargo { error: Some(error), .. } = &workspace.kind {
        return Err(anyhow!("{error:#}"));
    }
    let mut vfs = Vfs::default();
    for root in packages::folders(&workspace, &notes.libs) {
        read_root(&root, &mut vfs);
    }
    let lib = VfsPath::from(folder.join("lib.rs"));
    vfs.set_file_contents(lib.clone(), Some(Vec::new()));
    let (file, _) = vfs.file_id(&lib).context("the session's crate has no file")?;
    let mut change = ChangeWithProcMacros::default();
    for (file, changed) in vfs.take_changes() {
        if let Change::Create(content, _) | Change::Modify(content, _) = changed.change {
            change.change_file(file, String::from_utf8(content).ok());
        }
    }
    change.set_roots(source_roots(&vfs, VfsPath::from(folder)));
    let mut id = |path: &ra_ap_paths::AbsPath| vfs.file_id(&path.to_path_buf().into()).map(|(id, _)| id);
    let (crates, _) = workspace.to_crate_graph(&mut id, &FxHashMap::default());
    change.set_crate_graph(crates);
    let mut host = AnalysisHost::default();
    host.apply_change(change);
    Ok((host, file))
}

fn config(facts: &ToolchainInfo) -> Result<CargoConfig> {
    // If rust-analyzer looked for the sources itself, it would make rustup download them.
    let sysroot = if facts.have_sources() { Some(RustLibSource::Path(absolute(&facts.sysroot)?)) } else { None };
    Ok(CargoConfig {
        sysroot,
        // Without a target, crates for every other system would be read too.
        target: Some(facts.host.clone()),
        metadata_extra_args: vec!["--offline".to_owned()],
        ..CargoConfig::default()
    })
}

/// The source roots. Libraries do not change while the session's crate does, so analysis results about them stay valid.
fn source_roots(vfs: &Vfs, folder: VfsPath) -> Vec<SourceRoot> {
    let mut sets = FileSetConfig::builder();
    sets.add_file_set(vec![folder]);
    let mut sets = sets.build().partition(vfs).into_iter();
    let own = sets.next().map(SourceRoot::new_local);
    own.into_iter().chain(sets.map(SourceRoot::new_library)).collect()
}

/// Reads the Rust files of a package.
fn read_root(root: &PackageRoot, vfs: &mut Vfs) {
    let mut pending: Vec<AbsPathBuf> = root.include.clone();
    while let Some(path) = pending.pop() {
        if root.exclude.contains(&path) {
            continue;
        }
        let plain: &Path = path.as_ref();
        if plain.is_dir() {
            let entries = fs::read_dir(plain).into_iter().flatten().flatten();
            pending.extend(entries.filter_map(|entry| absolute(&entry.path()).ok()));
        } else if plain.extension().is_some_and(|extension| extension == "rs")
            && let Ok(content) = fs::read(plain)
        {
            vfs.set_file_contents(path.into(), Some(content));
        }
    }
}

fn absolute(path: &Path) -> Result<AbsPathBuf> {
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    AbsPathBuf::try_from(text).map_err(|path| anyhow!("{path} is not an absolute path"))
}
