//! The information about Soma that front ends get, and the place of a user's history.

use std::ffi::OsString;
use std::path::PathBuf;

use soma_jupyter::{HistoryFile, KernelInfo, Language};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The content of a `kernel_info` reply; `rust` is the release of rustc, such as `1.95.0`, if it is known.
pub fn info(rust: Option<String>) -> KernelInfo {
    let banner = match &rust {
        Some(rust) => format!("Soma {VERSION}: Rust {rust} for tensor notebooks"),
        None => format!("Soma {VERSION}: Rust for tensor notebooks"),
    };
    KernelInfo {
        implementation: "soma",
        implementation_version: VERSION,
        banner,
        language: Language {
            name: "rust",
            version: rust.unwrap_or_else(|| VERSION.to_owned()),
            mimetype: "text/rust",
            file_extension: ".rs",
        },
        help_links: &[
            ("The Rust Programming Language", "https://doc.rust-lang.org/book/"),
            ("Rust standard library", "https://doc.rust-lang.org/std/"),
            ("ndarray", "https://docs.rs/ndarray/"),
            ("Rust in cells (evcxr)", "https://github.com/evcxr/evcxr/blob/main/evcxr_jupyter/README.md"),
        ],
    }
}

/// The file of the history: `SOMA_HISTORY`, where an empty value means no history; without that variable,
/// `history.sqlite` in `soma` in the folder for state (`$XDG_STATE_HOME`, usually `~/.local/state`).
pub fn history_file() -> Option<HistoryFile> {
    let path = file_from(std::env::var_os("SOMA_HISTORY"), dirs::state_dir().or_else(dirs::data_local_dir))?;
    let advice = "set SOMA_HISTORY to a file that can be written, or set it to nothing to keep none";
    Some(HistoryFile { path, advice })
}

fn file_from(asked: Option<OsString>, state: Option<PathBuf>) -> Option<PathBuf> {
    match asked {
        Some(path) if path.is_empty() => None,
        Some(path) => Some(PathBuf::from(path)),
        None => Some(state?.join("soma").join("history.sqlite")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_ends_are_told_of_rust_and_where_to_learn_it() {
        let info = info(Some("1.95.0".to_owned()));
        assert_eq!((info.language.name, info.language.version.as_str()), ("rust", "1.95.0"));
        assert!(info.banner.ends_with("Rust 1.95.0 for tensor notebooks"), "{}", info.banner);
        assert!(info.help_links.iter().all(|(_, url)| url.starts_with("https://")));
        assert!(!super::info(None).banner.contains("1.95"));
    }

    #[test]
    fn the_environment_names_the_history_or_none_or_leaves_it_to_the_system() {
        let state = || Some(PathBuf::from("/home/ada/.local/state"));
        assert_eq!(file_from(None, state()), Some("/home/ada/.local/state/soma/history.sqlite".into()));
        assert_eq!(file_from(Some("/elsewhere/h".into()), state()), Some("/elsewhere/h".into()));
        assert_eq!(file_from(Some("".into()), state()), None);
        assert_eq!(file_from(None, None), None);
    }
}
