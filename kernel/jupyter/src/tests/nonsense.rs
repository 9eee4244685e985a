//! Correctly signed messages with senseless contents: each gets an error reply, or a line in the log.

use serde_json::{Value, json};

use super::with_kernel;
use soma_frontend::{TestFrontend, header};

/// Every request that has a reply, with all of its fields.
fn requests() -> Vec<(&'static str, Value)> {
    vec![
        (
            "execute_request",
            json!({
                "code": "value 1", "silent": false, "store_history": true, "user_expressions": { "a": "value 2" },
                "allow_stdin": false, "stop_on_error": true,
            }),
        ),
        ("inspect_request", json!({ "code": "print", "cursor_pos": 2, "detail_level": 0 })),
        ("complete_request", json!({ "code": "pri", "cursor_pos": 3 })),
        ("is_complete_request", json!({ "code": "print" })),
        (
            "history_request",
            json!({
                "hist_access_type": "range", "output": true, "raw": true, "session": 0, "start": 1, "stop": 2,
                "n": 3, "pattern": "*", "unique": true,
            }),
        ),
        (
            "history_request",
            json!({ "hist_access_type": "search", "output": true, "raw": true, "n": 3, "pattern": "*" }),
        ),
        ("comm_info_request", json!({ "target_name": "a" })),
        ("kernel_info_request", json!({})),
        ("create_subshell_request", json!({})),
        ("delete_subshell_request", json!({ "subshell_id": "none" })),
        ("list_subshell_request", json!({})),
        ("interrupt_request", json!({})),
        ("debug_request", json!({ "seq": 1, "type": "request", "command": "initialize", "arguments": {} })),
        ("dance_request", json!({ "steps": 1 })),
    ]
}

/// Values for a field.
fn values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!("text"),
        json!("\u{0}\u{feff}\u{10ffff}"),
        json!("x".repeat(1 << 20)),
        json!([[], {}, null]),
        json!({ "a": { "b": [1] } }),
    ]
}

fn is_alive(frontend: &mut TestFrontend) {
    assert_eq!(frontend.ask("kernel_info_request", json!({}))["status"], "ok");
}

#[test]
fn every_field_of_every_request_may_be_missing_or_anything() {
    with_kernel(|frontend| {
        for (kind, whole) in requests() {
            for field in whole.as_object().unwrap().keys() {
                let with = |value: Option<Value>| {
                    let mut content = whole.clone();
                    let fields = content.as_object_mut().unwrap();
                    match value {
                        Some(value) => fields.insert(field.clone(), value),
                        None => fields.remove(field),
                    };
                    content
                };
                for value in std::iter::once(None).chain(values().into_iter().map(Some)) {
                    let request = frontend.send_shell(kind, with(value.clone()));
                    let reply = frontend.reply_to(&request);
                    // The protocol's reply to a debugger has no status.
                    let is_told = kind == "debug_request"
                        || matches!(
                            reply["status"].as_str(),
                            Some("ok" | "error" | "complete" | "invalid" | "incomplete")
                        );
                    assert!(is_told, "{kind} with {field} = {value:?}: {reply}");
                    if reply["ename"] == "InvalidRequest" {
                        assert!(reply["evalue"].as_str().unwrap().contains(kind), "{reply}");
                    }
                    assert_ne!(reply["ename"], "InternalError", "{kind} with {field} = {value:?}: {reply}");
                }
            }
        }
        is_alive(frontend);
    });
}

#[test]
fn content_that_is_no_object_is_refused_with_a_sentence() {
    with_kernel(|frontend| {
        for (kind, _) in requests() {
            for content in values().into_iter().filter(|content| !content.is_object()) {
                let header = header(kind);
                frontend.send_parts(&[header.clone(), json!({}), json!({}), content.clone()]);
                let reply = frontend.reply_to(header["msg_id"].as_str().unwrap());
                assert_ne!(reply["ename"], "InternalError", "{kind} with {content}: {reply}");
                if kind == "execute_request" {
                    assert_eq!(reply["ename"], "InvalidRequest", "{kind} with {content}: {reply}");
                }
            }
        }
        is_alive(frontend);
    });
}

#[test]
fn every_field_of_a_header_may_be_missing_or_anything() {
    with_kernel(|frontend| {
        let whole = header("kernel_info_request");
        let names: Vec<&str> = whole.as_object().unwrap().keys().map(String::as_str).chain(["subshell_id"]).collect();
        for name in names {
            for value in std::iter::once(None).chain(values().into_iter().map(Some)) {
                let mut header = header("kernel_info_request");
                let id = header["msg_id"].as_str().unwrap().to_owned();
                let fields = header.as_object_mut().unwrap();
                match value {
                    Some(value) => fields.insert(name.to_owned(), value),
                    None => fields.remove(name),
                };
                frontend.send_parts(&[header, json!({}), json!({}), json!({})]);
                // Fields that only say who asks do not matter. Without an id or a type there is nothing to answer.
                if !matches!(name, "msg_id" | "msg_type") {
                    assert_eq!(frontend.reply_to(&id)["status"], "ok", "{name}");
                } else if let Some(reply) = what_came_of_it(name, frontend) {
                    assert_eq!(reply["status"], "ok", "{name}");
                }
            }
        }
        is_alive(frontend);
    });
}

/// The reply to the last message, whose id or type was replaced, looked for until the reply to a sound message comes.
fn what_came_of_it(name: &str, frontend: &mut TestFrontend) -> Option<Value> {
    let sentinel = frontend.send_shell("kernel_info_request", json!({}));
    let mut other = None;
    loop {
        let message = frontend.iopub_any();
        if message.parent == sentinel {
            if message.content["execution_state"] == "idle" {
                break;
            }
        } else {
            assert_eq!(message.kind, "status", "{name}: {message:?}");
            other = Some(message.parent);
        }
    }
    let reply = other.map(|parent| frontend.next_reply(&parent));
    assert_eq!(frontend.shell("kernel_info_reply", &sentinel)["status"], "ok");
    reply
}

#[test]
fn the_other_parts_of_a_message_may_be_anything() {
    with_kernel(|frontend| {
        for value in values() {
            let header = header("kernel_info_request");
            let id = header["msg_id"].as_str().unwrap().to_owned();
            frontend.send_parts(&[header, value.clone(), value, json!({})]);
            assert_eq!(frontend.reply_to(&id)["status"], "ok");
        }
    });
}

#[test]
fn parts_that_are_no_text_or_no_json_are_survived() {
    with_kernel(|frontend| {
        is_alive(frontend);
        let deep = "[".repeat(200_000);
        for part in [&b""[..], b"\xff\xfe\x80", b"{", b"{\"msg_id\": \"\xff\"}", b"nul", deep.as_bytes()] {
            frontend.send_signed(&[part, b"{}", b"{}", b"{}"]);
            is_alive(frontend);
            let header = header("execute_request");
            frontend.send_signed(&[header.to_string().as_bytes(), b"{}", b"{}", part]);
            let reply = frontend.reply_to(header["msg_id"].as_str().unwrap());
            assert_eq!(reply["ename"], "InvalidRequest", "{reply}");
        }
    });
}

#[test]
fn buffers_and_frames_too_many_are_left_alone() {
    with_kernel(|frontend| {
        let header = header("kernel_info_request");
        let mut parts = vec![header.to_string().into_bytes(), b"{}".to_vec(), b"{}".to_vec(), b"{}".to_vec()];
        let mut frames = frontend.sign(&parts);
        parts.resize(500, vec![0xff; 100]);
        frames.extend_from_slice(&parts[4..]);
        frontend.send_raw(&frames);
        assert_eq!(frontend.reply_to(header["msg_id"].as_str().unwrap())["status"], "ok");
    });
}

#[test]
fn messages_for_comms_that_are_not_open_are_ignored() {
    with_kernel(|frontend| {
        for kind in ["comm_open", "comm_msg", "comm_close"] {
            for value in values() {
                let content = json!({ "comm_id": value, "target_name": value, "data": value });
                frontend.send_shell(kind, content);
            }
        }
        let sentinel = frontend.send_shell("kernel_info_request", json!({}));
        loop {
            let message = frontend.iopub_any();
            if message.parent == sentinel && message.content["execution_state"] == "idle" {
                break;
            }
            assert!(matches!(message.kind.as_str(), "status" | "comm_close"), "{message:?}");
        }
        frontend.shell("kernel_info_reply", &sentinel);
    });
}
