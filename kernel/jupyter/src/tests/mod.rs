//! The protocol from end to end: a kernel with a fake session, and a front end on real sockets.

mod cells;
mod control;
mod history;
mod hostile;
mod input;
mod nonsense;
mod questions;
mod robustness;
mod subshells;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use jupyter_protocol::connection_info::ConnectionInfo;
use tempfile::TempDir;

use super::fake_session::{self, FakeControls};
use super::{HistoryFile, KernelInfo, Language};
use crate::api::Session;
use soma_frontend::{TestFrontend, ipc_connection};

/// A kernel on a thread of the test.
struct TestKernel {
    connection: ConnectionInfo,
    server: JoinHandle<anyhow::Result<()>>,
    controls: Arc<FakeControls>,
    _folder: TempDir,
}

impl TestKernel {
    fn start(session: (Session, Arc<FakeControls>), connection: ConnectionInfo) -> TestKernel {
        TestKernel::start_with_history(session, connection, None)
    }

    fn start_with_history(
        (session, controls): (Session, Arc<FakeControls>),
        connection: ConnectionInfo,
        history: Option<HistoryFile>,
    ) -> TestKernel {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("connection.json");
        std::fs::write(&file, serde_json::to_string(&connection).unwrap()).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let server = std::thread::spawn(move || serve(&file, session, history));
        TestKernel { connection, server, controls, _folder: folder }
    }

    /// Waits until the kernel ends by itself, and checks that it ended its session.
    fn join(self) {
        self.server.join().expect("the kernel did not panic").expect("the kernel served");
        assert_eq!(self.controls.shutdowns.load(Ordering::SeqCst), 1, "the session was ended once");
    }
}

fn serve(file: &Path, session: Session, history: Option<HistoryFile>) -> anyhow::Result<()> {
    super::serve(file, session, info(), history)
}

fn info() -> KernelInfo {
    let language =
        Language { name: "script", version: "1.2".to_owned(), mimetype: "text/plain", file_extension: ".txt" };
    KernelInfo {
        implementation: "fake",
        implementation_version: "0.1.0",
        banner: "Fake 0.1.0".to_owned(),
        language,
        help_links: &[("Help", "https://example.org")],
    }
}

/// Runs a test with a kernel whose session is ready at once; then shuts the kernel down, and asserts that it sent
/// nothing that the test did not ask for.
///
/// Tests use `ipc`, where no two can take the same port; those in `control` also use `tcp`.
fn with_kernel(test: impl FnOnce(&mut TestFrontend)) {
    with_session(fake_session::session(), test);
}

fn with_session(session: (Session, Arc<FakeControls>), test: impl FnOnce(&mut TestFrontend)) {
    let sockets = tempfile::tempdir().unwrap();
    let kernel = TestKernel::start(session, ipc_connection(sockets.path()));
    let mut frontend = TestFrontend::connect(&kernel.connection);
    test(&mut frontend);
    frontend.shut_down(false);
    frontend.finish();
    kernel.join();
}
