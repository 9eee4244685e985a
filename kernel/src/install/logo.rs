//! The logo: a neuron's cell body with its dendrites and its axon, in the orange of rust.
//!
//! One list of shapes is drawn twice: as SVG and, with tiny-skia, as PNG. The widths keep the thinnest branch two
//! pixels wide at 32 pixels, and the colours are visible on white and on near-black.

use std::fmt::Write;

use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

/// The side of the square that contains the shapes.
const SIDE: f32 = 64.0;

const TWIG: Rgb = Rgb(0xD4, 0x5A, 0x22);
const BODY: Rgb = Rgb(0xE8, 0x6A, 0x2A);
const NUCLEUS_EDGE: Rgb = Rgb(0xA8, 0x3A, 0x12);
const NUCLEUS: Rgb = Rgb(0xFF, 0xD9, 0xB8);

#[derive(Clone, Copy)]
struct Rgb(u8, u8, u8);

#[derive(Clone, Copy)]
struct Point(f32, f32);

enum Shape {
    /// A filled circle.
    Disc { centre: Point, radius: f32, colour: Rgb },
    /// A line from one point to another, bent towards a third, with round ends.
    Branch { from: Point, towards: Point, to: Point, width: f32, colour: Rgb },
}

/// From the back to the front.
fn shapes() -> Vec<Shape> {
    let branch = |from, towards, to, width, colour| Shape::Branch { from, towards, to, width, colour };
    let disc = |centre, radius, colour| Shape::Disc { centre, radius, colour };
    vec![
        // Dendrites: two twigs each.
        branch(Point(20.0, 19.0), Point(18.0, 11.0), Point(20.0, 5.0), 4.5, TWIG),
        branch(Point(20.0, 19.0), Point(13.0, 14.0), Point(6.0, 14.5), 4.5, TWIG),
        branch(Point(41.0, 18.0), Point(42.0, 11.0), Point(40.0, 5.0), 4.5, TWIG),
        branch(Point(41.0, 18.0), Point(48.0, 17.5), Point(54.0, 12.0), 4.5, TWIG),
        branch(Point(16.0, 38.0), Point(10.0, 36.0), Point(5.0, 30.0), 4.5, TWIG),
        branch(Point(16.0, 38.0), Point(10.5, 43.0), Point(9.0, 51.0), 4.5, TWIG),
        // The axon's end, to two terminals.
        branch(Point(47.0, 50.0), Point(54.0, 49.5), Point(58.0, 43.0), 4.5, TWIG),
        branch(Point(47.0, 50.0), Point(52.0, 53.0), Point(51.5, 58.5), 4.5, TWIG),
        disc(Point(58.5, 41.5), 4.5, NUCLEUS_EDGE),
        disc(Point(51.5, 58.5), 4.5, NUCLEUS_EDGE),
        // The cell body, which runs out into its branches.
        branch(Point(29.0, 30.0), Point(23.0, 26.0), Point(20.0, 19.0), 8.0, BODY),
        branch(Point(31.0, 30.0), Point(38.0, 25.0), Point(41.0, 18.0), 8.0, BODY),
        branch(Point(28.0, 34.0), Point(22.0, 38.0), Point(16.0, 38.0), 8.0, BODY),
        branch(Point(31.0, 35.0), Point(37.0, 47.0), Point(47.0, 50.0), 7.0, BODY),
        disc(Point(30.0, 32.0), 12.5, BODY),
        disc(Point(30.0, 32.0), 6.6, NUCLEUS_EDGE),
        disc(Point(30.0, 32.0), 4.4, NUCLEUS),
    ]
}

/// The logo as an SVG document.
pub fn svg() -> String {
    let mut svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIDE} {SIDE}\">\n");
    for shape in shapes() {
        let line = match shape {
            Shape::Disc { centre: Point(x, y), radius, colour } => {
                format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{}\"/>", hex(colour))
            }
            Shape::Branch { from, towards, to, width, colour } => format!(
                "<path d=\"M{} {} Q{} {} {} {}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" \
                 stroke-linecap=\"round\"/>",
                from.0,
                from.1,
                towards.0,
                towards.1,
                to.0,
                to.1,
                hex(colour)
            ),
        };
        writeln!(svg, "{line}").expect("a string can be written to");
    }
    svg.push_str("</svg>\n");
    svg
}

/// The logo as a PNG file of this many pixels a side, on a transparent ground.
pub fn png(side: u32) -> Vec<u8> {
    let mut pixels = Pixmap::new(side, side).expect("the side is not zero");
    let scale = Transform::from_scale(side as f32 / SIDE, side as f32 / SIDE);
    for shape in shapes() {
        match shape {
            Shape::Disc { centre, radius, colour } => {
                let circle = PathBuilder::from_circle(centre.0, centre.1, radius).expect("the radius is not zero");
                pixels.fill_path(&circle, &paint(colour), FillRule::Winding, scale, None);
            }
            Shape::Branch { from, towards, to, width, colour } => {
                let stroke =
                    Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
                pixels.stroke_path(&curve(from, towards, to), &paint(colour), &stroke, scale, None);
            }
        }
    }
    pixels.encode_png().expect("a picture in memory can be encoded")
}

fn curve(from: Point, towards: Point, to: Point) -> Path {
    let mut path = PathBuilder::new();
    path.move_to(from.0, from.1);
    path.quad_to(towards.0, towards.1, to.0, to.1);
    path.finish().expect("a branch has a length")
}

fn paint(Rgb(red, green, blue): Rgb) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(Color::from_rgba8(red, green, blue, 255));
    paint
}

fn hex(Rgb(red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_png_has_its_size_and_a_transparent_ground() {
        for side in [32, 64] {
            let pixels = Pixmap::decode_png(&png(side)).unwrap();
            assert_eq!((pixels.width(), pixels.height()), (side, side));
            assert_eq!(pixels.pixel(0, 0).unwrap().alpha(), 0);
            let centre = pixels.pixel(side * 30 / 64, side * 32 / 64).unwrap().demultiply();
            assert_eq!((centre.red(), centre.green(), centre.blue()), (NUCLEUS.0, NUCLEUS.1, NUCLEUS.2));
        }
    }

    #[test]
    fn every_shape_is_in_the_svg_and_inside_its_view() {
        assert_eq!(svg().lines().count(), shapes().len() + 2);
        for shape in shapes() {
            let (points, margin) = match shape {
                Shape::Disc { centre, radius, .. } => (vec![centre], radius),
                Shape::Branch { from, towards, to, width, .. } => (vec![from, towards, to], width / 2.0),
            };
            for Point(x, y) in points {
                assert!(x - margin >= 0.0 && x + margin <= SIDE && y - margin >= 0.0 && y + margin <= SIDE);
            }
        }
    }
}
