//! [kernel_info](https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-info).

use jupyter_protocol::messaging::JupyterMessageContent;
use serde_json::{Value, json};

use crate::info::KernelInfo;
use crate::state::Kernel;
use crate::wire::{self, PROTOCOL_VERSION};

/// Describes the kernel. It never waits for the engine: front ends consider a kernel dead that does not answer this.
pub fn reply(kernel: &Kernel) -> JupyterMessageContent {
    let KernelInfo { implementation, implementation_version, banner, language, help_links } = &kernel.info;
    let links: Vec<Value> = help_links.iter().map(|(text, url)| json!({ "text": text, "url": url })).collect();
    // The crate's KernelInfoReply has no `supported_features` (protocol 5.5).
    wire::content(
        "kernel_info_reply",
        json!({
            "status": "ok",
            "protocol_version": PROTOCOL_VERSION,
            "implementation": implementation,
            "implementation_version": implementation_version,
            "language_info": {
                "name": language.name,
                "version": language.version,
                "mimetype": language.mimetype,
                "file_extension": language.file_extension,
                "pygments_lexer": language.name,
                "codemirror_mode": language.name,
            },
            "banner": banner,
            "debugger": false,
            "supported_features": ["kernel subshells"],
            "help_links": links,
        }),
    )
}
