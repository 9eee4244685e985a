//! `soma install` and `soma uninstall`, as Jupyter and a user see them.

use std::path::PathBuf;
use std::process::Command;

use soma_lab::environment;
use soma_lab::process::{self, Finished};
use soma_tests::{Desk, desk, lab};

/// The kernel's program with these arguments; it builds nothing that other tests have not built, unless `change`
/// gives it another cache.
fn soma(arguments: &[&str], change: impl FnOnce(&mut Command)) -> Finished {
    let mut command = Command::new(&lab().kernel);
    environment::without_cargo(&mut command);
    command.args(arguments).env("SOMA_CACHE_DIR", lab().cache.as_ref().expect("tests have a cache of their own"));
    change(&mut command);
    process::run(&mut command, desk::LIMIT).unwrap()
}

fn kernels_that_jupyter_finds(desk: &Desk, prefix: &str) -> serde_json::Value {
    let mut command = desk.command("jupyter");
    command.args(["kernelspec", "list", "--json"]).env("JUPYTER_PATH", desk.path().join(prefix).join("share/jupyter"));
    serde_json::from_str(&desk.run(&mut command).stdout).unwrap()
}

#[test]
fn jupyter_finds_the_kernel_once_it_is_installed_and_no_longer_when_it_is_removed() {
    let desk = Desk::new();
    let prefix = desk.path().join("prefix");
    let prefix = prefix.to_str().unwrap();
    assert!(soma(&["install", "--prefix", prefix], |_| {}).succeeded());
    let kernels = kernels_that_jupyter_finds(&desk, "prefix");
    let kernel = &kernels["kernelspecs"]["soma"];
    assert!(kernel["resource_dir"].as_str().unwrap().starts_with(prefix), "{kernel}");
    assert_eq!(kernel["spec"]["display_name"], "Rust (Soma)");
    assert_eq!(kernel["spec"]["language"], "rust");
    assert_eq!(kernel["spec"]["interrupt_mode"], "message");
    for logo in ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"] {
        assert!(PathBuf::from(kernel["resource_dir"].as_str().unwrap()).join(logo).is_file(), "{logo}");
    }

    assert!(soma(&["uninstall", "--prefix", prefix], |_| {}).succeeded());
    // What is left is the kernel of the lab itself.
    let kernels = kernels_that_jupyter_finds(&desk, "prefix");
    let folder = kernels["kernelspecs"]["soma"]["resource_dir"].as_str().unwrap_or_default();
    assert!(!folder.starts_with(prefix), "{folder}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_what_to_do() {
    let desk = Desk::new();
    let file = desk.write("file", "");
    let finished = soma(&["install", "--prefix", file.to_str().unwrap()], |_| {});
    assert_eq!(finished.status.unwrap().code(), Some(1));
    let [sentence] = finished.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{}", finished.stderr) };
    assert!(sentence.contains(file.to_str().unwrap()) && sentence.contains("make that folder writable"), "{sentence}");
}

#[test]
fn without_a_linker_it_says_which_package_has_one() {
    let desk = Desk::new();
    let about = process::run(Command::new("rustc").arg("-vV"), desk::LIMIT).unwrap().stdout;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let linker = format!("CARGO_TARGET_{}_LINKER", host.to_uppercase().replace('-', "_"));
    let prefix = desk.path().join("prefix");
    let finished = soma(&["install", "--prefix", prefix.to_str().unwrap()], |command| {
        command.env(linker, "there-is-no-such-linker").env("SOMA_CACHE_DIR", desk.path().join("cache"));
    });
    assert_eq!(finished.status.unwrap().code(), Some(1));
    let last = finished.stderr.lines().last().unwrap_or_default();
    assert!(last.contains("needs a C linker: install one"), "{}", finished.stderr);
    assert!(!prefix.join("share/jupyter/kernels/soma").exists(), "a kernel that cannot work was announced");
}

#[test]
fn rust_is_found_without_a_path_to_it_and_noted_for_other_accounts() {
    let desk = Desk::new();
    let prefix = desk.path().join("prefix");
    let finished = soma(&["install", "--prefix", prefix.to_str().unwrap()], |command| {
        command.env("PATH", desk.path());
    });
    assert!(finished.succeeded(), "{}", finished.stderr);
    let spec = std::fs::read(prefix.join("share/jupyter/kernels/soma/kernel.json")).unwrap();
    let spec: serde_json::Value = serde_json::from_slice(&spec).unwrap();
    let noted = spec["env"]["SOMA_RUSTC"].as_str().expect("the compiler is noted");
    assert!(PathBuf::from(noted).is_file(), "{noted}");
}
