//! Surroundings in which a kernel is short of something, also when the tests are root's.

use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::stat::{Mode, umask};
use serde_json::Value;
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

/// From now on, files of a kernel and of what it starts can be this large.
pub fn limit_files(pid: u32, bytes: u64) {
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

    /// With a linker that is the test's own link to the real one.
    pub fn with_own_linker() -> (OwnCache, PathBuf) {
        let cache = OwnCache(tempfile::tempdir().unwrap());
        let (name, mut record) = newest_libraries();
        let mut arguments = record["linker"].as_array().unwrap().clone();
        let is_linker = |argument: &Value| argument.as_str().is_some_and(|argument| argument.starts_with("linker="));
        let real = match arguments.iter().position(is_linker) {
            Some(place) => {
                let named = arguments.remove(place);
                arguments.remove(place - 1);
                PathBuf::from(named.as_str().unwrap().trim_start_matches("linker="))
            }
            None => {
                let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
                folders.into_iter().map(|folder| folder.join("cc")).find(|file| file.is_file()).unwrap()
            }
        };
        let linker = cache.0.path().join(real.file_name().unwrap());
        std::os::unix::fs::symlink(real, &linker).unwrap();
        arguments.extend(["-C".into(), format!("linker={}", linker.display()).into()]);
        record["linker"] = arguments.into();
        let folder = cache.path().join("libs").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ready.json"), record.to_string()).unwrap();
        (cache, linker)
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

/// The folder's name and the record of the libraries that were used last.
fn newest_libraries() -> (std::ffi::OsString, Value) {
    let folders = fs::read_dir(cache_dir().join("libs")).unwrap().map(|folder| folder.unwrap());
    let used = |folder: &fs::DirEntry| fs::metadata(folder.path().join("ready.json")).and_then(|file| file.modified());
    let newest = folders.filter(|folder| used(folder).is_ok()).max_by_key(|folder| used(folder).unwrap()).unwrap();
    let record = fs::read(newest.path().join("ready.json")).unwrap();
    (newest.file_name(), serde_json::from_slice(&record).unwrap())
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
