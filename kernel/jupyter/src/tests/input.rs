//! Cells that ask the user.

use serde_json::json;

use super::with_kernel;

#[test]
fn a_question_is_asked_and_its_answer_given_to_the_cell() {
    with_kernel(|frontend| {
        let request = frontend.send_execute("print before\ninput Name:");
        frontend.iopub_begin(&request, 1);
        assert_eq!(frontend.stdin(&request), json!({ "prompt": "Name:", "password": false }));
        // The output that the cell wrote before it asked arrives before the question.
        frontend.iopub_stream(&request, "stdout", "before");
        frontend.send_input("Ada");
        frontend.iopub_stream(&request, "stdout", "Ada");
        frontend.iopub_idle(&request);
        assert_eq!(frontend.shell("execute_reply", &request)["status"], "ok");
    });
}

#[test]
fn a_password_is_asked_for_as_one() {
    with_kernel(|frontend| {
        let request = frontend.send_execute("password Key:");
        frontend.iopub_begin(&request, 1);
        assert_eq!(frontend.stdin(&request), json!({ "prompt": "Key:", "password": true }));
        frontend.send_input("secret");
        frontend.iopub_stream(&request, "stdout", "secret");
        frontend.iopub_idle(&request);
        frontend.shell("execute_reply", &request);
    });
}

#[test]
fn a_front_end_that_cannot_ask_fails_the_cell_with_a_sentence() {
    with_kernel(|frontend| {
        let fields = json!({ "code": "input Name:", "allow_stdin": false });
        let request = frontend.send_shell("execute_request", fields);
        frontend.iopub_begin(&request, 1);
        let error = frontend.iopub("error", &request);
        assert!(error["evalue"].as_str().unwrap().contains("cannot ask for input"), "{error}");
        frontend.iopub_idle(&request);
        frontend.shell("execute_reply", &request);
    });
}

#[test]
fn an_interrupt_ends_the_wait_for_an_answer() {
    with_kernel(|frontend| {
        let request = frontend.send_execute("input Name:");
        frontend.iopub_begin(&request, 1);
        frontend.stdin(&request);
        let interrupt = frontend.send_control("interrupt_request", json!({}));
        frontend.control("interrupt_reply", &interrupt);
        let reply = frontend.shell("execute_reply", &request);
        assert!(reply["evalue"].as_str().unwrap().contains("interrupted"), "{reply}");
        // The interrupt's and the cell's messages may come in any order.
        let mut kinds: Vec<String> = (0..5).map(|_| frontend.iopub_any().kind).collect();
        kinds.sort();
        assert_eq!(kinds, ["error", "status", "status", "status", "status"]);
    });
}

#[test]
fn an_answer_that_nobody_waits_for_is_not_given_to_the_next_question() {
    with_kernel(|frontend| {
        frontend.send_input("too early");
        // The next request on the same kernel shows that nothing broke; the question gets its own answer.
        frontend.run_quietly("sleep 20", 1);
        let request = frontend.send_execute("input Name:");
        frontend.iopub_begin(&request, 2);
        frontend.stdin(&request);
        frontend.send_input("Ada");
        frontend.iopub_stream(&request, "stdout", "Ada");
        frontend.iopub_idle(&request);
        frontend.shell("execute_reply", &request);
    });
}
