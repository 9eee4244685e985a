//! Leaving out a random part, so that no element is relied upon.

use super::floating;
use crate::autograd::record::{Saved, record, records};
use crate::create::bernoulli_noise;
use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, shape_error, value_error};
use crate::layout::{Layout, memory_order};
use crate::tensor::Tensor;

/// The factor of each element: 0, or the number that compensates for the zeros. In the shape of `x`, or a part of it.
fn noise(x: &Tensor, shape: DimVec<usize>, p: f64) -> Tensor {
    bernoulli_noise(x.dtype(), shape, 1.0 - p, 1.0 / (1.0 - p))
}

fn share(op: &str, x: &Tensor, p: f64) -> Result<()> {
    floating(op, &[x])?;
    if !(0.0..=1.0).contains(&p) {
        return Err(value_error!("{op}: the share that is left out must be from 0 to 1, not {p}"));
    }
    Ok(())
}

/// Multiplies by noise, as one recorded operation.
fn dropped(x: &Tensor, noise: Tensor) -> Tensor {
    let result = crate::autograd::no_grad(|| x * &noise);
    if !records(&[x]) {
        return result;
    }
    let kept = Saved::operand(&noise);
    record(result, "NativeDropoutBackward0", &[x], move |pass, gradient| {
        let noise = pass.get(&kept)?;
        pass.give(0, || gradient * noise);
        Ok(())
    })
}

fn out(op: &str, x: &Tensor, p: f64, shape: DimVec<usize>) -> Result<Tensor> {
    share(op, x, p)?;
    if p == 0.0 || x.numel() == 0 {
        return Ok(x.alias());
    }
    if p == 1.0 {
        return x.try_mul(0.0);
    }
    let is_whole = shape == x.layout.shape;
    let mut noise = noise(x, shape, p);
    if is_whole && !x.is_contiguous() {
        // Drawn in the order of memory, as PyTorch does.
        noise = noise.laid_out(Layout::ordered(&x.layout.shape, &memory_order(&[&x.layout])));
    }
    Ok(dropped(x, noise))
}

/// A number for each channel of each example.
fn by_channel(op: &str, x: &Tensor) -> Result<DimVec<usize>> {
    if x.ndim() < 2 {
        return Err(shape_error!("{op}: needs an input [batch, channels, …], not shape {}", x.size()));
    }
    Ok((0..x.ndim()).map(|dim| if dim < 2 { x.layout.shape[dim] } else { 1 }).collect())
}

fallible! {
    /// Sets a share `p` of the elements to 0, each by chance, and divides the others by `1 - p`, so that their sum stays about
    /// the same. This is what happens in training; in evaluation there is nothing to do. Srivastava et al., *Dropout: A Simple
    /// Way to Prevent Neural Networks from Overfitting*, 2014.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// manual_seed(0);
    /// assert_eq!(F::dropout(&ones([6]), 0.5).to_vec::<f32>(), [0.0, 0.0, 2.0, 0.0, 0.0, 0.0]); // as PyTorch
    /// ```
    pub fn dropout | try_dropout(x: &Tensor, p: f64) -> Tensor {
        out("dropout", x, p, x.layout.shape.clone())
    }

    /// [`dropout`] of whole channels: of an input `[batch, channels, …]`, everything behind is 0 or stays. Tompson et al.,
    /// *Efficient Object Localization Using Convolutional Networks*, 2015.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let y = F::dropout2d(&ones([4, 8, 3, 3]), 0.5);
    /// assert!(y.amax_keepdim([2, 3]).expand([4, 8, 3, 3]).equal(&y));
    /// ```
    #[doc(alias = "feature_dropout")]
    pub fn dropout2d | try_dropout2d(x: &Tensor, p: f64) -> Tensor {
        out("dropout2d", x, p, by_channel("dropout2d", x)?)
    }

    /// [`dropout2d`] of inputs `[batch, channels, length]`.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::dropout1d(&ones([4, 8, 3]), 0.5).size(), [4, 8, 3]);
    /// ```
    pub fn dropout1d | try_dropout1d(x: &Tensor, p: f64) -> Tensor {
        out("dropout1d", x, p, by_channel("dropout1d", x)?)
    }

    /// [`dropout`] that keeps mean 0 and variance 1: elements are left out by being set to what `selu` has at its lower end.
    /// Klambauer et al., *Self-Normalizing Neural Networks*, 2017.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::alpha_dropout(&ones([4]), 0.5).size(), [4]);
    /// ```
    pub fn alpha_dropout | try_alpha_dropout(x: &Tensor, p: f64) -> Tensor {
        const LOWEST: f64 = 1.758_099_340_847_376_6;
        share("alpha_dropout", x, p)?;
        if p == 0.0 || x.numel() == 0 {
            return Ok(x.alias());
        }
        if p == 1.0 {
            return x.try_mul(0.0);
        }
        let factor = 1.0 / ((LOWEST * LOWEST * p + 1.0) * (1.0 - p)).sqrt();
        let kept = crate::create::zeros_like(x).try_bernoulli_(1.0 - p)?;
        let summand = (&kept - 1) * (LOWEST * factor) + LOWEST * factor * p;
        Ok(dropped(x, kept * factor) + summand)
    }
}
