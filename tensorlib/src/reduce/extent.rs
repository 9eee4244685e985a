//! What runs along a dimension: extremes and sums of exponentials so far, differences of neighbours.

use crate::autograd::record::{Saved, record, records};
use crate::backend::cpu::number::Number;
use crate::dtype::DType;
use crate::element::{Element, Stored, with_dtype, with_floating};
use crate::error::{Result, fallible};
use crate::layout::dimension;
use crate::memory::allocator;
use crate::ops::where_cond;
use crate::reduce::fold::floating;
use crate::tensor::Tensor;

/// For each element, the position of the largest (or smallest) so far; of equals the last. Once NaN, always NaN.
fn extreme_places<T: Element>(from: &[T], count: usize, inner: usize, min: bool) -> Vec<i64> {
    #[allow(clippy::eq_op)]
    let is_nan = |value: T| value != value;
    let mut places = vec![0; from.len()];
    for block in 0..from.len() / (count * inner).max(1) {
        for column in 0..inner {
            let at = |step: usize| block * count * inner + step * inner + column;
            let mut best = 0;
            for step in 0..count {
                let (value, so_far) = (from[at(step)], from[at(best)]);
                let wins = if min { value <= so_far } else { value >= so_far };
                if is_nan(value) || (!is_nan(so_far) && wins) {
                    best = step;
                }
                places[at(step)] = best as i64;
            }
        }
    }
    places
}

/// The lengths of a dimension and of what is behind it.
fn lengths(x: &Tensor, dim: usize) -> (usize, usize) {
    let shape = &x.layout.shape;
    (shape.get(dim).copied().unwrap_or(1), shape.get(dim + 1..).unwrap_or(&[]).iter().product())
}

fn cumulative_extreme(op: &str, x: &Tensor, dim: i64, min: bool) -> Result<(Tensor, Tensor)> {
    let place = dimension(op, dim, x.ndim())?;
    let rows = x.values().contiguous();
    let (count, inner) = lengths(x, place);
    let places = with_dtype!(x.dtype(), T => {
        let guard = rows.storage.read();
        let numel = rows.numel();
        let from = if numel == 0 { &[] } else { &T::of(&guard)[rows.layout.offset..rows.layout.offset + numel] };
        extreme_places(from, count, inner, min)
    });
    let places = Tensor::from_values(places, x.layout.shape.clone());
    Ok((x.try_gather(dim, &places)?, places))
}

/// The logarithm of the sum of exponentials up to each element.
fn logcumsumexp_values(x: &Tensor, dim: usize) -> Tensor {
    let rows = x.values().contiguous();
    let (count, inner) = lengths(x, dim);
    with_floating!(x.dtype(), T => {
        let numel = rows.numel();
        let mut values = allocator::take::<T>(numel);
        if numel > 0 {
            let guard = rows.storage.read();
            let from = &T::of(&guard)[rows.layout.offset..rows.layout.offset + numel];
            for start in (0..numel).step_by(count * inner) {
                for column in 0..inner {
                    let mut so_far = f64::NEG_INFINITY;
                    for at in (start + column..start + count * inner).step_by(inner) {
                        so_far = log_add(so_far, from[at].widened());
                        values[at] = T::narrowed(so_far);
                    }
                }
            }
        }
        Tensor::from_values(values, x.layout.shape.clone())
    }, else unreachable!("checked before"))
}

fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a > b { (b, a) } else { (a, b) };
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if low == high && low.is_infinite() {
        low
    } else {
        high + (low - high).exp().ln_1p()
    }
}

fn logcumsumexp(op: &str, x: &Tensor, dim: i64) -> Result<Tensor> {
    floating(op, x)?;
    let place = dimension(op, dim, x.ndim())?;
    let result = logcumsumexp_values(x, place);
    if !records(&[x]) {
        return Ok(result);
    }
    let (kept, sums) = (Saved::operand(x), Saved::result(&result));
    Ok(record(result, "LogcumsumexpBackward0", &[x], move |pass, gradient| {
        let (x, sums) = (pass.get(&kept)?, pass.get(&sums)?);
        // The sum over all that come after, of positive and of negative gradients, in logarithms: no overflow.
        let part = |gradient: &Tensor| {
            let log = where_cond(gradient.gt(0.0), gradient, 1.0).log();
            let log = where_cond(gradient.gt(0.0), log - &sums, f64::NEG_INFINITY);
            (log.flip(dim).logcumsumexp(dim).flip(dim) + &x).exp()
        };
        pass.give(0, || part(&gradient) - part(&-&gradient));
        Ok(())
    }))
}

fn diff(op: &str, x: &Tensor, n: usize, dim: i64) -> Result<Tensor> {
    let place = dimension(op, dim, x.ndim())?;
    if x.ndim() == 0 {
        return Err(crate::error::shape_error!("{op}: a number has no neighbours"));
    }
    let mut x = x.alias();
    for _ in 0..n {
        let length = x.layout.shape[place];
        if length == 0 {
            break;
        }
        let (later, earlier) = (x.try_narrow(dim, 1, length - 1)?, x.try_narrow(dim, 0, length - 1)?);
        x = if x.dtype() == DType::Bool { later.try_logical_xor(&earlier)? } else { later.try_sub(&earlier)? };
    }
    Ok(if n == 0 { x.clone() } else { x })
}

impl Tensor {
    fallible! {
        /// The largest element up to each along a dimension, and its position; of equals the last. NaN wins.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (values, places) = tensor![1, 3, 2].cummax(0);
        /// assert_eq!((values.to_vec::<i64>(), places.to_vec::<i64>()), (vec![1, 3, 3], vec![0, 1, 1]));
        /// ```
        pub fn cummax | try_cummax(&self, dim: i64) -> (Tensor, Tensor) {
            cumulative_extreme("cummax", self, dim, false)
        }

        /// The smallest element up to each along a dimension, and its position; of equals the last. NaN wins.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![2, 3, 1].cummin(0).0.to_vec::<i64>(), [2, 2, 1]);
        /// ```
        pub fn cummin | try_cummin(&self, dim: i64) -> (Tensor, Tensor) {
            cumulative_extreme("cummin", self, dim, true)
        }

        /// The logarithm of the sum of exponentials up to each element along a dimension, without overflow.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![1000.0, 1000.0].logcumsumexp(0).allclose([1000.0, 1000.0 + 2f64.ln()]));
        /// ```
        pub fn logcumsumexp | try_logcumsumexp(&self, dim: i64) -> Tensor {
            logcumsumexp("logcumsumexp", self, dim)
        }

        /// Each element along the last dimension less the one before it; of booleans, whether they differ.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 4, 9].diff().to_vec::<i64>(), [3, 5]);
        /// ```
        #[doc(alias = "ediff1d")]
        pub fn diff | try_diff(&self) -> Tensor {
            diff("diff", self, 1, -1)
        }

        /// [`diff`](Tensor::diff) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [4, 6]].diff_dim(0).to_vec::<i64>(), [3, 4]);
        /// ```
        pub fn diff_dim | try_diff_dim(&self, dim: i64) -> Tensor {
            diff("diff_dim", self, 1, dim)
        }

        /// [`diff_dim`](Tensor::diff_dim), `n` times.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 4, 9].diff_n(2, 0).to_vec::<i64>(), [2]);
        /// ```
        pub fn diff_n | try_diff_n(&self, n: usize, dim: i64) -> Tensor {
            diff("diff_n", self, n, dim)
        }
    }
}
