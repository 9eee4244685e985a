//! [Completion](https://jupyter-client.readthedocs.io/en/stable/messaging.html#completion).

use jupyter_protocol::messaging::{CompleteReply, CompleteRequest, JupyterMessageContent, ReplyStatus};
use serde_json::{Map, Value, json};

use crate::api::Completions;
use crate::offsets;
use crate::state::Kernel;

/// What could be typed at the cursor.
pub fn reply(kernel: &Kernel, request: &CompleteRequest) -> JupyterMessageContent {
    let cursor = offsets::to_bytes(&request.code, request.cursor_pos);
    content(&request.code, kernel.assistant.complete(&request.code, cursor))
}

fn content(code: &str, completions: Completions) -> JupyterMessageContent {
    let start = offsets::to_code_points(code, completions.start);
    let end = offsets::to_code_points(code, completions.end);
    // JupyterLab and IPython read kinds and signatures from this key; it is in no specification.
    let types: Vec<Value> = completions
        .items
        .iter()
        .map(|item| {
            json!({
                "text": item.text, "type": item.kind, "signature": item.signature, "start": start, "end": end,
            })
        })
        .collect();
    let metadata = Map::from_iter([("_jupyter_types_experimental".to_owned(), Value::Array(types))]);
    CompleteReply {
        matches: completions.items.into_iter().map(|item| item.text).collect(),
        cursor_start: start,
        cursor_end: end,
        metadata,
        status: ReplyStatus::Ok,
        error: None,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Completion;

    #[test]
    fn positions_are_counted_in_code_points() {
        let code = "\"😀\".le";
        let item = Completion { text: "len".into(), kind: "function".into(), signature: "fn() -> usize".into() };
        let completions = Completions { items: vec![item], start: 7, end: 9 };
        let reply = serde_json::to_value(content(code, completions)).unwrap();
        assert_eq!((&reply["cursor_start"], &reply["cursor_end"]), (&json!(4), &json!(6)));
        assert_eq!(
            reply["metadata"]["_jupyter_types_experimental"],
            json!([{ "text": "len", "type": "function", "signature": "fn() -> usize", "start": 4, "end": 6 }]),
        );
    }
}
