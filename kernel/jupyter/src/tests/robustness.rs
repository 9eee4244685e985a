//! Unusual situations that must not end the kernel.

use serde_json::json;

use super::{TestKernel, fake_session::session, with_kernel};
use soma_frontend::{TestFrontend, tcp_connection};

fn is_alive(frontend: &mut TestFrontend) {
    assert_eq!(frontend.ask("kernel_info_request", json!({}))["status"], "ok");
}

#[test]
fn a_request_without_what_it_needs_gets_an_error() {
    with_kernel(|frontend| {
        let reply = frontend.ask("execute_request", json!({ "silent": false }));
        assert_eq!((&reply["status"], &reply["ename"]), (&json!("error"), &json!("InvalidRequest")));
        assert!(reply["evalue"].as_str().unwrap().contains("code"), "{reply}");
        is_alive(frontend);
    });
}

#[test]
fn an_unknown_request_gets_an_error() {
    with_kernel(|frontend| {
        let reply = frontend.ask("dance_request", json!({}));
        assert_eq!((&reply["status"], &reply["ename"]), (&json!("error"), &json!("UnknownMessage")));
    });
}

#[test]
fn messages_that_only_kernels_send_are_ignored() {
    with_kernel(|frontend| {
        frontend.send_shell("status", json!({ "execution_state": "busy" }));
        frontend.send_shell("something_else", json!({}));
        is_alive(frontend);
    });
}

#[test]
fn a_mistake_of_the_engine_fails_the_cell_only() {
    with_kernel(|frontend| {
        let request = frontend.send_execute("panic");
        frontend.iopub_begin(&request, 1);
        frontend.iopub_error(&request, "InternalError");
        frontend.iopub_idle(&request);
        assert!(frontend.shell("execute_reply", &request)["evalue"].as_str().unwrap().contains("asked to"));
        assert_eq!(frontend.run_quietly("sleep 0", 2)["status"], "ok");
    });
}

#[test]
fn a_mistake_of_the_assistant_fails_the_question_only() {
    with_kernel(|frontend| {
        let reply = frontend.ask("inspect_request", json!({ "code": "panic", "cursor_pos": 0 }));
        assert_eq!((&reply["status"], &reply["ename"]), (&json!("error"), &json!("InternalError")));
        is_alive(frontend);
    });
}

#[test]
fn the_strict_front_end_notices_a_message_that_nobody_asked_for() {
    let kernel = TestKernel::start(session(), tcp_connection());
    let mut frontend = TestFrontend::connect(&kernel.connection);
    let mut other = TestFrontend::connect(&kernel.connection);
    // The second subscriber's welcome goes to all subscribers.
    frontend.iopub("iopub_welcome", "");
    frontend.run_quietly("sleep 0", 1);
    let complaint = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| other.finish()));
    assert!(complaint.is_err(), "the other front end saw the cell, and nobody asked for that");
    frontend.shut_down(false);
    frontend.finish();
    kernel.join();
}
