//! An axis: its range, where its marks lie and what they say.
//!
//! plotters has its own axes; this one takes its marks at round numbers for any range that `f64` has, writes a true
//! minus sign, and never takes long to find them.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// A range with marks at round numbers.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    step: f64,
    /// Digits after the point that tell the marks apart.
    digits: usize,
    marks: Vec<f64>,
}

impl Axis {
    /// An axis from `low` to `high` with about `count` marks.
    pub fn new((low, high): (f64, f64), count: usize) -> Axis {
        let (step, exponent) = round_step(high - low, count.max(1));
        let first = (low / step).ceil();
        let inside = |mark: &f64| (low..=high).contains(mark);
        let mut marks: Vec<f64> = (0..=3 * count.max(1)).map(|i| (first + i as f64) * step).filter(inside).collect();
        marks.dedup();
        Axis { low, high, step, digits: exponent.min(0).unsigned_abs() as usize, marks }
    }

    /// [`Axis::new`] with marks at whole numbers only.
    pub fn whole((low, high): (f64, f64), count: usize) -> Axis {
        let axis = Axis::new((low, high), count);
        if axis.step >= 1.0 {
            return axis;
        }
        // A step below 1 means that there are no more whole numbers than marks.
        let marks = (low.ceil() as i64..=high.floor() as i64).map(|mark| mark as f64).collect();
        Axis { step: 1.0, digits: 0, marks, ..axis }
    }

    /// The same range without marks.
    pub fn unmarked((low, high): (f64, f64)) -> Axis {
        Axis { low, high, step: 1.0, digits: 0, marks: Vec::new() }
    }

    /// Where a range lies, in shares of this one.
    pub fn shares(&self, (low, high): (f64, f64)) -> (f64, f64) {
        let share = |value: f64| (value - self.low) / (self.high - self.low);
        (share(low), share(high))
    }

    /// The label of a mark.
    pub fn label(&self, mark: f64) -> String {
        let size = mark.abs();
        let text = if size < self.step * 1e-6 {
            "0".to_owned()
        } else if self.digits > 6 || size >= 1e6 {
            let text = format!("{size:.3e}");
            let (number, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            format!("{}e{}", number.trim_end_matches('0').trim_end_matches('.'), exponent.replace('-', "−"))
        } else {
            format!("{size:.0$}", self.digits)
        };
        if mark < 0.0 && text != "0" { format!("−{text}") } else { text }
    }

    /// All labels.
    pub fn labels(&self) -> impl Iterator<Item = String> + '_ {
        self.marks.iter().map(|&mark| self.label(mark))
    }
}

/// The round number (1, 2 or 5 times a power of ten) that divides a span into about `count` parts, and the power.
///
/// The power is read from the decimal form of the number: `log10` and `powf` differ from machine to machine.
fn round_step(span: f64, count: usize) -> (f64, i32) {
    let raw = (span / count as f64).max(f64::MIN_POSITIVE);
    let exponent_of = |value: f64| format!("{value:e}").split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let exponent: i32 = exponent_of(raw);
    let candidates = [1, 2, 5, 10].map(|factor| format!("{factor}e{exponent}").parse::<f64>().unwrap_or(f64::MAX));
    let step = candidates.into_iter().find(|step| *step >= raw * 0.999).unwrap_or(candidates[3]);
    (step, exponent_of(step))
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = if self.high > self.low { (value - self.low) / (self.high - self.low) } else { 0.5 };
        let length = f64::from(limit.1 - limit.0);
        limit.0 + (share * length).round().clamp(-1e6, 1e6) as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        Axis::new((low, high), 5).labels().collect()
    }

    #[test]
    fn marks_lie_at_round_numbers() {
        assert_eq!(labels(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(|s| s.replace("0.0", "0")));
        assert_eq!(labels(-12.0, 11.0), ["−10", "−5", "0", "5", "10"]);
        assert_eq!(labels(0.0, 3.2e7), ["0", "1e7", "2e7", "3e7"]);
    }

    #[test]
    fn marks_lie_at_whole_numbers_if_asked_for() {
        let whole = |low, high| Axis::whole((low, high), 6).labels().collect::<Vec<_>>();
        assert_eq!(whole(0.9, 3.1), ["1", "2", "3"]);
        assert_eq!(whole(0.0, 31.0), ["0", "10", "20", "30"]);
        assert!(whole(0.97, 1.03).iter().all(|label| !label.contains('.')), "{:?}", whole(0.97, 1.03));
    }

    #[test]
    fn every_range_has_few_marks() {
        for (low, high) in
            [(0.0, 5e-324), (1.0, 1.0 + f64::EPSILON), (-f64::MAX / 4.0, f64::MAX / 4.0), (1e-300, 1e-299)]
        {
            assert!(labels(low, high).len() <= 12, "{low}..{high}");
        }
    }
}
