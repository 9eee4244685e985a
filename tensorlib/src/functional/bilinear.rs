//! Weighted sums of all products of two inputs.

use super::floating;
use crate::error::{fallible, shape_error};
use crate::linalg::try_einsum;
use crate::tensor::Tensor;

fallible! {
    /// `yₒ = Σ aᵢ Wₒᵢⱼ bⱼ + biasₒ` for all pairs of rows.
    ///
    /// | | shape |
    /// |---|---|
    /// | `a` | `[…, in1]` |
    /// | `b` | `[…, in2]`, with the same dimensions in front |
    /// | `weight` | `[out, in1, in2]` |
    /// | `bias`, if given | `[out]` |
    /// | result | `[…, out]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let y = F::bilinear(&tensor![[1.0, 2.0]], &tensor![[3.0]], &ones([1, 2, 1]), None);
    /// assert_eq!(y.to_vec::<f32>(), [9.0]);
    /// ```
    pub fn bilinear | try_bilinear<'a>(a: &Tensor, b: &Tensor, weight: &Tensor, bias: impl Into<Option<&'a Tensor>>) -> Tensor {
        let op = "bilinear";
        floating(op, &[a, b, weight])?;
        let [outputs, first, second] = weight.layout.shape[..] else {
            return Err(shape_error!("{op}: the weight needs shape [out, in1, in2], not {}", weight.size()));
        };
        let (of_a, of_b) = (&a.layout.shape[..], &b.layout.shape[..]);
        let fits = of_a.len() == of_b.len()
            && of_a.split_last().zip(of_b.split_last()).is_some_and(|((&last_a, front_a), (&last_b, front_b))| {
                last_a == first && last_b == second && front_a == front_b
            });
        if !fits {
            return Err(shape_error!(
                "{op}: inputs of shapes {} and {} do not fit a weight of shape {}: they end with {first} and {second}, and agree before that",
                a.size(),
                b.size(),
                weight.size()
            ));
        }
        let rows = a.numel() / first.max(1);
        let (flat_a, flat_b) = (a.try_reshape([rows, first])?, b.try_reshape([rows, second])?);
        let y = try_einsum("ni,oij,nj->no", [&flat_a, weight, &flat_b])?;
        let y = match bias.into() {
            Some(bias) => y.try_add(bias)?,
            None => y,
        };
        let mut shape = a.layout.shape.to_vec();
        shape.pop();
        shape.push(outputs);
        y.try_reshape(&shape[..])
    }
}
