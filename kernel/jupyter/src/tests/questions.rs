//! Requests that run nothing: they are answered at once, also while a cell runs.

use serde_json::json;

use super::with_kernel;

#[test]
fn kernel_info_says_what_the_kernel_speaks() {
    with_kernel(|frontend| {
        let info = frontend.ask("kernel_info_request", json!({}));
        assert_eq!([&info["status"], &info["protocol_version"], &info["implementation"]], ["ok", "5.5", "fake"]);
        assert_eq!(
            info["language_info"],
            json!({
                "name": "script", "version": "1.2", "mimetype": "text/plain", "file_extension": ".txt",
                "pygments_lexer": "script", "codemirror_mode": "script",
            }),
        );
        assert_eq!((&info["supported_features"], &info["debugger"]), (&json!(["kernel subshells"]), &json!(false)));
        assert_eq!(info["help_links"], json!([{ "text": "Help", "url": "https://example.org" }]));
    });
}

#[test]
fn kernel_info_is_also_answered_on_the_control_socket() {
    with_kernel(|frontend| {
        let request = frontend.send_control("kernel_info_request", json!({}));
        assert_eq!(frontend.control("kernel_info_reply", &request)["status"], "ok");
        frontend.iopub_busy(&request);
        frontend.iopub_idle(&request);
    });
}

#[test]
fn a_completion_is_answered_while_a_cell_runs() {
    with_kernel(|frontend| {
        let cell = frontend.send_execute("sleep 60000");
        frontend.iopub_begin(&cell, 1);
        let request = frontend.send_shell("complete_request", json!({ "code": "é pri x", "cursor_pos": 5 }));
        let reply = frontend.shell("complete_reply", &request);
        assert_eq!(reply["matches"], json!(["print"]));
        assert_eq!((&reply["cursor_start"], &reply["cursor_end"]), (&json!(2), &json!(5)));
        assert_eq!(reply["metadata"]["_jupyter_types_experimental"][0]["signature"], "print TEXT");
        frontend.iopub_busy(&request);
        frontend.iopub_idle(&request);
        // JupyterLab shows the last status: the kernel publishes that the cell still runs.
        frontend.iopub_busy(&cell);
        let interrupt = frontend.send_shell("interrupt_request", json!({}));
        frontend.shell("interrupt_reply", &interrupt);
        frontend.iopub_busy(&interrupt);
        frontend.iopub_idle(&interrupt);
        frontend.iopub_busy(&cell);
        frontend.iopub_error(&cell, "Interrupted");
        frontend.iopub_idle(&cell);
        frontend.shell("execute_reply", &cell);
    });
}

#[test]
fn inspection_finds_what_is_known_in_the_detail_asked_for() {
    with_kernel(|frontend| {
        let reply = frontend.ask("inspect_request", json!({ "code": "print", "cursor_pos": 1 }));
        assert_eq!((&reply["found"], &reply["data"]["text/plain"]), (&json!(true), &json!("print TEXT")));
        let reply = frontend.ask("inspect_request", json!({ "code": "print", "cursor_pos": 1, "detail_level": 1 }));
        assert_eq!(reply["data"]["text/plain"], "print TEXT: shows text");
        let reply = frontend.ask("inspect_request", json!({ "code": "other", "cursor_pos": 1 }));
        assert_eq!(reply, json!({ "status": "ok", "found": false, "data": {}, "metadata": {} }));
    });
}

#[test]
fn code_is_complete_or_wants_more_lines_or_is_invalid() {
    with_kernel(|frontend| {
        let mut ask = |code: &str| frontend.ask("is_complete_request", json!({ "code": code }));
        assert_eq!(ask("1")["status"], "complete");
        assert_eq!(ask("fn f() {"), json!({ "status": "incomplete", "indent": "    " }));
        assert_eq!(ask(")")["status"], "invalid");
    });
}

#[test]
fn no_comm_is_open_and_none_can_be_opened() {
    with_kernel(|frontend| {
        assert_eq!(frontend.ask("comm_info_request", json!({})), json!({ "status": "ok", "comms": {} }));
        let open = frontend.send_shell("comm_open", json!({ "comm_id": "1", "target_name": "jupyter.widget" }));
        frontend.iopub_busy(&open);
        assert_eq!(frontend.iopub("comm_close", &open), json!({ "comm_id": "1", "data": {} }));
        frontend.iopub_idle(&open);
        let message = frontend.send_shell("comm_msg", json!({ "comm_id": "1", "data": {} }));
        frontend.iopub_busy(&message);
        frontend.iopub_idle(&message);
    });
}

#[test]
fn there_is_no_debugger() {
    with_kernel(|frontend| {
        let request = json!({ "type": "request", "seq": 3, "command": "initialize", "arguments": {} });
        let request = frontend.send_control("debug_request", request);
        let reply = frontend.control("debug_reply", &request);
        assert_eq!((&reply["success"], &reply["request_seq"]), (&json!(false), &json!(3)));
        frontend.iopub_busy(&request);
        frontend.iopub_idle(&request);
    });
}

#[test]
fn the_heartbeat_gives_back_what_it_got() {
    with_kernel(|frontend| {
        assert_eq!(frontend.beat(b"ping"), b"ping");
        assert_eq!(frontend.beat(&[0, 255, 7]), [0, 255, 7]);
    });
}
