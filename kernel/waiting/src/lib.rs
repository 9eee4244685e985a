//! Preloaded into `rustc`, makes it wait after it was loaded, and fork for each compile.
//!
//! rustc spends 6 to 8 ms of every call on being loaded: two libraries of 150 MB and their relocations. The loader runs
//! this library's constructor when all of that is done and `main` has not begun. The constructor does not return: it
//! waits for requests (`server`) and forks for each. Only in the child does it return, so that `main` runs there, with
//! the arguments, the environment, the folder and the standard streams of the request. rustc itself is unmodified.
//!
//! The kernel's side is `kernel/driver/src/toolchain/waiting`; the two share the format of a request (`request`).
#![cfg(all(target_os = "linux", target_env = "gnu"))]

mod ahead;
mod child;
mod descriptors;
mod last_words;
mod memory;
mod request;
mod server;

/// Set in the environment of a rustc that is to wait.
const WAIT: &str = "SOMA_RUSTC_WAITS";

/// Runs before `main`, in whatever process has loaded this library.
extern "C" fn constructor() {
    if std::env::var_os(WAIT).is_some() {
        memory::release_files();
        server::serve();
    }
}

// SAFETY: the loader calls what this section points to, once, in the only thread, with arguments that the function does
// not look at.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;
