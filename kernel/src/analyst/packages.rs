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

/// The crates of the standard library that a cell can name. It has four times as much text besides: processor
/// intrinsics, tests.
const STANDARD: [&str; 4] = ["core", "alloc", "std", "proc_macro"];

/// The folders to read, for a workspace whose cells link these libraries.
pub fn folders(workspace: &ProjectWorkspace, libs: &CellLibs) -> Vec<PackageRoot> {
    let standard = workspace.sysroot.rust_lib_src_root();
    let of_std = |crate_name: &str| standard.map(|folder| folder.join(crate_name).join("src"));
    let is_unread = match &workspace.kind {
        ProjectWorkspaceKind::Cargo { cargo, .. } => hidden(cargo, libs),
        _ => BTreeSet::new(),
    };
    let is_read = |folder: &AbsPathBuf| !is_unread.contains(folder) && standard != Some(folder);
    let packages = workspace.to_roots().into_iter().map(|mut root| {
        root.include.retain(is_read);
        root
    });
    let standard = PackageRoot {
        is_local: false,
        include: STANDARD.into_iter().filter_map(of_std).collect(),
        exclude: Vec::new(),
    };
    packages.chain([standard]).collect()
}

/// The folders of the packages that no interface shows: what only the private code of bundled libraries uses, and what
/// procedural macros are made of.
fn hidden(cargo: &CargoWorkspace, libs: &CellLibs) -> BTreeSet<AbsPathBuf> {
    let is_proc_macro =
        |package: Package| cargo[package].targets.iter().any(|target| cargo[*target].kind.is_proc_macro());
    let is_shown = |user: &str, package: Package| {
        let is_shared = libs.shared.iter().any(|shared| shared.name == cargo[package].name);
        BUNDLED.iter().all(|(bundled, _)| *bundled != user) || is_shared || is_proc_macro(package)
    };
    let mut shown = Vec::new();
    let mut pending: Vec<_> = cargo.packages().filter(|package| cargo[*package].name == OWN).collect();
    while let Some(package) = pending.pop() {
        if shown.contains(&package) {
            continue;
        }
        shown.push(package);
        if !is_proc_macro(package) {
            let used = cargo[package].dependencies.iter().map(|used| used.pkg);
            pending.extend(used.filter(|used| is_shown(&cargo[package].name, *used)));
        }
    }
    let folder = |package: Package| AbsPath::to_path_buf(cargo[package].manifest.parent());
    cargo.packages().filter(|package| !shown.contains(package)).map(folder).collect()
}
