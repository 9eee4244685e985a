//! Finds Rust's tools, even for a kernel that was started with a bare environment.
//!
//! Gateways, desktop launchers and cron start programs without the `PATH` that a shell sets, sometimes without a home,
//! and one account's rustup does not know another's toolchains. The search goes through, in this order: what the
//! environment names, the places where rustup puts its tools, the compiler that `soma install` recorded, the usual
//! folders of a system.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};

use crate::dirs;

/// The variable with the path of the compiler that was present when Soma was installed. It is set in the kernel's entry
/// in Jupyter.
pub const NOTED: &str = "SOMA_RUSTC";

/// The folders in which systems put programs.
const USUAL: [&str; 5] = ["/usr/local/cargo/bin", "/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin"];

/// A program that may be a compiler, or rustup's proxy for one.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiler {
    /// The program.
    pub path: PathBuf,
    /// `RUSTUP_HOME`, if rustup must be told.
    pub rustup_home: Option<PathBuf>,
    /// Whether `soma install` recorded it.
    pub is_noted: bool,
}

/// The compilers to ask, in order of preference.
pub fn compilers() -> Vec<Compiler> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    in_order(&variable, &homes(), which("rustc"))
}

fn in_order(variable: &dyn Fn(&str) -> Option<PathBuf>, homes: &[PathBuf], on_path: Option<PathBuf>) -> Vec<Compiler> {
    let plain = |path: PathBuf| Compiler { path, rustup_home: None, is_noted: false };
    let mut compilers: Vec<Compiler> = on_path.map(plain).into_iter().collect();
    let cargo_home = variable("CARGO_HOME").map(|home| home.join("bin/rustc"));
    compilers.extend(cargo_home.map(plain));
    for home in homes {
        let toolchains = home.join(".rustup");
        let rustup_home = variable("RUSTUP_HOME").is_none().then_some(toolchains);
        compilers.push(Compiler { path: home.join(".cargo/bin/rustc"), rustup_home, is_noted: false });
    }
    compilers.extend(variable(NOTED).map(|path| Compiler { is_noted: true, ..plain(path) }));
    compilers.extend(USUAL.iter().map(|folder| plain(Path::new(folder).join("rustc"))));
    let mut found: Vec<Compiler> = Vec::new();
    for compiler in compilers {
        // A recorded compiler stays in the list even if it cannot be found, so that the error names it.
        let is_there = compiler.is_noted || compiler.path.is_file();
        if is_there && !found.contains(&compiler) {
            found.push(compiler);
        }
    }
    found
}

/// The folders that may be this account's home: from the environment, and from the system.
fn homes() -> Vec<PathBuf> {
    let named = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let known = User::from_uid(geteuid()).ok().flatten().map(|user| user.dir);
    let mut homes: Vec<PathBuf> = named.into_iter().chain(known).collect();
    homes.dedup();
    homes
}

/// `CARGO_HOME` for cargo, if `HOME` is not set.
pub fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    if Path::new(&named).is_dir() {
        return None;
    }
    let known = homes().into_iter().map(|home| home.join(".cargo")).find(|home| home.is_dir());
    Some(known.unwrap_or_else(|| dirs::cache_dir().join("cargo")))
}

/// The folder of rustup's settings.
pub fn rustup_home() -> Option<PathBuf> {
    let named = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    named.or_else(|| Some(homes().first()?.join(".rustup")))
}

/// The first program of this name on `PATH`.
pub fn which(name: &str) -> Option<PathBuf> {
    on(&std::env::var_os("PATH")?, name)
}

fn on(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// `PATH` for Rust's tools, which look for a linker on it: if it has none, the usual folders follow.
pub fn path_with_linker(path: Option<&str>) -> OsString {
    let path = OsStr::new(path.unwrap_or_default());
    if on(path, "cc").is_some() {
        return path.to_owned();
    }
    let own = std::env::split_paths(path).filter(|folder| !folder.as_os_str().is_empty());
    let all = own.chain(USUAL.iter().map(PathBuf::from));
    std::env::join_paths(all).unwrap_or_else(|_| path.to_owned())
}

/// What to do about a recorded compiler that this account cannot use.
pub fn advice_on_noted(path: &Path, said: &str) -> String {
    let toolchain = path.parent().and_then(Path::parent).unwrap_or(path).display();
    let is_closed = path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        || said.contains("Permission denied");
    if is_closed {
        return format!(
            "Rust's tools are in {toolchain}, which this account may not read: an administrator can let all accounts read \
             that folder and enter those above it, or install Rust where all can (with CARGO_HOME and RUSTUP_HOME below \
             /usr/local, say) and run `soma install` there again"
        );
    }
    format!("the compiler recorded by `soma install` cannot be used ({said}): run `soma install` again")
}

/// What to do where rustup has no toolchain for this account; its own advice helps only who may install one.
pub fn advice_on_rustup(said: &str) -> Option<&'static str> {
    said.contains("rustup could not choose a version").then_some(
        "rustup has no toolchain for this account. Type `rustup default stable` to have one of your own; on a server for \
         many accounts, an administrator can set RUSTUP_HOME to the folder of a toolchain for all, or run `soma install`",
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn program(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        path
    }

    #[test]
    fn what_the_environment_means_comes_before_what_was_noted() {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("home");
        let (on_path, own) = (program(root.path(), "bin/rustc"), program(&home, ".cargo/bin/rustc"));
        let noted = root.path().join("toolchain/bin/rustc");
        let variable = |name: &str| (name == NOTED).then(|| noted.clone());
        let found = in_order(&variable, &[home.clone(), "/nonexistent".into()], Some(on_path.clone()));
        let first: Vec<&Path> = found.iter().take(3).map(|compiler| compiler.path.as_path()).collect();
        assert_eq!(first, [on_path, own, noted.clone()]);
        assert_eq!(found[1].rustup_home, Some(home.join(".rustup")));
        assert!(found[2].is_noted);
        let none = in_order(&|_| None, &[], None);
        assert!(none.iter().all(|compiler| !compiler.is_noted));
    }

    #[test]
    fn a_path_without_a_linker_gets_the_usual_folders() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().to_str().unwrap();
        assert!(path_with_linker(Some(own)).to_str().unwrap().starts_with(&format!("{own}:/usr/")));
        assert!(path_with_linker(None).to_str().unwrap().starts_with("/usr/"));
        program(folder.path(), "cc");
        assert_eq!(path_with_linker(Some(own)), own);
    }

    #[test]
    fn a_rustup_without_a_toolchain_is_told_with_what_to_do() {
        let said = "error: rustup could not choose a version of rustc to run, because one wasn't specified explicitly";
        assert!(advice_on_rustup(said).unwrap().contains("RUSTUP_HOME"));
        assert_eq!(advice_on_rustup("error: the component is missing"), None);
    }

    #[test]
    fn a_compiler_that_may_not_be_read_is_told_with_what_to_do() {
        let told = advice_on_noted(Path::new("/opt/toolchains/stable/bin/rustc"), "Permission denied (os error 13)");
        assert!(told.contains("/opt/toolchains/stable, which") && told.contains("administrator"), "{told}");
        assert!(advice_on_noted(Path::new("/nowhere/bin/rustc"), "no such file").contains("run `soma install` again"));
    }
}
