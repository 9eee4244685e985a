//! The line protocol between evcxr and the process that runs its cells.

/// The library that evcxr asks to run. The line also names a numbered symbol, which is ignored: every cell has
/// [`ENTRY_SYMBOL`](super::program::ENTRY_SYMBOL).
pub fn library_to_run(line: &str) -> Option<&str> {
    let (library, _symbol) = line.strip_prefix("LOAD_AND_RUN ")?.rsplit_once(' ')?;
    Some(library)
}

/// A notice to evcxr about a cell that it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Notice<'a> {
    /// The cell has panicked: evcxr forgets the variables that it had moved.
    Panicked,
    /// A `?` has ended the cell.
    ReturnedAnError,
    /// A variable does not have the type that evcxr expects; it forgets the variable.
    ChangedType(&'a str),
    /// The cell has ended.
    Done,
    /// The cell has ended and must leave no trace: evcxr must return to its state before the cell, with every variable.
    /// Its protocol has no such notice, but a line that is not text fails the cell on evcxr's side and changes nothing
    /// there. That takes no compile, which could be interrupted or fail.
    Undone,
}

impl Notice<'_> {
    /// The line, with its end.
    pub fn line(self) -> Vec<u8> {
        let mut line = match self {
            Notice::Panicked => b"EVCXR_PANIC_NOTIFICATION".to_vec(),
            Notice::ReturnedAnError => b"EVCXR_ERROR_OCCURRED".to_vec(),
            Notice::ChangedType(variable) => format!("EVCXR_VARIABLE_CHANGED_TYPE:{variable}").into_bytes(),
            Notice::Done => b"EVCXR_EXECUTION_COMPLETE".to_vec(),
            Notice::Undone => b"\xff".to_vec(),
        };
        line.push(b'\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_may_have_blanks_in_its_path() {
        assert_eq!(
            library_to_run("LOAD_AND_RUN /tmp/my notes/libctx.so run_user_code_3"),
            Some("/tmp/my notes/libctx.so")
        );
        assert_eq!(library_to_run("LOAD_AND_RUN"), None);
        assert_eq!(library_to_run("QUIT now please"), None);
    }

    #[test]
    fn what_undoes_a_cell_is_not_text() {
        assert!(String::from_utf8(Notice::Undone.line()).is_err());
        assert_eq!(Notice::ChangedType("x").line(), b"EVCXR_VARIABLE_CHANGED_TYPE:x\n");
    }
}
