//! A small SVG writer: shapes in, one self-contained document out.
//!
//! Only presentation attributes are written, no style sheet, no `id`, no script: a document that is placed inline in
//! a page can then neither leak into it nor collide with its neighbours, and GitHub's sanitiser has nothing to strip.
//! Coordinates are rounded to a tenth of a unit, so that the same picture is the same bytes on every machine.

use std::fmt::Write;

use super::theme;

/// A point in the picture, in user units (at full size: pixels), the y axis pointing down.
pub(crate) type Point = (f64, f64);

/// A piece of a [path](Canvas::path), from where the last one ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Piece {
    Straight(Point),
    /// Begins and ends vertically.
    Bent(Point),
}

/// How a line is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Stroke {
    pub color: &'static str,
    pub width: f64,
    pub dashed: bool,
}

impl Stroke {
    pub fn new(color: &'static str, width: f64) -> Self {
        Stroke { color, width, dashed: false }
    }

    pub fn dashed(self, dashed: bool) -> Self {
        Stroke { dashed, ..self }
    }
}

/// Which end of a text its position names.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set. Positions are the vertical middle of its digits, not its baseline.
#[derive(Clone, Copy)]
pub(crate) struct Font {
    size: f64,
    family: &'static str,
    fill: &'static str,
    anchor: Anchor,
    italic: bool,
    bold: bool,
    backed: bool,
}

impl Font {
    /// Plain words.
    pub fn words(size: f64) -> Self {
        Font {
            size,
            family: theme::SANS,
            fill: theme::INK,
            anchor: Anchor::Middle,
            italic: false,
            bold: false,
            backed: false,
        }
    }

    /// Formulas and names of variables.
    pub fn math(size: f64) -> Self {
        Font { family: theme::SERIF, ..Font::words(size) }
    }

    pub fn italic(self) -> Self {
        Font { italic: true, ..self }
    }

    pub fn bold(self) -> Self {
        Font { bold: true, ..self }
    }

    pub fn fill(self, fill: &'static str) -> Self {
        Font { fill, ..self }
    }

    pub fn anchor(self, anchor: Anchor) -> Self {
        Font { anchor, ..self }
    }

    /// A patch of paper behind the text, for text that lies on lines.
    pub fn backed(self) -> Self {
        Font { backed: true, ..self }
    }
}

/// A picture being drawn: shapes in the order in which they were added, later ones on top.
pub(crate) struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

impl Canvas {
    /// An empty picture on a rounded sheet of paper. The sheet is what makes the picture safe in the dark: a front
    /// end shows it as an image, where neither the page's text colour nor its theme can be asked for.
    pub fn new(width: f64, height: f64) -> Self {
        let mut canvas = Canvas { width, height, body: String::new() };
        let (w, h) = (width - 1.0, height - 1.0);
        canvas.rect((0.5, 0.5), (w, h), 12.0, theme::PAPER, Stroke::new(theme::RIM, 1.0));
        canvas
    }

    pub fn line(&mut self, from: Point, to: Point, stroke: Stroke) {
        let _ = writeln!(
            self.body,
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}"{}/>"#,
            num(from.0),
            num(from.1),
            num(to.0),
            num(to.1),
            stroke_attributes(stroke)
        );
    }

    /// A line that ends in a filled arrow head at `to`.
    pub fn arrow(&mut self, from: Point, to: Point, stroke: Stroke) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1e-6);
        let (ux, uy) = (dx / length, dy / length);
        let head = 6.0 + 1.5 * stroke.width;
        let base = (to.0 - ux * head, to.1 - uy * head);
        let half = head * 0.45;
        self.line(from, (base.0 + ux, base.1 + uy), stroke);
        let corners = [to, (base.0 - uy * half, base.1 + ux * half), (base.0 + uy * half, base.1 - ux * half)];
        self.polygon(&corners, stroke.color, None);
    }

    pub fn circle(&mut self, center: Point, radius: f64, fill: &str, stroke: Stroke) {
        let _ = writeln!(
            self.body,
            r#"<circle cx="{}" cy="{}" r="{}" fill="{fill}"{}/>"#,
            num(center.0),
            num(center.1),
            num(radius),
            stroke_attributes(stroke)
        );
    }

    /// A rectangle with its top left corner at `at`; `radius` rounds the corners.
    pub fn rect(&mut self, at: Point, size: (f64, f64), radius: f64, fill: &str, stroke: Stroke) {
        let rounding = if radius > 0.0 { format!(r#" rx="{}""#, num(radius)) } else { String::new() };
        let _ = writeln!(
            self.body,
            r#"<rect x="{}" y="{}" width="{}" height="{}"{rounding} fill="{fill}"{}/>"#,
            num(at.0),
            num(at.1),
            num(size.0),
            num(size.1),
            stroke_attributes(stroke)
        );
    }

    pub fn polygon(&mut self, corners: &[Point], fill: &str, stroke: Option<Stroke>) {
        let points: Vec<String> = corners.iter().map(|p| format!("{},{}", num(p.0), num(p.1))).collect();
        let stroke = stroke.map(stroke_attributes).unwrap_or_default();
        let _ = writeln!(self.body, r#"<polygon points="{}" fill="{fill}"{stroke}/>"#, points.join(" "));
    }

    /// An open run of straight pieces.
    pub fn polyline(&mut self, points: &[Point], stroke: Stroke) {
        let points: Vec<String> = points.iter().map(|p| format!("{},{}", num(p.0), num(p.1))).collect();
        let _ = writeln!(
            self.body,
            r#"<polyline points="{}" fill="none" stroke-linejoin="round"{}/>"#,
            points.join(" "),
            stroke_attributes(stroke)
        );
    }

    /// A line of straight pieces and of curves that begin and end vertically.
    pub fn path(&mut self, start: Point, pieces: &[Piece], stroke: Stroke) {
        let mut path = format!("M{} {}", num(start.0), num(start.1));
        let mut from = start;
        for piece in pieces {
            from = match *piece {
                Piece::Straight(to) => {
                    let _ = write!(path, "L{} {}", num(to.0), num(to.1));
                    to
                }
                Piece::Bent(to) => {
                    let middle = num((from.1 + to.1) / 2.0);
                    let (x, to_x, to_y) = (num(from.0), num(to.0), num(to.1));
                    let _ = write!(path, "C{x} {middle} {to_x} {middle} {to_x} {to_y}");
                    to
                }
            };
        }
        let _ = writeln!(self.body, r#"<path d="{path}" fill="none"{}/>"#, stroke_attributes(stroke));
    }

    /// Shapes with a tooltip.
    pub fn titled(&mut self, title: &str, draw: impl FnOnce(&mut Canvas)) {
        let _ = writeln!(self.body, "<g><title>{}</title>", escape(title));
        draw(self);
        self.body.push_str("</g>\n");
    }

    pub fn text(&mut self, at: Point, text: &str, font: Font) {
        let anchor = match font.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        // The document's own face is that of plain words.
        let family =
            if font.family == theme::SANS { String::new() } else { format!(r#" font-family="{}""#, font.family) };
        let style = if font.italic { r#" font-style="italic""# } else { "" };
        let weight = if font.bold { r#" font-weight="600""# } else { "" };
        if font.backed {
            let size = (theme::text_width(text, font.size) + 6.0, font.size + 3.0);
            let left = match font.anchor {
                Anchor::Start => at.0 - 3.0,
                Anchor::Middle => at.0 - size.0 / 2.0,
                Anchor::End => at.0 - size.0 + 3.0,
            };
            self.rect((left, at.1 - size.1 / 2.0), size, 5.0, theme::PAPER, Stroke::new(theme::RIM, 0.0));
        }
        // `dominant-baseline` is not drawn alike everywhere; a third of the size below the middle is.
        let baseline = at.1 + font.size * 0.34;
        let _ = writeln!(
            self.body,
            r#"<text x="{}" y="{}"{family} font-size="{}"{style}{weight} fill="{}"{anchor}>{}</text>"#,
            num(at.0),
            num(baseline),
            num(font.size),
            font.fill,
            escape(text)
        );
    }

    /// Text that runs upwards, for the name of a vertical axis.
    pub fn turned_text(&mut self, at: Point, text: &str, font: Font) {
        let _ = writeln!(self.body, r#"<g transform="translate({} {}) rotate(-90)">"#, num(at.0), num(at.1));
        self.text((0.0, 0.0), text, font);
        self.body.push_str("</g>\n");
    }

    /// Pixels, stretched to a rectangle without being smoothed; `address` is a `data:` address.
    pub fn image(&mut self, at: Point, size: (f64, f64), address: &str) {
        let _ = writeln!(
            self.body,
            r#"<image x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="none" image-rendering="pixelated" href="{address}"/>"#,
            num(at.0),
            num(at.1),
            num(size.0),
            num(size.1)
        );
    }

    /// Finished SVG elements, moved and scaled.
    pub fn scaled(&mut self, at: Point, factor: f64, elements: &str) {
        let (x, y) = (num(at.0), num(at.1));
        let _ = writeln!(self.body, r#"<g transform="translate({x} {y}) scale({factor})">"#);
        self.body.push_str(elements);
        self.body.push_str("</g>\n");
    }

    /// The finished document. `title` is its name for assistive technology and the tip under the mouse.
    pub fn finish(self, title: &str) -> String {
        let title = escape(title);
        let (w, h) = (num(self.width), num(self.height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             font-family=\"{}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n{}</svg>\n",
            theme::SANS,
            self.body
        )
    }
}

fn stroke_attributes(stroke: Stroke) -> String {
    if stroke.width <= 0.0 {
        return String::new();
    }
    let dash = if stroke.dashed {
        format!(r#" stroke-dasharray="{} {}""#, num(4.0 + stroke.width * 1.5), num(3.0 + stroke.width * 0.75))
    } else {
        String::new()
    };
    format!(r#" stroke="{}" stroke-width="{}"{dash}"#, stroke.color, num(stroke.width))
}

/// A coordinate: at most one decimal, no negative zero, no exponent.
fn num(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, part) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    if part == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Text as XML (and HTML) character data or attribute value. Characters that XML forbids become `U+FFFD`.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_have_no_negative_zero() {
        assert_eq!(num(-0.01), "0");
        assert_eq!(num(12.0), "12");
        assert_eq!(num(-3.26), "-3.3");
    }

    #[test]
    fn text_is_escaped_and_stays_valid_xml() {
        assert_eq!(escape("a<b & \"c\"\u{1}"), "a&lt;b &amp; &quot;c&quot;\u{fffd}");
    }
}
