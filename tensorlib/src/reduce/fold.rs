//! Sums, products, truth of all or any, norms.

use crate::autograd::formulas::reduce as formulas;
use crate::backend::cpu::reduce::{self, Fold, Max, Middle, Min, Prod, Sum, SumAbs, SumSquares};
use crate::dtype::DType;
use crate::element::{Element, with_floating, with_number};
use crate::error::{Result, dtype_error, shape_error};
use crate::layout::Layout;
use crate::list::List;
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;
use crate::op::BinaryOp;
use crate::operand::{IntoOperand, Operand};
use crate::ops::binary;
use crate::shape::axes::dimensions;
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

/// Which dimensions are reduced, and whether they stay with length 1.
pub(crate) struct Over {
    pub dims: List<usize>,
    pub keep: bool,
}

impl Over {
    pub fn all(x: &Tensor) -> Over {
        Over { dims: (0..x.ndim()).collect(), keep: false }
    }

    pub fn dims(op: &str, x: &Tensor, dims: &Ints, keep: bool) -> Result<Over> {
        let mut dims = dimensions(op, dims, x.ndim())?;
        if x.ndim() == 0 {
            dims = List::new();
        }
        Ok(Over { dims, keep })
    }

    /// The number of elements that become one.
    pub fn count(&self, x: &Tensor) -> usize {
        self.dims.iter().map(|&dim| x.layout.shape[dim]).product()
    }

    /// The shape of the result.
    pub fn shape(&self, x: &Tensor) -> List<usize> {
        (0..x.ndim())
            .filter(|dim| self.keep || !self.dims.contains(dim))
            .map(|dim| if self.dims.contains(&dim) { 1 } else { x.layout.shape[dim] })
            .collect()
    }
}

/// A tensor as `[outer, count, inner]`, of which the middle is reduced.
pub(crate) struct Arranged {
    pub tensor: Tensor,
    /// The first dimension of the middle, and the first behind it.
    split: (usize, usize),
    pub count: usize,
    pub inner: usize,
    /// For each dimension of the `[outer, inner]` result, the dimension of the tensor it comes from.
    order: List<usize>,
    lengths: List<usize>,
}

const FEW_COLUMNS: usize = 8;
const LONG_COLUMN: usize = 256;

pub(crate) fn arrange(x: &Tensor, over: &Over) -> Arranged {
    let rank = x.ndim();
    let reduced = |dim: usize| over.dims.contains(&dim);
    // In the order of memory, a dense tensor is contiguous.
    let mut order: List<usize> = (0..rank).collect();
    let mut view = x.alias();
    if !x.is_contiguous() && x.layout.is_dense() {
        order.sort_by_key(|&dim| std::cmp::Reverse(x.layout.strides[dim]));
        view = x.with_layout(x.layout.permute(&order));
    }
    let is_reduced: List<bool> = order.iter().map(|&dim| reduced(dim)).collect();
    let first = is_reduced.iter().position(|&r| r).unwrap_or(rank);
    let last = is_reduced.iter().rposition(|&r| r).map_or(first, |last| last + 1);
    let inner: usize = order[last..].iter().map(|&dim| x.layout.shape[dim]).product();
    let count = over.count(x);
    // A few long columns make poor use of wide instructions: better rows, at the price of a copy.
    let narrow = inner > 1 && inner < FEW_COLUMNS && count >= LONG_COLUMN;
    if narrow || !is_reduced[first..last].iter().all(|&r| r) {
        let kept: List<usize> = (0..rank).filter(|&dim| !reduced(dim)).collect();
        let order: List<usize> = kept.iter().copied().chain((0..rank).filter(|&dim| reduced(dim))).collect();
        return Arranged {
            tensor: x.with_layout(x.layout.permute(&order)).contiguous(),
            split: (kept.len(), rank),
            count,
            inner: 1,
            lengths: kept.iter().map(|&dim| x.layout.shape[dim]).collect(),
            order: kept,
        };
    }
    let kept: List<usize> = order.iter().copied().filter(|&dim| !reduced(dim)).collect();
    Arranged {
        count,
        inner,
        lengths: kept.iter().map(|&dim| x.layout.shape[dim]).collect(),
        order: kept,
        tensor: view,
        split: (first, last),
    }
}

/// Dimensions that can be walked as one: how many elements they have, and how far they are apart.
fn merged(shape: &[usize], strides: &[usize]) -> Option<(usize, usize)> {
    let mut dims = shape.iter().zip(strides).filter(|&(&length, _)| length != 1).rev();
    let Some((&length, &stride)) = dims.next() else { return Some((1, 0)) };
    dims.try_fold((length, stride), |(count, stride), (&length, &next)| {
        (next == count * stride).then_some((count * length, stride))
    })
}

impl Arranged {
    /// How the elements lie, if the kernels can walk them so.
    fn middle(&self) -> Option<Middle> {
        let Layout { shape, strides, .. } = &self.tensor.layout;
        let (first, last) = self.split;
        let (_, outer_stride) = merged(&shape[..first], &strides[..first])?;
        let (_, stride) = merged(&shape[first..last], &strides[first..last])?;
        let (_, step) = merged(&shape[last..], &strides[last..])?;
        let side_by_side = if self.inner > 1 { step == 1 } else { stride == 1 || self.count == 1 };
        side_by_side.then_some(Middle { count: self.count, inner: self.inner, outer_stride, stride })
    }

    /// The same with elements in row-major order.
    pub fn compact(self) -> Arranged {
        Arranged { tensor: self.tensor.contiguous(), ..self }
    }

    /// The elements, without those of the storage around them.
    pub fn elements<'a, T: Element>(&self, buffer: &'a crate::storage::Buffer) -> &'a [T] {
        let numel = self.tensor.numel();
        if numel == 0 { &[] } else { &T::of(buffer)[self.tensor.layout.offset..self.tensor.layout.offset + numel] }
    }

    /// The number of results.
    pub fn results(&self) -> usize {
        self.lengths.iter().product()
    }

    /// Results `[outer, inner]` as a tensor with the dimensions of `x` in their order.
    pub fn finish<T: Element>(&self, values: AlignedBuf<T>, x: &Tensor, over: &Over) -> Tensor {
        let made = Tensor::from_values(values, self.lengths.clone());
        let shape = over.shape(x);
        if self.order.is_sorted() {
            return made.laid_out(Layout::contiguous(shape));
        }
        let mut back: List<usize> = List::filled(0, self.order.len());
        let mut sorted = self.order.clone();
        sorted.sort_unstable();
        for (to, dim) in sorted.iter().enumerate() {
            back[to] = self.order.iter().position(|other| other == dim).unwrap_or(to);
        }
        made.with_layout(made.layout.permute(&back)).copied().laid_out(Layout::contiguous(shape))
    }
}

/// Reduces with one fold.
pub(crate) fn fold<T: Element, F: Fold<T>>(x: &Tensor, over: &Over) -> Tensor {
    let numel = x.numel();
    if over.dims.len() == x.ndim() && numel > 0 && x.layout.is_dense() {
        // All elements, which lie side by side in some order.
        let mut value = [F::start()];
        let guard = x.storage.read();
        let elements = &T::of(&guard)[x.layout.offset..x.layout.offset + numel];
        reduce::fold::<T, F>(&mut value, elements, Middle::dense(numel, 1));
        return Tensor::from_values(value.to_vec(), over.shape(x));
    }
    reduced::<T, T>(x, over, reduce::fold::<T, F>)
}

/// Reduces with a kernel that is told how the elements lie.
pub(crate) fn reduced<T: Element, U: Element>(
    x: &Tensor,
    over: &Over,
    kernel: impl FnOnce(&mut [U], &[T], Middle),
) -> Tensor {
    let arranged = arrange(x, over);
    let numel = x.numel();
    let (arranged, middle) = match arranged.middle() {
        Some(middle) if numel > 0 => (arranged, middle),
        _ => {
            let middle = Middle::dense(arranged.count, arranged.inner);
            (arranged.compact(), middle)
        }
    };
    let mut values = allocator::take::<U>(arranged.results());
    {
        let guard = arranged.tensor.storage.read();
        let layout = &arranged.tensor.layout;
        let from = if numel == 0 { &[] } else { &T::of(&guard)[layout.offset..layout.end()] };
        kernel(&mut values, from, middle);
    }
    arranged.finish(values, x, over)
}

pub(crate) fn sum(x: &Tensor, over: &Over) -> Tensor {
    let x = x.to(x.dtype().to_sum());
    with_number!(x.dtype(), T => fold::<T, Sum>(&x, over), else unreachable!("booleans are summed as i64"))
}

fn prod(x: &Tensor, over: &Over) -> Tensor {
    let x = x.to(x.dtype().to_sum());
    with_number!(x.dtype(), T => fold::<T, Prod>(&x, over), else unreachable!("booleans are multiplied as i64"))
}

/// The truth of any, or all.
fn truth(x: &Tensor, over: &Over, all: bool) -> Tensor {
    // As in PyTorch, bytes stay bytes.
    let result = if x.dtype() == DType::U8 { DType::U8 } else { DType::Bool };
    let x = x.bool().byte();
    // No elements: all are true, none is.
    if all { fold::<u8, Prod>(&x, over) } else { fold::<u8, Max>(&x, over) }.to(result)
}

pub(crate) fn floating(op: &str, x: &Tensor) -> Result<()> {
    if x.dtype().is_floating_point() {
        return Ok(());
    }
    Err(dtype_error!("{op}: needs floating-point elements, not {}; use x.float().{op}(…)", x.dtype()))
}

/// The `p`-norm of the elements.
fn norm(op: &str, x: &Tensor, over: &Over, p: f64) -> Result<Tensor> {
    floating(op, x)?;
    let count = over.count(x);
    if count == 0 && (p < 0.0 || p.is_infinite()) {
        return Err(shape_error!("{op}: no elements have no norm of order {p}"));
    }
    with_floating!(x.dtype(), T => {
        // A single number is its own length, also where its square would overflow.
        if p == 1.0 || (count == 1 && p != 0.0) {
            return Ok(fold::<T, SumAbs>(x, over));
        }
        if p == 2.0 {
            return Ok(fold::<T, SumSquares>(x, over).sqrt());
        }
        if p.is_infinite() {
            let x = x.abs();
            return Ok(if p > 0.0 { fold::<T, Max>(&x, over) } else { fold::<T, Min>(&x, over) });
        }
        if p == 0.0 {
            return Ok(sum(&x.ne(0.0).to(T::DTYPE), over));
        }
        let magnitudes = x.abs();
        let powers = if p > 0.0 {
            magnitudes.try_pow(p)?
        } else {
            // Not `try_pow`, whose short cut for negative powers overflows on the way.
            binary::arithmetic(op, BinaryOp::Pow, &Operand::Owned(magnitudes), &p.into_operand())?
        };
        sum(&powers, over).try_pow(1.0 / p)
    }, else unreachable!("checked above"))
}

/// Declares a reduction in its three forms. The body makes a tensor of the tensor and the [`Over`].
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident, $name_dim:ident $try_dim:ident, $name_keep:ident $try_keep:ident: |$x:ident, $over:ident| $body:expr;)*) => { $(
        impl Tensor {
            $(#[$doc])*
            pub fn $name(&self) -> Tensor {
                let ($x, $over) = (self, &crate::reduce::fold::Over::all(self));
                $body
            }

            crate::error::fallible! {
                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions.")]
                pub fn $name_dim | $try_dim(&self, dims: impl IntoInts) -> Tensor {
                    let ($x, $over) = (self, &crate::reduce::fold::Over::dims(stringify!($name), self, &dims.into_ints(), false)?);
                    Ok($body)
                }

                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions, which stay with length 1.")]
                pub fn $name_keep | $try_keep(&self, dims: impl IntoInts) -> Tensor {
                    let ($x, $over) = (self, &crate::reduce::fold::Over::dims(stringify!($name), self, &dims.into_ints(), true)?);
                    Ok($body)
                }
            }
        }
    )* };
}

/// [`reductions`] that can fail in every form.
macro_rules! fallible_reductions {
    ($($(#[$doc:meta])* $name:ident $try_name:ident, $name_dim:ident $try_dim:ident, $name_keep:ident $try_keep:ident: |$x:ident, $over:ident| $body:expr;)*) => { $(
        impl Tensor { crate::error::fallible! {
            $(#[$doc])*
            pub fn $name | $try_name(&self) -> Tensor {
                let ($x, $over) = (self, &crate::reduce::fold::Over::all(self));
                $body
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions.")]
            pub fn $name_dim | $try_dim(&self, dims: impl IntoInts) -> Tensor {
                let ($x, $over) = (self, &crate::reduce::fold::Over::dims(stringify!($name), self, &dims.into_ints(), false)?);
                $body
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions, which stay with length 1.")]
            pub fn $name_keep | $try_keep(&self, dims: impl IntoInts) -> Tensor {
                let ($x, $over) = (self, &crate::reduce::fold::Over::dims(stringify!($name), self, &dims.into_ints(), true)?);
                $body
            }
        } }
    )* };
}

/// [`fallible_reductions`] with a number as their first argument.
macro_rules! fallible_reductions_by {
    ($($(#[$doc:meta])* $name:ident $try_name:ident, $name_dim:ident $try_dim:ident, $name_keep:ident $try_keep:ident: |$x:ident, $over:ident, $by:ident| $body:expr;)*) => { $(
        impl Tensor { crate::error::fallible! {
            $(#[$doc])*
            pub fn $name | $try_name(&self, $by: impl Into<crate::scalar::Scalar>) -> Tensor {
                let ($x, $over, $by) = (self, &crate::reduce::fold::Over::all(self), $by.into().to_f64());
                $body
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions.")]
            pub fn $name_dim | $try_dim(&self, $by: impl Into<crate::scalar::Scalar>, dims: impl IntoInts) -> Tensor {
                let $over = &crate::reduce::fold::Over::dims(stringify!($name), self, &dims.into_ints(), false)?;
                let ($x, $by) = (self, $by.into().to_f64());
                $body
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions, which stay with length 1.")]
            pub fn $name_keep | $try_keep(&self, $by: impl Into<crate::scalar::Scalar>, dims: impl IntoInts) -> Tensor {
                let $over = &crate::reduce::fold::Over::dims(stringify!($name), self, &dims.into_ints(), true)?;
                let ($x, $by) = (self, $by.into().to_f64());
                $body
            }
        } }
    )* };
}
pub(crate) use {fallible_reductions, fallible_reductions_by};

reductions! {
    /// The sum of all elements; whole numbers and booleans give `i64`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[1, 2], [3, 4]];
    /// assert_eq!(x.sum().item::<i64>(), 10);
    /// assert_eq!(x.sum_dim(0).to_vec::<i64>(), [4, 6]);
    /// assert_eq!(x.sum_keepdim(1).size(), [2, 1]);
    /// ```
    sum, sum_dim try_sum_dim, sum_keepdim try_sum_keepdim:
        |x, over| formulas::total(x, || sum(x, over), |y| formulas::sum(y, x, over));
    /// The product of all elements; whole numbers and booleans give `i64`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2, 3, 4].prod().item::<i64>(), 24);
    /// ```
    prod, prod_dim try_prod_dim, prod_keepdim try_prod_keepdim:
        |x, over| formulas::total(x, || prod(x, over), |y| formulas::prod(y, x, over));
    /// Whether any element is true (not zero).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![0, 2].any().item::<bool>());
    /// ```
    any, any_dim try_any_dim, any_keepdim try_any_keepdim: |x, over| truth(x, over, false);
    /// Whether all elements are true (not zero).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(!tensor![0, 2].all().item::<bool>());
    /// ```
    all, all_dim try_all_dim, all_keepdim try_all_keepdim: |x, over| truth(x, over, true);
    /// How many elements are not zero, as `i64`.
    count_nonzero, count_nonzero_dim try_count_nonzero_dim, count_nonzero_keepdim try_count_nonzero_keepdim:
        |x, over| sum(&x.bool(), over);
}

fallible_reductions! {
    /// The Euclidean length of all elements as one vector. For other norms see [`norm_p`](Tensor::norm_p).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![3.0, 4.0].norm().item::<f32>(), 5.0);
    /// ```
    #[doc(alias = "vector_norm")]
    norm try_norm, norm_dim try_norm_dim, norm_keepdim try_norm_keepdim:
        |x, over| formulas::reduced(x, || norm("norm", x, over, 2.0), |y| formulas::norm(y, x, over, 2.0));
}

fallible_reductions_by! {
    /// The `p`-norm of all elements as one vector: the `p`-th root of the sum of absolute values to the power `p`. `p` may be
    /// infinite.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[3.0, -4.0], [1.0, 2.0]];
    /// assert_eq!(x.norm_p(1).item::<f32>(), 10.0);
    /// assert_eq!(x.norm_p_dim(1, 1).to_vec::<f32>(), [7.0, 3.0]);
    /// assert_eq!(x.norm_p_keepdim(f64::INFINITY, 1).to_vec::<f32>(), [4.0, 2.0]);
    /// ```
    norm_p try_norm_p, norm_p_dim try_norm_p_dim, norm_p_keepdim try_norm_p_keepdim:
        |x, over, p| formulas::reduced(x, || norm("norm_p", x, over, p), |y| formulas::norm(y, x, over, p));
}

/// The dtype in which a comparison of extremes is made; booleans as `u8`.
pub(crate) fn comparable(x: &Tensor) -> Tensor {
    if x.dtype() == DType::Bool { x.byte() } else { x.alias() }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn sums_of_long_rows_are_exact_to_rounding() {
        let x = full([1 << 22], 0.1);
        let sum = x.sum().item::<f64>();
        assert!((sum / (0.1f32 as f64 * (1 << 22) as f64) - 1.0).abs() < 1e-6, "{sum}");
    }

    #[test]
    fn dimensions_that_are_not_side_by_side_reduce_together() {
        let x = arange(24).reshape([2, 3, 4]);
        assert_eq!(x.sum_dim([0, 2]).to_vec::<i64>(), [60, 92, 124]);
        assert_eq!(x.permute([2, 0, 1]).sum_dim([0, 1]).to_vec::<i64>(), [60, 92, 124]);
    }
}
