//! Cells that are sent to a subshell.

use serde_json::{Value, json};

use super::with_kernel;
use soma_frontend::TestFrontend;

fn on_control(frontend: &mut TestFrontend, kind: &str, content: Value) -> Value {
    let request = frontend.send_control(&format!("{kind}_request"), content);
    let reply = frontend.control(&format!("{kind}_reply"), &request);
    frontend.iopub_busy(&request);
    frontend.iopub_idle(&request);
    reply
}

#[test]
fn subshells_are_made_listed_and_deleted() {
    with_kernel(|frontend| {
        let ids: Vec<Value> =
            (0..2).map(|_| on_control(frontend, "create_subshell", json!({}))["subshell_id"].clone()).collect();
        assert_ne!(ids[0], ids[1]);
        assert_eq!(on_control(frontend, "list_subshell", json!({}))["subshell_id"], json!(ids));
        let deleted = on_control(frontend, "delete_subshell", json!({ "subshell_id": ids[0] }));
        assert_eq!(deleted, json!({ "status": "ok" }));
        let again = on_control(frontend, "delete_subshell", json!({ "subshell_id": ids[0] }));
        assert_eq!((&again["status"], &again["ename"]), (&json!("error"), &json!("SubshellError")));
        assert_eq!(on_control(frontend, "list_subshell", json!({}))["subshell_id"], json!([ids[1]]));
    });
}

#[test]
fn a_question_is_answered_beside_a_running_cell_and_code_waits_for_it() {
    with_kernel(|frontend| {
        let subshell = on_control(frontend, "create_subshell", json!({}))["subshell_id"].as_str().unwrap().to_owned();
        let cell = frontend.send_execute("sleep 60000");
        frontend.iopub_begin(&cell, 1);

        let question = frontend.send_execute_in(&subshell, "ask");
        assert_eq!(frontend.shell("execute_reply", &question)["status"], "ok");
        frontend.iopub_busy(&question);
        assert_eq!(frontend.iopub_message(&question).kind, "execute_input");
        let result = frontend.iopub_message(&question);
        assert_eq!(result.content["data"]["text/plain"], "an answer");
        frontend.iopub_idle(&question);
        frontend.iopub_busy(&cell);

        let nonsense = frontend.send_execute_in(&subshell, "ask nonsense");
        assert_eq!(frontend.shell("execute_reply", &nonsense)["ename"], "NameError");
        frontend.iopub_busy(&nonsense);
        assert_eq!(frontend.iopub_message(&nonsense).kind, "execute_input");
        frontend.iopub_error(&nonsense, "NameError");
        frontend.iopub_idle(&nonsense);
        frontend.iopub_busy(&cell);

        let code = frontend.send_execute_in(&subshell, "value 2");
        let interrupt = frontend.send_control("interrupt_request", json!({}));
        frontend.control("interrupt_reply", &interrupt);
        frontend.iopub_busy(&interrupt);
        frontend.iopub_idle(&interrupt);
        frontend.iopub_busy(&cell);
        frontend.iopub_error(&cell, "Interrupted");
        frontend.iopub_idle(&cell);
        frontend.shell("execute_reply", &cell);
        // It was queued behind the cell that failed.
        assert_eq!(frontend.shell("execute_reply", &code)["status"], "aborted");
        frontend.iopub_busy(&code);
        frontend.iopub_idle(&code);
    });
}

#[test]
fn a_subshell_that_is_not_there_is_an_error() {
    with_kernel(|frontend| {
        let cell = frontend.send_execute_in("none", "value 1");
        let reply = frontend.shell("execute_reply", &cell);
        assert!(reply["evalue"].as_str().unwrap().contains("create_subshell_request"), "{reply}");
        frontend.iopub_busy(&cell);
        frontend.iopub_idle(&cell);
    });
}
