//! A front end's message, from its frames to the request. The input is the frames of the message, one a line.

#![no_main]

use bytes::Bytes;
use jupyter_zmq_client::RawMessage;
use libfuzzer_sys::fuzz_target;
use ring::hmac;
use serde_json::Value;
use soma_fuzz::jupyter::wire::{Request, decode};
use zeromq::ZmqMessage;

const DELIMITER: &[u8] = b"<IDS|MSG>";

fuzz_target!(|input: &[u8]| {
    let frames: Vec<Bytes> = input.split(|byte| *byte == b'\n').map(Bytes::copy_from_slice).collect();
    let key = Some(hmac::Key::new(hmac::HMAC_SHA256, b"the key of the connection file"));
    if let Ok(raw) = RawMessage::from_multipart(multipart(frames.clone()), &None) {
        let _ = decode(raw);
    }
    assert!(RawMessage::from_multipart(multipart(frames.clone()), &key).is_err(), "nobody knows the key");
    if frames.len() < 4 || frames[..4].iter().any(|frame| frame == DELIMITER) {
        return;
    }
    let signed: Vec<u8> = frames[..4].concat();
    let signature = hmac::sign(key.as_ref().expect("it is above"), &signed);
    let signature: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut message = vec![Bytes::from_static(b"identity"), Bytes::from_static(DELIMITER), signature.into()];
    message.extend(frames);
    let raw = RawMessage::from_multipart(multipart(message.clone()), &key).expect("the signature is right");
    assert_eq!(raw.zmq_identities, ["identity"]);
    match decode(raw) {
        Ok(request) => comes_back(&request),
        Err(sentence) => assert!(sentence.starts_with("refused a message: ")),
    }
    let mut changed = message[6].to_vec();
    changed.push(b' ');
    message[6] = changed.into();
    assert!(RawMessage::from_multipart(multipart(message), &key).is_err(), "what was changed on the way is refused");
});

fn multipart(frames: Vec<Bytes>) -> ZmqMessage {
    ZmqMessage::try_from(frames).expect("there is a frame")
}

/// A request that is written as a message again is read as the same request.
fn comes_back(request: &Request) {
    let content = match &request.content {
        Ok(content) => content,
        Err(sentence) => return assert!(sentence.contains("cannot be understood")),
    };
    let mut header = serde_json::to_value(&request.origin.header).expect("headers are plain data");
    header["subshell_id"] = request.subshell.clone().into();
    let content = serde_json::to_value(content).expect("contents are plain data");
    let raw = |header: &Value, content: &Value| RawMessage {
        zmq_identities: request.origin.identities.clone(),
        jparts: [header, &Value::Null, &Value::Null, content].map(|part| part.to_string().into()).into(),
    };
    let again = decode(raw(&header, &content)).expect("what was written can be read");
    assert_eq!(serde_json::to_value(&again.origin.header).ok(), serde_json::to_value(&request.origin.header).ok());
    assert_eq!(again.subshell, request.subshell);
    let again = again.content.expect("what was written can be understood");
    let known = !matches!(again, jupyter_protocol::messaging::JupyterMessageContent::UnknownMessage(_));
    assert!(!known || serde_json::to_value(&again).ok() == Some(content));
}
