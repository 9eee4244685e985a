//! Positions in code: the protocol counts Unicode code points, Rust counts bytes.
//!
//! See [`cursor_pos`](https://jupyter-client.readthedocs.io/en/stable/messaging.html#cursor-pos-unicode-note).

/// The number of code points in `text`.
pub fn length(text: &str) -> usize {
    text.chars().count()
}

/// The byte offset of the code point with this number; the end of `text` for any number past it.
pub fn to_bytes(text: &str, code_points: usize) -> usize {
    text.char_indices().nth(code_points).map_or(text.len(), |(offset, _)| offset)
}

/// The number of code points before a byte offset; an offset inside a code point counts as before it.
pub fn to_code_points(text: &str, bytes: usize) -> usize {
    text.char_indices().take_while(|(offset, character)| offset + character.len_utf8() <= bytes).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "aé😀b";

    #[test]
    fn code_points_become_byte_offsets() {
        assert_eq!([0, 1, 2, 3, 4, 9].map(|n| to_bytes(TEXT, n)), [0, 1, 3, 7, 8, 8]);
    }

    #[test]
    fn byte_offsets_become_code_points() {
        assert_eq!([0, 1, 3, 7, 8, 99].map(|n| to_code_points(TEXT, n)), [0, 1, 2, 3, 4, 4]);
    }

    #[test]
    fn an_offset_inside_a_code_point_counts_as_before_it() {
        assert_eq!(to_code_points(TEXT, 5), 2);
    }
}
