//! The marks that crates written for evcxr print, to show rich content and to ask for input.

/// Begins a block of content; its media type and the end of the line follow.
pub const BEGIN: &[u8] = b"EVCXR_BEGIN_CONTENT ";

/// Ends a block. It stands at the start of a line, even if the content is empty.
pub const END: &[u8] = b"\nEVCXR_END_CONTENT\n";

/// What the crate evcxr_input prints, at the start of a line, to ask for a line (`evcxr_input::GET_CMD`).
pub const INPUT: &[u8] = b"EVCXR_INPUT_REQUEST";
