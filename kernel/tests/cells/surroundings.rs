//! Surroundings in which a kernel is short of something, also when the tests are root's.

use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Pid;
use serde_json::json;
use soma_driver::process::children;
use tempfile::TempDir;

use crate::notebook::cache_dir;

/// Changes the process that a command starts, before it becomes the command.
pub fn before_start(command: &mut Command, change: impl Fn() -> io::Result<()> + Send + Sync + 'static) {
    // SAFETY: what the tests do there are system calls.
    unsafe { command.pre_exec(change) };
}

/// Lets permissions of files mean something to root, too.
pub fn heed_permissions(command: &mut Command) {
    before_start(command, || {
        // CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER; whoever has none of them need not drop them.
        for capability in [1, 2, 3] {
            // SAFETY: the call takes numbers.
            unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        }
        Ok(())
    });
}

/// A file that grows too large is an error to whoever writes it, as on a full disk, and not a signal.
pub fn survive_full_disks(command: &mut Command) {
    // SAFETY: no handler is installed.
    before_start(command, || Ok(unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) }.map(drop)?));
}

/// Signals are ignored, and held back, as `nohup`, a script's `&` and some services start what they start.
pub fn with_signals_ignored(command: &mut Command) {
    before_start(command, || {
        for ignored in
            [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGCHLD, Signal::SIGHUP, Signal::SIGUSR1]
        {
            // SAFETY: no handler is installed.
            unsafe { signal(ignored, SigHandler::SigIgn) }?;
        }
        Ok(SigSet::all().thread_block()?)
    });
}

/// New files are open to everybody, unless whoever makes them sees to it.
pub fn without_a_mask(command: &mut Command) {
    before_start(command, || {
        umask(Mode::empty());
        Ok(())
    });
}

/// As many open files as most systems allow.
pub fn usual_open_files(command: &mut Command) {
    before_start(command, || Ok(setrlimit(Resource::RLIMIT_NOFILE, 1024, getrlimit(Resource::RLIMIT_NOFILE)?.1)?));
}

/// From now on, files of a kernel and of what it starts can be this large, and of the rustc that it has started.
pub fn limit_files(pid: u32, bytes: u64) {
    let compilers = |parent: u32| {
        let is_one =
            |child: &u32| fs::read_to_string(format!("/proc/{child}/cmdline")).is_ok_and(|line| line.contains("/fd/"));
        children(Pid::from_raw(parent as i32))
            .into_iter()
            .map(|child| child.as_raw() as u32)
            .filter(is_one)
            .collect::<Vec<_>>()
    };
    // The one that waits, and what it has begun.
    let waiting = compilers(pid);
    let begun: Vec<u32> = waiting.iter().flat_map(|waiting| compilers(*waiting)).collect();
    [pid].into_iter().chain(waiting).chain(begun).for_each(|pid| limit_files_of(pid, bytes));
}

fn limit_files_of(pid: u32, bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit outlives the call, and nothing is to be written.
    let done = unsafe { libc::prlimit(pid as i32, libc::RLIMIT_FSIZE, &limit, std::ptr::null_mut()) };
    assert_eq!(done, 0, "{}", io::Error::last_os_error());
}

/// A cache of its own for a test's kernels, in which nothing but the cells' libraries is.
pub struct OwnCache(TempDir);

impl OwnCache {
    /// With the libraries of all tests.
    pub fn new() -> OwnCache {
        let cache = OwnCache(tempfile::tempdir().unwrap());
        fs::DirBuilder::new().mode(0o700).create(cache.path()).unwrap();
        std::os::unix::fs::symlink(cache_dir().join("libs"), cache.path().join("libs")).unwrap();
        cache
    }

    /// With folders of its own for what is kept with the libraries.
    pub fn with_own_libraries() -> OwnCache {
        let cache = OwnCache::new();
        let own = cache.path().join("libs");
        fs::remove_file(&own).unwrap();
        for libraries in fs::read_dir(cache_dir().join("libs")).unwrap().flatten() {
            let folder = own.join(libraries.file_name());
            fs::create_dir_all(&folder).unwrap();
            for entry in fs::read_dir(libraries.path()).unwrap().flatten().filter(|entry| entry.file_name() != "cells")
            {
                std::os::unix::fs::symlink(entry.path(), folder.join(entry.file_name())).unwrap();
            }
        }
        cache
    }

    /// With a linker that is the test's own link to the real one: the kernel has noted how cells are linked here, and the
    /// note is changed.
    pub fn with_own_linker() -> (OwnCache, PathBuf) {
        let cache = OwnCache::new();
        cache.link_a_cell();
        let notes: Vec<PathBuf> =
            fs::read_dir(cache.path().join("linkers")).unwrap().map(|note| note.unwrap().path()).collect();
        let [note] = &notes[..] else { panic!("{notes:?}") };
        let mut arguments: Vec<String> = serde_json::from_slice(&fs::read(note).unwrap()).unwrap();
        let real = match arguments.iter().position(|argument| argument.starts_with("linker=")) {
            Some(place) => {
                let named = arguments.remove(place);
                arguments.remove(place - 1);
                PathBuf::from(named.trim_start_matches("linker="))
            }
            None => {
                let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
                folders.into_iter().map(|folder| folder.join("cc")).find(|file| file.is_file()).unwrap()
            }
        };
        let linker = cache.0.path().join(real.file_name().unwrap());
        std::os::unix::fs::symlink(real, &linker).unwrap();
        arguments.extend(["-C".to_owned(), format!("linker={}", linker.display())]);
        fs::write(note, serde_json::to_vec(&arguments).unwrap()).unwrap();
        (cache, linker)
    }

    /// Runs a notebook of one cell, for which rustc calls a linker.
    fn link_a_cell(&self) {
        let notebook = self.0.path().join("cell.ipynb");
        let cell = json!({ "cell_type": "code", "source": "let warm = 1;", "metadata": {}, "outputs": [] });
        fs::write(&notebook, json!({ "cells": [cell], "nbformat": 4 }).to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_soma"));
        command.arg("warm").arg(notebook).env("SOMA_CACHE_DIR", self.path()).env("SOMA_WITHOUT", "linker");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The folder.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    /// The files of all compiled cells.
    pub fn cells(&self) -> Vec<PathBuf> {
        let folders = fs::read_dir(self.path().join("cells")).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
        files.map(|file| file.path()).collect()
    }
}

/// Everything below a folder, links not followed.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        found.push(entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(below(&entry.path()));
        }
    }
    found
}
