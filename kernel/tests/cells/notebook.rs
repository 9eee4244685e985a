//! A kernel process with a notebook's view of it.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jupyter_protocol::connection_info::ConnectionInfo;
use serde_json::Value;
use tempfile::TempDir;

use soma_frontend::{TestFrontend, ipc_connection, tcp_connection};

/// How long a cell may take, and a kernel to end: a last resort, so that no test hangs. What a machine can do in a
/// second is not tested here.
const LONGEST: Duration = Duration::from_secs(1200);

/// How much a cell may print before a test gives up on it.
const MOST_OUTPUT: usize = 256 << 20;

/// A running kernel.
pub struct Notebook {
    kernel: Child,
    frontend: TestFrontend,
    connection: ConnectionInfo,
    folder: TempDir,
}

/// What a cell gave.
#[derive(Debug, Default)]
pub struct Cell {
    /// Everything written to standard output.
    pub stdout: String,
    /// Everything written to standard error.
    pub stderr: String,
    /// The result's representations.
    pub result: Option<Value>,
    /// The displays' representations, in order.
    pub displays: Vec<Value>,
    /// The error, if there was one.
    pub error: Option<CellError>,
    /// What the reply carries for the pager, in order.
    pub pages: Vec<Value>,
    /// The kinds of all outputs, in order.
    pub kinds: Vec<String>,
}

/// An error as a front end is told it, without colours.
#[derive(Debug)]
pub struct CellError {
    /// `ename`.
    pub name: String,
    /// `evalue`.
    pub message: String,
    /// The traceback's lines.
    pub traceback: String,
}

/// The cache of all tests in this file, with the cell libraries built. It has no cell yet: what a run of the tests leaves
/// is not taken for what the next one compiles.
pub fn cache_dir() -> &'static Path {
    static CACHE: OnceLock<PathBuf> = OnceLock::new();
    CACHE.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("soma-cache");
        let prefix = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_soma"))
            .args(["install", "--prefix"])
            .arg(prefix.path())
            .env("SOMA_CACHE_DIR", &cache)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // A kernel of that run may still be ending, and put a cell there.
        let old = cache.join(format!("cells-before-{}", std::process::id()));
        match std::fs::rename(cache.join("cells"), &old) {
            Ok(()) => drop(std::fs::remove_dir_all(old)),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
        }
        cache
    })
}

impl Notebook {
    /// Starts a kernel.
    pub fn open() -> Notebook {
        Notebook::open_with(|_| {})
    }

    /// Starts a kernel whose command is changed first.
    pub fn open_with(change: impl FnOnce(&mut Command)) -> Notebook {
        let folder = tempfile::tempdir().unwrap();
        let connection = ipc_connection(folder.path());
        Notebook::open_at(folder, connection, change)
    }

    /// Starts a kernel that listens on ports of the loopback interface.
    pub fn open_over_tcp(change: impl FnOnce(&mut Command)) -> Notebook {
        Notebook::open_at(tempfile::tempdir().unwrap(), tcp_connection(), change)
    }

    fn open_at(folder: TempDir, connection: ConnectionInfo, change: impl FnOnce(&mut Command)) -> Notebook {
        let file = folder.path().join("connection.json");
        let mut options = std::fs::OpenOptions::new();
        let open = options.write(true).create_new(true).mode(0o600).open(&file).unwrap();
        serde_json::to_writer(open, &connection).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_soma"));
        command.args(["kernel", "--connection-file"]).arg(&file).env("SOMA_CACHE_DIR", cache_dir());
        // Whether there is an analyst does not depend on how busy the machine is. All tests can be run without other fast
        // paths, too.
        let without = std::env::var("SOMA_WITHOUT").unwrap_or_default();
        command.env("SOMA_WITHOUT", format!("early-analyst,{without}"));
        // Never the user's own.
        command.env("SOMA_HISTORY", folder.path().join("history.sqlite"));
        // So that a test that is killed leaves no kernel.
        command.env("JPY_PARENT_PID", std::process::id().to_string());
        // Sessions make their folders here, so that a test can look for what is left.
        command.env("TMPDIR", folder.path()).current_dir(folder.path()).stdin(Stdio::null()).stderr(Stdio::inherit());
        change(&mut command);
        let kernel = command.spawn().unwrap();
        let frontend = TestFrontend::connect(&connection);
        Notebook { kernel, frontend, connection, folder }
    }

    /// The kernel's working directory and home of its temporary files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the kernel listens.
    pub fn connection(&self) -> &ConnectionInfo {
        &self.connection
    }

    /// The kernel's process.
    pub fn pid(&self) -> u32 {
        self.kernel.id()
    }

    /// The folder of the kernel's session.
    pub fn session(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap());
        let mut folders = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("soma-"));
        folders.next().expect("a session has a folder").path()
    }

    /// Runs a cell to its end.
    pub fn run(&mut self, code: &str) -> Cell {
        let request = self.start(code);
        self.finish(&request)
    }

    /// Runs a cell for a front end that asks nobody, as nbconvert does.
    pub fn run_without_stdin(&mut self, code: &str) -> Cell {
        let content = serde_json::json!({ "code": code, "allow_stdin": false });
        let request = self.frontend.send_shell("execute_request", content);
        self.finish(&request)
    }

    /// Sends a cell off.
    pub fn start(&mut self, code: &str) -> String {
        self.frontend.send_execute(code)
    }

    /// Waits until a message of this kind about a cell has come.
    pub fn wait_for(&mut self, kind: &str, request: &str) {
        let since = Instant::now();
        loop {
            assert!(since.elapsed() < LONGEST, "no {kind} came");
            let message = self.frontend.iopub_any();
            if message.parent == request && message.kind == kind {
                return;
            }
        }
    }

    /// Runs a cell of a notebook in a front end that names its cells, as JupyterLab and VS Code do.
    pub fn run_cell(&mut self, id: &str, code: &str) -> Cell {
        let request = self.frontend.send_execute_of(id, code);
        self.finish(&request)
    }

    /// Runs such a cell, which must succeed.
    pub fn ok_cell(&mut self, id: &str, code: &str) -> Cell {
        let cell = self.run_cell(id, code);
        assert!(cell.error.is_none(), "{code}\n{}", cell.error.unwrap().traceback);
        cell
    }

    /// Takes a cell's messages until the kernel is idle.
    pub fn finish(&mut self, request: &str) -> Cell {
        let mut cell = Cell::default();
        let since = Instant::now();
        loop {
            assert!(since.elapsed() < LONGEST, "the cell does not end");
            assert!(cell.stdout.len() + cell.stderr.len() < MOST_OUTPUT, "the cell prints without end");
            let message = self.frontend.iopub_any();
            if message.parent != request {
                continue;
            }
            let content = message.content;
            match message.kind.as_str() {
                "stream" => {
                    let text = content["text"].as_str().unwrap();
                    let stream = if content["name"] == "stdout" { &mut cell.stdout } else { &mut cell.stderr };
                    stream.push_str(text);
                }
                "execute_result" => cell.result = Some(content["data"].clone()),
                "display_data" | "update_display_data" => cell.displays.push(content["data"].clone()),
                "error" => {
                    let lines = content["traceback"].as_array().unwrap().iter().filter_map(Value::as_str);
                    cell.error = Some(CellError {
                        name: content["ename"].as_str().unwrap().to_owned(),
                        message: content["evalue"].as_str().unwrap().to_owned(),
                        traceback: without_colours(&lines.collect::<Vec<_>>().join("\n")),
                    });
                }
                "status" if content["execution_state"] == "idle" => break,
                _ => {}
            }
            if !matches!(message.kind.as_str(), "status" | "execute_input") {
                cell.kinds.push(message.kind);
            }
        }
        let reply = self.frontend.shell("execute_reply", request);
        assert_eq!(reply["status"] == "ok", cell.error.is_none(), "{reply}");
        let payload = reply["payload"].as_array().into_iter().flatten();
        cell.pages = payload.filter(|item| item["source"] == "page").map(|page| page["data"].clone()).collect();
        cell
    }

    /// Runs a cell that must succeed.
    pub fn ok(&mut self, code: &str) -> Cell {
        let cell = self.run(code);
        assert!(cell.error.is_none(), "{code}\n{}", cell.error.unwrap().traceback);
        cell
    }

    /// Runs a cell that must succeed and have this result as text.
    pub fn gives(&mut self, code: &str, text: &str) {
        let cell = self.ok(code);
        assert_eq!(cell.text(), Some(text), "{code}\n{cell:?}");
    }

    /// Runs a cell that must fail.
    pub fn fails(&mut self, code: &str) -> CellError {
        let cell = self.run(code);
        cell.error.unwrap_or_else(|| panic!("this should have failed: {code}"))
    }

    /// Asks the kernel to interrupt the running cell.
    pub fn interrupt(&mut self) {
        let request = self.frontend.send_control("interrupt_request", serde_json::json!({}));
        assert_eq!(self.frontend.control("interrupt_reply", &request)["status"], "ok");
    }

    /// The front end itself.
    pub fn frontend(&mut self) -> &mut TestFrontend {
        &mut self.frontend
    }

    /// How many processes whose command line has this in it were started by cells or their kernel.
    pub fn processes(&self, command: &str) -> usize {
        self.left().iter().filter(|left| left.contains(command)).count()
    }

    /// Kills the kernel as `kill -9` would, and asserts that nothing of it is left.
    pub fn kill(mut self) {
        self.kernel.kill().unwrap();
        self.assert_nothing_left();
    }

    /// Waits for a kernel that was killed.
    pub fn wait_for_end(&mut self) {
        let since = Instant::now();
        while self.kernel.try_wait().unwrap().is_none() {
            assert!(since.elapsed() < LONGEST, "the kernel does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn assert_nothing_left(&mut self) {
        self.wait_for_end();
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let left = self.left();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left behind: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Processes whose working directory is ours, and session folders.
    fn left(&self) -> Vec<String> {
        let folder = self.folder.path().canonicalize().unwrap();
        let mut left = Vec::new();
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            if std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder)) {
                let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
                left.push(String::from_utf8_lossy(&command).replace('\0', " "));
            }
        }
        let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        left.extend(
            files.map(|f| f.file_name().to_string_lossy().into_owned()).filter(|name| name.starts_with("soma-")),
        );
        left
    }
}

impl Drop for Notebook {
    fn drop(&mut self) {
        if matches!(self.kernel.try_wait(), Ok(Some(_))) {
            return;
        }
        if std::thread::panicking() {
            let _ = self.kernel.kill();
            let _ = self.kernel.wait();
            return;
        }
        self.frontend.send_control("shutdown_request", serde_json::json!({ "restart": false }));
        self.assert_nothing_left();
    }
}

impl Cell {
    /// The result as plain text.
    pub fn text(&self) -> Option<&str> {
        self.result.as_ref()?["text/plain"].as_str()
    }
}

impl CellError {
    /// Asserts that the traceback has this in it.
    pub fn says(&self, text: &str) {
        assert!(self.traceback.contains(text), "{}", self.traceback);
    }

    /// Asserts that the error points at this place of the cell as typed.
    pub fn points_at(&self, place: &str) {
        assert!(self.traceback.contains(&format!("In [{place}")), "{}", self.traceback);
        for internal in ["evcxr", "lib.rs", "cell.rs"] {
            assert!(!self.traceback.contains(internal), "{}", self.traceback);
        }
    }
}

pub fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('m').map_or(rest.len(), |end| end + 1)..];
    }
    plain + rest
}
