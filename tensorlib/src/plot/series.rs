//! The numbers of a plot, made fit for drawing: pairs, bins, and no more points than can be told apart.

use std::collections::HashSet;

use super::input::{Curve, Positions};
use crate::Tensor;
use crate::error::{Result, shape_error};
use crate::size::Size;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mark {
    Line,
    Points,
}

/// Points that belong together.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub points: Vec<(f64, f64)>,
    pub mark: Mark,
    pub name: Option<String>,
}

/// More columns than this are not drawn as lines.
const MOST_COLUMNS: usize = 30;

impl Series {
    /// The series of a curve: one or, of a matrix, one for each column, named by its number.
    pub fn all_of(op: &str, Curve { x, y }: Curve, mark: Mark) -> Result<Vec<Series>> {
        let (of_y, y) = y.values()?;
        let x = match x {
            Positions::All => None,
            Positions::At(x) => Some(x.values()?),
        };
        let (rows, columns) = rows_and_columns(op, &of_y.size(), x.as_ref())?;
        let x = x.map_or_else(|| (0..rows).map(|position| position as f64).collect(), |(_, x)| x);
        let column = |column: usize| {
            let values = y.iter().skip(column).step_by(columns);
            let points = x.iter().copied().zip(values.copied()).collect();
            Series { points, mark, name: (columns > 1).then(|| column.to_string()) }
        };
        Ok((0..columns).map(column).collect())
    }

    pub fn finite(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.points.iter().copied().filter(is_finite)
    }

    /// The runs of a line between points that are not finite. Where many points share a pixel column, only its first,
    /// lowest, highest and last are kept: the drawn line is the same.
    pub fn runs(&self, pixel_width: f64) -> Vec<Vec<(f64, f64)>> {
        self.points
            .split(|p| !is_finite(p))
            .filter(|run| !run.is_empty())
            .map(|run| thinned(run, pixel_width))
            .collect()
    }

    /// The points without those that would be drawn over another one.
    pub fn apart(&self, pixel: (f64, f64)) -> Vec<(f64, f64)> {
        let mut seen = HashSet::new();
        let cell = |p: &(f64, f64)| ((p.0 / pixel.0).round() as i64, (p.1 / pixel.1).round() as i64);
        self.finite().filter(|p| seen.insert(cell(p))).collect()
    }
}

/// How the values of a shape are read: as one series, or as the columns of a matrix.
fn rows_and_columns(op: &str, size: &Size, x: Option<&(Tensor, Vec<f64>)>) -> Result<(usize, usize)> {
    let count: usize = size.iter().product();
    match (&size[..], x) {
        (_, Some((_, x))) if x.len() == count => Ok((count, 1)),
        ([] | [_], None) => Ok((count, 1)),
        (&[rows, columns], x) if x.is_none_or(|(_, x)| x.len() == rows) && (1..=MOST_COLUMNS).contains(&columns) => {
            Ok((rows, columns))
        }
        (_, None) => {
            Err(shape_error!("{op}: give a vector, or a matrix of 1 to {MOST_COLUMNS} columns; the shape is {size}"))
        }
        (_, Some((of_x, _))) => {
            Err(shape_error!("{op}: x and y must have as many values, but their shapes are {} and {size}", of_x.size()))
        }
    }
}

fn is_finite(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

fn thinned(run: &[(f64, f64)], pixel_width: f64) -> Vec<(f64, f64)> {
    let column = |p: &(f64, f64)| (p.0 / pixel_width).floor() as i64;
    let mut kept = Vec::new();
    for group in run.chunk_by(|a, b| column(a) == column(b)) {
        if group.len() <= 4 {
            kept.extend_from_slice(group);
            continue;
        }
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let index_of = |p: Option<&(f64, f64)>| p.and_then(|p| group.iter().position(|q| q == p)).unwrap_or(0);
        let mut indices =
            [0, index_of(group.iter().min_by(by_height)), index_of(group.iter().max_by(by_height)), group.len() - 1];
        indices.sort_unstable();
        kept.extend(indices.iter().map(|&i| group[i]));
    }
    kept
}

/// The edges of `bins` equal intervals over the finite values, and how many values lie in each; the last interval
/// includes its right edge.
pub(super) fn bin(values: &[f64], bins: usize) -> (Vec<f64>, Vec<f64>) {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = span(finite());
    let (low, high) = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
    // Halved before subtracting: the width of the whole range of f64 is not finite.
    let width = (high / 2.0 - low / 2.0) / bins as f64 * 2.0;
    let edges = (0..=bins).map(|i| if i == bins { high } else { low + width * i as f64 }).collect();
    let mut counts = vec![0.0; bins];
    for value in finite() {
        let place = ((value / 2.0 - low / 2.0) / width * 2.0) as usize;
        counts[place.min(bins - 1)] += 1.0;
    }
    (edges, counts)
}

/// The smallest and largest of the values; `(0, 0)` if there are none.
pub(super) fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low <= high { (low, high) } else { (0.0, 0.0) }
}

/// A range of an axis around the values: a little wider, and never empty.
pub(super) fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let room = if high > low { (high - low) * share } else { low.abs().max(1.0) * 0.5 };
    let (low, high) = (low - room, high + room);
    // Halfway to the end of f64 is where plotting stops making sense, and where widths stop being finite.
    (low.max(-f64::MAX / 4.0), high.min(f64::MAX / 4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finite_value_is_in_one_bin() {
        let (edges, counts) = bin(&[0.0, 1.0, 1.0, 4.0, f64::NAN, f64::INFINITY], 4);
        assert_eq!(edges, [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(counts, [1.0, 2.0, 0.0, 1.0]);
        assert_eq!(bin(&[], 2).1, [0.0, 0.0]);
        assert_eq!(bin(&[f64::MAX, f64::MIN], 2).1, [1.0, 1.0]);
    }

    #[test]
    fn a_thinned_line_keeps_its_peaks() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|i| (f64::from(i), 0.0)).collect();
        points[5_003].1 = 7.0;
        let series = Series { points, mark: Mark::Line, name: None };
        let runs = series.runs(100.0);
        assert!(runs[0].len() <= 400);
        assert!(runs[0].contains(&(5_003.0, 7.0)));
        assert_eq!(runs[0].last(), Some(&(9_999.0, 0.0)));
    }

    #[test]
    fn not_a_number_interrupts_a_line() {
        let points = vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0)];
        let series = Series { points, mark: Mark::Line, name: None };
        assert_eq!(series.runs(0.1), [vec![(0.0, 1.0)], vec![(2.0, 3.0)]]);
    }
}
