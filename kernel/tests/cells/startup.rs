//! evcxr's start-up files, and starting with a bare environment.

use std::fs;
use std::path::Path;

use indoc::indoc;

use crate::notebook::{Notebook, cache_dir};

fn with_settings(settings: &Path) -> Notebook {
    Notebook::open_with(|command| {
        command.env("EVCXR_CONFIG_DIR", settings);
    })
}

/// A notebook whose folder has this file before the kernel starts.
fn beside(text: &str) -> Notebook {
    Notebook::open_with(|command| {
        fs::write(command.get_current_dir().unwrap().join("evcxr.toml"), text).unwrap();
    })
}

#[test]
fn init_evcxr_and_prelude_rs_run_once_before_the_first_cell() {
    let settings = tempfile::tempdir().unwrap();
    fs::write(settings.path().join("init.evcxr"), ":opt 1\n").unwrap();
    let prelude = indoc! {"
        use std::collections::HashMap;
        fn twice(n: i32) -> i32 { 2 * n }
        let mut runs = 0;
        runs += 1;"};
    fs::write(settings.path().join("prelude.rs"), prelude).unwrap();
    let mut notebook = with_settings(settings.path());
    notebook.gives("(twice(4), HashMap::<u8, u8>::new().len(), runs)", "(8, 0, 1)");
    notebook.gives("runs", "1");
    notebook.gives(
        "std::env::var(\"EVCXR_CONFIG_DIR\").unwrap() == ENVIRONMENT"
            .replace("ENVIRONMENT", &format!("{:?}", settings.path()))
            .as_str(),
        "true",
    );
    fs::write(settings.path().join("prelude.rs"), "fn thrice(n: i32) -> i32 { 3 * n }").unwrap();
    notebook.gives(":load_config\nthrice(twice(2))", "12");
}

#[test]
fn evcxr_toml_beside_the_notebook_is_honoured_and_its_tmpdir_does_no_harm() {
    let mut notebook = beside("[evcxr]\ntmpdir = \"/nonexistent/folder\"\nprelude = \"let from_prelude = 3;\"\n");
    notebook.gives("from_prelude + 1", "4");
    notebook.gives("std::env::current_dir().unwrap().join(\"evcxr.toml\").exists()", "true");
    notebook.gives(":restart\nstd::env::current_dir().unwrap().join(\"evcxr.toml\").exists()", "true");
}

#[test]
fn what_is_wrong_in_a_start_up_file_is_told_with_its_name_and_the_session_goes_on() {
    for (text, said) in [
        ("[evcxr", "evcxr.toml is not TOML"),
        ("[evcxr]\nprelude = \"let x: i32 = true;\"", "mismatched types"),
        ("[dependencies]\nnothing = { path = \"/nowhere/at/all\" }", "/nowhere/at/all"),
    ] {
        let mut notebook = beside(text);
        let cell = notebook.ok("1 + 1");
        assert_eq!(cell.text(), Some("2"));
        assert!(cell.stderr.contains(said) && cell.stderr.contains("evcxr.toml"), "{}", cell.stderr);
        assert_eq!(notebook.ok("2 + 2").stderr, "");
    }
}

#[test]
fn a_kernel_with_a_bare_environment_finds_rust() {
    let nowhere = tempfile::tempdir().unwrap();
    let homes = [None, Some(Path::new("/nonexistent")), Some(nowhere.path())];
    for home in homes {
        let mut notebook = Notebook::open_with(|command| {
            // Where toolchains are is the account's own affair, as in the tests' own environment.
            let kept = ["SOMA_HISTORY", "TMPDIR", "JPY_PARENT_PID"];
            let set: Vec<_> =
                command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
            command.env_clear().env("SOMA_CACHE_DIR", cache_dir());
            for (name, value) in set {
                if let (true, Some(value)) = (kept.iter().any(|kept| name == *kept), value) {
                    command.env(name, value);
                }
            }
            command.env("SOMA_RUSTC", rustc());
            if let Some(home) = home {
                command.env("HOME", home);
            }
        });
        notebook.gives("let v = vec![1]; v.len()", "1");
    }
}

/// The compiler by its own path.
fn rustc() -> std::path::PathBuf {
    let output = std::process::Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    Path::new(String::from_utf8(output.stdout).unwrap().trim()).join("bin/rustc")
}

#[test]
fn a_rustup_that_knows_no_toolchain_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let bin = tempfile::tempdir().unwrap();
    let proxy = bin.path().join("rustc");
    fs::write(&proxy, "#!/bin/sh\necho 'error: rustup could not choose a version of rustc to run' >&2\nexit 1\n")
        .unwrap();
    fs::set_permissions(&proxy, fs::Permissions::from_mode(0o755)).unwrap();
    let mut notebook = Notebook::open_with(|command| {
        command.env("PATH", bin.path()).env("SOMA_RUSTC", rustc()).env("HOME", bin.path());
    });
    notebook.gives("1 + 2", "3");
}
