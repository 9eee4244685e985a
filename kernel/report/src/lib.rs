//! Reports about a running cell: from the library that cells link to the worker's supervisor, and from there to the
//! kernel.
//!
//! Both sides are compiled with this type, and neither depends on its encoding: one line per report, with a kind and
//! fields separated by tabs (`field`). A line with an unknown kind is not a report.

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
    /// All threads waited for each other, so the supervisor ended it.
    Deadlocked,
}

/// Declares the kinds of reports, each with the word that begins its line.
macro_rules! reports {
    ($($(#[$doc:meta])* $name:ident($kind:literal) { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? })*) => {
        /// A report.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Report {
            $($(#[$doc])* $name { $($(#[$field_doc])* $field: $ty),* },)*
        }

        impl Report {
            /// The report as a line, without its line end.
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

            /// Parses a line; `None` when it is not a report.
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
    /// The value of a variable, which has changed; texts are for users, and empty where they do not apply.
    Value("VALUE") {
        /// The variable.
        name: String,
        /// The shape of a tensor, the length of a text.
        shape: String,
        /// The type of a tensor's elements.
        dtype: String,
        /// How much memory it takes, in bytes.
        bytes: String,
        /// Its value, or the beginning of that.
        value: String,
    }
    /// A variable is lost: the store does not have it, or not with the type that the cell expects.
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
        /// Whether the panic ended the cell; if not, it ended a thread that a cell has started.
        of_the_cell: bool,
        /// Its message.
        message: String,
        /// The source file that the compiler was given.
        file: String,
        /// The line there, from 1; 0 when the place is not known.
        line: u32,
        /// The column, from 1.
        column: u32,
        /// The libraries that contain its calls.
        libraries: String,
        /// Its calls, as addresses in those libraries.
        calls: String,
    }
    /// The cell was unwound by an interrupt.
    Unwound("UNWOUND") {}
    /// `?` met an error and ended the cell.
    Error("ERROR") {
        /// The error.
        error: String,
    }
    /// The cell has failed, or could not be run: the variables that it had taken are to be forgotten.
    Failed("FAILED") {}
    /// The compiled cell could not be loaded.
    NotLoaded("NOT_LOADED") {
        /// The loader's reason.
        reason: String,
    }
    /// A snapshot of the process was made.
    Copy("COPY") {
        /// Its process id.
        pid: i32,
        /// How long it took to make.
        took: Duration,
        /// How many threads of cells the snapshot lacks.
        threads: usize,
    }
    /// There is no snapshot.
    NoCopy("NO_COPY") {
        /// Why it could not be made; empty when none is wanted.
        reason: String,
    }
    /// The snapshot was woken, and is the worker now.
    Working("WORKING") {}
    /// The cell is over.
    Done("DONE") {
        /// How long it ran.
        took: Duration,
        /// Whether a waiting system call was cancelled for an interrupt.
        was_cancelled: bool,
        /// Whether the cell was asked to stop; the supervisor sets this.
        was_interrupted: bool,
    }
    /// The process ended while it ran the cell.
    Ended("ENDED") {
        /// Whether it was ended because the cell was interrupted.
        was_interrupted: bool,
        /// Whether a snapshot took over, with the variables as they were before the cell.
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
            Report::Failed {},
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
