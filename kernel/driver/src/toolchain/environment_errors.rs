//! Explains failures of tools that the user's code did not cause: a full disk, a missing linker, no network.

use crate::diagnostic::{CompilerOutput, DiagnosticLevel};

/// How much of a tool's output is repeated.
const MOST_SAID: usize = 2000;

/// The longest note that is repeated: the linker's command line fills a screen and explains nothing.
const LONGEST_NOTE: usize = 500;

/// The reason why the compiler failed without an error in the program.
pub fn of_compiler(output: &CompilerOutput) -> String {
    let errors = output.diagnostics.iter().filter(|diagnostic| {
        diagnostic.level == DiagnosticLevel::Error && !diagnostic.message.starts_with("aborting due to")
    });
    let said = errors.map(|error| {
        let notes = error.children.iter().map(|note| &*note.message).filter(|note| note.len() < LONGEST_NOTE);
        std::iter::once(&*error.message).chain(notes).collect::<Vec<_>>().join("; ")
    });
    let other = output.other.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty());
    let causes: Vec<String> = said.chain(other).collect();
    let mut cause = causes.join("\n");
    if cause.len() > MOST_SAID {
        cause.truncate(cause.floor_char_boundary(MOST_SAID));
        cause.push('…');
    }
    let what = "the cell could not be compiled, and the reason is not in it";
    match advice(&cause) {
        Some(advice) => format!("{what}: {cause}\n{advice}, then run the cell again"),
        None => format!("{what}: {cause}"),
    }
}

fn advice(cause: &str) -> Option<&'static str> {
    let has = |signs: &[&str]| signs.iter().any(|sign| cause.contains(sign));
    if has(&["No space left", "File too large", "quota exceeded"]) {
        return Some("make room on the disk");
    }
    if cause.contains("linker `") && cause.contains("not found") {
        return Some("install the linker again (on Debian and Ubuntu `apt install build-essential`)");
    }
    None
}

/// A message about files, with advice if the disk is full.
pub fn of_files(message: &str) -> String {
    match advice(message) {
        Some(advice) => format!("{message}\n{advice}, then run the cell again"),
        None => message.to_owned(),
    }
}

/// Advice on cargo's output, if the network caused the failure.
pub fn of_network(said: &str) -> Option<&'static str> {
    let signs = [
        "Could not resolve host",
        "Could not connect",
        "Couldn't connect",
        "Failed to connect",
        "failed to download",
        "Timeout was reached",
        // From a repository.
        "failed to connect to",
        "failed to resolve address",
        "failed to clone into",
    ];
    signs.iter().any(|sign| said.contains(sign)).then_some(
        "the crates of `:dep` come from the network, which cannot be reached: connect to it and run the cell again \
         (crates that were built before need none)",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_linker_is_told_with_what_to_do() {
        let note = json!({
            "level": "note", "message": "No such file or directory (os error 2)", "spans": [], "children": []
        });
        let missing = json!({ "level": "error", "message": "linker `cc` not found", "spans": [], "children": [note] });
        let last =
            json!({ "level": "error", "message": "aborting due to 1 previous error", "spans": [], "children": [] });
        assert_eq!(
            of_compiler(&CompilerOutput::read(format!("{missing}\n{last}\n").as_bytes())),
            "the cell could not be compiled, and the reason is not in it: linker `cc` not found; \
             No such file or directory (os error 2)\ninstall the linker again (on Debian and Ubuntu \
             `apt install build-essential`), then run the cell again",
        );
    }

    #[test]
    fn what_a_tool_says_without_end_is_cut() {
        let told = of_compiler(&CompilerOutput::read("é".repeat(10_000).as_bytes()));
        assert!(told.len() < 2200 && told.ends_with('…'), "{}", told.len());
    }

    #[test]
    fn the_network_is_to_blame_only_where_it_was_not_reached() {
        assert!(of_network("  [6] Could not resolve hostname (Could not resolve host: index.crates.io)").is_some());
        assert!(of_network("  failed to connect to example.org: Connection refused; class=Os (2)").is_some());
        assert!(of_network("error: no matching package named `a` found").is_none());
    }

    #[test]
    fn a_full_disk_is_told_with_what_to_do() {
        let told = of_files("cannot write cell.json: No space left on device (os error 28)");
        assert!(told.ends_with("(os error 28)\nmake room on the disk, then run the cell again"), "{told}");
    }
}
