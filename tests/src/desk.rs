//! A place for one test: a folder in which its programs work and keep their settings, and which is removed with it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use soma_lab::environment::JupyterFolders;
use soma_lab::process::{self, Finished, Supervised};
use soma_lab::server::{JupyterLab, Serving};
use tempfile::TempDir;

use crate::{Notebook, lab};

/// The time limit of a program that runs cells. On an idle machine none takes a tenth of it.
pub const LIMIT: Duration = Duration::from_secs(240);

/// A folder for one test.
#[derive(Debug)]
pub struct Desk {
    folder: TempDir,
}

impl Default for Desk {
    fn default() -> Desk {
        Desk::new()
    }
}

impl Desk {
    /// An empty desk.
    ///
    /// # Panics
    /// When there is no space for temporary files.
    pub fn new() -> Desk {
        let folder = tempfile::Builder::new().prefix("soma-desk-").tempdir().expect("temporary files can be made");
        for name in ["work", "tmp", "jupyter"] {
            fs::create_dir(folder.path().join(name)).expect("a new folder can be written");
        }
        Desk { folder }
    }

    /// The folder in which its programs work.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Puts a file on the desk.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).expect("the desk can be written to");
        path
    }

    /// Puts a file among the settings of Jupyter's programs.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn configure(&self, name: &str, content: &str) {
        let folder = JupyterFolders::under(self.folder.path().join("jupyter")).config();
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(name), content))
            .expect("the desk can be written to");
    }

    /// Copies the content of a folder to the desk.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn copy(&self, folder: &Path) {
        let mut folders = vec![(folder.to_owned(), self.path())];
        while let Some((from, to)) = folders.pop() {
            fs::create_dir_all(&to).expect("the desk can be written to");
            for entry in fs::read_dir(&from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
                let (entry, to) = match entry {
                    Ok(entry) => (entry.path(), to.join(entry.file_name())),
                    Err(error) => panic!("{}: {error}", from.display()),
                };
                if entry.is_dir() {
                    folders.push((entry, to));
                } else {
                    fs::copy(&entry, to).expect("the desk can be written to");
                }
            }
        }
    }

    /// A program of the lab, such as `jupyter`, that works in this folder.
    pub fn command(&self, program: &str) -> Command {
        let mut command = lab().command(program, &JupyterFolders::under(self.folder.path().join("jupyter")));
        // The kernel's session folders go into `tmp`, where `left_in_tmp` looks for them.
        command.current_dir(self.path()).env("TMPDIR", self.folder.path().join("tmp"));
        command.env_remove("DISPLAY");
        command
    }

    /// Runs a program that must succeed and leave no process and no session folder behind.
    ///
    /// # Panics
    /// With all its output, if it fails.
    pub fn run(&self, command: &mut Command) -> Finished {
        self.run_within(command, LIMIT)
    }

    /// Like [`Desk::run`], with another time limit.
    ///
    /// # Panics
    /// With all its output, if it fails.
    pub fn run_within(&self, command: &mut Command, limit: Duration) -> Finished {
        let finished = check_within(command, limit);
        let words: Vec<_> = command.get_args().collect();
        assert_eq!(self.left_in_tmp(), Vec::<String>::new(), "left behind by {words:?}");
        finished
    }

    /// Runs a notebook from its first cell to its last, even after errors, and returns it with its outputs.
    ///
    /// # Panics
    /// When nbconvert fails.
    pub fn execute(&self, notebook: &Path) -> Notebook {
        self.execute_within(notebook, LIMIT)
    }

    /// Like [`Desk::execute`], with another time limit.
    ///
    /// # Panics
    /// As [`Desk::execute`].
    pub fn execute_within(&self, notebook: &Path, limit: Duration) -> Notebook {
        let mut command = self.command("jupyter");
        command.args(["nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--output-dir"]);
        command.arg(self.path()).args(["--output", "executed.ipynb", "--ExecutePreprocessor.record_timing=False"]);
        self.run_within(command.arg(notebook), limit);
        Notebook::read(&self.path().join("executed.ipynb"))
    }

    /// Starts JupyterLab on the desk's folder.
    ///
    /// # Panics
    /// With the log's last lines, if it does not start.
    pub fn jupyterlab(&self) -> JupyterLab {
        let serving = Serving {
            notebooks: self.path(),
            home: self.folder.path().join("jupyter"),
            port: free_port(),
            open_browser: false,
        };
        JupyterLab::start(lab(), &serving).unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// What kernels have left among the temporary files.
    pub fn left_in_tmp(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("tmp")).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.starts_with("soma"))
            .collect()
    }
}

/// A free port. Programs that each look for the next free one from the same number would collide.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("a listener has an address").port()
}

/// Runs a program that must succeed within [`LIMIT`] and leave no process behind.
///
/// # Panics
/// With all its output, if it fails.
pub fn check(command: &mut Command) -> Finished {
    check_within(command, LIMIT)
}

/// [`check`] with another time limit.
///
/// # Panics
/// As [`check`].
pub fn check_within(command: &mut Command, limit: Duration) -> Finished {
    let finished = process::run(command, limit).unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let wrote = format!("{words:?}\n--- stdout\n{}\n--- stderr\n{}", finished.stdout, finished.stderr);
    match finished.status {
        None => panic!("not done after {} s: {wrote}", limit.as_secs()),
        Some(status) => assert!(status.success(), "{status}: {wrote}"),
    }
    assert!(finished.left_behind.is_empty(), "left behind: {:?} by {wrote}", finished.left_behind);
    finished
}

/// Starts a program that the test observes while it runs.
///
/// # Panics
/// When it cannot be started.
pub fn start(command: &mut Command) -> Supervised {
    Supervised::spawn(command).unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
}
