//! The kernel's knowledge of evcxr's text and protocol, without evcxr.

#[path = "../../kernel/src/evcxr/content.rs"]
pub mod content;
#[path = "../../kernel/src/evcxr/environment.rs"]
pub mod environment;
#[path = "../../kernel/src/evcxr/files.rs"]
pub mod files;
#[path = "../../kernel/src/evcxr/program/mod.rs"]
pub mod program;
