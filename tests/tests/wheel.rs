//! The wheel, as a user of pip meets it: built, installed where nothing else is, used, removed.
//!
//! It is packed from the kernel that is built already; what the release profile gives is measured by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use soma_lab::wheel::{pack, stage};
use soma_lab::{environment, process};
use soma_tests::{Desk, Notebook, beside_the_tests, desk, lab};

/// A Python environment without a package in it.
struct Environment<'a> {
    desk: &'a Desk,
    folder: PathBuf,
}

impl Environment<'_> {
    fn new(desk: &Desk) -> Environment<'_> {
        let folder = desk.path().join("environment");
        let mut command = desk.command("python");
        desk.run(command.args(["-m", "venv", "--without-pip"]).arg(&folder));
        Environment { desk, folder }
    }

    /// Runs the lab's pip for this environment, without a network.
    fn pip(&self, words: &[&str]) {
        let mut command = self.desk.command("pip");
        command.arg("--python").arg(self.folder.join("bin/python")).args(words);
        self.desk.run(command.env("PIP_NO_INDEX", "1").env("PIP_DISABLE_PIP_VERSION_CHECK", "1"));
    }

    /// The kernel's program, with a cache that nobody has used, and found by its path alone.
    fn soma(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.folder.join("bin/soma"));
        environment::without_cargo(&mut command);
        command.args(words).env("SOMA_CACHE_DIR", self.cache()).env_remove("SOMA_SHARED_DIRS");
        command
    }

    fn share(&self) -> PathBuf {
        self.folder.join("share/soma")
    }

    fn cache(&self) -> PathBuf {
        self.desk.path().join("cache")
    }

    /// Every file that is in it. Folders that are empty pip leaves behind, of any package.
    fn content(&self) -> BTreeSet<PathBuf> {
        let (mut found, mut pending) = (BTreeSet::new(), vec![self.folder.clone()]);
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    pending.push(path);
                } else {
                    found.insert(path);
                }
            }
        }
        found
    }
}

/// A wheel of the kernel that is tested, with the first lesson compiled: made once for all tests.
fn wheel() -> &'static Path {
    static WHEEL: OnceLock<PathBuf> = OnceLock::new();
    WHEEL.get_or_init(|| {
        let content = stage::Content {
            kernel: lab().kernel.clone(),
            cache: lab().cache.clone(),
            warm: vec![lesson()],
            has_sources: true,
        };
        let folder = lab().workspace.target.join("tmp/wheel");
        let made = stage::lay_out(&lab().workspace, &content, &folder)
            .and_then(|stage| pack(&lab().venv, &stage, &folder.join("dist")));
        made.unwrap_or_else(|error| panic!("{error:#}"))
    })
}

fn lesson() -> PathBuf {
    lab().workspace.notebooks().join("en/01-tensors.ipynb")
}

/// Runs a notebook with the kernel that the environment has.
fn execute(environment: &Environment, notebook: &Path) -> Notebook {
    let desk = environment.desk;
    let mut command = desk.command("jupyter");
    command.args(["nbconvert", "--execute", "--to", "notebook", "--output", "executed", "--output-dir"]);
    command.arg(desk.path()).arg(notebook);
    command.env("JUPYTER_PATH", environment.folder.join("share/jupyter")).env("SOMA_CACHE_DIR", environment.cache());
    desk.run(&mut command);
    Notebook::read(&desk.path().join("executed.ipynb"))
}

#[test]
fn a_wheel_is_installed_runs_a_lesson_without_compiling_and_leaves_nothing() {
    let desk = Desk::new();
    let environment = Environment::new(&desk);
    let before = environment.content();
    environment.pip(&["install", wheel().to_str().unwrap()]);

    let found = desk.run(&mut environment.soma(&["doctor"])).stdout;
    let share = environment.share();
    assert!(found.contains(&format!("ready for this Rust, in {}", share.join("libs").display())), "{found}");
    assert!(!found.contains("missing"), "{found}");

    let lessons = desk.path().join("lessons");
    desk.run(&mut environment.soma(&["lessons", lessons.to_str().unwrap()]));
    let executed = execute(&environment, &lessons.join("en/01-tensors.ipynb"));
    assert!(executed.code_cells().all(|cell| cell.error().is_none()), "{}", executed.transcript());
    // A learner's first run of a lesson asks the compiler for nothing.
    let used = desk.run(&mut environment.soma(&["cache"])).stdout;
    assert!(used.starts_with("0 compiled cells") && used.trim_end().ends_with(" 0 misses"), "{used}");

    // What is not in the wheel is compiled, with the libraries that are.
    let own = Notebook::of(&["use tensorlib::prelude::*;\n(arange(4) * 10).sum().item::<i64>()"]);
    let executed = execute(&environment, &desk.write("own.ipynb", own.to_json()));
    assert_eq!(executed.code_cells().next().unwrap().data("text/plain"), ["60"]);

    goes_on_with_crates(&environment);

    environment.pip(&["uninstall", "--yes", "soma_kernel"]);
    let left: Vec<PathBuf> = environment.content().difference(&before).cloned().collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

/// Crates that are built here need libraries that are built here; what the session has from the wheel's stays. Other
/// tests have built those, so they are put where the kernel looks for them once the session has begun.
fn goes_on_with_crates(environment: &Environment) {
    let desk = environment.desk;
    let source = desk.path().join("twice/src");
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("lib.rs"), "pub fn twice(n: i64) -> i64 { 2 * n }").unwrap();
    let manifest = "[package]\nname = \"twice\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(desk.path().join("twice/Cargo.toml"), manifest).unwrap();
    let (libs, own) = (lab().cache.as_ref().unwrap().join("libs"), environment.cache().join("libs"));
    let notebook = Notebook::of(&[
        "use tensorlib::prelude::*;\nstatic RUNS: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(7);\n\
         let x = arange(4); let a = ndarray::array![1.5];",
        &format!("!ln -s {} {}", libs.display(), own.display()),
        &format!(":dep twice = {{ path = {:?} }}\ntwice::twice(4)", desk.path().join("twice")),
        "(twice::twice(x.sum().item::<i64>()), a.sum(), RUNS.load(std::sync::atomic::Ordering::SeqCst))",
    ]);
    let executed = execute(environment, &desk.write("crates.ipynb", notebook.to_json()));
    assert!(executed.code_cells().all(|cell| cell.error().is_none()), "{}", executed.transcript());
    assert_eq!(executed.code_cells().last().unwrap().data("text/plain"), ["(12, 1.5, 7)"], "{}", executed.transcript());
    assert!(environment.share().join("libs").exists() && own.is_symlink());
}

#[test]
fn a_project_tests_its_notebooks_with_the_action() {
    let desk = Desk::new();
    let root = &lab().workspace.root;
    let act = |notebooks: &Path| {
        let mut command = desk.command("python");
        command.arg(beside_the_tests("action.py")).arg(root.join(".github/actions/notebooks/action.yml"));
        command.arg(notebooks.parent().unwrap()).arg(format!("wheel={}", wheel().display()));
        command.args(["compare=true", "notebooks=notebooks"]);
        // What a runner would fetch is in the lab's environment.
        let runner = tempfile::tempdir().unwrap();
        command.env("RUNNER_TEMP", runner.path()).env("PYTHONPATH", packages()).env("PIP_NO_INDEX", "1");
        command.env("SOMA_CACHE_DIR", desk.path().join("cache"));
        process::run(&mut command, desk::LIMIT).unwrap()
    };
    desk.copy(&root.join("tests/project"));
    let finished = act(&desk.path().join("notebooks"));
    assert!(finished.succeeded(), "{}{}", finished.stdout, finished.stderr);

    let notebook = desk.path().join("notebooks/words.ipynb");
    let text = fs::read_to_string(&notebook).unwrap();
    fs::write(&notebook, text.replace("\\\"not\\\": 1", "\\\"not\\\": 2")).unwrap();
    let finished = act(&desk.path().join("notebooks"));
    assert!(!finished.succeeded() && finished.stdout.contains("words.ipynb"), "{}", finished.stdout);
}

/// The folder with the packages of the lab's environment.
fn packages() -> String {
    let program = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let mut command = Command::new(lab().venv.join("bin/python"));
    process::run(command.args(["-c", program]), desk::LIMIT).unwrap().stdout.trim().to_owned()
}

#[test]
fn what_another_account_could_have_written_is_not_used() {
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::new();
    let shared = desk.path().join("shared");
    fs::create_dir(&shared).unwrap();
    let doctor = |mode| {
        fs::set_permissions(&shared, fs::Permissions::from_mode(mode)).unwrap();
        let mut command = Command::new(&lab().kernel);
        environment::without_cargo(&mut command);
        command.arg("doctor").env("SOMA_SHARED_DIRS", &shared).env("SOMA_CACHE_DIR", lab().cache.as_ref().unwrap());
        desk.run(&mut command).stdout
    };
    assert!(doctor(0o755).contains(&format!("ok       shared folder       {}\n", shared.display())));
    assert!(doctor(0o777).contains(&format!("note     shared folder       {} is not used", shared.display())));
}
