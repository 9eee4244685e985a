//! Running sums and products.

use crate::element::with_number;
use crate::error::{Result, fallible};
use crate::kernel::number::Number;
use crate::layout::dimension;
use crate::tensor::Tensor;

/// `step(so far, element)` along a dimension.
fn running(op: &str, x: &Tensor, dim: i64, product: bool) -> Result<Tensor> {
    let dim = dimension(op, dim, x.ndim())?;
    let x = x.to(x.dtype().to_sum());
    let length = x.layout.shape.get(dim).copied().unwrap_or(1);
    let inner: usize = x.layout.shape.get(dim + 1..).unwrap_or(&[]).iter().product();
    with_number!(x.dtype(), T => {
        let mut values = x.to_vec::<T>();
        if inner > 0 && length > 0 {
            for block in values.chunks_exact_mut(length * inner) {
                for at in inner..block.len() {
                    let (so_far, value) = (block[at - inner], block[at]);
                    block[at] = if product { so_far.mul(value) } else { so_far.add(value) };
                }
            }
        }
        Ok(Tensor::from_values(values, x.layout.shape.clone()))
    }, else unreachable!("booleans are summed as i64"))
}

impl Tensor {
    fallible! {
        /// The sum up to each element along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumsum(0).to_vec::<i64>(), [1, 3, 6]);
        /// ```
        pub fn cumsum | try_cumsum(&self, dim: i64) -> Tensor {
            running("cumsum", self, dim, false)
        }

        /// The product up to each element along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumprod(0).to_vec::<i64>(), [1, 2, 6]);
        /// ```
        pub fn cumprod | try_cumprod(&self, dim: i64) -> Tensor {
            running("cumprod", self, dim, true)
        }
    }
}
