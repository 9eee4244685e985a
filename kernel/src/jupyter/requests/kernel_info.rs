//! [kernel_info](https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-info).

use jupyter_protocol::messaging::JupyterMessageContent;
use serde_json::json;

use crate::jupyter::kernel::Kernel;
use crate::jupyter::wire::{self, PROTOCOL_VERSION};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the kernel is. It never waits for the engine: front ends take a kernel that does not answer
/// this for dead.
pub fn reply(kernel: &Kernel) -> JupyterMessageContent {
    let language_version = kernel.info.language_version.as_deref();
    let banner = match language_version {
        Some(rust) => format!("Soma {VERSION}: Rust {rust} for tensor notebooks"),
        None => format!("Soma {VERSION}: Rust for tensor notebooks"),
    };
    // The crate's KernelInfoReply has no `supported_features` (protocol 5.5).
    wire::content(
        "kernel_info_reply",
        json!({
            "status": "ok",
            "protocol_version": PROTOCOL_VERSION,
            "implementation": "soma",
            "implementation_version": VERSION,
            "language_info": {
                "name": "rust",
                "version": language_version.unwrap_or(VERSION),
                "mimetype": "text/rust",
                "file_extension": ".rs",
                "pygments_lexer": "rust",
                "codemirror_mode": "rust",
            },
            "banner": banner,
            "debugger": false,
            "supported_features": ["kernel subshells"],
            "help_links": [
                { "text": "The Rust Programming Language", "url": "https://doc.rust-lang.org/book/" },
                { "text": "Rust standard library", "url": "https://doc.rust-lang.org/std/" },
                { "text": "ndarray", "url": "https://docs.rs/ndarray/" },
                {
                    "text": "Rust in cells (evcxr)",
                    "url": "https://github.com/evcxr/evcxr/blob/main/evcxr_jupyter/README.md",
                },
            ],
        }),
    )
}
