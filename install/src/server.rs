//! JupyterLab, which serves only this machine, with separate settings and data.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::Lab;
use crate::environment::JupyterFolders;
use crate::process::{Process, Supervised};
use crate::progress::Outcome;

/// How long JupyterLab may take until it answers.
const START: Duration = Duration::from_secs(120);

/// What to serve, and how.
#[derive(Clone, Debug)]
pub struct Serving {
    /// The folder that the user sees.
    pub notebooks: PathBuf,
    /// The folder for settings, data and the log.
    pub home: PathBuf,
    /// The port to try first; the next free one is taken.
    pub port: u16,
    /// Whether JupyterLab is to open the user's browser.
    pub open_browser: bool,
}

/// A running JupyterLab; it ends, with all its kernels, when this is dropped.
#[derive(Debug)]
pub struct JupyterLab {
    process: Supervised,
    /// The server's address, such as `http://127.0.0.1:8888/`.
    pub address: String,
    /// The token that the server asks for.
    pub token: String,
    /// The file of its log.
    pub log: PathBuf,
}

impl JupyterLab {
    /// Starts JupyterLab and waits until it can be opened.
    ///
    /// # Errors
    /// One sentence and the log's last lines, when it does not come up.
    pub fn start(lab: &Lab, serving: &Serving) -> Result<JupyterLab> {
        fs::create_dir_all(&serving.home).with_context(|| format!("cannot make {}", serving.home.display()))?;
        let folders = JupyterFolders::under(&serving.home);
        let log = serving.home.join("jupyterlab.log");
        let log_file = File::create(&log).with_context(|| format!("cannot write to {}", log.display()))?;
        let mut command = lab.command("jupyter-lab", &folders);
        command
            .arg(format!("--ServerApp.root_dir={}", serving.notebooks.display()))
            .args(["--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=50"])
            .arg(format!("--ServerApp.port={}", serving.port))
            .arg(format!("--ServerApp.open_browser={}", if serving.open_browser { "True" } else { "False" }))
            .arg("--MultiKernelManager.default_kernel_name=soma")
            .stdin(Stdio::null())
            .stdout(log_file.try_clone()?)
            .stderr(log_file);
        if nix::unistd::geteuid().is_root() {
            command.arg("--allow-root");
        }
        let mut process = Supervised::spawn(&mut command).context("cannot start JupyterLab")?;
        let record = folders.runtime().join(format!("jpserver-{}.json", process.child().id()));
        let deadline = Instant::now() + START;
        loop {
            if let Some((address, token)) = read(&record) {
                return Ok(JupyterLab { process, address, token, log });
            }
            if process.wait(Duration::from_millis(50))?.is_some() {
                bail!("JupyterLab ended as soon as it was started; its log says:\n{}", last_lines(&log));
            }
            if Instant::now() > deadline {
                bail!("JupyterLab did not come up in {} s; its log says:\n{}", START.as_secs(), last_lines(&log));
            }
        }
    }

    /// The address to open in a browser.
    pub fn url(&self) -> String {
        format!("{}lab?token={}", self.address, self.token)
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.process.wait(Duration::ZERO), Ok(None))
    }

    /// The running processes: JupyterLab and its kernels.
    pub fn processes(&self) -> Vec<Process> {
        self.process.processes()
    }

    /// Lets JupyterLab shut its kernels down and ends it; returns the processes that were still running after that and
    /// were killed.
    pub fn end(mut self) -> Vec<Process> {
        self.process.end()
    }
}

fn read(record: &Path) -> Option<(String, String)> {
    let record: serde_json::Value = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
    Some((record["url"].as_str()?.to_owned(), record["token"].as_str()?.to_owned()))
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

impl Outcome for JupyterLab {
    fn told(&self) -> String {
        format!("JupyterLab listens at {}", self.address)
    }
}
