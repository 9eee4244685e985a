//! Shortens values that are too long to read to their beginning and their end.
//!
//! A `Vec` of a million numbers is 8 MB of text, which a front end takes seconds to lay out and a notebook keeps for
//! ever. A value writes itself piece by piece, so the omitted part need never be in memory, and when the end does not
//! come soon, the kernel does not wait for it.

use std::fmt::{self, Write};
use std::time::{Duration, Instant};

/// The largest text that is shown whole.
const WHOLE: Size = Size { bytes: 64 << 10, lines: 2000 };
/// How much of the beginning of a longer text is shown.
const HEAD: Size = Size { bytes: 8 << 10, lines: 200 };
/// How much of its end is shown.
const TAIL: Size = Size { bytes: 1 << 10, lines: 20 };
/// How long to wait for the end.
const PATIENCE: Duration = Duration::from_millis(500);
/// How many pieces are written between two readings of the clock.
const PIECES: usize = 256;

struct Size {
    bytes: usize,
    lines: usize,
}

/// A value as text, shortened if it is too long; `format` is the format string that wrote it.
///
/// # Panics
/// When the value's `Debug` or `Display` returns an error, as `format!` does.
pub fn written(value: fmt::Arguments, format: &str) -> String {
    let mut text = Text::default();
    let result = text.write_fmt(value);
    assert!(
        result.is_ok() || text.given_up,
        "a formatting trait implementation returned an error when the underlying stream did not"
    );
    text.shown(format)
}

/// A text of which only the beginning and the end are kept once it is too long.
#[derive(Default)]
struct Text {
    /// All of it, or its beginning.
    head: String,
    lines: usize,
    /// Its end, and some of the text before that.
    tail: String,
    /// How many characters it has.
    characters: usize,
    /// When the text became too long, and how many pieces have come since.
    since: Option<(Instant, usize)>,
    given_up: bool,
}

impl fmt::Write for Text {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.characters += piece.chars().count();
        let Some((since, pieces)) = &mut self.since else {
            self.begin(piece);
            return Ok(());
        };
        *pieces += 1;
        if pieces.is_multiple_of(PIECES) && since.elapsed() > PATIENCE {
            self.given_up = true;
            return Err(fmt::Error);
        }
        self.end(piece);
        Ok(())
    }
}

impl Text {
    /// Takes a piece while the text may still be short enough.
    fn begin(&mut self, piece: &str) {
        self.lines += piece.matches('\n').count();
        if self.head.len() + piece.len() <= WHOLE.bytes && self.lines <= WHOLE.lines {
            self.head.push_str(piece);
            return;
        }
        self.since = Some((Instant::now(), 0));
        self.tail = self.head.split_off(self.head.floor_char_boundary(HEAD.bytes));
        let fits = piece.floor_char_boundary(HEAD.bytes.saturating_sub(self.head.len()));
        let (head, rest) = if self.tail.is_empty() { piece.split_at(fits) } else { ("", piece) };
        self.head.push_str(head);
        self.end(rest);
    }

    /// Takes a piece once the text is too long.
    fn end(&mut self, piece: &str) {
        self.tail.push_str(&piece[piece.ceil_char_boundary(piece.len().saturating_sub(TAIL.bytes))..]);
        // Not each time, since the remaining text is moved.
        if self.tail.len() > 8 * TAIL.bytes {
            self.tail.drain(..self.tail.ceil_char_boundary(self.tail.len() - TAIL.bytes));
        }
    }

    fn shown(self, format: &str) -> String {
        let all = format!("`println!(\"{format}\", …)` writes all");
        if self.since.is_none() {
            return self.head;
        }
        let head = beginning(&self.head);
        if self.given_up {
            return format!("{head}\n… and more than can be written out in a moment: {all}");
        }
        let tail = ending(&self.tail);
        let left_out = self.characters - head.chars().count() - tail.chars().count();
        format!("{head}\n… {left_out} characters are left out: {all} …\n{tail}")
    }
}

/// The beginning of a text, up to the end of a line or an element if there is one.
fn beginning(text: &str) -> &str {
    let line = text.match_indices('\n').nth(HEAD.lines - 1).map(|(at, _)| at);
    let element = || text.rfind([',', ' ']).map(|at| at + 1).filter(|at| *at > text.len() / 2);
    let end = line.or_else(|| text.rfind('\n')).or_else(element).unwrap_or(text.len());
    text[..end].trim_end()
}

/// The end of a text, from the start of a line or an element on if there is one.
fn ending(text: &str) -> &str {
    let text = &text[text.ceil_char_boundary(text.len().saturating_sub(TAIL.bytes))..];
    let line = text.rmatch_indices('\n').nth(TAIL.lines).map(|(at, _)| at + 1);
    let element = || text.find(", ").map(|at| at + 2).filter(|at| *at < text.len() / 2);
    let start = line.or_else(|| text.find('\n').map(|at| at + 1)).or_else(element).unwrap_or(0);
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debug(value: &dyn fmt::Debug) -> String {
        written(format_args!("{value:?}"), "{:?}")
    }

    #[test]
    fn what_can_be_read_is_whole() {
        let numbers: Vec<i32> = (0..10_000).collect();
        assert_eq!(debug(&numbers), format!("{numbers:?}"));
        assert_eq!(debug(&"é"), "\"é\"");
        let lines = written(format_args!("{:#?}", &numbers[..1_900]), "{:#?}");
        assert_eq!(lines, format!("{:#?}", &numbers[..1_900]));
    }

    #[test]
    fn what_is_longer_has_a_beginning_and_an_end_of_whole_elements() {
        let numbers: Vec<i32> = (0..1_000_000).collect();
        let text = debug(&numbers);
        let [head, middle, tail] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        assert!(head.starts_with("[0, 1, 2, ") && head.ends_with(','), "{head}");
        assert!(tail.ends_with(", 999998, 999999]") && tail.starts_with("999"), "{tail}");
        let left_out: usize = middle.split_whitespace().nth(1).unwrap().parse().unwrap();
        let whole = format!("{numbers:?}").len();
        assert_eq!(left_out, whole - head.len() - tail.len());
        assert!(middle.contains("`println!(\"{:?}\", …)` writes all"), "{middle}");
        assert!(text.len() < 10 << 10);
    }

    #[test]
    fn many_lines_are_too_long_too() {
        let numbers: Vec<i32> = (0..100_000).collect();
        let text = written(format_args!("{numbers:#?}"), "{:#?}");
        assert!(text.starts_with("[\n    0,\n    1,\n") && text.ends_with("\n    99999,\n]"), "{text}");
        assert_eq!(text.lines().count(), HEAD.lines + 1 + TAIL.lines + 1);
    }

    #[test]
    fn one_long_piece_is_cut_between_characters() {
        for character in ["a", "é", "日"] {
            let text = debug(&character.repeat(1_000_000));
            let [head, _, tail] = text.lines().collect::<Vec<_>>()[..] else { panic!("{}", text.len()) };
            assert!(head.starts_with('"') && tail.ends_with('"'));
            assert!(head[1..].starts_with(character) && tail.starts_with(character));
        }
    }

    #[test]
    fn an_end_that_does_not_come_is_not_waited_for() {
        struct Endless;
        impl fmt::Debug for Endless {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                loop {
                    f.write_str("more, ")?;
                }
            }
        }
        let text = debug(&Endless);
        assert!(text.starts_with("more, more,") && text.contains("\n… and more than"), "{}", text.len());
    }

    #[test]
    #[should_panic(expected = "a formatting trait implementation returned an error")]
    fn a_value_that_cannot_be_written_panics_as_always() {
        struct Broken;
        impl fmt::Debug for Broken {
            fn fmt(&self, _: &mut fmt::Formatter) -> fmt::Result {
                Err(fmt::Error)
            }
        }
        debug(&Broken);
    }
}
