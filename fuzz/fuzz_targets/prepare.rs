//! A cell as typed, prepared for evcxr, and the map back from every position of it.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::{Corpus, fuzz_target};
use soma_fuzz::engine::LONGEST_CELL;
use soma_fuzz::engine::positions::{Place, Source};
use soma_fuzz::engine::prepare::{Earlier, line_as_typed, prepare_after};

fuzz_target!(|typed: &str| -> Corpus {
    if typed.len() > LONGEST_CELL {
        return Corpus::Reject;
    }
    let prepared = prepare_after(typed, Earlier::default());
    let line_ends = |text: &str| text.matches('\n').count();
    assert_eq!(line_ends(&prepared.text), line_ends(typed), "every line stays a line");
    if let Some(shown) = &prepared.shown {
        assert!(!typed[prepared.source.bytes(shown)].is_empty());
    }
    for item in &prepared.items {
        let start = prepared.source.bytes(&(item.start..item.start)).start;
        assert!(typed[start..].starts_with(&item.text), "an item starts where it is said to");
    }
    let mut reached = BTreeSet::new();
    for (number, line) in prepared.text.split('\n').enumerate() {
        let mut characters = line.chars();
        // One position more than there are characters: the end of the line.
        for column in 1..=line.chars().count() + 1 {
            let at = Place { line: number + 1, column };
            let character = characters.next();
            let end = Place { column: column + usize::from(character.is_some()), ..at };
            let span = prepared.source.as_typed(at..end);
            assert!(in_bounds(typed, span.start) && in_bounds(typed, span.end), "{at:?} is {span:?}");
            let text = &typed[prepared.source.bytes(&span)];
            if text.chars().eq(character) {
                reached.insert(span.start);
            }
        }
        if let Some(place) = line_as_typed(&prepared, line, 0) {
            assert!(place.line <= number + 1, "the first line like this is at most this one");
        }
    }
    for (at, _) in typed.char_indices().filter(|(_, character)| *character != '\n') {
        assert!(reached.contains(&Source::place(typed, at)), "a place leads back to the character at byte {at}");
    }
    Corpus::Keep
});

fn in_bounds(typed: &str, place: Place) -> bool {
    typed.split('\n').nth(place.line - 1).is_some_and(|line| (1..=line.chars().count() + 1).contains(&place.column))
}
