//! Tensors by their number of indices: a vector is a column of cells, a matrix a sheet, a 3-index array a pile of sheets.

use super::Diagram;
use super::canvas::{Canvas, Font, Point, Stroke};
use super::theme::{self, folded, short, size_text};

const CELL: (f64, f64) = (47.0, 34.0);
const GAP: f64 = 32.0;
const MARGIN: f64 = 22.0;
const CAPTION: f64 = 78.0;
/// How far each sheet lies behind the one before it.
const SHIFT: (f64, f64) = (15.0, 14.0);
const MOST_COLUMNS: usize = 6;
const MOST_ROWS: usize = 5;
const MOST_SHEETS: usize = 5;

/// One tensor of the picture: a word for it, its size and its numbers in row-major order.
pub(super) struct Panel {
    pub word: String,
    pub size: Vec<usize>,
    pub values: Vec<f64>,
}

impl Panel {
    /// The rows and columns of one sheet; a vector stands upright.
    fn sheet(&self) -> (usize, usize) {
        match self.size[..] {
            [] => (1, 1),
            [n] => (n, 1),
            [.., rows, columns] => (rows, columns),
        }
    }
}

/// The part of a panel that is drawn: which rows and columns of the front sheet, and how many sheets behind it.
struct Sheets {
    rows: Vec<Option<usize>>,
    columns: Vec<Option<usize>>,
    behind: usize,
}

impl Sheets {
    fn of(panel: &Panel) -> Self {
        let (rows, columns) = panel.sheet();
        let leading: usize = panel.size[..panel.size.len().saturating_sub(2)].iter().product();
        Sheets {
            rows: folded(rows, MOST_ROWS),
            columns: folded(columns, MOST_COLUMNS),
            behind: leading.clamp(1, MOST_SHEETS) - 1,
        }
    }

    fn width(&self) -> f64 {
        self.columns.len() as f64 * CELL.0 + self.behind as f64 * SHIFT.0
    }

    fn height(&self) -> f64 {
        self.rows.len() as f64 * CELL.1 + self.behind as f64 * SHIFT.1
    }
}

/// Draws the panels side by side; every size is non-empty and its values complete.
pub(super) fn draw(panels: &[Panel]) -> Diagram {
    let sheets: Vec<Sheets> = panels.iter().map(Sheets::of).collect();
    // A caption with its full width keeps the words of narrow neighbours apart.
    let widths: Vec<f64> = panels.iter().zip(&sheets).map(|(p, s)| s.width().max(caption_width(p))).collect();
    let tallest = sheets.iter().map(Sheets::height).fold(0.0, f64::max);
    let gaps = GAP * panels.len().saturating_sub(1) as f64;
    let width = f64::max(260.0, 2.0 * MARGIN + widths.iter().sum::<f64>() + gaps);
    let height = MARGIN + tallest + CAPTION;
    let mut canvas = Canvas::new(width, height);

    let mut left = (width - widths.iter().sum::<f64>() - gaps) / 2.0;
    for ((panel, sheet), room) in panels.iter().zip(&sheets).zip(&widths) {
        let at = (left + (room - sheet.width()) / 2.0, MARGIN + (tallest - sheet.height()) / 2.0);
        pile(&mut canvas, panel, sheet, at);
        caption(&mut canvas, panel, sheet, (left + room / 2.0, MARGIN + tallest));
        left += room + GAP;
    }

    let list: Vec<String> = panels.iter().map(|p| format!("{} {}", p.word, size_text(&p.size))).collect();
    let list = list.join(", ");
    Diagram::new(canvas.finish(&format!("Tensors by rank: {list}")), format!("tensors by rank: {list}"))
}

/// The sheets of one tensor from back to front, the numbers on the front one, one cell marked.
fn pile(canvas: &mut Canvas, panel: &Panel, sheet: &Sheets, at: Point) {
    let finite = || panel.values.iter().filter(|v| v.is_finite());
    let largest = finite().fold(0.0_f64, |m, v| m.max(v.abs()));
    let (rows, columns) = panel.sheet();
    for depth in (0..=sheet.behind).rev() {
        let x = at.0 + depth as f64 * SHIFT.0;
        let y = at.1 + (sheet.behind - depth) as f64 * SHIFT.1;
        for (r, &row) in sheet.rows.iter().enumerate() {
            for (c, &column) in sheet.columns.iter().enumerate() {
                let corner = (x + c as f64 * CELL.0, y + r as f64 * CELL.1);
                let value = match (row, column) {
                    (Some(i), Some(j)) => Some(panel.values[(depth * rows + i) * columns + j]),
                    _ => None,
                };
                let fill = value.map_or_else(|| theme::PAPER.to_owned(), |v| tint(v, largest));
                canvas.rect(corner, CELL, 0.0, &fill, Stroke::new("#aab4c5", 1.0));
                if depth == 0 {
                    let center = (corner.0 + CELL.0 / 2.0, corner.1 + CELL.1 / 2.0);
                    let text = value.map_or_else(|| "⋯".to_owned(), short);
                    let size = f64::min(14.0, 14.0 * (CELL.0 - 4.0) / theme::text_width(&text, 14.0));
                    canvas.text(center, &text, Font::words(size));
                }
            }
        }
        let size = (sheet.columns.len() as f64 * CELL.0, sheet.rows.len() as f64 * CELL.1);
        canvas.rect((x, y), size, 2.0, "none", Stroke::new(theme::SOFT_INK, 1.6));
    }
    let marked_row = sheet.rows.len().saturating_sub(1);
    let marked_column = sheet.columns.len().saturating_sub(1);
    let corner =
        (at.0 + marked_column as f64 * CELL.0, at.1 + sheet.behind as f64 * SHIFT.1 + marked_row as f64 * CELL.1);
    canvas.rect(corner, CELL, 2.0, "none", Stroke::new(theme::OUTPUT.rim, 2.6));
}

fn caption(canvas: &mut Canvas, panel: &Panel, sheet: &Sheets, at: Point) {
    canvas.text((at.0, at.1 + 20.0), &panel.word, Font::words(15.0).bold());
    canvas.text((at.0, at.1 + 40.0), &size_text(&panel.size), Font::words(14.0).fill(theme::SOFT_INK));
    let marked = marked(panel, sheet);
    canvas.text((at.0, at.1 + 60.0), &marked, Font::math(15.0).fill(theme::OUTPUT.rim));
}

/// The marked cell by its indices: `t[0, 1, 2] = 5`. Every index of the tensor is one number between the brackets.
fn marked(panel: &Panel, sheet: &Sheets) -> String {
    let last = |places: &[Option<usize>]| places.last().copied().flatten().unwrap_or(0);
    let (row, column) = (last(&sheet.rows), last(&sheet.columns));
    let value = panel.values[row * panel.sheet().1 + column];
    let mut indices = vec![0; panel.size.len()];
    match indices[..] {
        [] => {}
        [ref mut only] => *only = row,
        [.., ref mut second_last, ref mut last] => (*second_last, *last) = (row, column),
    }
    let letter = match panel.size.len() {
        0 => return format!("s = {}", short(value)),
        1 => "v",
        2 => "m",
        _ => "t",
    };
    format!("{letter}{} = {}", size_text(&indices), short(value))
}

/// About how wide a caption will be set.
fn caption_width(panel: &Panel) -> f64 {
    let marked = marked(panel, &Sheets::of(panel));
    theme::text_width(&panel.word, 15.0).max(theme::text_width(&marked, 15.0))
}

/// A pale blue or orange: the sign and size of a value as the ground that its digits stand on.
fn tint(value: f64, largest: f64) -> String {
    let share = if largest > 0.0 && value.is_finite() { (value.abs() / largest).min(1.0) } else { 0.0 };
    let full: [f64; 3] = if value < 0.0 { [250.0, 214.0, 192.0] } else { [199.0, 220.0, 252.0] };
    let channel = |c: f64| (251.0 + (c - 251.0) * share).round() as u8;
    format!("#{:02x}{:02x}{:02x}", channel(full[0]), channel(full[1]), channel(full[2]))
}
