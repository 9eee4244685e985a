//! What all pictures share: colours, type faces, and how numbers and names are written in them.

/// A colour in three strengths: an area, a marked part of it, its outline.
#[derive(Clone, Copy)]
pub(crate) struct Tone {
    pub fill: &'static str,
    pub mark: &'static str,
    pub rim: &'static str,
}

/// The sheet that a picture is drawn on, and its rim. Light in dark themes, too: a picture inside a page cannot know the
/// page's theme (`prefers-color-scheme` is the system's, which a notebook's theme need not follow), and a sheet of its
/// own is legible on every page. It is dimmed, so that it does not glare on a black one.
pub(crate) const PAPER: &str = "#eff2f7";
pub(crate) const RIM: &str = "#cfd6e2";
/// Text, and text of less weight.
pub(crate) const INK: &str = "#1f2937";
pub(crate) const SOFT_INK: &str = "#5b6678";
/// Lines that carry no value.
pub(crate) const LINE: &str = "#8a94a6";
/// Positive and negative values: blue and orange, which stay apart for colour-blind readers, and of a contrast of 4.5 on
/// the paper, since names are written in them.
pub(crate) const POSITIVE: &str = "#2563c9";
pub(crate) const NEGATIVE: &str = "#b8450f";
/// Inputs, hidden units, outputs, the constant 1 of a bias.
pub(crate) const INPUT: Tone = Tone { fill: "#e6f4ea", mark: "#a5d8b6", rim: "#2e8b57" };
pub(crate) const HIDDEN: Tone = Tone { fill: "#fff4d6", mark: "#f3d27c", rim: "#b7860b" };
pub(crate) const OUTPUT: Tone = Tone { fill: "#f1e8fd", mark: "#cdb2f2", rim: "#7a4cc2" };
pub(crate) const BIAS: Tone = Tone { fill: "#e3e8f0", mark: "#cfd6e2", rim: "#8a94a6" };
/// Something that does not fit.
pub(crate) const WRONG: &str = "#c2253b";

pub(crate) const SANS: &str = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', Arial, sans-serif";
pub(crate) const SERIF: &str = "'STIX Two Text', 'Cambria Math', 'DejaVu Serif', Georgia, 'Times New Roman', serif";

/// The colour of a value by its sign; zero and not-a-number have none.
pub(crate) fn sign_color(value: f64) -> &'static str {
    match value {
        v if v > 0.0 => POSITIVE,
        v if v < 0.0 => NEGATIVE,
        _ => LINE,
    }
}

/// [`sign_color`] for a text, which needs more contrast than a line.
pub(crate) fn sign_ink(value: f64) -> &'static str {
    if value == 0.0 || value.is_nan() { SOFT_INK } else { sign_color(value) }
}

/// A value in about three digits, with a true minus sign: `0.52`, `−12.3`, `1.2e5`.
pub(crate) fn short(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    let size = value.abs();
    let digits = if size.is_infinite() {
        "∞".into()
    } else if size.fract() == 0.0 && size < 1e5 {
        format!("{size:.0}")
    } else if !(0.0005..9_999.5).contains(&size) {
        format!("{size:.1e}").replace('-', "−")
    } else if size < 0.0095 {
        format!("{size:.3}")
    } else if size < 9.995 {
        format!("{size:.2}")
    } else if size < 99.95 {
        format!("{size:.1}")
    } else {
        format!("{size:.0}")
    };
    if value < 0.0 { format!("−{digits}") } else { digits }
}

/// `short`, in brackets when negative, for a place where an operator stands before it.
pub(crate) fn short_operand(value: f64) -> String {
    if value < 0.0 { format!("({})", short(value)) } else { short(value) }
}

/// About how wide a text of this size is set, on the wide side: fonts differ from machine to machine.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        '₀'..='₉' | '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' => 0.41,
        '.' | '·' | ',' | ' ' | '(' | ')' | '[' | ']' | 'i' | 'l' => 0.36,
        '−' | '+' | '=' => 0.84,
        c if c as u32 >= 0x2e80 => 1.0,
        _ => 0.64,
    };
    size * text.chars().map(em).sum::<f64>()
}

/// A number as subscript digits: `12` is `₁₂`.
pub(crate) fn subscript(number: usize) -> String {
    number.to_string().chars().map(|c| char::from_u32('₀' as u32 + c as u32 - '0' as u32).unwrap_or(c)).collect()
}

/// A layer's number as a superscript in brackets: `2` is `⁽²⁾`.
pub(crate) fn layer_superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits: String = number.to_string().bytes().map(|b| DIGITS[usize::from(b - b'0')]).collect();
    format!("⁽{digits}⁾")
}

/// The name of a weight from unit `row` to unit `column`, counted from 1: `w₁₂`, and `w₁₁,₂` where digits would run
/// together.
pub(crate) fn weight_name(row: usize, column: usize) -> String {
    let comma = if row > 9 || column > 9 { "," } else { "" };
    format!("w{}{comma}{}", subscript(row), subscript(column))
}

/// A size as PyTorch writes it: `[3, 2]`.
pub(crate) fn size_text(size: &[usize]) -> String {
    let parts: Vec<String> = size.iter().map(usize::to_string).collect();
    format!("[{}]", parts.join(", "))
}

/// Which of `count` units are drawn when at most `limit` fit: `None` is the ellipsis that stands for the rest.
pub(crate) fn folded(count: usize, limit: usize) -> Vec<Option<usize>> {
    if count <= limit {
        return (0..count).map(Some).collect();
    }
    let tail = (limit - 1) / 2;
    let head = limit - 1 - tail;
    (0..head).map(Some).chain([None]).chain((count - tail..count).map(Some)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_their_sign() {
        let shown: Vec<String> =
            [0.0, 3.0, -0.523, 0.0072, 12.34, 123.4, 1.23e7, -1e-4, f64::INFINITY].map(short).into();
        assert_eq!(shown, ["0", "3", "−0.52", "0.007", "12.3", "123", "1.2e7", "−1.0e−4", "∞"]);
        assert_eq!(short(f64::NAN), "nan");
        assert_eq!(short(9.999), "10.0");
    }

    #[test]
    fn names_carry_subscripts() {
        assert_eq!(weight_name(1, 2), "w₁₂");
        assert_eq!(weight_name(11, 2), "w₁₁,₂");
        assert_eq!(layer_superscript(12), "⁽¹²⁾");
    }

    #[test]
    fn wide_layers_fold_in_the_middle() {
        assert_eq!(folded(3, 6), [Some(0), Some(1), Some(2)]);
        assert_eq!(folded(100, 6), [Some(0), Some(1), Some(2), None, Some(98), Some(99)]);
    }
}
