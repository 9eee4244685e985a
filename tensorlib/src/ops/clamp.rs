//! Keeping values within limits.

use crate::autograd::formulas;
use crate::autograd::record::{in_place, records, unrecorded};
use crate::dtype::DType;
use crate::error::{Result, fallible};
use crate::op::BinaryOp;
use crate::operand::{IntoOperand, Operand};
use crate::ops::{binary, unary};
use crate::promotion::result_type;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// A limit of [`Tensor::clamp`]: a number, a tensor, or `None`.
pub struct Limit<'a>(Option<Operand<'a>>);

impl<'a, T: IntoOperand<'a>> From<T> for Limit<'a> {
    fn from(limit: T) -> Self {
        Limit(Some(limit.into_operand()))
    }
}

impl From<Option<f64>> for Limit<'_> {
    fn from(limit: Option<f64>) -> Self {
        Limit(limit.map(IntoOperand::into_operand))
    }
}

/// A limit as the type can hold it: the nearest that it can.
fn nearest(dtype: DType, limit: Scalar) -> Scalar {
    match (limit, dtype.whole_range()) {
        (Scalar::Int(limit), Some((lowest, highest))) => Scalar::Int(limit.clamp(lowest, highest)),
        _ => limit,
    }
}

/// Both limits at once, when they are numbers of the tensor's kind.
fn between(x: &Tensor, min: &Limit, max: &Limit) -> Option<Tensor> {
    let (Some(min @ Operand::Number(low)), Some(max @ Operand::Number(high))) = (&min.0, &max.0) else { return None };
    let keeps = |limit: &Operand| result_type(x.promotion(), limit.promotion()) == x.dtype();
    if !keeps(min) || !keeps(max) || x.numel() == 0 || x.dtype() == DType::Bool {
        return None;
    }
    let (low, high) = (nearest(x.dtype(), *low), nearest(x.dtype(), *high));
    Some(unary::mapped(x, |elements| x.backend().clamp(elements, low, high)))
}

fn clamp(op: &str, x: &Tensor, min: Limit, max: Limit) -> Result<Tensor> {
    for limit in [&min, &max] {
        limit.0.as_ref().map_or(Ok(()), Operand::check)?;
    }
    let of = |limit: &Limit| limit.0.as_ref().and_then(Operand::tensor).map(Tensor::alias);
    let (low, high) = (of(&min), of(&max));
    let is_recorded = records(&[x]) || [&low, &high].into_iter().flatten().any(|limit| records(&[limit]));
    if !is_recorded {
        return clamped(op, x, min, max);
    }
    let numbers = [&min, &max].map(|limit| match &limit.0 {
        Some(Operand::Number(number)) => Some(*number),
        _ => None,
    });
    let result = unrecorded(|| clamped(op, x, min, max))?;
    Ok(formulas::clamp::recorded(result, x, [low, high], numbers))
}

fn clamped(op: &str, x: &Tensor, min: Limit, max: Limit) -> Result<Tensor> {
    if let Some(result) = between(x, &min, &max) {
        return Ok(result);
    }
    // In the type of all three, so that a limit is not cut to what the tensor alone can hold.
    let (dtype, _) = [&min.0, &max.0].into_iter().flatten().fold(x.promotion(), |(dtype, rank), limit| {
        let (of_limit, rank_of_limit) = limit.promotion();
        (result_type((dtype, rank), (of_limit, rank_of_limit)), rank.max(rank_of_limit))
    });
    let x = x.to(dtype);
    let mut result = Operand::Borrowed(&x);
    for (limit, function) in [(min, BinaryOp::Maximum), (max, BinaryOp::Minimum)] {
        if let Some(mut limit) = limit.0 {
            if let Operand::Number(number) = &mut limit {
                *number = nearest(dtype, *number);
            }
            result = Operand::Owned(binary::arithmetic_owned(op, function, result, limit)?);
        }
    }
    match result {
        Operand::Owned(result) => Ok(result),
        _ => Ok(x.clone()),
    }
}

fn clamp_in_place(op: &str, x: &Tensor, min: Limit, max: Limit) -> Result<Tensor> {
    binary::writable(op, x)?;
    if records(&[x]) {
        return in_place(op, x, |x| clamp(op, x, min, max));
    }
    let value = clamp(op, x, min, max)?;
    binary::storable(op, value.dtype(), x.dtype())?;
    super::assign::copy(op, x, &value)?;
    Ok(x.alias())
}

impl Tensor {
    fallible! {
        /// Each element, but at least `min` and at most `max`. Either may be `None`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1.0, 0.5, 2.0].clamp(0.0, 1.0).to_vec::<f32>(), [0.0, 0.5, 1.0]);
        /// assert_eq!(tensor![-1.0, 2.0].clamp(None, 1.0).to_vec::<f32>(), [-1.0, 1.0]);
        /// ```
        pub fn clamp | try_clamp<'a>(&self, min: impl Into<Limit<'a>>, max: impl Into<Limit<'a>>) -> Tensor {
            clamp("clamp", self, min.into(), max.into())
        }

        /// [`clamp`](Tensor::clamp) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1, 9].clamp_(0, 5).to_vec::<i64>(), [0, 5]);
        /// ```
        pub fn clamp_ | try_clamp_<'a>(&self, min: impl Into<Limit<'a>>, max: impl Into<Limit<'a>>) -> Tensor {
            clamp_in_place("clamp_", self, min.into(), max.into())
        }

        /// PyTorch's other name for [`clamp`](Tensor::clamp).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1, 9].clip(0, None).to_vec::<i64>(), [0, 9]);
        /// ```
        pub fn clip | try_clip<'a>(&self, min: impl Into<Limit<'a>>, max: impl Into<Limit<'a>>) -> Tensor {
            clamp("clip", self, min.into(), max.into())
        }

        /// PyTorch's other name for [`clamp_`](Tensor::clamp_).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1, 9].clip_(0, 5).to_vec::<i64>(), [0, 5]);
        /// ```
        pub fn clip_ | try_clip_<'a>(&self, min: impl Into<Limit<'a>>, max: impl Into<Limit<'a>>) -> Tensor {
            clamp_in_place("clip_", self, min.into(), max.into())
        }
    }
}
