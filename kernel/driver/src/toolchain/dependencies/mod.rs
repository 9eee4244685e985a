//! The crates that a session added with `:dep`.
//!
//! The real cargo resolves and builds them as the dependencies of an empty crate ([`build`]). Each set of crates has a
//! separate folder, so that no session waits for another's crates; other sets reuse what one set has built ([`units`]).
//! rustc makes one dylib of them all, so that their statics exist once for all cells; cells are then compiled against a
//! record of the build, without cargo. A record is keyed by the requirements, the compiler and the libraries of cells.
//! Path dependencies can change under it, so cargo is asked again when one of their files has changed ([`sources`]).
//!
//! Crates that every cell has anyway (`ndarray`, `plotters` and their dependencies) are not built again: the same
//! versions with the same features are the same files in the session's crates as in tensorlib, so their types are the
//! same ([`mod@request`] reads the requirements, [`build`] adds those features, and tells the user where that fails).

mod build;
mod graph;
mod ready;
mod request;
mod sources;
pub mod units;

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Result;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use sha2::{Digest, Sha256};

use super::cell_libs::CellLibs;
use super::handoff::SessionNotes;
use super::toolchain_info::hex;
use crate::announce::announce;
use crate::dirs;
use crate::evcxr::manifest::Request;
use build::Build;
pub use ready::{CRATE, Dependencies};
pub use sources::listed;

/// The file in a session's folder with the remarks that were already shown.
const TOLD: &str = "told";

impl Dependencies {
    /// Whether these lines ask for nothing that has to be built.
    ///
    /// # Errors
    /// When they are not TOML.
    pub fn are_there(table: &str, libs: &CellLibs) -> Result<bool> {
        Ok(request::wanted(table, libs)?.is_empty())
    }

    /// Builds the requested crates, or finds them built. The inner error is cargo's message.
    ///
    /// # Errors
    /// When cargo cannot be run or files cannot be written.
    pub fn resolve(request: &Request, session: &Path, notes: &SessionNotes) -> Result<Result<Dependencies, String>> {
        let table = request::wanted(request.table, &notes.libs)?;
        if table.is_empty() {
            return Ok(Ok(Dependencies::default()));
        }
        let key = key(&table.to_string(), notes);
        let all = dirs::cache_dir().join("deps");
        let folder = all.join(&key);
        let record = folder.join("ready.json");
        if let Some(ready) = read(&record) {
            ready.tell(session);
            return Ok(Ok(ready));
        }
        dirs::private_dir(&folder)?;
        let _lock = lock(&folder, session)?;
        if let Some(ready) = read(&record) {
            ready.tell(session);
            return Ok(Ok(ready));
        }
        let build = Build { session, folder: &folder, notes, offline: request.offline };
        let ready = match build.run(&table, &key)? {
            Ok(ready) => ready,
            Err(said) => return Ok(Err(said)),
        };
        dirs::write_atomically(&record, &serde_json::to_vec_pretty(&ready)?)?;
        dirs::drop_unused(&all, &folder);
        ready.tell(session);
        Ok(Ok(ready))
    }

    /// Shows the remarks about these crates, each once in a session.
    fn tell(&self, session: &Path) {
        if self.remarks.is_empty() {
            return;
        }
        let file = session.join(TOLD);
        let mut told = fs::read_to_string(&file).unwrap_or_default();
        for remark in &self.remarks {
            if told.lines().all(|line| line != remark) {
                announce(session, remark);
                told.extend([remark, "\n"]);
            }
        }
        let _ = fs::write(file, told);
    }
}

/// Locks the folder of a set: only sessions with the same crates wait for each other.
fn lock(folder: &Path, session: &Path) -> io::Result<Flock<fs::File>> {
    let file = fs::File::create(folder.join("lock"))?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(lock),
        Err((file, Errno::EWOULDBLOCK)) => {
            announce(session, "Another session is building the same crates; this cell goes on when they are ready.");
            Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error.into())
        }
        Err((_, error)) => Err(error.into()),
    }
}

/// Reads the record, if it is still valid.
fn read(record: &Path) -> Option<Dependencies> {
    let ready: Dependencies = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
    let holds = ready.externs.iter().all(|(_, file)| file.exists()) && ready.sources.are_unchanged();
    dirs::note_use(record);
    holds.then_some(ready)
}

fn key(table: &str, notes: &SessionNotes) -> String {
    let mut digest = Sha256::new();
    for text in [table, &notes.facts.version, &notes.libs.key, env!("SOMA_DRIVER")] {
        digest.update(text.len().to_le_bytes());
        digest.update(text.as_bytes());
    }
    hex(&digest.finalize())
}
