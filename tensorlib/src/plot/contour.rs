//! Values over a plane: bands of colour between lines of equal value, beneath the series of a chart.

use std::collections::HashMap;

use super::color;
use super::png::indexed_data_address;
use crate::error::{Result, shape_error, value_error};
use crate::operand::Operand;

/// Bands of colour. Their borders are chosen so that each covers as much of the plane as any other: a narrow valley shows
/// as well as a steep wall.
const BANDS: usize = 12;
/// Points of the coloured ground.
const GROUND: (usize, usize) = (260, 130);
/// How much of a band's colour is left beside white: what is drawn above must be seen.
const STRENGTH: f64 = 0.62;

/// Values on a grid, a row for each `y`.
#[derive(Clone, Debug)]
pub(super) struct Field {
    x: Vec<f64>,
    y: Vec<f64>,
    z: Vec<f64>,
    /// Between the bands, ascending.
    levels: Vec<f64>,
}

/// Where a level crosses the grid: on the edge that leaves a point to the right or upwards.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Crossing {
    row: usize,
    column: usize,
    is_upwards: bool,
}

impl Field {
    pub fn of(x: Operand, y: Operand, z: Operand) -> Result<Field> {
        let ((_, x), (_, y), (of_z, z)) = (x.values()?, y.values()?, z.values()?);
        if of_z.size()[..] != [y.len(), x.len()] || x.len() < 2 || y.len() < 2 {
            return Err(shape_error!(
                "contour: give a value for each y (the rows) and each x (the columns), two of each at least; there are {} y and \
                 {} x, and the shape of the values is {}",
                y.len(),
                x.len(),
                of_z.size()
            ));
        }
        for (name, places) in [("x", &x), ("y", &y)] {
            // Not-a-number is in no order.
            if !places.windows(2).all(|pair| pair[0] < pair[1]) || !places.iter().all(|place| place.is_finite()) {
                return Err(value_error!(
                    "contour: {name} must grow from each place to the next, as those of linspace do"
                ));
            }
        }
        let levels = levels(&z);
        Ok(Field { x, y, z, levels })
    }

    /// The smallest and largest `x`, and `y`.
    pub fn spans(&self) -> [(f64, f64); 2] {
        [(self.x[0], self.x[self.x.len() - 1]), (self.y[0], self.y[self.y.len() - 1])]
    }

    pub fn describe(&self) -> String {
        let (low, high) = super::series::span(self.z.iter().copied().filter(|z| z.is_finite()));
        let short = crate::picture::theme::short;
        format!("contours of {} × {} values from {} to {}", self.y.len(), self.x.len(), short(low), short(high))
    }

    /// The values between neighbouring bands, ascending.
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The bands above each other as an image, the highest on top.
    pub fn scale(&self) -> String {
        let bands: Vec<u8> = (0..=self.levels.len() as u8).rev().collect();
        indexed_data_address(1, bands.len(), &palette(), &bands)
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.z[row * self.x.len() + column]
    }

    /// The bands as an image, the largest `y` on top.
    pub fn ground(&self) -> String {
        let (columns, rows) = GROUND;
        let [of_x, of_y] = self.spans();
        let place =
            |(low, high): (f64, f64), at: usize, count: usize| low + (high - low) * (at as f64 + 0.5) / count as f64;
        let across: Vec<_> = (0..columns).map(|at| between(&self.x, place(of_x, at, columns))).collect();
        let mut pixels = Vec::with_capacity(columns * rows);
        for row in (0..rows).rev() {
            let (below, up) = between(&self.y, place(of_y, row, rows));
            pixels.extend(across.iter().map(|&(left, right)| {
                let mix = |row| self.at(row, left) * (1.0 - right) + self.at(row, left + 1) * right;
                self.band(mix(below) * (1.0 - up) + mix(below + 1) * up)
            }));
        }
        indexed_data_address(columns, rows, &palette(), &pixels)
    }

    fn band(&self, value: f64) -> u8 {
        if value.is_nan() { BANDS as u8 } else { self.levels.partition_point(|level| *level <= value) as u8 }
    }

    /// The lines of equal value, for every level.
    pub fn lines(&self) -> Vec<Vec<(f64, f64)>> {
        self.levels.iter().flat_map(|&level| self.line(level)).collect()
    }

    /// Marching squares: a level enters and leaves each cell through its edges, and what it leaves one cell by it enters the
    /// next by.
    fn line(&self, level: f64) -> Vec<Vec<(f64, f64)>> {
        let mut next: HashMap<Crossing, Vec<Crossing>> = HashMap::new();
        let mut order = Vec::new();
        for row in 0..self.y.len() - 1 {
            for column in 0..self.x.len() - 1 {
                for [a, b] in self.cell(level, row, column) {
                    for (from, to) in [(a, b), (b, a)] {
                        next.entry(from).or_insert_with(|| {
                            order.push(from);
                            Vec::with_capacity(2)
                        });
                        next.entry(from).and_modify(|ends| ends.push(to));
                    }
                }
            }
        }
        // Open lines from their ends first, then what is left: rings.
        let ends = order.iter().filter(|crossing| next[crossing].len() == 1);
        let starts: Vec<Crossing> = ends.chain(&order).copied().collect();
        starts.into_iter().filter_map(|start| self.follow(level, start, &mut next)).collect()
    }

    /// The line through a crossing, which is taken out.
    fn follow(
        &self,
        level: f64,
        start: Crossing,
        next: &mut HashMap<Crossing, Vec<Crossing>>,
    ) -> Option<Vec<(f64, f64)>> {
        let mut points = vec![self.place(level, start)];
        let mut here = start;
        while let Some(to) = next.get_mut(&here).and_then(Vec::pop) {
            if let Some(ends) = next.get_mut(&to) {
                ends.iter().position(|end| *end == here).map(|at| ends.swap_remove(at));
            }
            points.push(self.place(level, to));
            here = to;
        }
        (points.len() > 1).then_some(points)
    }

    /// The pieces of a level in a cell, by the edges on which they begin and end.
    fn cell(&self, level: f64, row: usize, column: usize) -> Vec<[Crossing; 2]> {
        // Around the cell from below on the left.
        let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)];
        let values = corners.map(|(row, column)| self.at(row, column));
        if !values.iter().all(|value| value.is_finite()) {
            return Vec::new();
        }
        let edges = [
            Crossing { row, column, is_upwards: false },
            Crossing { row, column: column + 1, is_upwards: true },
            Crossing { row: row + 1, column, is_upwards: false },
            Crossing { row, column, is_upwards: true },
        ];
        let is_above = values.map(|value| value >= level);
        let crossed: Vec<Crossing> =
            (0..4).filter(|&edge| is_above[edge] != is_above[(edge + 1) % 4]).map(|edge| edges[edge]).collect();
        match crossed[..] {
            [a, b] => vec![[a, b]],
            // A saddle: the middle says which corners belong together.
            [a, b, c, d] if (values.iter().sum::<f64>() / 4.0 >= level) == is_above[0] => vec![[a, b], [c, d]],
            [a, b, c, d] => vec![[a, d], [b, c]],
            _ => Vec::new(),
        }
    }

    fn place(&self, level: f64, Crossing { row, column, is_upwards }: Crossing) -> (f64, f64) {
        let from = self.at(row, column);
        if is_upwards {
            let share = (level - from) / (self.at(row + 1, column) - from);
            (self.x[column], self.y[row] + (self.y[row + 1] - self.y[row]) * share)
        } else {
            let share = (level - from) / (self.at(row, column + 1) - from);
            (self.x[column] + (self.x[column + 1] - self.x[column]) * share, self.y[row])
        }
    }
}

/// The borders of the bands: as many values lie in each band as in any other.
fn levels(z: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = z.iter().copied().filter(|z| z.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Vec::new() };
    let mut levels: Vec<f64> = (1..BANDS).map(|band| values[last * band / BANDS]).collect();
    levels.dedup();
    levels.retain(|level| *level > values[0]);
    levels
}

/// The last of the places that is not behind a value, and how far it is to the next one.
fn between(places: &[f64], value: f64) -> (usize, f64) {
    let at = places.partition_point(|place| *place <= value).clamp(1, places.len() - 1) - 1;
    (at, ((value - places[at]) / (places[at + 1] - places[at])).clamp(0.0, 1.0))
}

/// A pale colour for each band, dark for small values, and one for what is no number.
fn palette() -> Vec<(u8, u8, u8)> {
    let pale = |part: u8| (f64::from(part) * STRENGTH + 255.0 * (1.0 - STRENGTH)).round() as u8;
    let share = |band: usize| if band == BANDS { f64::NAN } else { band as f64 / (BANDS - 1) as f64 };
    (0..=BANDS).map(|band| color::scale(share(band))).map(|(r, g, b)| (pale(r), pale(g), pale(b))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operand::IntoOperand;
    use crate::prelude::*;

    fn field(x: &Tensor, y: &Tensor, z: &Tensor) -> Result<Field> {
        Field::of(x.into_operand(), y.into_operand(), z.into_operand())
    }

    #[test]
    fn the_levels_of_a_bowl_are_rings_around_its_middle() {
        let (x, y) = (linspace(-1.0, 1.0, 41), linspace(-1.0, 1.0, 31));
        let z = x.square() + y.square().reshape([31, 1]);
        let field = field(&x, &y, &z).unwrap();
        let rings = field.line(0.5);
        assert_eq!(rings.len(), 1);
        assert_eq!(rings[0].first(), rings[0].last());
        assert!(rings[0].len() > 50);
        for (x, y) in &rings[0] {
            assert!((x * x + y * y - 0.5).abs() < 0.01, "{x} {y}");
        }
    }

    #[test]
    fn a_slope_has_one_open_line_for_each_level_and_equal_bands() {
        let (x, y) = (linspace(0.0, 1.0, 13), linspace(0.0, 1.0, 5));
        let field = field(&x, &y, &(&x + zeros([5, 1]))).unwrap();
        assert_eq!(field.lines().len(), field.levels.len());
        assert!(field.lines().iter().all(|line| line.len() == 5 && line.iter().all(|point| point.0 == line[0].0)));
    }

    #[test]
    fn a_saddle_is_told_by_its_middle_and_nothing_crosses_what_is_no_number() {
        let (x, y) = (arange(2), arange(2));
        let saddle = |z: Tensor| field(&x, &y, &z).unwrap().line(0.5).len();
        assert_eq!(saddle(tensor![[1.0, 0.0], [0.0, 1.0]]), 2);
        assert_eq!(saddle(tensor![[0.6, 0.0], [0.0, 0.6]]), 2);
        assert_eq!(saddle(tensor![[1.0, f64::NAN], [0.0, 1.0]]), 0);
        let flat = field(&x, &y, &zeros([2, 2])).unwrap();
        assert!(flat.levels.is_empty() && flat.lines().is_empty());
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let error = field(&arange(3), &arange(2), &zeros([3, 2])).unwrap_err().to_string();
        assert!(
            error.starts_with("contour: give a value for each y (the rows)") && error.ends_with("[3, 2]"),
            "{error}"
        );
        let error = field(&tensor![1.0, 0.0], &arange(2), &zeros([2, 2])).unwrap_err().to_string();
        assert_eq!(error, "contour: x must grow from each place to the next, as those of linspace do");
    }
}
