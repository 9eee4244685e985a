//! Converts the engine's MIME bundles to the protocol's.
//!
//! See [display data](https://jupyter-client.readthedocs.io/en/stable/messaging.html#display-data).

use jupyter_protocol::media::{Media, MediaType};
use serde_json::Value;

use crate::api::MimeBundle;

/// The bundle in the protocol's form: JSON types as JSON, everything else as a string.
pub fn media(bundle: MimeBundle) -> Media {
    Media::new(bundle.into_iter().map(|(mime, text)| representation(mime, text)).collect())
}

fn representation(mime: String, text: String) -> MediaType {
    let json = mime == "application/json" || mime.ends_with("+json");
    let value = if json { serde_json::from_str(&text).unwrap_or(Value::String(text)) } else { Value::String(text) };
    // `Other` is written as `mime: value`; the crate's own variants would re-parse what is already right.
    MediaType::Other((mime, value))
}

/// A bundle's size, for limits.
pub fn size(bundle: &MimeBundle) -> usize {
    bundle.iter().map(|(mime, text)| mime.len() + text.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_types_are_sent_as_json_and_others_as_text() {
        let bundle = [("text/plain", "[1]"), ("application/json", "[1]"), ("application/geo+json", "not JSON")]
            .map(|(mime, text)| (mime.to_owned(), text.to_owned()));
        assert_eq!(
            serde_json::to_value(media(bundle.into())).unwrap(),
            json!({ "text/plain": "[1]", "application/json": [1], "application/geo+json": "not JSON" }),
        );
    }
}
