//! Running sums and products.

use crate::autograd::formulas::reduce as formulas;
use crate::autograd::record::{in_place, records};
use crate::backend::cpu::running;
use crate::element::{Stored, with_number};
use crate::error::{Result, fallible};
use crate::layout::dimension;
use crate::memory::allocator;
use crate::ops::{assign, binary};
use crate::tensor::Tensor;

/// `step(so far, element)` along a dimension. Single precision adds up in double precision, as in PyTorch.
fn running(op: &str, x: &Tensor, dim: i64, product: bool) -> Result<Tensor> {
    let dim = dimension(op, dim, x.ndim())?;
    let x = x.to(x.dtype().to_sum()).contiguous();
    let (numel, shape) = (x.numel(), &x.layout.shape);
    let count = shape.get(dim).copied().unwrap_or(1);
    let inner: usize = shape.get(dim + 1..).unwrap_or(&[]).iter().product();
    with_number!(x.dtype(), T => {
        let mut values = allocator::take::<T>(numel);
        if numel > 0 {
            let guard = x.storage.read();
            let (to, from) = (&mut values[..], &T::of(&guard)[x.layout.offset..x.layout.offset + numel]);
            if product {
                running::run::<T, true>(to, from, count, inner);
            } else {
                running::run::<T, false>(to, from, count, inner);
            }
        }
        Ok(Tensor::from_values(values, shape.clone()))
    }, else unreachable!("booleans are summed as i64"))
}

/// [`running`], recorded.
fn cumulated(op: &str, x: &Tensor, dim: i64, product: bool) -> Result<Tensor> {
    let values = || running(op, x, dim, product);
    formulas::reduced(x, values, |y| if product { formulas::cumprod(y, x, dim) } else { formulas::cumsum(y, x, dim) })
}

/// Writes running values over the tensor they were made from.
fn over(op: &str, x: &Tensor, value: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    if records(&[x]) {
        return in_place(op, x, value);
    }
    let value = value(x)?;
    binary::storable(op, value.dtype(), x.dtype())?;
    assign::copy(op, x, &value)?;
    Ok(x.alias())
}

impl Tensor {
    fallible! {
        /// The sum up to each element along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumsum(0).to_vec::<i64>(), [1, 3, 6]);
        /// ```
        #[doc(alias = "cumulative_sum")]
        pub fn cumsum | try_cumsum(&self, dim: i64) -> Tensor {
            cumulated("cumsum", self, dim, false)
        }

        /// [`cumsum`](Tensor::cumsum) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumsum_(0).to_vec::<i64>(), [1, 3, 6]);
        /// ```
        pub fn cumsum_ | try_cumsum_(&self, dim: i64) -> Tensor {
            over("cumsum_", self, |x| cumulated("cumsum_", x, dim, false))
        }

        /// The product up to each element along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumprod(0).to_vec::<i64>(), [1, 2, 6]);
        /// ```
        #[doc(alias = "cumulative_prod")]
        pub fn cumprod | try_cumprod(&self, dim: i64) -> Tensor {
            cumulated("cumprod", self, dim, true)
        }

        /// [`cumprod`](Tensor::cumprod) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumprod_(0).to_vec::<i64>(), [1, 2, 6]);
        /// ```
        pub fn cumprod_ | try_cumprod_(&self, dim: i64) -> Tensor {
            over("cumprod_", self, |x| cumulated("cumprod_", x, dim, true))
        }
    }
}
