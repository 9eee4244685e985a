//! What is reported of a running cell: from the library that cells link to the worker's supervisor, and from there to the
//! kernel.
//!
//! Both sides are compiled with this type, and neither sees how it is written: a line each, a kind and fields between tabs
//! (`field`). A report that this version does not know is no report.

mod field;

use std::time::Duration;

use self::field::{Field, escape, unescape};

/// How a process ended while it ran a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// By `exit`, with this code.
    Exited(i32),
    /// By a signal of this name.
    Signaled(String),
    /// All threads waited for each other, and it was ended.
    Deadlocked,
}

/// Declares the kinds of reports, each with the word that it begins with.
macro_rules! reports {
    ($($(#[$doc:meta])* $name:ident($kind:literal) { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? })*) => {
        /// A report.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Report {
            $($(#[$doc])* $name { $($(#[$field_doc])* $field: $ty),* },)*
        }

        impl Report {
            /// As a line, without its end.
            pub fn encode(&self) -> String {
                match self {
                    $(Report::$name { $($field),* } => {
                        #[allow(unused_mut)]
                        let mut line = String::from($kind);
                        $(
                            line.push('\t');
                            escape(&$field.write(), &mut line);
                        )*
                        line
                    })*
                }
            }

            /// From a line; `None` when it is no report.
            pub fn decode(line: &str) -> Option<Report> {
                let mut fields = line.split('\t').map(unescape);
                match fields.next()?.as_str() {
                    $($kind => Some(Report::$name { $($field: Field::read(&fields.next()?)?),* }),)*
                    _ => None,
                }
            }
        }
    };
}

reports! {
    /// A variable was put into the store.
    Stored("VARIABLE") {
        /// Its name.
        name: String,
        /// Its type, as `type_name` gives it.
        type_name: String,
    }
    /// What a variable holds, which has changed; texts are for people, and empty where there is nothing to say.
    Value("VALUE") {
        /// The variable.
        name: String,
        /// The shape of a tensor, the length of a text.
        shape: String,
        /// The type of a tensor's elements.
        dtype: String,
        /// How much memory it takes, in bytes.
        bytes: String,
        /// What is in it, or the beginning of that.
        value: String,
    }
    /// A variable is not there any more, or not as the cell wants it.
    Lost("LOST") {
        /// The variable.
        name: String,
        /// Why, as the end of a sentence.
        reason: String,
    }
    /// The cell has failed, and all variables that it had taken are back.
    Kept("KEPT") {}
    /// A panic, in lines and columns of the compiled program.
    Panic("PANIC") {
        /// Whether it ended the cell, and not a thread that a cell has started.
        of_the_cell: bool,
        /// What it says.
        message: String,
        /// The source file that the compiler was given.
        file: String,
        /// The line there, from 1; 0 when the place is not known.
        line: u32,
        /// The column, from 1.
        column: u32,
        /// The libraries that it came through.
        libraries: String,
        /// The calls that it came through, as addresses in those libraries.
        calls: String,
    }
    /// The cell was unwound by an interrupt.
    Unwound("UNWOUND") {}
    /// `?` met an error and ended the cell.
    Error("ERROR") {
        /// The error.
        error: String,
    }
    /// A line that evcxr itself waits for on the runtime's standard output.
    Evcxr("EVCXR") {
        /// The line.
        line: String,
    }
    /// The compiled cell could not be loaded.
    NotLoaded("NOT_LOADED") {
        /// The loader's reason.
        reason: String,
    }
    /// There is a sleeping copy of the process.
    Copy("COPY") {
        /// Its number.
        pid: i32,
        /// How long it took to make.
        took: Duration,
        /// How many threads of cells it does not have.
        threads: usize,
    }
    /// There is no copy.
    NoCopy("NO_COPY") {
        /// Why it could not be made; empty when there is to be none.
        reason: String,
    }
    /// The copy was woken, and is the worker now.
    Working("WORKING") {}
    /// The cell is over.
    Done("DONE") {
        /// How long it ran.
        took: Duration,
        /// Whether a system call that waited was broken off for an interrupt.
        was_cancelled: bool,
        /// Whether it was asked to stop; the supervisor knows.
        was_interrupted: bool,
    }
    /// The process ended while it ran the cell.
    Ended("ENDED") {
        /// Whether it was ended because the cell was interrupted.
        was_interrupted: bool,
        /// Whether a copy took over, with the variables as they were before the cell.
        is_restored: bool,
        /// How many threads that earlier cells had started ended with it.
        threads: usize,
        /// How it ended.
        how: Ending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Report> {
        let text = || "two\nlines,\ta tab, a \\n and ünicode".to_owned();
        vec![
            Report::Stored { name: "x".into(), type_name: "tensorlib::Tensor".into() },
            Report::Value { name: text(), shape: String::new(), dtype: text(), bytes: "12".into(), value: text() },
            Report::Lost { name: "r#type".into(), reason: text() },
            Report::Kept {},
            Report::Panic {
                of_the_cell: true,
                message: text(),
                file: "src/cell.rs".into(),
                line: 3,
                column: u32::MAX,
                libraries: text(),
                calls: String::new(),
            },
            Report::Unwound {},
            Report::Error { error: text() },
            Report::Evcxr { line: "EVCXR_PANIC_NOTIFICATION".into() },
            Report::NotLoaded { reason: text() },
            Report::Copy { pid: 42, took: Duration::from_micros(1_234_567), threads: 3 },
            Report::NoCopy { reason: String::new() },
            Report::Working {},
            Report::Done { took: Duration::ZERO, was_cancelled: true, was_interrupted: false },
            Report::Ended { was_interrupted: true, is_restored: false, threads: 0, how: Ending::Exited(-1) },
            Report::Ended {
                was_interrupted: false,
                is_restored: true,
                threads: 9,
                how: Ending::Signaled("SIGSEGV".into()),
            },
            Report::Ended { was_interrupted: false, is_restored: true, threads: 9, how: Ending::Deadlocked },
        ]
    }

    #[test]
    fn every_report_comes_back_from_its_line() {
        for report in all() {
            let line = report.encode();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(Report::decode(&line), Some(report), "{line}");
        }
    }

    #[test]
    fn what_is_no_report_is_none() {
        for line in [
            "",
            "VARIABLE",
            "VARIABLE\tx",
            "variable\tx\ty",
            "COPY\tx\t1\t2",
            "DONE\t1\tyes\tno",
            "ENDED\ttrue\ttrue\t1\tX",
        ] {
            assert_eq!(Report::decode(line), None, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_cut_off_or_damaged_ends_nothing() {
        for report in all() {
            let line = report.encode();
            for end in (0..line.len()).filter(|end| line.is_char_boundary(*end)) {
                let _ = Report::decode(&line[..end]);
                let _ = Report::decode(&line[end..]);
            }
        }
    }
}
