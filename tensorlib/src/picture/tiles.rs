//! Weights and activations as small images.

use crate::Tensor;
use crate::plot::color;
use crate::plot::png::{Channels, data_address};

use super::canvas::{Canvas, Point, Stroke};
use super::theme;

/// More images of one kind do not stand beside each other.
const MOST_TILES: usize = 6;
/// More rows or columns are left out.
const MOST_SIDE: usize = 48;
/// The values of a strip.
const MOST_CELLS: usize = 64;

/// How values become colours.
#[derive(Clone, Copy)]
enum Scale {
    /// By sign: orange, white, blue, up to a largest value.
    Signed(f64),
    /// From black to white.
    Grey(f64),
}

impl Scale {
    /// Values that may be negative are distinguished by their sign, the others by their size.
    fn of(values: &[f64]) -> Scale {
        let finite = || values.iter().filter(|value| value.is_finite());
        let largest = finite().fold(0.0_f64, |most, value| most.max(value.abs()));
        let largest = if largest > 0.0 { largest } else { 1.0 };
        if finite().any(|value| *value < 0.0) { Scale::Signed(largest) } else { Scale::Grey(largest) }
    }

    fn color(self, value: f64) -> (u8, u8, u8) {
        match self {
            Scale::Signed(largest) => color::signed(if value.is_finite() { value / largest } else { f64::NAN }),
            Scale::Grey(_) if !value.is_finite() => color::signed(f64::NAN),
            Scale::Grey(largest) => {
                let grey = (value / largest * 255.0).round().clamp(0.0, 255.0) as u8;
                (grey, grey, grey)
            }
        }
    }
}

/// A small image.
struct Tile {
    rows: usize,
    columns: usize,
    pixels: Vec<u8>,
}

/// Small images of one tensor, and how many there are with those left out.
pub(super) struct Tiles {
    tiles: Vec<Tile>,
    count: usize,
}

impl Tile {
    /// A matrix; of a large one, every second, third, … row and column.
    fn matrix(values: &[f64], (rows, columns): (usize, usize), scale: Scale) -> Tile {
        let (down, right) =
            (rows.div_ceil(MOST_SIDE), columns.div_ceil(MOST_SIDE.max(if rows == 1 { MOST_CELLS } else { 0 })));
        let taken =
            (0..rows).step_by(down).flat_map(|row| (0..columns).step_by(right).map(move |column| (row, column)));
        let pixels = taken
            .flat_map(|(row, column)| {
                let (r, g, b) = scale.color(values[row * columns + column]);
                [r, g, b]
            })
            .collect();
        Tile { rows: rows.div_ceil(down), columns: columns.div_ceil(right), pixels }
    }

    /// Three channels as red, green and blue, from the smallest to the largest value.
    fn colored(values: &[f64], (rows, columns): (usize, usize), (low, high): (f64, f64)) -> Tile {
        let (down, right) = (rows.div_ceil(MOST_SIDE), columns.div_ceil(MOST_SIDE));
        let mut pixels = Vec::new();
        for row in (0..rows).step_by(down) {
            for column in (0..columns).step_by(right) {
                let channel = |channel: usize| values[(channel * rows + row) * columns + column];
                pixels.extend(
                    [0, 1, 2].map(|c| ((channel(c) - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u8),
                );
            }
        }
        Tile { rows: rows.div_ceil(down), columns: columns.div_ceil(right), pixels }
    }
}

impl Tiles {
    /// What a weight looks like: kernels as images, a matrix as one. A vector has no picture.
    pub fn of_weight(weight: &Tensor) -> Option<Tiles> {
        if weight.numel() == 0 {
            return None;
        }
        match weight.size()[..] {
            [rows, columns] => Some(Tiles::matrices(&weight.to_vec::<f64>(), 1, (rows, columns))),
            [out, inputs, length] => Some(Tiles::matrices(&weight.to_vec::<f64>(), 1, (out, inputs * length))),
            [out, 3, height, width] => Some(Tiles::in_color(&weight.to_vec::<f64>(), out, (height, width))),
            [out, inputs, height, width] => {
                Some(Tiles::matrices(&weight.to_vec::<f64>(), out * inputs, (height, width)))
            }
            _ => None,
        }
    }

    /// What the first example of a batch looks like on its way: channels as images, a vector as a strip.
    pub fn of_activation(batch: &Tensor) -> Option<Tiles> {
        let size = batch.size();
        let each: usize = size.iter().skip(1).product();
        let first = || batch.detach().narrow(0, 0, 1).to_vec::<f64>();
        if batch.numel() == 0 {
            return None;
        }
        match size[..] {
            [count] => Some(Tiles::matrices(&batch.to_vec::<f64>(), 1, (1, count))),
            [_, count] => Some(Tiles::matrices(&first()[..each], 1, (1, count))),
            [_, rows, columns] => Some(Tiles::matrices(&first()[..each], 1, (rows, columns))),
            [_, 3, height, width] => Some(Tiles::in_color(&first()[..each], 1, (height, width))),
            [_, channels, height, width] => Some(Tiles::matrices(&first()[..each], channels, (height, width))),
            _ => None,
        }
    }

    fn matrices(values: &[f64], count: usize, size: (usize, usize)) -> Tiles {
        let scale = Scale::of(values);
        let tile = |values: &[f64]| Tile::matrix(values, size, scale);
        Tiles { tiles: values.chunks(size.0 * size.1).take(MOST_TILES).map(tile).collect(), count }
    }

    fn in_color(values: &[f64], count: usize, size: (usize, usize)) -> Tiles {
        let finite = values.iter().copied().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let range = match low < high {
            _ if low >= 0.0 && high <= 1.0 => (0.0, 1.0),
            true => (low, high),
            false => (0.0, 1.0),
        };
        let tile = |values: &[f64]| Tile::colored(values, size, range);
        Tiles { tiles: values.chunks(3 * size.0 * size.1).take(MOST_TILES).map(tile).collect(), count }
    }

    /// Draws them so that they end at `right`, in the middle of a height; gives how wide they are.
    pub fn draw(&self, canvas: &mut Canvas, (right, middle): Point, height: f64) -> f64 {
        const GAP: f64 = 4.0;
        const WIDEST: f64 = 220.0;
        let mut x = right;
        if self.count > self.tiles.len() {
            let more = format!("+{}", self.count - self.tiles.len());
            let font = super::canvas::Font::words(13.0).fill(theme::SOFT_INK).anchor(super::canvas::Anchor::End);
            canvas.text((right, middle), &more, font);
            x -= theme::text_width(&more, 13.0) + 2.0;
        }
        for tile in self.tiles.iter().rev() {
            let ratio = tile.columns as f64 / tile.rows as f64;
            let size = match tile.rows {
                1 => (WIDEST.min(tile.columns as f64 * 12.0), 14.0),
                _ if ratio * height > WIDEST => (WIDEST, (WIDEST / ratio).max(6.0)),
                _ => ((ratio * height).max(6.0), height),
            };
            x -= size.0;
            let at = (x, middle - size.1 / 2.0);
            canvas.image(at, size, &data_address(tile.columns, tile.rows, Channels::Rgb, &tile.pixels));
            canvas.rect(at, size, 0.0, "none", Stroke::new(theme::LINE, 0.8));
            x -= GAP;
        }
        right - x
    }
}
