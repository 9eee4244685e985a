//! What plots are given: values of many kinds, with or without the places where they stand.

use std::ops::RangeFull;

use crate::Tensor;
use crate::error::{Error, Result, value_error};
use crate::operand::{IntoOperand, Operand};

/// What can be read as the values of a plot: whatever can be read as a tensor, and a list of tensors of one number each,
/// such as losses.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let losses = vec![scalar(0.9), scalar(0.5), scalar(0.4)];
/// assert_eq!(plot::line(&losses).draw().text(), "line of 3 values from 0.40 to 0.90");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read as the values of a plot",
    label = "neither a tensor nor numbers",
    note = "tensors, arrays, vectors, slices and ranges of numbers, and lists of tensors of one number each, can stand here"
)]
pub trait IntoValues<'a> {
    /// The values.
    fn into_values(self) -> Operand<'a>;
}

impl<'a, T: IntoOperand<'a>> IntoValues<'a> for T {
    fn into_values(self) -> Operand<'a> {
        self.into_operand()
    }
}

/// One number of each tensor.
fn numbers<'t>(tensors: impl Iterator<Item = &'t Tensor>) -> Operand<'static> {
    let numbers: Result<Vec<f64>> = tensors.enumerate().map(|(place, tensor)| number(place, tensor)).collect();
    numbers.map_or_else(Operand::Refused, |numbers| Operand::Owned(crate::create::from_vec(numbers)))
}

fn number(place: usize, tensor: &Tensor) -> Result<f64> {
    match tensor.numel() {
        1 => Ok(tensor.to_vec::<f64>()[0]),
        _ => Err(value_error!(
            "plot: of a list of tensors each must be one number, but the shape of number {place} is {}; draw it by itself, or join them with cat or stack",
            tensor.size()
        )),
    }
}

macro_rules! lists {
    ($($ty:ty, [$($generics:tt)*];)*) => { $(
        impl<'a, $($generics)*> IntoValues<'a> for $ty {
            fn into_values(self) -> Operand<'a> {
                numbers(self.iter().map(|tensor| -> &Tensor { tensor }))
            }
        }
    )* };
}
lists! {
    [Tensor; N], [const N: usize];
    &[Tensor; N], [const N: usize];
    &[Tensor], [];
    Vec<Tensor>, [];
    &Vec<Tensor>, [];
    [&Tensor; N], [const N: usize];
    &[&Tensor; N], [const N: usize];
    &[&Tensor], [];
    Vec<&Tensor>, [];
    &Vec<&Tensor>, [];
}

/// Where the values of a series stand: at the values of a tensor, a vector, a range, or with `..` at 0, 1, 2, …
pub enum Positions<'a> {
    /// One place for each value.
    At(Operand<'a>),
    /// 0, 1, 2, …
    All,
}

/// What can stand for the `x` of a plot: whatever can be read as values, and `..`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say where values stand",
    label = "neither a tensor nor numbers nor `..`",
    note = "tensors, arrays, vectors, slices and ranges of numbers, and `..` for 0, 1, 2, …, can stand here"
)]
pub trait IntoPositions<'a> {
    /// The places.
    fn into_positions(self) -> Positions<'a>;
}

impl<'a, T: IntoValues<'a>> IntoPositions<'a> for T {
    fn into_positions(self) -> Positions<'a> {
        Positions::At(self.into_values())
    }
}

impl<'a> IntoPositions<'a> for RangeFull {
    fn into_positions(self) -> Positions<'a> {
        Positions::All
    }
}

/// The values of a line, and where they stand.
pub struct Curve<'a> {
    pub(super) x: Positions<'a>,
    pub(super) y: Operand<'a>,
}

/// What can be drawn as a line: values alone, which stand at 0, 1, 2, …, or a pair of places and values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be drawn as a line",
    label = "neither values nor a pair `(x, y)` of values",
    note = "tensors, arrays, vectors, slices and ranges of numbers can stand here, alone or as a pair: `plot::line(&y)`, `plot::line((&x, &y))`"
)]
pub trait IntoCurve<'a> {
    /// The places and values.
    fn into_curve(self) -> Curve<'a>;
}

impl<'a, T: IntoValues<'a>> IntoCurve<'a> for T {
    fn into_curve(self) -> Curve<'a> {
        Curve { x: Positions::All, y: self.into_values() }
    }
}

impl<'a, X: IntoPositions<'a>, Y: IntoValues<'a>> IntoCurve<'a> for (X, Y) {
    fn into_curve(self) -> Curve<'a> {
        Curve { x: self.0.into_positions(), y: self.1.into_values() }
    }
}

/// The captions of images: words, or the numbers of their classes.
pub enum Labels<'a> {
    /// Words as they are.
    Words(Vec<String>),
    /// Numbers of classes, from 0, or scores.
    Classes(Operand<'a>),
}

/// What can stand below images: words, or numbers of classes, or a matrix of scores with a row for each image, of which
/// the largest says the class.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither words nor numbers of classes",
    label = "give one word or one number for each image"
)]
pub trait IntoLabels<'a> {
    /// The words or numbers.
    fn into_labels(self) -> Labels<'a>;
}

impl<'a, T: IntoValues<'a>> IntoLabels<'a> for T {
    fn into_labels(self) -> Labels<'a> {
        Labels::Classes(self.into_values())
    }
}

macro_rules! words {
    ($($ty:ty, [$($generics:tt)*];)*) => { $(
        impl<'a, $($generics)*> IntoLabels<'a> for $ty {
            fn into_labels(self) -> Labels<'a> {
                Labels::Words(self.iter().map(|word| word.to_string()).collect())
            }
        }
    )* };
}
words! {
    [&str; N], [const N: usize];
    &[&str; N], [const N: usize];
    &[&str], [];
    Vec<&str>, [];
    &Vec<&str>, [];
    [String; N], [const N: usize];
    &[String; N], [const N: usize];
    &[String], [];
    Vec<String>, [];
    &Vec<String>, [];
}

/// Numbers of classes, from 0: as they are or, of a matrix with several columns, where each row is largest.
pub(super) fn classes(op: &str, what: &str, given: Operand) -> Result<Vec<usize>> {
    let (tensor, values) = given.values()?;
    if let [_, columns] = tensor.size()[..]
        && columns > 1
    {
        return Ok(values.chunks(columns).map(largest).collect());
    }
    let class = |(place, &value): (usize, &f64)| match value {
        whole if whole >= 0.0 && whole.fract() == 0.0 && whole < 1e9 => Ok(whole as usize),
        other => Err(value_error!("{op}: {what} has {other} at position {place}; classes are whole numbers from 0")),
    };
    values.iter().enumerate().map(class).collect()
}

/// Where a row is largest; not-a-number is larger than all numbers, as in `argmax`.
fn largest(row: &[f64]) -> usize {
    let is_larger = |value: f64, than: f64| value > than || (value.is_nan() && !than.is_nan());
    (1..row.len()).fold(0, |best, at| if is_larger(row[at], row[best]) { at } else { best })
}

/// The error if one of the classes has no name.
pub(super) fn check_names(op: &str, what: &str, classes: &[usize], names: usize) -> Result<()> {
    match classes.iter().enumerate().find(|(_, class)| **class >= names) {
        None => Ok(()),
        Some((place, class)) => Err(without_name(op, what, place, *class, names)),
    }
}

fn without_name(op: &str, what: &str, place: usize, class: usize, names: usize) -> Error {
    let last = names.saturating_sub(1);
    value_error!(
        "{op}: {what} has {class} at position {place}, but there are {names} names, for the classes 0 to {last}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn scores_say_their_class_as_argmax_does() {
        let scores = tensor![[0.1, 0.9, 0.0], [3.0, 3.0, 1.0], [0.0, f64::NAN, 5.0]];
        let expected: Vec<usize> =
            scores.argmax_dim(1).to_vec::<i64>().into_iter().map(|class| class as usize).collect();
        assert_eq!(classes("f", "x", (&scores).into_values()).unwrap(), expected);
    }

    #[test]
    fn classes_are_whole_numbers() {
        assert_eq!(classes("f", "labels", [1.0, 0.0].into_values()).unwrap(), [1, 0]);
        assert_eq!(
            classes("f", "labels", [1.0, -1.0].into_values()).unwrap_err().to_string(),
            "f: labels has -1 at position 1; classes are whole numbers from 0"
        );
        assert!(
            classes("f", "labels", [0.5].into_values()).is_err()
                && classes("f", "x", [f64::NAN].into_values()).is_err()
        );
    }
}
