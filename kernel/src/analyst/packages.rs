//! Which packages are read. What rust-analyzer reads decides how soon it gives its first answer and how much memory it
//! takes, and most of what the cells' libraries are built from does not show in their interface.

use std::collections::BTreeSet;

use ra_ap_paths::{AbsPath, AbsPathBuf};
use ra_ap_project_model::{CargoWorkspace, Package, PackageRoot, ProjectWorkspace, ProjectWorkspaceKind};
use soma_driver::toolchain::cell_libs::CellLibs;

/// The session's own package.
pub const OWN: &str = "ctx";

/// The libraries of every cell that Soma brings, with their folders among the sources.
pub const BUNDLED: [(&str, &str); 2] = [("tensorlib", "tensorlib"), ("soma_cell", "kernel/cell")];

/// The crates of the standard library that a cell can name. It has more text besides: processor intrinsics,
/// tests, what it is made of.
const STANDARD: [&str; 4] = ["core", "alloc", "std", "proc_macro"];

/// Of the crates that the cells' libraries share with `:dep`, those that none of them shows.
const BENEATH: [&str; 6] =
    ["autocfg", "crossbeam-deque", "crossbeam-epoch", "crossbeam-utils", "libm", "matrixmultiply"];

/// The folders to read, for a workspace whose cells link these libraries.
pub fn folders(workspace: &ProjectWorkspace, libs: &CellLibs) -> Vec<PackageRoot> {
    let shown = match &workspace.kind {
        ProjectWorkspaceKind::Cargo { cargo, .. } => shown(cargo, libs),
        _ => BTreeSet::new(),
    };
    let is_shown = |root: &PackageRoot| root.include.iter().any(|folder| shown.contains(folder));
    let packages = workspace.to_roots().into_iter().filter(is_shown);
    let standard = workspace.sysroot.rust_lib_src_root().into_iter();
    let standard = standard.flat_map(|folder| STANDARD.map(|name| folder.join(name).join("src")));
    packages.chain([PackageRoot { is_local: false, include: standard.collect(), exclude: Vec::new() }]).collect()
}

/// The folders of the packages that cells can name, and of those that their interfaces show. Not shown is what only the
/// private code of bundled libraries uses, and what procedural macros are made of.
fn shown(cargo: &CargoWorkspace, libs: &CellLibs) -> BTreeSet<AbsPathBuf> {
    let name = |package: Package| cargo[package].name.as_str();
    let is_bundled = |name: &str| BUNDLED.iter().any(|(bundled, _)| *bundled == name);
    let is_shared = |name: &str| libs.shared.iter().any(|shared| shared.name == name);
    let is_proc_macro =
        |package: Package| cargo[package].targets.iter().any(|target| cargo[*target].kind.is_proc_macro());
    let shows = |user: Package, used: Package| {
        let (user, used_name) = (name(user), name(used));
        user == OWN
            || !BENEATH.contains(&used_name) && (!is_bundled(user) || is_shared(used_name) || is_proc_macro(used))
    };
    let mut shown = Vec::new();
    let mut pending: Vec<Package> = cargo.packages().filter(|package| name(*package) == OWN).collect();
    while let Some(package) = pending.pop() {
        if shown.contains(&package) {
            continue;
        }
        shown.push(package);
        if !is_proc_macro(package) {
            let used = cargo[package].dependencies.iter().map(|used| used.pkg);
            pending.extend(used.filter(|used| shows(package, *used)));
        }
    }
    shown.into_iter().map(|package| AbsPath::to_path_buf(cargo[package].manifest.parent())).collect()
}
