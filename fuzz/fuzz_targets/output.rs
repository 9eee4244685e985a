//! A cell's output, as text and displays.

#![no_main]

use libfuzzer_sys::fuzz_target;
use soma_jupyter::api::Output;
use soma_fuzz::engine::output::{Parser, Piece, TextStream};
use soma_fuzz::random::Choices;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices::of(input);
    let whole = parse(&[input]);
    for longest in [1, 3, 40] {
        assert_eq!(parse(&choices.pieces(input, longest)), whole, "in pieces of up to {longest} bytes");
    }
    let plain = String::from_utf8_lossy(input);
    if !plain.contains("EVCXR_") && !plain.contains("\x1b_soma:") {
        let text = match &whole[..] {
            [] => "",
            [Piece::Shown(Output::Text { text, .. })] => text,
            other => panic!("plain text became {other:?}"),
        };
        assert_eq!(text, plain, "no byte of plain text is lost");
    }
    let mut stream = TextStream::default();
    let mut text: String = choices.pieces(input, 5).into_iter().map(|piece| stream.push(piece)).collect();
    text.push_str(&stream.push(b"\n"));
    assert_eq!(text, plain.into_owned() + "\n");
});

/// All pieces; adjacent texts are joined.
fn parse(input: &[&[u8]]) -> Vec<Piece> {
    let mut parser = Parser::default();
    let mut pieces: Vec<Piece> = input.iter().flat_map(|bytes| parser.push(bytes)).collect();
    pieces.extend(parser.finish());
    assert_eq!(parser.finish(), [], "nothing is left after the end");
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Shown(Output::Text { text: before, .. })), Piece::Shown(Output::Text { text, .. })) => {
                before.push_str(&text);
            }
            (_, piece) => joined.push(piece),
        }
    }
    joined
}
