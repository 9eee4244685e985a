//! Turns the bytes that cells write into text and displays, in order.
//!
//! Rich content comes in standard output as blocks, which third-party crates print too (`EVCXR_BEGIN_CONTENT mime`, the
//! content, `EVCXR_END_CONTENT`). Consecutive blocks are one display in several representations, until a representation
//! repeats. Marks that `soma_cell` writes (application program commands, which terminals ignore) describe the display
//! that follows: that it is the value of the cell's last expression, that it has an id, that it replaces an earlier
//! one.

use soma_driver::evcxr::content::{BEGIN, END, INPUT};
use soma_jupyter::api::{MimeBundle, Output, Stream};

/// The beginning and the end of a mark (`soma_cell::show::mark`); its text stands between them.
const MARK: &[u8] = b"\x1b_soma:";
const MARK_END: &[u8] = b"\x1b\\";
/// The limit on the bytes of a mark or block: without an end by then, it is plain text.
const LONGEST: usize = 64 << 20;

/// A piece of a cell's output.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// Text or a display, to be shown at once.
    Shown(Output),
    /// The value of the last expression.
    Result(MimeBundle),
    /// The cell waits for a line of input.
    Input(Question),
}

/// A cell's question to the user.
#[derive(Debug, Default, PartialEq)]
pub struct Question {
    /// The prompt.
    pub prompt: String,
    /// Whether to hide the answer.
    pub password: bool,
    /// Whether the cell itself reports that no answer can be had.
    pub explains: bool,
}

/// Reads one process's standard output.
#[derive(Default)]
pub struct Parser {
    /// Bytes that may begin a mark, a block or a character.
    held: Vec<u8>,
    /// How many of them were searched for the end of the mark or block: a large block comes in many pieces.
    searched: usize,
    /// The display that is being assembled.
    display: MimeBundle,
    /// The kind of that display.
    target: Target,
}

/// The kind of the next display.
#[derive(Default)]
enum Target {
    #[default]
    Display,
    /// The value of the cell's last expression.
    Result,
    /// A display that can be updated.
    Named(String),
    /// New content for displays of this id.
    Update(String),
}

impl Parser {
    /// Takes bytes and returns the pieces that are complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.held.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        while self.step(&mut pieces) {}
        pieces
    }

    /// Returns what was held back, since no more bytes come.
    pub fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.end_display(&mut pieces);
        self.target = Target::Display;
        let rest = self.take(self.held.len());
        text(&rest, &mut pieces);
        pieces
    }

    /// Takes one piece off the front of the held bytes; false when more bytes are needed.
    fn step(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let is_mark = |at: &usize| [BEGIN, MARK, INPUT].iter().any(|mark| self.held[*at..].starts_with(mark));
        match (0..self.held.len()).find(is_mark) {
            Some(0) if self.held.len() > LONGEST => {
                let all = self.take(self.held.len());
                self.plain(&all, pieces);
                false
            }
            Some(0) if self.held.starts_with(MARK) => self.mark(pieces),
            Some(0) if self.held.starts_with(INPUT) => self.input(pieces),
            Some(0) => self.block(pieces),
            Some(at) => {
                let before = self.take(at);
                self.plain(&before, pieces);
                true
            }
            None => {
                let keep = may_begin(&self.held);
                let before = self.take(self.held.len() - keep);
                self.plain(&before, pieces);
                false
            }
        }
    }

    /// Takes bytes off the front of the held bytes.
    fn take(&mut self, length: usize) -> Vec<u8> {
        self.searched = 0;
        self.held.drain(..length).collect()
    }

    /// The position of `end` after the first `begin` bytes; `None` until it has come.
    fn find_end(&mut self, begin: usize, end: &[u8]) -> Option<usize> {
        let from = self.searched.max(begin);
        let found = find(&self.held[from..], end).map(|at| from + at);
        self.searched = from.max((self.held.len() + 1).saturating_sub(end.len()));
        found
    }

    fn plain(&mut self, bytes: &[u8], pieces: &mut Vec<Piece>) {
        if !bytes.is_empty() {
            self.end_display(pieces);
            text(bytes, pieces);
        }
    }

    /// Takes a whole mark; false until its end has come.
    fn mark(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let Some(end) = self.find_end(MARK.len(), MARK_END) else { return false };
        let mark = self.take(end + MARK_END.len());
        let says = String::from_utf8_lossy(&mark[MARK.len()..end]);
        self.end_display(pieces);
        match says.split_once(':') {
            None if says == "result" => self.target = Target::Result,
            Some(("display", id)) => self.target = Target::Named(id.to_owned()),
            Some(("update", id)) => self.target = Target::Update(id.to_owned()),
            // What follows is another display, even if it is content again.
            None if says == "end" => self.target = Target::Display,
            Some((kind @ ("input" | "password"), prompt)) => pieces.push(Piece::Input(Question {
                prompt: prompt.to_owned(),
                password: kind == "password",
                explains: true,
            })),
            Some(("clear", when)) => pieces.push(Piece::Shown(Output::Clear { wait: when == "wait" })),
            _ => {}
        }
        true
    }

    /// Takes a whole content block; false until its end has come.
    fn block(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let Some(end) = self.find_end(BEGIN.len(), END) else { return false };
        let block = self.take(end + END.len());
        let line_end = find(&block, b"\n").expect("the end begins with one");
        let mime = String::from_utf8_lossy(&block[BEGIN.len()..line_end]).trim().to_owned();
        let content = String::from_utf8_lossy(&block[(line_end + 1).min(end)..end]).into_owned();
        if self.display.contains_key(&mime) {
            self.end_display(pieces);
        }
        self.display.insert(mime, content);
        true
    }

    /// Takes a request for input; false until its line is complete.
    fn input(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let Some(end) = self.find_end(INPUT.len(), b"\n") else { return false };
        let line = self.take(end + 1);
        let line = String::from_utf8_lossy(&line[INPUT.len()..end]).into_owned();
        match line.split_once(':') {
            Some((kind @ ("" | "_PASSWORD"), prompt)) => {
                self.end_display(pieces);
                let question = Question { prompt: prompt.to_owned(), password: !kind.is_empty(), explains: false };
                pieces.push(Piece::Input(question));
            }
            _ => self.plain(&[INPUT, line.as_bytes(), b"\n"].concat(), pieces),
        }
        true
    }

    fn end_display(&mut self, pieces: &mut Vec<Piece>) {
        if self.display.is_empty() {
            return;
        }
        let data = std::mem::take(&mut self.display);
        pieces.push(match std::mem::take(&mut self.target) {
            Target::Result => Piece::Result(data),
            Target::Display => Piece::Shown(Output::Display { data, id: None }),
            Target::Named(id) => Piece::Shown(Output::Display { data, id: Some(id) }),
            Target::Update(id) => Piece::Shown(Output::UpdateDisplay { data, id }),
        });
    }
}

fn text(bytes: &[u8], pieces: &mut Vec<Piece>) {
    if !bytes.is_empty() {
        let text = String::from_utf8_lossy(bytes).into_owned();
        pieces.push(Piece::Shown(Output::Text { stream: Stream::Stdout, text }));
    }
}

/// Reads a stream of plain text, holding back an incomplete character.
#[derive(Default)]
pub struct TextStream {
    held: Vec<u8>,
}

impl TextStream {
    /// Takes bytes and returns the text that is complete.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let rest = self.held.split_off(self.held.len() - partial_character(&self.held));
        String::from_utf8_lossy(&std::mem::replace(&mut self.held, rest)).into_owned()
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// How many bytes at the end may be the beginning of a mark or of a character.
fn may_begin(bytes: &[u8]) -> usize {
    let longest = BEGIN.len().max(MARK.len()).max(INPUT.len()) - 1;
    let mark = (1..=longest.min(bytes.len()))
        .rev()
        .find(|length| {
            let end = &bytes[bytes.len() - length..];
            [BEGIN, MARK, INPUT].iter().any(|mark| mark.starts_with(end))
        })
        .unwrap_or(0);
    mark.max(partial_character(bytes))
}

/// How many bytes at the end are an incomplete UTF-8 character.
fn partial_character(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => 1,
        };
        return if length > back { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Piece {
        Piece::Shown(Output::Text { stream: Stream::Stdout, text: text.into() })
    }

    fn bundle(entries: &[(&str, &str)]) -> MimeBundle {
        entries.iter().map(|(mime, content)| ((*mime).to_owned(), (*content).to_owned())).collect()
    }

    fn display(entries: &[(&str, &str)]) -> Piece {
        Piece::Shown(Output::Display { data: bundle(entries), id: None })
    }

    /// All pieces of a text, in every division into chunks; adjacent texts are joined.
    fn parse(text: &str) -> Vec<Piece> {
        let whole = parse_in_steps(text, text.len().max(1));
        for step in [1, 2, 7] {
            assert_eq!(parse_in_steps(text, step), whole, "in pieces of {step} bytes");
        }
        whole
    }

    fn parse_in_steps(text: &str, step: usize) -> Vec<Piece> {
        let mut parser = Parser::default();
        let mut pieces: Vec<Piece> = text.as_bytes().chunks(step).flat_map(|bytes| parser.push(bytes)).collect();
        pieces.extend(parser.finish());
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (Some(Piece::Shown(Output::Text { text: before, .. })), Piece::Shown(Output::Text { text, .. })) => {
                    before.push_str(&text)
                }
                (_, piece) => joined.push(piece),
            }
        }
        joined
    }

    #[test]
    fn text_is_handed_on_as_written() {
        assert_eq!(parse("50 %\r\x1b[1mé日\x1b[0m"), [shown("50 %\r\x1b[1mé日\x1b[0m")]);
        assert_eq!(parse(""), []);
    }

    #[test]
    fn blocks_are_one_display_until_a_type_repeats() {
        let block = |mime: &str, content: &str| format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n");
        let text = block("text/plain", "one") + &block("text/html", "<b>\none") + &block("text/plain", "two");
        assert_eq!(
            parse(&text),
            [display(&[("text/html", "<b>\none"), ("text/plain", "one")]), display(&[("text/plain", "two")])]
        );
    }

    #[test]
    fn order_is_kept_between_text_displays_and_the_result() {
        let text = "a\nEVCXR_BEGIN_CONTENT text/plain\nx\nEVCXR_END_CONTENT\nb\x1b_soma:result\x1b\\\
                    EVCXR_BEGIN_CONTENT text/plain\ny\nEVCXR_END_CONTENT\nc";
        assert_eq!(
            parse(text),
            [
                shown("a\n"),
                display(&[("text/plain", "x")]),
                shown("b"),
                Piece::Result(bundle(&[("text/plain", "y")])),
                shown("c")
            ]
        );
    }

    #[test]
    fn a_result_that_shows_nothing_claims_no_later_display() {
        let mut parser = Parser::default();
        assert_eq!(parser.push(b"\x1b_soma:result\x1b\\"), []);
        assert_eq!(parser.finish(), []);
        parser.push(b"EVCXR_BEGIN_CONTENT text/plain\nz\nEVCXR_END_CONTENT\n");
        assert_eq!(parser.finish(), [display(&[("text/plain", "z")])]);
    }

    #[test]
    fn marks_name_update_and_clear_displays() {
        let block = "EVCXR_BEGIN_CONTENT text/plain\nx\nEVCXR_END_CONTENT\n";
        let mark = |says: &str| format!("\x1b_soma:{says}\x1b\\");
        let text =
            [&*mark("display:a:b"), block, &mark("update:a:b"), block, &mark("clear:wait"), &mark("odd")].concat();
        let (data, id) = (bundle(&[("text/plain", "x")]), "a:b".to_owned());
        assert_eq!(
            parse(&text),
            [
                Piece::Shown(Output::Display { data: data.clone(), id: Some(id.clone()) }),
                Piece::Shown(Output::UpdateDisplay { data, id }),
                Piece::Shown(Output::Clear { wait: true }),
            ]
        );
    }

    #[test]
    fn a_display_that_has_ended_is_shown_and_takes_nothing_more() {
        let block = "EVCXR_BEGIN_CONTENT text/plain\nx\nEVCXR_END_CONTENT\n";
        let html = "EVCXR_BEGIN_CONTENT text/html\nx\nEVCXR_END_CONTENT\n";
        let end = "\x1b_soma:end\x1b\\";
        let mut parser = Parser::default();
        assert_eq!(parser.push([block, end].concat().as_bytes()), [display(&[("text/plain", "x")])]);
        assert_eq!(
            parse(&[block, end, html, end].concat()),
            [display(&[("text/plain", "x")]), display(&[("text/html", "x")])]
        );
        let nothing_named = ["\x1b_soma:display:a\x1b\\", end, block].concat();
        assert_eq!(parse(&nothing_named), [display(&[("text/plain", "x")])], "a value that shows nothing had the id");
    }

    #[test]
    fn empty_and_odd_content_is_kept() {
        assert_eq!(parse("EVCXR_BEGIN_CONTENT text/plain\n\nEVCXR_END_CONTENT\n"), [display(&[("text/plain", "")])]);
        assert_eq!(
            parse("EVCXR_BEGIN_CONTENT text/plain\nnot EVCXR_END_CONTENT\nyes\nEVCXR_END_CONTENT\n"),
            [display(&[("text/plain", "not EVCXR_END_CONTENT\nyes")])]
        );
        assert_eq!(
            parse("EVCXR_BEGIN_CONTENT text/plain\nnever ends"),
            [shown("EVCXR_BEGIN_CONTENT text/plain\nnever ends")]
        );
    }

    #[test]
    fn a_large_block_in_many_pieces_is_searched_once() {
        let content = "x".repeat(4 << 20);
        let text = format!("EVCXR_BEGIN_CONTENT text/plain\n{content}\nEVCXR_END_CONTENT\n");
        let started = std::time::Instant::now();
        assert_eq!(parse_in_steps(&text, 1 << 10), [display(&[("text/plain", &content)])]);
        // Searching all held bytes for each of the 4,096 pieces would read 8 GiB.
        let taken = started.elapsed();
        assert!(taken < std::time::Duration::from_secs(8), "{taken:?}");
    }

    #[test]
    fn a_request_for_input_is_no_text() {
        assert_eq!(
            parse("a\nEVCXR_INPUT_REQUEST:Name: \nEVCXR_INPUT_REQUEST_PASSWORD:\nEVCXR_INPUT_REQUESTS\n"),
            [
                shown("a\n"),
                Piece::Input(Question { prompt: "Name: ".into(), password: false, explains: false }),
                Piece::Input(Question { prompt: String::new(), password: true, explains: false }),
                shown("EVCXR_INPUT_REQUESTS\n")
            ]
        );
        assert_eq!(
            parse("\x1b_soma:password:Key: \x1b\\"),
            [Piece::Input(Question { prompt: "Key: ".into(), password: true, explains: true })]
        );
    }

    #[test]
    fn a_character_is_never_split() {
        let mut stream = TextStream::default();
        let bytes = "日".as_bytes();
        assert_eq!(stream.push(&bytes[..1]), "");
        assert_eq!(stream.push(&bytes[1..]), "日");
        assert_eq!(stream.push(b"\xff"), "\u{fffd}");
    }
}
