//! Running cells: published messages, replies, and cell numbers.

use std::sync::mpsc;

use serde_json::{Value, json};

use super::fake_session::{failure, session_that_starts};
use super::{with_kernel, with_session};
use soma_frontend::TestFrontend;

/// Runs a cell with these fields besides its code. Returns the messages published between `busy` and `idle`, as (kind,
/// content), and the reply.
fn run_with(frontend: &mut TestFrontend, code: &str, fields: Value) -> (Vec<(String, Value)>, Value) {
    let mut content = fields;
    content["code"] = code.into();
    let request = frontend.send_shell("execute_request", content);
    frontend.iopub_busy(&request);
    let mut published = Vec::new();
    loop {
        let message = frontend.iopub_message(&request);
        if message.content == json!({ "execution_state": "idle" }) {
            break;
        }
        published.push((message.kind, message.content));
    }
    (published, frontend.shell("execute_reply", &request))
}

#[test]
fn a_cell_is_announced_shown_and_replied_to() {
    with_kernel(|frontend| {
        let request = frontend.send_execute("print hello\\n\nvalue 4");
        frontend.iopub_busy(&request);
        assert_eq!(
            frontend.iopub("execute_input", &request),
            json!({ "code": "print hello\\n\nvalue 4", "execution_count": 1 }),
        );
        frontend.iopub_stream(&request, "stdout", "hello\n");
        assert_eq!(
            frontend.iopub("execute_result", &request),
            json!({ "execution_count": 1, "data": { "text/plain": "4" }, "metadata": {}, "transient": {} }),
        );
        frontend.iopub_idle(&request);
        let reply = frontend.shell_message("execute_reply", &request);
        assert_eq!(
            reply.content,
            json!({ "status": "ok", "execution_count": 1, "payload": [], "user_expressions": {} }),
        );
        assert_eq!(reply.metadata["status"], "ok");
        assert!(reply.metadata["started"].is_string());
        assert_eq!(reply.header["version"], "5.5");
    });
}

#[test]
fn outputs_keep_their_order() {
    with_kernel(|frontend| {
        let code = "print a\nprint b\neprint c\nnamed one d\nprint e\nupdate one f\nclear wait\nprint g\ndisplay h";
        let (published, _) = run_with(frontend, code, json!({}));
        let expected = [
            ("stream", json!({ "name": "stdout", "text": "ab" })),
            ("stream", json!({ "name": "stderr", "text": "c" })),
            (
                "display_data",
                json!({ "data": { "text/plain": "d" }, "metadata": {}, "transient": { "display_id": "one" } }),
            ),
            ("stream", json!({ "name": "stdout", "text": "e" })),
            (
                "update_display_data",
                json!({ "data": { "text/plain": "f" }, "metadata": {}, "transient": { "display_id": "one" } }),
            ),
            ("clear_output", json!({ "wait": true })),
            ("stream", json!({ "name": "stdout", "text": "g" })),
            ("display_data", json!({ "data": { "text/plain": "h" }, "metadata": {}, "transient": {} })),
        ];
        // The first text is published at once, so later text may or may not have been joined to it.
        assert_eq!(joined(&published[1..]), joined(&expected.map(|(kind, content)| (kind.to_owned(), content))));
    });
}

/// Joins neighbouring pieces of the same stream.
fn joined(published: &[(String, Value)]) -> Vec<(String, Value)> {
    let mut joined: Vec<(String, Value)> = Vec::new();
    for (kind, content) in published {
        match joined.last_mut() {
            Some((last_kind, last)) if kind == "stream" && last_kind == kind && last["name"] == content["name"] => {
                last["text"] =
                    format!("{}{}", last["text"].as_str().unwrap(), content["text"].as_str().unwrap()).into();
            }
            _ => joined.push((kind.clone(), content.clone())),
        }
    }
    joined
}

#[test]
fn remarks_stand_under_the_result() {
    with_kernel(|frontend| {
        let (published, _) = run_with(frontend, "remark careful\nprint before\nvalue 1", json!({}));
        let stream = |name: &str, text: &str| ("stream".to_owned(), json!({ "name": name, "text": text }));
        assert_eq!(published[1], stream("stdout", "before"));
        assert_eq!(published[2].0, "execute_result");
        assert_eq!(published[3], stream("stderr", "careful"));
        let (published, _) = run_with(frontend, "remark careful\nfail E x", json!({}));
        assert_eq!(published.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["execute_input", "error"]);
    });
}

#[test]
fn what_is_to_be_paged_comes_with_the_reply_and_is_no_output() {
    with_kernel(|frontend| {
        let (published, reply) = run_with(frontend, "page about zeros\nvalue 1", json!({}));
        assert_eq!(
            published.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(),
            ["execute_input", "execute_result"]
        );
        let page = json!({ "source": "page", "data": { "text/plain": "about zeros" }, "start": 0 });
        assert_eq!(reply["payload"], json!([page]));
        let (_, reply) = run_with(frontend, "page unseen", json!({ "silent": true }));
        assert_eq!(reply["payload"], json!([]));
    });
}

#[test]
fn a_failing_cell_is_shown_and_replied_to_and_the_next_runs() {
    with_kernel(|frontend| {
        let (published, reply) = run_with(frontend, "fail E0308 mismatched types", json!({}));
        let error = json!({
            "ename": "E0308", "evalue": "mismatched types",
            "traceback": ["\u{1b}[31mE0308\u{1b}[0m: mismatched types"],
        });
        assert_eq!(published[1..], [("error".to_owned(), error.clone())]);
        assert_eq!(reply["status"], "error");
        assert_eq!(
            [&reply["ename"], &reply["evalue"], &reply["traceback"]],
            ["ename", "evalue", "traceback"].map(|f| &error[f])
        );
        assert_eq!(reply["execution_count"], 1);
        assert_eq!(frontend.run_quietly("sleep 0", 2)["status"], "ok");
    });
}

#[test]
fn a_silent_cell_shows_nothing_and_has_no_number() {
    with_kernel(|frontend| {
        let (published, reply) = run_with(frontend, "print a\ndisplay b\nvalue 1", json!({ "silent": true }));
        assert_eq!((published, &reply["execution_count"]), (vec![], &json!(0)));
        let (published, reply) = run_with(frontend, "fail Panic no", json!({ "silent": true }));
        assert_eq!((published, &reply["ename"]), (vec![], &json!("Panic")));
        frontend.run_quietly("sleep 0", 1);
    });
}

#[test]
fn a_cell_that_is_not_stored_has_no_number_of_its_own() {
    with_kernel(|frontend| {
        frontend.run_quietly("sleep 0", 1);
        let (published, _) = run_with(frontend, "value 1", json!({ "store_history": false }));
        assert_eq!(published[1].1["execution_count"], 2);
        frontend.run_quietly("sleep 0", 2);
        assert_eq!(frontend.ask("history_request", json!({ "n": 9 }))["history"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn a_blank_cell_does_nothing() {
    with_kernel(|frontend| {
        assert_eq!(frontend.run_quietly("  \n", 1)["status"], "ok");
        frontend.run_quietly("sleep 0", 1);
    });
}

#[test]
fn user_expressions_are_evaluated_each_for_itself() {
    with_kernel(|frontend| {
        let expressions = json!({ "good": "print unseen\nvalue 2", "bad": "fail E0425 not found" });
        let (published, reply) = run_with(frontend, "value 1", json!({ "user_expressions": expressions }));
        assert_eq!(published.len(), 2, "{published:?}");
        assert_eq!(
            reply["user_expressions"]["good"],
            json!({ "status": "ok", "data": { "text/plain": "2" }, "metadata": {} }),
        );
        assert_eq!(reply["user_expressions"]["bad"]["status"], "error");
        assert_eq!(reply["user_expressions"]["bad"]["ename"], "E0425");
    });
}

#[test]
fn a_failure_aborts_the_cells_that_wait() {
    with_kernel(|frontend| {
        let failing = frontend.send_execute("sleep 20\nfail Panic no");
        let waiting = [frontend.send_execute("print a"), frontend.send_execute("print b")];
        frontend.iopub_begin(&failing, 1);
        frontend.iopub_error(&failing, "Panic");
        frontend.iopub_idle(&failing);
        assert_eq!(frontend.shell("execute_reply", &failing)["status"], "error");
        for request in &waiting {
            frontend.iopub_busy(request);
            frontend.iopub_idle(request);
            assert_eq!(frontend.shell("execute_reply", request), json!({ "status": "aborted" }));
        }
        frontend.run_quietly("sleep 0", 2);
    });
}

#[test]
fn a_failure_without_stop_on_error_aborts_nothing() {
    with_kernel(|frontend| {
        let fields = json!({ "code": "sleep 20\nfail Panic no", "stop_on_error": false });
        let failing = frontend.send_shell("execute_request", fields);
        let next = frontend.send_execute("print a");
        frontend.iopub_begin(&failing, 1);
        frontend.iopub_error(&failing, "Panic");
        frontend.iopub_idle(&failing);
        frontend.iopub_begin(&next, 2);
        frontend.iopub_stream(&next, "stdout", "a");
        frontend.iopub_idle(&next);
        assert_eq!(frontend.shell("execute_reply", &failing)["status"], "error");
        assert_eq!(frontend.shell("execute_reply", &next)["status"], "ok");
    });
}

#[test]
fn cells_wait_for_the_session_to_start() {
    let (start, started) = mpsc::channel();
    let session = session_that_starts(move || {
        started.recv().unwrap();
        Ok(())
    });
    with_session(session, |frontend| {
        let request = frontend.send_execute("value 1");
        assert_eq!(frontend.ask("kernel_info_request", json!({}))["status"], "ok");
        start.send(()).unwrap();
        frontend.iopub_begin(&request, 1);
        frontend.iopub("execute_result", &request);
        frontend.iopub_idle(&request);
        assert_eq!(frontend.shell("execute_reply", &request)["status"], "ok");
    });
}

#[test]
fn a_session_that_cannot_start_tells_every_cell_why() {
    with_session(session_that_starts(|| Err(failure("NoLinker", "install a C compiler"))), |frontend| {
        for count in 1..3 {
            let (published, reply) = run_with(frontend, "value 1", json!({}));
            assert_eq!(published[1].1["evalue"], "install a C compiler");
            assert_eq!((&reply["ename"], &reply["execution_count"]), (&json!("NoLinker"), &json!(count)));
        }
        assert_eq!(frontend.ask("kernel_info_request", json!({}))["status"], "ok");
    });
}

#[test]
fn output_after_the_end_of_a_cell_belongs_to_it() {
    with_kernel(|frontend| {
        let request = frontend.send_execute("later 30 done");
        frontend.iopub_begin(&request, 1);
        frontend.iopub_idle(&request);
        frontend.shell("execute_reply", &request);
        frontend.iopub_stream(&request, "stdout", "done");
    });
}

#[test]
fn a_flood_arrives_complete_and_in_order_in_few_messages() {
    with_kernel(|frontend| {
        let (published, _) = run_with(frontend, "flood 100000", json!({}));
        let pieces: Vec<&str> = published[1..].iter().map(|(_, content)| content["text"].as_str().unwrap()).collect();
        let lines: Vec<String> = pieces.concat().lines().map(str::to_owned).collect();
        assert!(lines.iter().enumerate().all(|(number, line)| *line == format!("line {number}")));
        assert_eq!(lines.len(), 100_000);
        assert!(pieces.len() < 1000, "{} messages", pieces.len());
    });
}

#[test]
fn a_front_end_may_say_which_cell_it_is() {
    with_kernel(|frontend| {
        let request = frontend.send_execute_of("a1b2", "id");
        frontend.iopub_begin(&request, 1);
        assert_eq!(frontend.iopub("execute_result", &request)["data"], json!({ "text/plain": "a1b2" }));
        frontend.iopub_idle(&request);
        frontend.shell("execute_reply", &request);
        frontend.run_quietly("id", 2);
    });
}
