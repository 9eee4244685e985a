//! Counting: histograms, and how often whole numbers come.

use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error, value_error};
use crate::operand::{IntoOperand, Operand};
use crate::reduce::fold::floating;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// The limits of a histogram: those that were given, or the extremes of the elements when they are the same.
fn limits(op: &str, x: &Tensor, min: f64, max: f64) -> Result<(f64, f64)> {
    let (mut min, mut max) = (min, max);
    if min == max && x.numel() > 0 {
        (min, max) = (x.amin().item::<f64>(), x.amax().item::<f64>());
    }
    if min == max {
        (min, max) = (min - 1.0, max + 1.0);
    }
    if !(min.is_finite() && max.is_finite() && min <= max) {
        return Err(value_error!("{op}: no bins lie between {min} and {max}"));
    }
    Ok((min, max))
}

fn histc(op: &str, x: &Tensor, bins: usize, min: f64, max: f64) -> Result<Tensor> {
    floating(op, x)?;
    if bins == 0 {
        return Err(value_error!("{op}: needs one bin or more"));
    }
    let x = x.values();
    let (min, max) = limits(op, &x, min, max)?;
    let mut counts = vec![0.0; bins];
    let single = x.dtype() == DType::F32;
    for value in x.to_vec::<f64>() {
        if value >= min && value <= max {
            // In the type of the elements, as in PyTorch: it decides at the edges.
            let at = match single {
                true => f64::from((value as f32 - min as f32) * bins as f32 / (max as f32 - min as f32)),
                false => (value - min) * bins as f64 / (max - min),
            };
            counts[(at as usize).min(bins - 1)] += 1.0;
        }
    }
    Ok(Tensor::from_values(counts, [bins].into_iter().collect()).to(x.dtype()))
}

/// A number of bins, or their edges.
fn histogram(op: &str, x: &Tensor, bins: Operand, range: Option<(f64, f64)>) -> Result<(Tensor, Tensor)> {
    floating(op, x)?;
    let x = x.values();
    let edges = match bins {
        Operand::Number(Scalar::Int(count)) if count > 0 => {
            let (min, max) = range.map_or_else(|| limits(op, &x, 0.0, 0.0), |(min, max)| limits(op, &x, min, max))?;
            let step = (max - min) / count as f64;
            let edge = |at: i64| if at == count { max } else { min + step * at as f64 };
            let edges: Vec<f64> = (0..=count).map(edge).collect();
            let length = edges.len();
            Tensor::from_values(edges, [length].into_iter().collect()).to(x.dtype())
        }
        Operand::Number(number) => {
            return Err(value_error!("{op}: a number of bins is a whole number from 1, not {number}"));
        }
        other => other.to_tensor(x.dtype())?.values().contiguous(),
    };
    let places = edges.to_vec::<f64>();
    if edges.ndim() != 1 || places.len() < 2 || places.windows(2).any(|pair| pair[1] < pair[0]) {
        return Err(value_error!("{op}: edges of bins are a list of two or more that grow"));
    }
    let last = places.len() - 1;
    let mut counts = vec![0.0; last];
    for value in x.to_vec::<f64>() {
        if value >= places[0] && value <= places[last] {
            counts[(places.partition_point(|&edge| edge <= value) - 1).min(last - 1)] += 1.0;
        }
    }
    Ok((Tensor::from_values(counts, [last].into_iter().collect()).to(x.dtype()), edges))
}

fn bincount(op: &str, x: &Tensor, weights: Option<&Tensor>, minlength: usize) -> Result<Tensor> {
    if x.dtype().is_floating_point() || x.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: counts whole numbers, not {}", x.dtype()));
    }
    if x.ndim() != 1 {
        return Err(shape_error!("{op}: needs one dimension, not shape {}", x.size()));
    }
    let values = x.to_vec::<i64>();
    if let Some(least) = values.iter().min().filter(|&&least| least < 0) {
        return Err(value_error!("{op}: counts numbers from 0 on, not {least}"));
    }
    let length = values.iter().max().map_or(0, |&largest| largest as usize + 1).max(minlength);
    let length = crate::size::checked_numel(op, &[length])?;
    let shape = [length].into_iter().collect();
    let Some(weights) = weights else {
        let mut counts = vec![0i64; length];
        values.iter().for_each(|&value| counts[value as usize] += 1);
        return Ok(Tensor::from_values(counts, shape));
    };
    if weights.size() != x.size() {
        return Err(shape_error!("{op}: {} numbers need as many weights, not shape {}", values.len(), weights.size()));
    }
    let dtype = if weights.dtype() == DType::F32 { DType::F32 } else { DType::F64 };
    let mut sums = vec![0f64; length];
    values.iter().zip(weights.to_vec::<f64>()).for_each(|(&value, weight)| sums[value as usize] += weight);
    Ok(Tensor::from_values(sums, shape).to(dtype))
}

impl Tensor {
    fallible! {
        /// How many elements lie in each of `bins` intervals of equal width between the smallest and the largest. For other
        /// limits see [`histc_between`](Tensor::histc_between).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![0.0, 1.0, 1.5, 4.0].histc(2).to_vec::<f32>(), [3.0, 1.0]);
        /// ```
        pub fn histc | try_histc(&self, bins: usize) -> Tensor {
            histc("histc", self, bins, 0.0, 0.0)
        }

        /// [`histc`](Tensor::histc) between `min` and `max`; what lies outside does not count.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![0.0, 1.0, 1.5, 9.0].histc_between(4, 0.0, 4.0).to_vec::<f32>(), [1.0, 2.0, 0.0, 0.0]);
        /// ```
        pub fn histc_between | try_histc_between(&self, bins: usize, min: impl Into<Scalar>, max: impl Into<Scalar>) -> Tensor {
            histc("histc_between", self, bins, min.into().to_f64(), max.into().to_f64())
        }

        /// How many elements lie in each bin, and the edges of the bins: their number, or the edges themselves, is given.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (counts, edges) = tensor![0.0, 1.0, 1.5, 4.0].histogram(2);
        /// assert_eq!((counts.to_vec::<f32>(), edges.to_vec::<f32>()), (vec![3.0, 1.0], vec![0.0, 2.0, 4.0]));
        /// assert_eq!(tensor![0.0, 1.0, 1.5].histogram([0.0, 1.0, 2.0]).0.to_vec::<f32>(), [1.0, 2.0]);
        /// ```
        pub fn histogram | try_histogram<'a>(&self, bins: impl IntoOperand<'a>) -> (Tensor, Tensor) {
            histogram("histogram", self, bins.into_operand(), None)
        }

        /// [`histogram`](Tensor::histogram) of `bins` bins between `min` and `max`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![0.0, 1.0, 9.0].histogram_between(2, 0.0, 4.0).0.to_vec::<f32>(), [2.0, 0.0]);
        /// ```
        pub fn histogram_between | try_histogram_between(&self, bins: i64, min: impl Into<Scalar>, max: impl Into<Scalar>) -> (Tensor, Tensor) {
            histogram("histogram_between", self, bins.into_operand(), Some((min.into().to_f64(), max.into().to_f64())))
        }

        /// How often each whole number from 0 on comes.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 3, 1].bincount().to_vec::<i64>(), [0, 2, 0, 1]);
        /// ```
        pub fn bincount | try_bincount(&self) -> Tensor {
            bincount("bincount", self, None, 0)
        }

        /// [`bincount`](Tensor::bincount) with at least `minlength` counts.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1].bincount_minlength(4).to_vec::<i64>(), [0, 1, 0, 0]);
        /// ```
        pub fn bincount_minlength | try_bincount_minlength(&self, minlength: usize) -> Tensor {
            bincount("bincount_minlength", self, None, minlength)
        }

        /// The sum of the weights of each whole number from 0 on.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 0, 1].bincount_weights([0.5, 2.0, 0.25]).to_vec::<f32>(), [2.0, 0.75]);
        /// ```
        pub fn bincount_weights | try_bincount_weights<'a>(&self, weights: impl IntoOperand<'a>) -> Tensor {
            bincount("bincount_weights", self, Some(&weights.into_operand().into_tensor()?), 0)
        }
    }
}
