//! Interrupting and ending the kernel.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::fake_session::{session, session_that_starts};
use super::{TestKernel, with_kernel, with_session};
use soma_frontend::{TestFrontend, ipc_connection, tcp_connection};

#[test]
fn an_interrupt_fails_the_running_cell_and_aborts_those_that_wait() {
    with_kernel(|frontend| {
        let running = frontend.send_execute("sleep 60000");
        let waiting = frontend.send_execute("print a");
        frontend.iopub_begin(&running, 1);
        let interrupt = frontend.send_control("interrupt_request", json!({}));
        assert_eq!(frontend.control("interrupt_reply", &interrupt), json!({ "status": "ok" }));
        frontend.iopub_busy(&interrupt);
        frontend.iopub_idle(&interrupt);
        frontend.iopub_busy(&running);
        frontend.iopub_error(&running, "Interrupted");
        frontend.iopub_idle(&running);
        assert_eq!(frontend.shell("execute_reply", &running)["status"], "error");
        frontend.iopub_busy(&waiting);
        frontend.iopub_idle(&waiting);
        assert_eq!(frontend.shell("execute_reply", &waiting)["status"], "aborted");
    });
}

#[test]
fn an_interrupt_with_nothing_to_interrupt_changes_nothing() {
    with_kernel(|frontend| {
        let interrupt = frontend.send_control("interrupt_request", json!({}));
        assert_eq!(frontend.control("interrupt_reply", &interrupt)["status"], "ok");
        frontend.iopub_busy(&interrupt);
        frontend.iopub_idle(&interrupt);
        assert_eq!(frontend.run_quietly("sleep 1", 1)["status"], "ok");
    });
}

#[test]
fn an_interrupt_while_the_session_starts_aborts_the_cells_that_wait() {
    let (start, started) = mpsc::channel();
    let session = session_that_starts(move || {
        started.recv().unwrap();
        Ok(())
    });
    with_session(session, |frontend| {
        let waiting = frontend.send_execute("print a");
        // The reply shows that the kernel has received the cell, which was sent before.
        frontend.ask("kernel_info_request", json!({}));
        let interrupt = frontend.send_control("interrupt_request", json!({}));
        frontend.control("interrupt_reply", &interrupt);
        frontend.iopub_busy(&interrupt);
        frontend.iopub_idle(&interrupt);
        start.send(()).unwrap();
        frontend.iopub_busy(&waiting);
        frontend.iopub_idle(&waiting);
        assert_eq!(frontend.shell("execute_reply", &waiting)["status"], "aborted");
        frontend.run_quietly("sleep 0", 1);
    });
}

#[test]
fn a_restart_is_confirmed_as_one_and_ends_the_kernel() {
    let kernel = TestKernel::start(session(), tcp_connection());
    let mut frontend = TestFrontend::connect(&kernel.connection);
    frontend.shut_down(true);
    frontend.finish();
    kernel.join();
}

#[test]
fn a_shutdown_does_not_wait_for_the_running_cell() {
    let kernel = TestKernel::start(session(), tcp_connection());
    let mut frontend = TestFrontend::connect(&kernel.connection);
    let running = frontend.send_execute("sleep 60000");
    frontend.iopub_begin(&running, 1);
    let begin = Instant::now();
    let request = frontend.send_control("shutdown_request", json!({ "restart": false }));
    assert_eq!(frontend.control("shutdown_reply", &request)["status"], "ok");
    kernel.join();
    assert!(begin.elapsed() < Duration::from_secs(5), "took {:?}", begin.elapsed());
}

#[test]
fn shutdown_and_interrupt_also_work_on_the_shell_socket() {
    let kernel = TestKernel::start(session(), tcp_connection());
    let mut frontend = TestFrontend::connect(&kernel.connection);
    assert_eq!(frontend.ask("interrupt_request", json!({})), json!({ "status": "ok" }));
    let request = frontend.send_shell("shutdown_request", json!({}));
    assert_eq!(frontend.shell("shutdown_reply", &request), json!({ "status": "ok", "restart": false }));
    kernel.join();
}

#[test]
fn the_kernel_serves_over_ipc_and_removes_its_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let kernel = TestKernel::start(session(), ipc_connection(folder.path()));
    let mut frontend = TestFrontend::connect(&kernel.connection);
    assert_eq!(frontend.run_quietly("sleep 0", 1)["status"], "ok");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
    frontend.shut_down(false);
    frontend.finish();
    kernel.join();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_socket_that_a_killed_kernel_left_behind_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(folder.path().join("kernel-1")).unwrap());
    let kernel = TestKernel::start(session(), ipc_connection(folder.path()));
    let mut frontend = TestFrontend::connect(&kernel.connection);
    frontend.shut_down(false);
    frontend.finish();
    kernel.join();
}
