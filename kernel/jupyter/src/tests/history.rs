//! The history that outlives a kernel, as the protocol shows it.

use std::path::Path;

use serde_json::{Value, json};

use super::fake_session::session;
use super::{HistoryFile, TestKernel, with_kernel};
use soma_frontend::{TestFrontend, ipc_connection};

/// Runs a test with a kernel that keeps its history in this file.
fn with_history(file: &Path, test: impl FnOnce(&mut TestFrontend)) {
    let sockets = tempfile::tempdir().unwrap();
    let history = HistoryFile { path: file.to_owned(), advice: "choose another" };
    let kernel = TestKernel::start_with_history(session(), ipc_connection(sockets.path()), Some(history));
    let mut frontend = TestFrontend::connect(&kernel.connection);
    test(&mut frontend);
    frontend.shut_down(false);
    frontend.finish();
    kernel.join();
}

fn history(frontend: &mut TestFrontend, request: Value) -> Value {
    let reply = frontend.ask("history_request", request);
    assert_eq!(reply["status"], "ok", "{reply}");
    reply["history"].clone()
}

/// Runs a cell that has a result.
fn run_with_result(frontend: &mut TestFrontend, code: &str, count: u64) {
    let request = frontend.send_execute(code);
    frontend.iopub_begin(&request, count);
    frontend.iopub("execute_result", &request);
    frontend.iopub_idle(&request);
    frontend.shell("execute_reply", &request);
}

#[test]
fn a_kernel_has_the_cells_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    with_history(&file, |frontend| {
        frontend.run_quietly("sleep 0", 1);
        run_with_result(frontend, "value 4", 2);
        let own = json!([[1, 1, ["sleep 0", null]], [1, 2, ["value 4", "4"]]]);
        assert_eq!(history(frontend, json!({ "hist_access_type": "tail", "n": 9, "output": true })), own);
    });
    with_history(&file, |frontend| {
        let earlier = json!([[1, 1, "sleep 0"], [1, 2, "value 4"]]);
        assert_eq!(history(frontend, json!({ "hist_access_type": "tail", "n": 9 })), earlier);
        frontend.run_quietly("sleep 1", 1);
        let tail = json!([[1, 2, "value 4"], [2, 1, "sleep 1"]]);
        assert_eq!(history(frontend, json!({ "hist_access_type": "tail", "n": 2, "output": null })), tail);
        let range = json!({ "hist_access_type": "range", "session": -1, "start": 1, "output": true });
        assert_eq!(history(frontend, range), json!([[1, 1, ["sleep 0", null]], [1, 2, ["value 4", "4"]]]));
        let range = json!({ "hist_access_type": "range", "session": 0, "start": 1, "stop": null });
        assert_eq!(history(frontend, range), json!([[0, 1, "sleep 1"]]));
        let range = json!({ "hist_access_type": "range", "session": 2, "start": 1, "stop": 2 });
        assert_eq!(history(frontend, range), json!([[2, 1, "sleep 1"]]));
        let search = json!({ "hist_access_type": "search", "pattern": "sl*" });
        assert_eq!(history(frontend, search), json!([[1, 1, "sleep 0"], [2, 1, "sleep 1"]]));
    });
}

#[test]
fn a_search_without_a_number_finds_all_and_a_tail_the_last_ten() {
    with_kernel(|frontend| {
        for count in 1..=12 {
            frontend.run_quietly("sleep 0", count);
        }
        let found = |history: Value| history.as_array().unwrap().len();
        assert_eq!(found(history(frontend, json!({ "hist_access_type": "search", "n": null }))), 12);
        let unique = json!({ "hist_access_type": "search", "unique": true });
        assert_eq!(history(frontend, unique), json!([[1, 12, "sleep 0"]]));
        assert_eq!(found(history(frontend, json!({ "hist_access_type": "tail" }))), 10);
    });
}

#[test]
fn silent_and_unstored_cells_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    with_history(&file, |frontend| {
        for fields in [json!({ "silent": true }), json!({ "store_history": false })] {
            let mut content = fields;
            content["code"] = "sleep 0".into();
            let request = frontend.send_shell("execute_request", content);
            frontend.shell("execute_reply", &request);
            while frontend.iopub_message(&request).content["execution_state"] != "idle" {}
        }
        assert_eq!(history(frontend, json!({})), json!([]));
    });
    assert!(!file.exists());
}

#[test]
fn a_history_that_cannot_be_kept_fails_no_cell() {
    let folder = tempfile::tempdir().unwrap();
    let no_folder = folder.path().join("file");
    std::fs::write(&no_folder, "").unwrap();
    with_history(&no_folder.join("history.sqlite"), |frontend| {
        run_with_result(frontend, "value 4", 1);
        assert_eq!(history(frontend, json!({ "output": true })), json!([[1, 1, ["value 4", "4"]]]));
        frontend.run_quietly("sleep 0", 2);
    });
}

#[test]
fn history_is_answered_while_a_cell_runs() {
    with_kernel(|frontend| {
        let cell = frontend.send_execute("sleep 60000");
        frontend.iopub_begin(&cell, 1);
        let request = frontend.send_shell("history_request", json!({ "n": 1 }));
        assert_eq!(frontend.shell("history_reply", &request)["history"], json!([[1, 1, "sleep 60000"]]));
        frontend.iopub_busy(&request);
        frontend.iopub_idle(&request);
        frontend.iopub_busy(&cell);
        let interrupt = frontend.send_control("interrupt_request", json!({}));
        frontend.control("interrupt_reply", &interrupt);
        frontend.iopub_busy(&interrupt);
        frontend.iopub_idle(&interrupt);
        frontend.iopub_busy(&cell);
        frontend.iopub_error(&cell, "Interrupted");
        frontend.iopub_idle(&cell);
        frontend.shell("execute_reply", &cell);
    });
}
