//! Elements moved around: rolled, turned, mirrored.

use crate::autograd::record::{record_linear, records};
use crate::error::{Result, fallible, shape_error};
use crate::layout::dimension;
use crate::shape::join::try_cat_dim;
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

/// Along one dimension; what leaves at the end comes in at the beginning.
fn rolled(op: &str, x: &Tensor, shift: i64, dim: i64) -> Result<Tensor> {
    let place = dimension(op, dim, x.ndim())?;
    let length = x.layout.shape.get(place).copied().unwrap_or(1);
    let cut = if length == 0 { 0 } else { (-shift).rem_euclid(length as i64) as usize };
    if cut == 0 || x.numel() == 0 {
        return Ok(x.clone());
    }
    try_cat_dim([x.try_narrow(dim, cut, length - cut)?, x.try_narrow(dim, 0, cut)?], dim)
}

fn roll(op: &str, x: &Tensor, shifts: &Ints, dims: &Ints) -> Result<Tensor> {
    if shifts.len() != dims.len() || shifts.is_empty() {
        return Err(shape_error!("{op}: {} shifts need as many dimensions, not {:?}", shifts.len(), &**dims));
    }
    let first = rolled(op, &x.values(), shifts[0], dims[0])?;
    let result = shifts.iter().zip(&**dims).skip(1).try_fold(first, |x, (&shift, &dim)| rolled(op, &x, shift, dim))?;
    if !records(&[x]) {
        return Ok(result);
    }
    let (back, dims): (Vec<i64>, Vec<i64>) = (shifts.iter().map(|shift| -shift).collect(), dims.to_vec());
    Ok(record_linear(result, "RollBackward0", &[x], move |pass, gradient| {
        pass.give(0, || gradient.roll_dim(&back, &dims));
        Ok(())
    }))
}

fn rot90(op: &str, x: &Tensor, k: i64, from: i64, to: i64) -> Result<Tensor> {
    let (first, second) = (dimension(op, from, x.ndim())?, dimension(op, to, x.ndim())?);
    if x.ndim() < 2 || first == second {
        return Err(shape_error!("{op}: needs two different dimensions, not {from} and {to} of shape {}", x.size()));
    }
    match k.rem_euclid(4) {
        1 => x.try_flip(second)?.try_transpose(from, to),
        2 => x.try_flip([first, second]),
        3 => x.try_flip(first)?.try_transpose(from, to),
        _ => Ok(x.clone()),
    }
}

impl Tensor {
    fallible! {
        /// The elements in row-major order moved on by `shift` places; those that leave at the end come in at the beginning.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].roll(1).to_vec::<i64>(), [3, 1, 2]);
        /// ```
        pub fn roll | try_roll(&self, shift: i64) -> Tensor {
            self.ravel().try_roll_dim(shift, 0)?.try_reshape(self.size())
        }

        /// [`roll`](Tensor::roll) along dimensions, each by its shift.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].roll_dim(1, 0).to_vec::<i64>(), [3, 4, 1, 2]);
        /// assert_eq!(tensor![[1, 2], [3, 4]].roll_dim([1, 1], [0, 1]).to_vec::<i64>(), [4, 3, 2, 1]);
        /// ```
        pub fn roll_dim | try_roll_dim(&self, shifts: impl IntoInts, dims: impl IntoInts) -> Tensor {
            roll("roll_dim", self, &shifts.into_ints(), &dims.into_ints())
        }

        /// A quarter turn of the first two dimensions, from the first towards the second.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].rot90().to_vec::<i64>(), [2, 4, 1, 3]);
        /// ```
        pub fn rot90 | try_rot90(&self) -> Tensor {
            rot90("rot90", self, 1, 0, 1)
        }

        /// `k` quarter turns of two dimensions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].rot90_dims(2, 0, 1).to_vec::<i64>(), [4, 3, 2, 1]);
        /// ```
        pub fn rot90_dims | try_rot90_dims(&self, k: i64, dim0: i64, dim1: i64) -> Tensor {
            rot90("rot90_dims", self, k, dim0, dim1)
        }

        /// The columns in reverse order: dimension 1 [flipped](Tensor::flip).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].fliplr().to_vec::<i64>(), [2, 1, 4, 3]);
        /// ```
        pub fn fliplr | try_fliplr(&self) -> Tensor {
            if self.ndim() < 2 {
                return Err(shape_error!("fliplr: needs two dimensions or more, not shape {}", self.size()));
            }
            self.try_flip(1)
        }

        /// The rows in reverse order: dimension 0 [flipped](Tensor::flip).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].flipud().to_vec::<i64>(), [3, 4, 1, 2]);
        /// ```
        pub fn flipud | try_flipud(&self) -> Tensor {
            if self.ndim() < 1 {
                return Err(shape_error!("flipud: needs one dimension or more, not shape {}", self.size()));
            }
            self.try_flip(0)
        }
    }
}
