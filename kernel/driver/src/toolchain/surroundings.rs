//! What a cell's program reads besides its own text: files and environment variables.
//!
//! `include_str!("data.txt")` means a file beside the notebook. rustc would look beside the program, which is in a
//! hidden folder, so the name gets the notebook's folder in front. The cache notes with the library what rustc has
//! read, and uses the library only while all of that is unchanged.

use std::borrow::Borrow;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::dependencies::listed;
use super::toolchain_info::hex;
use crate::diagnostic::{Diagnostic, DiagnosticExt};
use crate::evcxr::program::words;
use crate::session_dir::SOURCE;

/// A program in which files have full paths.
pub struct Anchored {
    /// The text for rustc.
    pub text: String,
    insertions: Vec<Insertion>,
}

/// Text that was inserted into a line: its column (from 1) and its length.
struct Insertion {
    line: usize,
    column: usize,
    length: usize,
}

impl Anchored {
    /// Puts the folder in front of relative names of files.
    pub fn new(text: &str, folder: &Path) -> Anchored {
        let mut anchored = Anchored { text: String::with_capacity(text.len()), insertions: Vec::new() };
        let folder = format!("{}/", folder.display());
        let mut end = 0;
        for File { name, is_raw, .. } in
            files(text).into_iter().filter(|file| !text[file.name.clone()].starts_with('/'))
        {
            anchored.text.push_str(&text[end..name.start]);
            let written = if is_raw { folder.clone() } else { folder.escape_default().to_string() };
            let line = text[..name.start].matches('\n').count() + 1;
            let in_line = anchored.text.rsplit('\n').next().unwrap_or_default();
            let column = in_line.chars().count() + 1;
            anchored.insertions.push(Insertion { line, column, length: written.chars().count() });
            anchored.text.push_str(&written);
            end = name.start;
        }
        anchored.text.push_str(&text[end..]);
        anchored
    }

    /// Whether it differs from the original program.
    pub fn is_changed(&self) -> bool {
        !self.insertions.is_empty()
    }

    /// Moves the columns of diagnostics back to those of the original program.
    pub fn restore(&self, diagnostics: &mut [Diagnostic]) {
        for diagnostic in diagnostics {
            diagnostic.change_spans(&mut |span| {
                if span.file_name == SOURCE {
                    span.column_start = self.column(span.line_start, span.column_start);
                    span.column_end = self.column(span.line_end, span.column_end);
                }
            });
        }
    }

    fn column(&self, line: usize, column: usize) -> usize {
        let on_line = self.insertions.iter().filter(|insertion| insertion.line == line && insertion.column < column);
        column - on_line.map(|insertion| insertion.length.min(column - insertion.column)).sum::<usize>()
    }
}

/// A file name in a program.
struct File {
    /// Its range in the text, without quotes.
    name: Range<usize>,
    is_raw: bool,
    /// Whether the file is code.
    is_code: bool,
}

/// The files that macros and attributes of the language name: `include!("…")`, `#[path = "…"]`.
fn files(text: &str) -> Vec<File> {
    // A quick check first, since few programs name files.
    if !text.contains("include") && !text.contains("path") {
        return Vec::new();
    }
    let mut files = Vec::new();
    let mut at = 0;
    // The preceding tokens, without space and comments.
    let mut before: Vec<&str> = Vec::new();
    for token in tokenize(text, FrontmatterAllowed::No) {
        let range = at..at + token.len as usize;
        at = range.end;
        let written = &text[range.clone()];
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => continue,
            TokenKind::Literal { kind: LiteralKind::Str { .. } | LiteralKind::RawStr { .. }, .. } => {
                if let Some(is_code) = names_a_file(&before)
                    && let (Some(open), Some(close)) = (written.find('"'), written.rfind('"'))
                    && open < close
                {
                    let name = range.start + open + 1..range.start + close;
                    files.push(File { name, is_raw: written.starts_with('r'), is_code });
                }
            }
            _ => {}
        }
        before.push(written);
    }
    files
}

/// Whether a string after these tokens is a file name, and whether that file is code.
fn names_a_file(before: &[&str]) -> Option<bool> {
    let before = match before {
        // The first of several parts of a name.
        [before @ .., "concat", "!", "(" | "[" | "{"] => before,
        _ => before,
    };
    match before {
        [.., "include", "!", "(" | "[" | "{"] | [.., "#", "[", "path", "="] => Some(true),
        [.., "include_str" | "include_bytes", "!", "(" | "[" | "{"] => Some(false),
        _ => None,
    }
}

/// Every name in the code that a piece of code includes from files in this folder.
pub fn included_words(text: &str, folder: &Path) -> Vec<String> {
    let code = files(text).into_iter().filter(|file| file.is_code);
    let texts = code.filter_map(|file| fs::read_to_string(folder.join(&text[file.name])).ok());
    texts.flat_map(|text| words(&text).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// What rustc has read to make a library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Files, with digests of their content.
    files: Vec<(PathBuf, String)>,
    /// Variables, with their values.
    variables: Vec<(String, Option<String>)>,
}

/// The file in which rustc lists what it reads for a library.
pub fn list(library: &Path) -> PathBuf {
    library.with_extension("d")
}

impl Surroundings {
    /// Reads rustc's list.
    pub fn read(library: &Path, command: &Command) -> Surroundings {
        let list = fs::read_to_string(list(library)).unwrap_or_default();
        let files = listed(&list).into_iter().filter(|file| file != Path::new(SOURCE));
        let variables = list.lines().filter_map(|line| line.strip_prefix("# env-dep:"));
        let names = variables.map(|variable| variable.split_once('=').map_or(variable, |(name, _)| name));
        Surroundings {
            files: files.map(|file| (file.clone(), digest(&file))).collect(),
            variables: names.map(|name| (name.to_owned(), value(name, command))).collect(),
        }
    }

    /// Whether rustc would read the same content and values now. Its call is asked for only if it has read variables.
    pub fn are_unchanged<C: Borrow<Command>>(&self, command: impl FnOnce() -> C) -> bool {
        let have_files = self.files.iter().all(|(file, then)| digest(file) == *then);
        have_files && (self.variables.is_empty() || self.have_values(command().borrow()))
    }

    fn have_values(&self, command: &Command) -> bool {
        self.variables.iter().all(|(name, then)| value(name, command) == *then)
    }
}

fn digest(file: &Path) -> String {
    fs::read(file).map_or_else(|_| String::new(), |content| hex(&Sha256::digest(content)))
}

/// The value that a variable has for a command.
fn value(name: &str, command: &Command) -> Option<String> {
    let set = command.get_envs().find(|(set, _)| *set == name);
    let value = set.map_or_else(|| std::env::var_os(name), |(_, value)| value.map(Into::into));
    value.map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::diagnostic;

    fn anchored(text: &str) -> String {
        Anchored::new(text, Path::new("/my \"notes\"")).text
    }

    #[test]
    fn names_of_files_get_the_folder_in_front() {
        for (text, expected) in [
            ("include_str!(\"a.txt\")", "include_str!(\"/my \\\"notes\\\"/a.txt\")"),
            ("include_bytes! [ // what\n r#\"a.txt\"# ]", "include_bytes! [ // what\n r#\"/my \"notes\"/a.txt\"# ]"),
            ("include!(concat!(\"d/\", \"a.rs\"));", "include!(concat!(\"/my \\\"notes\\\"/d/\", \"a.rs\"));"),
            ("#[path = \"a.rs\"] mod a;", "#[path = \"/my \\\"notes\\\"/a.rs\"] mod a;"),
        ] {
            assert_eq!(anchored(text), expected);
        }
        for text in [
            "include_str!(\"/data/a.txt\")",
            "\"include_str!(\\\"a.txt\\\")\"",
            "// include_str!(\"a.txt\")",
            "println!(\"{path}\", path = \"a\")",
            "include_str!(concat!(env!(\"HOME\"), \"/a.txt\"))",
            "my_include!(\"a\")",
        ] {
            assert_eq!(anchored(text), text);
        }
    }

    #[test]
    fn places_in_diagnostics_are_those_of_the_program_as_it_was() {
        let text = "x;\nf(include_str!(\"a\"), include_str!(\"b\"), y)";
        let anchored = Anchored::new(text, Path::new("/nb"));
        assert!(anchored.is_changed());
        let line = anchored.text.lines().nth(1).unwrap();
        for (name, own) in [("\"), y", "\"), y"), ("y)", "y)"), ("include_str!(\"/nb/b", "include_str!(\"b")] {
            let column = line.find(name).unwrap() + 1;
            let mut diagnostic = diagnostic::error("E0308", "", Some((SOURCE, 2)));
            diagnostic.spans[0].column_start = column;
            anchored.restore(std::slice::from_mut(&mut diagnostic));
            let expected = text.lines().nth(1).unwrap().find(own).unwrap() + 1;
            assert_eq!(diagnostic.spans[0].column_start, expected, "{name}");
        }
        assert_eq!(anchored.column(1, 2), 2);
    }

    #[test]
    fn changed_surroundings_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (library, data) = (folder.path().join("libctx.so"), folder.path().join("data.txt"));
        fs::write(&data, "1").unwrap();
        let made = format!(
            "libctx.so: {SOURCE}\n\n{SOURCE}:\n{}:\n\n# env-dep:SOMA_TEST_A=1\n# env-dep:SOMA_TEST_B\n",
            data.display()
        );
        fs::write(list(&library), made).unwrap();
        let mut command = Command::new("rustc");
        command.env("SOMA_TEST_A", "1");
        let surroundings = Surroundings::read(&library, &command);
        assert!(surroundings.are_unchanged(|| &command));
        fs::write(&data, "2").unwrap();
        assert!(!surroundings.are_unchanged(|| &command));
        fs::write(&data, "1").unwrap();
        assert!(surroundings.are_unchanged(|| &command));
        for (name, value) in [("SOMA_TEST_A", "2"), ("SOMA_TEST_B", "")] {
            let mut other = Command::new("rustc");
            other.env("SOMA_TEST_A", "1").env(name, value);
            assert!(!surroundings.are_unchanged(|| &other), "{name}");
        }
    }

    #[test]
    fn words_of_included_code_are_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("e.rs"), "twice(n)").unwrap();
        fs::write(folder.path().join("e.txt"), "thrice(n)").unwrap();
        let text = "let a = include!(\"e.rs\") + include_str!(\"e.txt\").len() + include!(\"none.rs\");";
        assert_eq!(included_words(text, folder.path()), ["twice", "n"]);
    }
}
