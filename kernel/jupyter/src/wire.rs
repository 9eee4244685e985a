//! Reads and writes messages: signatures, headers, and the fields on which the message types of `jupyter-protocol` are
//! stricter than existing front ends.
//!
//! The crate's request types require every field that the specification lists. Small clients leave out fields that have
//! a default, or send `null`, so [`decode`] puts the specification's defaults in place before the crate's types see the
//! content. The header is read separately from the content, so that a request that cannot be understood still has a
//! parent for the error reply.
//!
//! See [the wire protocol](https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol).

use std::sync::Arc;

use bytes::Bytes;
use jupyter_protocol::messaging::{Header, JupyterMessage, JupyterMessageContent, UnknownMessage};
use jupyter_zmq_client::RawMessage;
use serde_json::{Map, Value, json};

use super::offsets;

/// The version of the messaging specification that this kernel speaks.
pub const PROTOCOL_VERSION: &str = "5.5";

/// Who sent a request: the address of its replies and its outputs.
#[derive(Debug)]
pub struct Origin {
    /// The request's header, repeated as the parent header of all messages that the request causes.
    pub header: Header,
    /// The ZeroMQ routing identities of the front end.
    pub identities: Vec<Bytes>,
    /// The cell that the request runs, as JupyterLab and VS Code name it in the metadata (`cellId`): the same each
    /// time. The specification leaves the metadata to front ends.
    pub cell_id: Option<String>,
}

/// A request as it arrived.
pub struct Request {
    /// Who sent it.
    pub origin: Arc<Origin>,
    /// The [subshell](https://jupyter.org/enhancement-proposals/91-kernel-subshells/kernel-subshells.html) it is for.
    pub subshell: Option<String>,
    /// What it asks for; or a sentence, when its content cannot be understood.
    pub content: Result<JupyterMessageContent, String>,
}

/// Reads a message whose signature has been checked.
///
/// # Errors
/// A sentence for the log, when its header cannot be read.
pub fn decode(raw: RawMessage) -> Result<Request, String> {
    let mut header: Map<String, Value> =
        serde_json::from_slice(&raw.jparts[0]).map_err(|error| format!("refused a message: its header: {error}"))?;
    // Fields that only say who asks, and when, must not keep a request from being answered.
    for name in ["username", "session", "version"] {
        header.entry(name).and_modify(|value| {
            if !value.is_string() {
                *value = Value::Null
            }
        });
    }
    // The crate's type has no field for the subshell.
    let subshell = header.get("subshell_id").and_then(Value::as_str).map(str::to_owned);
    let usual = json!({ "username": "", "session": "", "version": PROTOCOL_VERSION });
    let dated = with_defaults(Value::Object(header.clone()), &usual);
    header.remove("date");
    let undated = with_defaults(Value::Object(header), &usual);
    let header: Header = serde_json::from_value(dated)
        .or_else(|_| serde_json::from_value(undated))
        .map_err(|error| format!("refused a message: its header: {error}"))?;
    // Only an object is accepted: the crate's types would also take a list of their fields in order.
    let content = serde_json::from_slice(&raw.jparts[3])
        .map(|content: Map<String, Value>| {
            let content = Value::Object(content);
            let defaults = defaults(&header.msg_type, &content);
            with_defaults(content, &defaults)
        })
        .map(|content| with_cursor(&header.msg_type, content))
        .and_then(|content| JupyterMessageContent::from_type_and_content(&header.msg_type, content))
        .map_err(|error| format!("the content of {} cannot be understood: {error}", header.msg_type));
    let metadata: Value = serde_json::from_slice(&raw.jparts[2]).unwrap_or_default();
    let cell_id = metadata["cellId"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    Ok(Request { origin: Arc::new(Origin { header, identities: raw.zmq_identities, cell_id }), subshell, content })
}

/// The specification's defaults for fields that a request leaves out.
fn defaults(msg_type: &str, content: &Value) -> Value {
    match msg_type {
        "execute_request" => json!({
            "silent": false, "store_history": true, "user_expressions": {}, "allow_stdin": false,
            "stop_on_error": true,
        }),
        "inspect_request" => json!({ "detail_level": 0 }),
        "history_request" => json!({
            "hist_access_type": "tail", "output": false, "raw": true, "unique": false, "pattern": "*",
            // As in IPython, a search without a number finds all matches.
            "n": if content["hist_access_type"] == "search" { -1 } else { 10 },
            "session": 0, "start": 1, "stop": 0,
        }),
        "shutdown_request" => json!({ "restart": false }),
        "comm_open" | "comm_msg" | "comm_close" => json!({ "data": {} }),
        _ => json!({}),
    }
}

/// Adds the fields that are missing or null.
fn with_defaults(mut content: Value, defaults: &Value) -> Value {
    if let (Value::Object(fields), Value::Object(defaults)) = (&mut content, defaults) {
        for (name, value) in defaults {
            let field = fields.entry(name.clone()).or_insert(Value::Null);
            if field.is_null() {
                *field = value.clone();
            }
        }
    }
    content
}

/// A missing cursor position means the end of the code.
fn with_cursor(msg_type: &str, content: Value) -> Value {
    if !matches!(msg_type, "complete_request" | "inspect_request") {
        return content;
    }
    let end = content["code"].as_str().map_or(0, offsets::length);
    with_defaults(content, &json!({ "cursor_pos": end }))
}

/// A message from the kernel, caused by `parent` (or by nothing), without an address.
pub fn message(content: impl Into<JupyterMessageContent>, parent: Option<&Origin>) -> JupyterMessage {
    let mut message = JupyterMessage::new(content, None);
    message.header.username = "kernel".to_owned();
    message.header.version = PROTOCOL_VERSION.to_owned();
    message.parent_header = parent.map(|origin| origin.header.clone());
    message
}

/// A message to the front end that sent `origin`.
pub fn reply(content: impl Into<JupyterMessageContent>, metadata: Value, origin: &Origin) -> JupyterMessage {
    message(content, Some(origin)).with_metadata(metadata).with_zmq_identities(origin.identities.clone())
}

/// Content that the crate has no type for, or whose type lacks fields.
pub fn content(msg_type: impl Into<String>, content: Value) -> JupyterMessageContent {
    JupyterMessageContent::UnknownMessage(UnknownMessage { msg_type: msg_type.into(), content })
}

/// The content of a reply that says why there is no better one.
pub fn error_reply(request_type: &str, name: &str, message: &str) -> JupyterMessageContent {
    content(
        request_type.replace("_request", "_reply"),
        json!({ "status": "error", "ename": name, "evalue": message, "traceback": [] }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(msg_type: &str, content: &str) -> RawMessage {
        let header = json!({ "msg_id": "1", "msg_type": msg_type }).to_string();
        let jparts = [header.as_str(), "{}", "{}", content].map(|part| Bytes::from(part.to_owned())).into();
        RawMessage { zmq_identities: Vec::new(), jparts }
    }

    #[test]
    fn an_execute_request_may_consist_of_its_code() {
        let request = decode(raw("execute_request", r#"{"code": "1", "user_expressions": null}"#)).unwrap();
        let JupyterMessageContent::ExecuteRequest(execute) = request.content.unwrap() else { panic!() };
        assert!(!execute.silent && execute.store_history && execute.stop_on_error && !execute.allow_stdin);
    }

    #[test]
    fn a_missing_cursor_is_at_the_end_counted_in_code_points() {
        let request = decode(raw("complete_request", r#"{"code": "a😀"}"#)).unwrap();
        let JupyterMessageContent::CompleteRequest(complete) = request.content.unwrap() else { panic!() };
        assert_eq!(complete.cursor_pos, 2);
    }

    #[test]
    fn content_that_cannot_be_understood_keeps_its_origin() {
        let request = decode(raw("execute_request", "{}")).unwrap();
        assert_eq!(request.origin.header.msg_id, "1");
        assert!(request.content.unwrap_err().contains("code"));
    }

    #[test]
    fn content_that_is_no_object_is_not_understood() {
        let list = r#"["1", false, false, {}, false, false]"#;
        for (msg_type, content) in [("execute_request", list), ("an_unknown_request", "111"), ("comm_msg", "null")] {
            let sentence = decode(raw(msg_type, content)).unwrap().content.unwrap_err();
            assert!(sentence.starts_with(&format!("the content of {msg_type} cannot be understood: ")), "{sentence}");
        }
    }

    #[test]
    fn a_header_that_cannot_be_read_is_refused() {
        let mut message = raw("execute_request", "{}");
        message.jparts[0] = Bytes::from_static(b"[]");
        assert!(decode(message).is_err());
    }
}
