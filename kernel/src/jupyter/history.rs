//! The cells that were run, for front ends that offer them again.
//!
//! See [history](https://jupyter-client.readthedocs.io/en/stable/messaging.html#history).

use std::collections::HashSet;

use jupyter_protocol::messaging::{HistoryEntry, HistoryReply, HistoryRequest};

/// A cell that was run.
#[derive(Clone)]
struct Line {
    /// The number in `In [n]`.
    count: usize,
    input: String,
    /// The plain text of its result; empty when it had none.
    output: String,
}

/// The session's cells, oldest first.
#[derive(Default)]
pub struct History {
    lines: Vec<Line>,
}

/// The number of the session that is running, in entries that could come from any session.
const SESSION: usize = 1;

impl History {
    /// Notes a cell that is about to run.
    pub fn push(&mut self, count: usize, input: &str) {
        self.lines.push(Line { count, input: input.to_owned(), output: String::new() });
    }

    /// Notes the result of the cell with this number.
    pub fn set_output(&mut self, count: usize, output: &str) {
        if let Some(line) = self.lines.iter_mut().rev().find(|line| line.count == count) {
            output.clone_into(&mut line.output);
        }
    }

    /// Answers a request.
    pub fn reply(&self, request: &HistoryRequest) -> HistoryReply {
        let (lines, session, with_output) = match request {
            HistoryRequest::Tail { n, output, .. } => (last(self.lines.clone(), *n), SESSION, *output),
            HistoryRequest::Range { session, start, stop, output, .. } => {
                let session = session.unwrap_or(0);
                (self.range(session, *start, *stop), session.unsigned_abs() as usize, *output)
            }
            HistoryRequest::Search { pattern, unique, n, output, .. } => {
                (last(self.search(pattern, *unique), *n), SESSION, *output)
            }
        };
        let entries = lines.into_iter().map(|line| {
            if with_output {
                HistoryEntry::InputOutput(session, line.count, (line.input, line.output))
            } else {
                HistoryEntry::Input(session, line.count, line.input)
            }
        });
        HistoryReply::new(entries.collect())
    }

    /// The cells of a session with numbers from `start` up to but not including `stop`; 0 is this session.
    fn range(&self, session: i32, start: i32, stop: i32) -> Vec<Line> {
        if session != 0 && session != SESSION as i32 {
            return Vec::new();
        }
        // A `stop` that is not positive means "to the end".
        let stop = if stop <= 0 { i64::MAX } else { i64::from(stop) };
        let wanted = i64::from(start)..stop;
        self.lines.iter().filter(|line| wanted.contains(&(line.count as i64))).cloned().collect()
    }

    /// The cells that match a glob pattern; of equal ones the last, if `unique`.
    fn search(&self, pattern: &str, unique: bool) -> Vec<Line> {
        let pattern: Vec<char> = pattern.chars().collect();
        let mut seen = HashSet::new();
        let mut found: Vec<Line> = self
            .lines
            .iter()
            .rev()
            .filter(|line| matches(&pattern, &line.input) && (!unique || seen.insert(line.input.as_str())))
            .cloned()
            .collect();
        found.reverse();
        found
    }
}

/// The last `n`, or all of them if `n` is not positive.
fn last(mut lines: Vec<Line>, n: i32) -> Vec<Line> {
    match usize::try_from(n) {
        Ok(n) if n > 0 => lines.split_off(lines.len().saturating_sub(n)),
        _ => lines,
    }
}

/// Whether `text` matches a pattern in which `*` stands for any text and `?` for any character.
fn matches(pattern: &[char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows the last `*` does not match: let it stand for one more character.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((after_star, from)) => {
                    retry = Some((after_star, from + 1));
                    (p, t) = (after_star, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn history() -> History {
        let mut history = History::default();
        for (count, input) in [(1, "let a = 1;"), (2, "a"), (3, "let b = 2;"), (4, "a")] {
            history.push(count, input);
        }
        history.set_output(2, "1");
        history
    }

    fn reply(request: HistoryRequest) -> Value {
        serde_json::to_value(history().reply(&request)).unwrap()["history"].clone()
    }

    #[test]
    fn tail_gives_the_last_cells() {
        let request = HistoryRequest::Tail { n: 2, output: false, raw: true };
        assert_eq!(reply(request), json!([[1, 3, "let b = 2;"], [1, 4, "a"]]));
    }

    #[test]
    fn range_gives_numbers_up_to_stop() {
        let request = HistoryRequest::Range { session: Some(0), start: 1, stop: 3, output: true, raw: true };
        assert_eq!(reply(request), json!([[0, 1, ["let a = 1;", ""]], [0, 2, ["a", "1"]]]));
    }

    #[test]
    fn range_of_another_session_is_empty() {
        let request = HistoryRequest::Range { session: Some(-1), start: 1, stop: 3, output: false, raw: true };
        assert_eq!(reply(request), json!([]));
    }

    #[test]
    fn search_gives_matches_and_of_equal_ones_the_last() {
        let search = |pattern: &str, unique| HistoryRequest::Search {
            pattern: pattern.into(),
            unique,
            output: false,
            raw: true,
            n: 9,
        };
        assert_eq!(reply(search("let*2;", false)), json!([[1, 3, "let b = 2;"]]));
        assert_eq!(reply(search("?", false)), json!([[1, 2, "a"], [1, 4, "a"]]));
        assert_eq!(reply(search("?", true)), json!([[1, 4, "a"]]));
    }

    #[test]
    fn a_star_stands_for_any_text() {
        let matches = |pattern: &str, text| matches(&pattern.chars().collect::<Vec<_>>(), text);
        assert!(matches("*", "") && matches("a*c*", "abbcd") && matches("*ab", "aab"));
        assert!(!matches("a*c", "ab") && !matches("", "a") && !matches("?", ""));
    }
}
