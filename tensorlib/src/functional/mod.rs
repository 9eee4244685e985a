//! Layers and losses as functions, as PyTorch's `torch.nn.functional`.
//!
//! A function takes what it cannot do without; its other arguments are given to the form that ends in `_with`, by a
//! builder: `conv2d(&x, &weight)`, `conv2d_with(&x, &weight, Conv::new().bias(&bias).padding(1))`. The prelude has this module as `F`,
//! PyTorch's usual name for it.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let images = zeros([8, 1, 28, 28]);
//! let (weight, bias) = (zeros([6, 1, 5, 5]), ones([6]));
//! let seen = F::conv2d_with(&images, &weight, F::Conv::new().bias(&bias).padding(2));
//! assert_eq!(seen.size(), [8, 6, 28, 28]);
//! assert_eq!(F::conv2d(&images, &weight).size(), [8, 6, 24, 24]);
//! ```
//!
//! The functions that networks are built of, element by element, are methods of tensors: `F::relu(&x)` is `x.relu()`.
//!
//! Each function has one node in the graph and its own backward form, which computes in one pass what is needed; where
//! the gradients themselves are to be differentiated, the backward form is written in differentiable operations.

mod activation;
mod attention;
mod bilinear;
mod convolution;
mod dropout;
mod embedding;
mod linear;
mod loss;
mod normalization;
mod options;
mod padding;
mod patches;
mod pooling;
pub(crate) mod recurrent;

pub use activation::*;
pub use attention::*;
pub use bilinear::*;
pub use convolution::*;
pub use dropout::*;
pub use embedding::*;
pub use linear::*;
pub use loss::*;
pub use normalization::*;
pub use padding::*;
pub use patches::*;
pub use pooling::*;

use crate::dtype::DType;
use crate::error::{Result, dtype_error, shape_error};
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

/// Refuses what is not floating-point, and operands of another type than the first.
pub(crate) fn floating(op: &str, operands: &[&Tensor]) -> Result<DType> {
    let dtype = operands[0].dtype();
    if !dtype.is_floating_point() {
        return Err(dtype_error!("{op}: needs floating-point numbers, not {dtype}; convert with x.float()"));
    }
    match operands.iter().find(|operand| operand.dtype() != dtype) {
        Some(other) => {
            Err(dtype_error!("{op}: element types {dtype} and {} differ; convert one with to()", other.dtype()))
        }
        None => Ok(dtype),
    }
}

/// One number for each of `N` dimensions: as many as given, or one for all of them.
fn each<const N: usize>(op: &str, name: &str, given: &Ints, least: i64) -> Result<[usize; N]> {
    let mut each = [0; N];
    if given.len() != 1 && given.len() != N {
        return Err(shape_error!("{op}: {name} {:?} needs one number, or {N}", &given[..]));
    }
    for (dim, each) in each.iter_mut().enumerate() {
        let number = given[if given.len() == 1 { 0 } else { dim }];
        *each = usize::try_from(number)
            .ok()
            .filter(|_| number >= least)
            .ok_or_else(|| shape_error!("{op}: {name} {:?} must not be less than {least}", &given[..]))?;
    }
    Ok(each)
}

/// How an option is kept that is a number for each dimension.
fn ints(given: impl IntoInts) -> Ints {
    given.into_ints()
}
