//! Frames of the supervisor, read from a stream that arrives in pieces.

#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use soma_fuzz::random::Choices;
use soma_driver::wire::Frame;
use soma_report::Report;

fuzz_target!(|input: &[u8]| {
    let whole = read_all(&mut &*input);
    assert_eq!(read_all(&mut InPieces(Choices::of(input).pieces(input, 9))), whole, "in pieces");
    whole.into_iter().for_each(comes_back);
    let text = String::from_utf8_lossy(input);
    comes_back(Frame::Report(Report::Error { error: text.clone().into_owned() }));
    if let Some(report) = Report::decode(&text) {
        assert_eq!(Report::decode(&report.encode()), Some(report));
    }
    comes_back(Frame::Stdout(input.to_vec()));
});

fn read_all(stream: &mut impl Read) -> Vec<Frame> {
    std::iter::from_fn(|| Frame::read(stream).ok().flatten()).collect()
}

fn comes_back(frame: Frame) {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    let mut rest = &bytes[..];
    assert_eq!(Frame::read(&mut rest).expect("what was written can be read"), Some(frame));
    assert!(rest.is_empty());
}

struct InPieces<'a>(Vec<&'a [u8]>);

impl Read for InPieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.0.first_mut() else { return Ok(0) };
        let read = piece.read(into)?;
        if piece.is_empty() {
            self.0.remove(0);
        }
        Ok(read)
    }
}
