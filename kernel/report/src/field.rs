//! Fields of a report as text, and the escaping that keeps one field's text apart from the next.

use std::borrow::Cow;
use std::time::Duration;

use crate::Ending;

/// A type that can be a field.
pub trait Field: Sized {
    /// Converts the value to text.
    fn write(&self) -> Cow<'_, str>;
    /// Converts text to a value.
    fn read(text: &str) -> Option<Self>;
}

impl Field for String {
    fn write(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn read(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
}

macro_rules! parsed {
    ($($ty:ty),*) => { $(
        impl Field for $ty {
            fn write(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }

            fn read(text: &str) -> Option<$ty> {
                text.parse().ok()
            }
        }
    )* };
}
parsed!(bool, i32, u32, usize);

/// In microseconds.
impl Field for Duration {
    fn write(&self) -> Cow<'_, str> {
        Cow::Owned(self.as_micros().to_string())
    }

    fn read(text: &str) -> Option<Duration> {
        text.parse().ok().map(Duration::from_micros)
    }
}

impl Field for Ending {
    fn write(&self) -> Cow<'_, str> {
        match self {
            Ending::Exited(code) => Cow::Owned(format!("EXITED {code}")),
            Ending::Signaled(signal) => Cow::Owned(format!("SIGNALED {signal}")),
            Ending::Deadlocked => Cow::Borrowed("DEADLOCKED"),
        }
    }

    fn read(text: &str) -> Option<Ending> {
        match text.split_once(' ') {
            Some(("EXITED", code)) => code.parse().ok().map(Ending::Exited),
            Some(("SIGNALED", signal)) => Some(Ending::Signaled(signal.to_owned())),
            None if text == "DEADLOCKED" => Some(Ending::Deadlocked),
            _ => None,
        }
    }
}

/// Appends a field's text, with tabs and line ends escaped.
pub fn escape(field: &str, line: &mut String) {
    for character in field.chars() {
        match character {
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            other => line.push(other),
        }
    }
}

/// The text before [`escape`].
pub fn unescape(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    text
}
