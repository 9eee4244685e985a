//! A machine of shell scripts: `cargo lab` finds on PATH only the programs that a test has put there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// Makes environments whose `pip` records its calls and whose JupyterLab has one kernel running.
const PYTHON: &str = r#"
case "$*" in
  *python_version*) echo 3.12.1 ;;
  *ensurepip*) ;;
  "-m venv --clear "*)
    rm -rf "$4"
    mkdir -p "$4/bin"
    cp "$FAKES/pip" "$4/bin/python"
    cp "$FAKES/jupyter-lab" "$4/bin/jupyter-lab" ;;
  *) exit 9 ;;
esac"#;
const PIP: &str = r#"echo "$*" >> "$FAKES/pip-calls""#;
const JUPYTER_LAB: &str = r#"
sleep 300 &
trap "kill $!; exit 0" TERM
mkdir -p "$JUPYTER_RUNTIME_DIR"
echo '{"url": "http://127.0.0.1:8888/", "token": "secret"}' > "$JUPYTER_RUNTIME_DIR/new"
mv "$JUPYTER_RUNTIME_DIR/new" "$JUPYTER_RUNTIME_DIR/jpserver-$$.json"
wait"#;
const RUSTC: &str = r#"echo "$FAKES/sysroot""#;
const SOMA: &str = r#"[ "$1" = install ] && mkdir -p "$3/share/jupyter/kernels/soma""#;
const CARGO: &str = r#"
case "$1" in
  metadata) echo "{\"target_directory\": \"$CARGO_TARGET_DIR\"}" ;;
  build)
    echo '{"reason": "compiler-artifact", "target": {"name": "soma"}, "executable": "'"$FAKES/soma"'"}' ;;
esac"#;

/// A machine that has all that `cargo lab` needs, until a test changes it.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A machine with nothing missing.
    pub fn complete() -> Machine {
        let machine = Machine { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(machine.path("sysroot/lib/rustlib/src/rust/library/std")).unwrap();
        let scripts = [
            ("cargo", CARGO),
            ("cc", "exit 0"),
            ("jupyter-lab", JUPYTER_LAB),
            ("pip", PIP),
            ("python3", PYTHON),
            ("rustc", RUSTC),
            ("rustup", "exit 0"),
            ("soma", SOMA),
        ];
        for (name, script) in scripts {
            machine.with(name, script);
        }
        machine
    }

    /// A file or folder of the machine.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces a program by a shell script.
    pub fn with(&self, name: &str, script: &str) -> &Machine {
        let path = self.path(name);
        // The scripts themselves find the usual tools; `cargo lab` does not.
        fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Removes a program.
    pub fn without(&self, name: &str) -> &Machine {
        fs::remove_file(self.path(name)).unwrap();
        self
    }

    /// Removes Rust's own sources.
    pub fn without_rust_sources(&self) -> &Machine {
        fs::remove_dir_all(self.path("sysroot")).unwrap();
        self
    }

    /// `cargo lab` on this machine.
    pub fn lab(&self, arguments: &[&str]) -> Lab {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soma-lab"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", self.folder.path())
            .env("HOME", self.folder.path())
            .env("FAKES", self.folder.path())
            .env("CARGO", self.path("cargo"))
            .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
            .env("CARGO_TARGET_DIR", self.path("target"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Lab { child: Some(command.spawn().unwrap()) }
    }

    /// Sets everything up and returns the output of `cargo lab`.
    pub fn set_up(&self) -> Said {
        self.lab(&["set-up"]).end()
    }

    /// How many calls of `pip` contain these words.
    pub fn pip_calls(&self, words: &str) -> usize {
        let calls = fs::read_to_string(self.path("pip-calls")).unwrap_or_default();
        calls.lines().filter(|call| call.contains(words)).count()
    }

    /// The entry that the kernel has made.
    pub fn kernel_entry(&self) -> PathBuf {
        self.path("target/lab/venv/share/jupyter/kernels/soma")
    }

    /// Command lines of the running processes that this machine's programs started.
    #[cfg(target_os = "linux")]
    pub fn running(&self) -> Vec<String> {
        let entry = format!("FAKES={}", self.folder.path().display());
        let carries = |process: &Path| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes())
        };
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|process| process.path());
        let command_lines =
            processes.filter(|process| carries(process)).map(|process| fs::read(process.join("cmdline")));
        command_lines.flatten().map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
    }
}

/// A running `cargo lab`; killed when a test fails.
pub struct Lab {
    child: Option<Child>,
}

/// The output of a `cargo lab` that has ended.
pub struct Said {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// Progress and complaints.
    pub stderr: String,
}

impl Said {
    /// The sentence that a failure ends with.
    pub fn complaint(&self) -> &str {
        let last = self.stderr.lines().last().unwrap_or_default();
        assert_eq!(self.code, Some(1), "{}", self.stderr);
        last.strip_prefix("cargo lab: ").unwrap_or_else(|| panic!("no complaint at the end of:\n{}", self.stderr))
    }

    /// Checks that the exit code is 0.
    pub fn succeeded(&self) -> &Said {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }
}

impl Lab {
    /// The running process.
    pub fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("only `end` takes it")
    }

    /// Sends a signal, as `kill` does.
    pub fn signal(&mut self, signal: Signal) {
        kill(Pid::from_raw(self.child().id().cast_signed()), signal).unwrap();
    }

    /// Waits until it ends.
    pub fn end(mut self) -> Said {
        let child = self.child.take().expect("only this takes it");
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Processes that it has started end with it.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
