//! Tensors whose values follow from their position.

use std::ops::{Range, RangeInclusive, RangeTo, RangeToInclusive};

use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, value_error};
use crate::scalar::Scalar;
use crate::size::{Int, IntoInts, checked_numel, lengths};
use crate::tensor::Tensor;

/// Where [`arange`] starts, where it ends, and by how much it steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    start: Scalar,
    end: Scalar,
    step: Scalar,
}

/// What [`arange`] takes: an end, a range, or a tuple of start and end, or of start, end and step.
#[diagnostic::on_unimplemented(
    message = "`arange` cannot count along `{Self}`",
    label = "neither an end, nor a range, nor a tuple",
    note = "write `arange(10)`, `arange(2..10)`, `arange((2, 10))` or, with a step, `arange((0, 10, 2))`"
)]
pub trait IntoSteps {
    /// Start, end and step.
    fn into_steps(self) -> Steps;
}

fn steps(start: impl Into<Scalar>, end: impl Into<Scalar>) -> Steps {
    Steps { start: start.into(), end: end.into(), step: Scalar::Int(1) }
}

macro_rules! ends {
    ($($ty:ty),*) => { $(
        impl IntoSteps for $ty {
            fn into_steps(self) -> Steps {
                steps(0, self)
            }
        }
    )* };
}
ends!(f64, f32, i64, i32, u8, usize, Scalar);

impl<T: Into<Scalar>> IntoSteps for Range<T> {
    fn into_steps(self) -> Steps {
        steps(self.start, self.end)
    }
}

impl<T: Into<Scalar>> IntoSteps for RangeTo<T> {
    fn into_steps(self) -> Steps {
        steps(0, self.end)
    }
}

impl<T: Int> IntoSteps for RangeInclusive<T> {
    fn into_steps(self) -> Steps {
        steps(self.start().as_i64(), self.end().as_i64().saturating_add(1))
    }
}

impl<T: Int> IntoSteps for RangeToInclusive<T> {
    fn into_steps(self) -> Steps {
        steps(0, self.end.as_i64().saturating_add(1))
    }
}

impl<A: Into<Scalar>, B: Into<Scalar>> IntoSteps for (A, B) {
    fn into_steps(self) -> Steps {
        steps(self.0, self.1)
    }
}

impl<A: Into<Scalar>, B: Into<Scalar>, C: Into<Scalar>> IntoSteps for (A, B, C) {
    fn into_steps(self) -> Steps {
        Steps { step: self.2.into(), ..steps(self.0, self.1) }
    }
}

fn counted(Steps { start, end, step }: Steps) -> Result<Tensor> {
    let whole = [start, end, step].iter().all(|s| !matches!(s, Scalar::Float(_)));
    let distance = if whole { end.to_i64() as f64 - start.to_i64() as f64 } else { end.to_f64() - start.to_f64() };
    let count = distance / step.to_f64();
    if step.to_f64() == 0.0 || count.is_nan() || count < 0.0 {
        return Err(value_error!(
            "arange: no steps of {step} lead from {start} to {end}; the step must not be 0 and must point at the end"
        ));
    }
    if count > 1e15 {
        return Err(value_error!("arange: from {start} to {end} in steps of {step} is too many elements"));
    }
    let numel = checked_numel("arange", &[count.ceil() as usize])?;
    let shape = DimVec::from_slice(&[numel]);
    if whole {
        let (start, step) = (start.to_i64(), step.to_i64());
        let values: Vec<i64> = (0..numel as i64).map(|i| start.wrapping_add(i.wrapping_mul(step))).collect();
        return Ok(Tensor::from_values(values, shape));
    }
    let (start, step) = (start.to_f64(), step.to_f64());
    let values: Vec<f32> = (0..numel).map(|i| (start + i as f64 * step) as f32).collect();
    Ok(Tensor::from_values(values, shape))
}

fallible! {
    /// Evenly spaced numbers up to, not including, an end: from 0 or from a start, in steps of 1 or of another step. Whole
    /// numbers give `i64`, others `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(arange(4).to_vec::<i64>(), [0, 1, 2, 3]);
    /// assert_eq!(arange(2..5).to_vec::<i64>(), [2, 3, 4]);
    /// assert_eq!(arange((2, 5)).to_vec::<i64>(), [2, 3, 4]);
    /// assert_eq!(arange((0, 10, 3)).to_vec::<i64>(), [0, 3, 6, 9]);
    /// assert_eq!(arange((1.0, 0.0, -0.5)).to_vec::<f32>(), [1.0, 0.5]);
    /// assert_eq!(arange(2.5).to_vec::<f32>(), [0.0, 1.0, 2.0]);
    /// ```
    pub fn arange | try_arange(steps: impl IntoSteps) -> Tensor {
        counted(steps.into_steps())
    }

    /// `steps` values from `start` to `end`, both included, evenly spaced, as `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(linspace(0.0, 1.0, 5).to_vec::<f32>(), [0.0, 0.25, 0.5, 0.75, 1.0]);
    /// ```
    pub fn linspace | try_linspace(start: impl Into<Scalar>, end: impl Into<Scalar>, steps: impl IntoInts) -> Tensor {
        let (start, end) = (start.into().to_f64() as f32, end.into().to_f64() as f32);
        let shape = lengths("linspace", &steps.into_ints())?;
        let numel: usize = shape.iter().product();
        let step = if numel > 1 { (end - start) / (numel - 1) as f32 } else { 0.0 };
        // From both ends towards the middle, so that both are met exactly.
        let values: Vec<f32> = (0..numel)
            .map(|i| if i < numel / 2 || numel == 1 { start + step * i as f32 } else { end - step * (numel - 1 - i) as f32 })
            .collect();
        Ok(Tensor::from_values(values, DimVec::from_slice(&[numel])))
    }

    /// The identity matrix, `n` by `n`, as `f32`; two numbers give its height and width.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(eye(2).to_vec::<f32>(), [1.0, 0.0, 0.0, 1.0]);
    /// ```
    #[doc(alias = "identity")]
    pub fn eye | try_eye(n: impl IntoInts) -> Tensor {
        let shape = lengths("eye", &n.into_ints())?;
        let (height, width) = match *shape {
            [n] => (n, n),
            [height, width] => (height, width),
            _ => return Err(value_error!("eye: give one length or two, not {}", shape.len())),
        };
        let numel = checked_numel("eye", &[height, width])?;
        let mut values = vec![0.0f32; numel];
        values.iter_mut().step_by(width + 1).take(height.min(width)).for_each(|value| *value = 1.0);
        Ok(Tensor::from_values(values, DimVec::from_slice(&[height, width])))
    }
}
