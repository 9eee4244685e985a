//! What fits beside and below a drawing: of a text, and of a row of numbers or names.

use crate::picture::theme;

/// A text that fits a width, with an ellipsis for what is left out.
pub(crate) fn cut(text: &str, width: f64) -> String {
    if theme::text_width(text, 13.0) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        if theme::text_width(&short, 13.0) + 10.0 > width {
            short.pop();
            break;
        }
    }
    short + "…"
}

/// Every how many-th of `count` numbers is written along a length where each needs some room: 1, 2, 5, 10, …
pub(super) fn index_step(count: usize, length: f64, room: f64) -> usize {
    let fits = |step: &usize| length / count as f64 * *step as f64 >= room;
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|f| f * 10_usize.pow(power)));
    steps.take(30).find(fits).unwrap_or(count)
}
