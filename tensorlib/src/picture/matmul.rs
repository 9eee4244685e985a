//! The shapes in `a @ b`: the matrices laid out so that each cell of the product stands where its row and column meet.

use super::Diagram;
use super::canvas::{Canvas, Font, Point, Stroke};
use super::theme::{self, Tone, size_text};

const UNIT: f64 = 26.0;
const MOST_UNITS: usize = 5;
const MARGIN: f64 = 34.0;
const GAP: f64 = 34.0;
const BATCH_SHIFT: f64 = 7.0;

/// The result of multiplying two shapes.
enum Product {
    Size(Vec<usize>),
    InnerDiffers(usize, usize),
    BatchDiffers(Vec<usize>, Vec<usize>),
}

/// A shape as a stack of matrices.
struct Operand {
    batch: Vec<usize>,
    rows: usize,
    columns: usize,
}

/// Draws the product of two shapes, neither empty. Shapes that do not fit are drawn too: the misfit is the lesson.
pub(super) fn draw(a: &[usize], b: &[usize]) -> Diagram {
    let left = operand(a, true);
    let right = operand(b, false);
    let product = product(a, b, &left, &right);
    let inner_fits = left.columns == right.rows;

    let (a_width, a_height) = (length(left.columns), length(left.rows));
    let (b_width, b_height) = (length(right.columns), length(right.rows));
    let content = a_width + GAP + b_width;
    let width = f64::max(380.0, content + 2.0 * MARGIN + 60.0);
    let x = (width - content) / 2.0;
    let top = MARGIN + 8.0;
    let (b_at, a_at) = ((x + a_width + GAP, top), (x, top + b_height + GAP));
    let height = a_at.1 + a_height + 76.0;
    let mut canvas = Canvas::new(width, height);

    let inner_color = if inner_fits { theme::POSITIVE } else { theme::WRONG };
    // The row and the column that meet in the marked cell of the product.
    matrix(&mut canvas, a_at, &left, theme::INPUT, Mark::Row, "a");
    matrix(&mut canvas, b_at, &right, theme::HIDDEN, Mark::Column, "b");
    if matches!(product, Product::Size(_)) {
        let batch = left.batch.len().max(right.batch.len());
        let result = Operand { batch: vec![1; batch], rows: left.rows, columns: right.columns };
        matrix(&mut canvas, (b_at.0, a_at.1), &result, theme::OUTPUT, Mark::Cell, "a @ b");
    } else {
        let size = (b_width, a_height);
        canvas.rect((b_at.0, a_at.1), size, 3.0, "none", Stroke::new(theme::WRONG, 1.6).dashed(true));
        canvas.text((b_at.0 + b_width / 2.0, a_at.1 + a_height / 2.0), "?", Font::words(24.0).fill(theme::WRONG));
    }
    // The two inner sizes, which have to be equal, and the two outer ones, which remain.
    let number = |n: usize| n.to_string();
    let inner = Font::words(16.0).bold().fill(inner_color);
    canvas.text((a_at.0 + a_width / 2.0, a_at.1 - 14.0 - batch_room(&left)), &number(left.columns), inner);
    canvas.text((b_at.0 - 15.0, b_at.1 + b_height / 2.0), &number(right.rows), inner);
    canvas.text((a_at.0 - 16.0, a_at.1 + a_height / 2.0), &number(left.rows), Font::words(16.0));
    canvas.text(
        (b_at.0 + b_width / 2.0, b_at.1 - 14.0 - batch_room(&right)),
        &number(right.columns),
        Font::words(16.0),
    );

    let operands = format!("{} @ {}", size_text(a), size_text(b));
    let (text, color) = match &product {
        Product::Size(size) => (format!("{operands} = {}", size_text(size)), theme::INK),
        Product::InnerDiffers(l, r) => (format!("{operands}: {l} ≠ {r}"), theme::WRONG),
        Product::BatchDiffers(l, r) => (format!("{operands}: {} ≠ {}", size_text(l), size_text(r)), theme::WRONG),
    };
    canvas.text((width / 2.0, height - 28.0), &text, Font::words(17.0).fill(color));
    Diagram::new(canvas.finish(&format!("Shapes of a matrix product: {text}")), format!("a @ b: {text}"))
}

/// A vector on the left is a row, on the right a column.
fn operand(size: &[usize], on_the_left: bool) -> Operand {
    match *size {
        [n] if on_the_left => Operand { batch: Vec::new(), rows: 1, columns: n },
        [n] => Operand { batch: Vec::new(), rows: n, columns: 1 },
        [ref batch @ .., rows, columns] => Operand { batch: batch.to_vec(), rows, columns },
        [] => Operand { batch: Vec::new(), rows: 1, columns: 1 },
    }
}

fn product(a: &[usize], b: &[usize], left: &Operand, right: &Operand) -> Product {
    if left.columns != right.rows {
        return Product::InnerDiffers(left.columns, right.rows);
    }
    let rank = left.batch.len().max(right.batch.len());
    let at = |batch: &[usize], i: usize| (i + batch.len()).checked_sub(rank).map_or(1, |i| batch[i]);
    let mut size = Vec::new();
    for i in 0..rank {
        match (at(&left.batch, i), at(&right.batch, i)) {
            (l, r) if l == r => size.push(l),
            (1, n) | (n, 1) => size.push(n),
            _ => return Product::BatchDiffers(left.batch.clone(), right.batch.clone()),
        }
    }
    if a.len() > 1 {
        size.push(left.rows);
    }
    if b.len() > 1 {
        size.push(right.columns);
    }
    Product::Size(size)
}

fn length(count: usize) -> f64 {
    // Beyond what can be counted at a glance a side only says "more".
    let units = if count <= MOST_UNITS { count.max(1) as f64 } else { MOST_UNITS as f64 + 1.4 };
    units * UNIT
}

fn batch_room(operand: &Operand) -> f64 {
    if operand.batch.is_empty() { 0.0 } else { 2.0 * BATCH_SHIFT }
}

enum Mark {
    Row,
    Column,
    Cell,
}

fn matrix(canvas: &mut Canvas, at: Point, operand: &Operand, tone: Tone, mark: Mark, name: &str) {
    let size = (length(operand.columns), length(operand.rows));
    if !operand.batch.is_empty() {
        for step in [2.0, 1.0] {
            let corner = (at.0 + step * BATCH_SHIFT, at.1 - step * BATCH_SHIFT);
            canvas.rect(corner, size, 3.0, tone.fill, Stroke::new(tone.rim, 1.2));
        }
    }
    canvas.rect(at, size, 3.0, tone.fill, Stroke::new(tone.rim, 2.0));
    let unit = (unit_of(operand.columns, size.0), unit_of(operand.rows, size.1));
    if operand.rows > 0 && operand.columns > 0 {
        let (corner, marked) = match mark {
            Mark::Row => (at, (size.0, unit.1)),
            Mark::Column => (at, (unit.0, size.1)),
            Mark::Cell => (at, unit),
        };
        canvas.rect(corner, marked, 3.0, tone.mark, Stroke::new(tone.rim, 1.0));
    }
    let grid = Stroke::new(tone.mark, 1.0);
    if operand.columns <= MOST_UNITS {
        for c in 1..operand.columns {
            let x = at.0 + c as f64 * unit.0;
            canvas.line((x, at.1), (x, at.1 + size.1), grid);
        }
    }
    if operand.rows <= MOST_UNITS {
        for r in 1..operand.rows {
            let y = at.1 + r as f64 * unit.1;
            canvas.line((at.0, y), (at.0 + size.0, y), grid);
        }
    }
    let middle = (at.0 + size.0 / 2.0, at.1 + size.1 / 2.0);
    // Names keep off the edges of a narrow matrix.
    let font_size = (18.0 * (size.0 - 4.0) / theme::text_width(name, 18.0)).min(18.0);
    if font_size >= 12.0 {
        canvas.text(middle, name, Font::math(font_size).italic());
    } else {
        canvas.text((middle.0, at.1 + size.1 + 13.0), name, Font::math(16.0).italic());
    }
}

/// The side of one cell where single cells are drawn; of one thin strip where they are too many.
fn unit_of(count: usize, length: f64) -> f64 {
    if count <= MOST_UNITS { length / count.max(1) as f64 } else { 12.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
        match product(a, b, &operand(a, true), &operand(b, false)) {
            Product::Size(size) => Some(size),
            _ => None,
        }
    }

    #[test]
    fn product_sizes_follow_the_rules_of_matmul() {
        assert_eq!(size_of(&[2, 3], &[3, 4]), Some(vec![2, 4]));
        assert_eq!(size_of(&[3], &[3]), Some(vec![]));
        assert_eq!(size_of(&[3], &[3, 4]), Some(vec![4]));
        assert_eq!(size_of(&[2, 3], &[3]), Some(vec![2]));
        assert_eq!(size_of(&[5, 1, 2, 3], &[7, 3, 4]), Some(vec![5, 7, 2, 4]));
        assert_eq!(size_of(&[2, 3], &[2, 3]), None);
        assert_eq!(size_of(&[2, 2, 3], &[5, 3, 4]), None);
    }
}
