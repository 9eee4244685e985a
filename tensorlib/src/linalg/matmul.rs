//! The matrix product by PyTorch's rules for ranks, and its special cases by name.

use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::backend::backend_of;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error};
use crate::layout::{Layout, broadcast};
use crate::operand::IntoOperand;
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// Refuses operands of two types, and booleans.
pub(crate) fn same_type(op: &str, a: &Tensor, b: &Tensor) -> Result<()> {
    if a.dtype() != b.dtype() {
        return Err(dtype_error!("{op}: element types {} and {} differ; convert one with to()", a.dtype(), b.dtype()));
    }
    if a.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: not defined for bool; convert both with to()"));
    }
    Ok(())
}

/// `[…, m, k]` times `[…, k, n]`, both of rank 2 or more; the dimensions in front broadcast.
fn batched(op: &str, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (rank_a, rank_b) = (a.ndim(), b.ndim());
    let (m, k) = (a.layout.shape[rank_a - 2], a.layout.shape[rank_a - 1]);
    let n = b.layout.shape[rank_b - 1];
    if b.layout.shape[rank_b - 2] != k {
        return Err(inner_mismatch(op, a, b));
    }
    // A stack of matrices times one matrix is one tall matrix times it.
    if rank_a > 2 && rank_b == 2 {
        let mut shape = a.layout.shape.clone();
        shape[rank_a - 1] = n;
        checked_numel(op, &shape)?;
        let rows: usize = a.layout.shape[..rank_a - 1].iter().product();
        return batched(op, &a.try_reshape([rows, k])?, b)?.try_view(&shape[..]);
    }
    let mut shape = broadcast(op, &a.layout.shape[..rank_a - 2], &b.layout.shape[..rank_b - 2])
        .map_err(|_| shape_error!("{op}: the stacks in shapes {} and {} do not broadcast", a.size(), b.size()))?;
    let batch = shape.clone();
    let spread = |x: &Tensor| {
        let mut whole = batch.clone();
        whole.push(x.layout.shape[x.ndim() - 2]);
        whole.push(x.layout.shape[x.ndim() - 1]);
        x.layout.expand(op, &whole)
    };
    let (of_a, of_b) = (spread(a)?, spread(b)?);
    shape.push(m);
    shape.push(n);
    checked_numel(op, &shape)?;
    let values = backend_of(op, &[a, b])?.matmul(a.elements_as(&of_a), b.elements_as(&of_b));
    Ok(Tensor::from_storage(values, Layout::contiguous(shape)))
}

fn inner_mismatch(op: &str, a: &Tensor, b: &Tensor) -> crate::Error {
    let inner = |x: &Tensor, dim: usize| x.layout.shape[dim];
    let (last, first) = (inner(a, a.ndim() - 1), inner(b, b.ndim().saturating_sub(2)));
    shape_error!(
        "{op}: shapes {} and {} do not fit: the last dimension of the first is {last}, the {} of the second is {first}",
        a.size(),
        b.size(),
        if b.ndim() > 1 { "last but one" } else { "only one" }
    )
}

fn matmul(op: &str, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if !records(&[a, b]) {
        return product(op, a, b);
    }
    let result = unrecorded(|| product(op, a, b))?;
    Ok(formulas::matmul::recorded(op, result, a, b))
}

fn product(op: &str, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    same_type(op, a, b)?;
    match (a.ndim(), b.ndim()) {
        (0, _) | (_, 0) => Err(shape_error!(
            "{op}: shapes {} and {}: both need at least one dimension; use * for numbers",
            a.size(),
            b.size()
        )),
        (1, 1) => dot(op, a, b),
        (_, 1) => {
            if a.layout.shape[a.ndim() - 1] != b.layout.shape[0] {
                return Err(inner_mismatch(op, a, b));
            }
            batched(op, a, &b.unsqueeze(1))?.try_squeeze_dim(-1)
        }
        (1, _) => {
            if a.layout.shape[0] != b.layout.shape[b.ndim() - 2] {
                return Err(inner_mismatch(op, a, b));
            }
            batched(op, &a.unsqueeze(0), b)?.try_squeeze_dim(-2)
        }
        _ => batched(op, a, b),
    }
}

fn dot(op: &str, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.numel() != b.numel() {
        return Err(shape_error!("{op}: vectors of {} and {} elements have no dot product", a.numel(), b.numel()));
    }
    let value = backend_of(op, &[a, b])?.dot(a.elements(), b.elements());
    Ok(Tensor::from_storage(value, Layout::contiguous(DimVec::new())))
}

fn ranks(op: &str, a: &Tensor, b: &Tensor, wanted: (usize, usize)) -> Result<()> {
    if (a.ndim(), b.ndim()) != wanted {
        return Err(shape_error!(
            "{op}: needs tensors of rank {} and {}, not shapes {} and {}; matmul takes all ranks",
            wanted.0,
            wanted.1,
            a.size(),
            b.size()
        ));
    }
    Ok(())
}

fn bmm(x: &Tensor, other: &Tensor) -> Result<Tensor> {
    ranks("bmm", x, other, (3, 3))?;
    if x.layout.shape[0] != other.layout.shape[0] {
        return Err(shape_error!(
            "bmm: shapes {} and {} are stacks of different height; matmul broadcasts",
            x.size(),
            other.size()
        ));
    }
    matmul("bmm", x, other)
}

impl Tensor {
    fallible! {
        /// The matrix product, PyTorch's `@`.
        ///
        /// | shapes | result | |
        /// |---|---|---|
        /// | `[k]`, `[k]` | `[]` | dot product |
        /// | `[m, k]`, `[k, n]` | `[m, n]` | matrix product |
        /// | `[k]`, `[k, n]` | `[n]` | the vector as a row |
        /// | `[m, k]`, `[k]` | `[m]` | the vector as a column |
        /// | `[…, m, k]`, `[…, k, n]` | `[…, m, n]` | stacks of matrices; `…` broadcast |
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[1, 2], [3, 4]];
        /// assert_eq!(x.matmul(&tensor![[1, 0], [1, 1]]).to_vec::<i64>(), [3, 2, 7, 4]);
        /// assert_eq!(x.matmul([1, 1]).to_vec::<i64>(), [3, 7]);
        /// assert_eq!(
        ///     ones([2, 3]).try_matmul(&ones([2, 3])).unwrap_err().to_string(),
        ///     "matmul: shapes [2, 3] and [2, 3] do not fit: the last dimension of the first is 3, the last but one of \
        ///      the second is 2"
        /// );
        /// ```
        #[doc(alias = "matvec")]
        pub fn matmul | try_matmul<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            matmul("matmul", self, other)
        }

        /// The product of two matrices.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([2, 3]).mm(&ones([3, 4])).size(), [2, 4]);
        /// ```
        pub fn mm | try_mm<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            ranks("mm", self, other, (2, 2))?;
            matmul("mm", self, other)
        }

        /// The products of two stacks of matrices, one by one.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([5, 2, 3]).bmm(&ones([5, 3, 4])).size(), [5, 2, 4]);
        /// ```
        pub fn bmm | try_bmm<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            bmm(self, other)
        }

        /// The product of a matrix and a vector.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].mv(&tensor![1, 1]).to_vec::<i64>(), [3, 7]);
        /// ```
        pub fn mv | try_mv<'a>(&self, vector: impl IntoOperand<'a>) -> Tensor {
            let vector = &*vector.into_operand().beside(self)?;
            ranks("mv", self, vector, (2, 1))?;
            matmul("mv", self, vector)
        }

        /// The sum of the products of two vectors.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].dot(&tensor![3, 4]).item::<i64>(), 11);
        /// ```
        pub fn dot | try_dot<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            ranks("dot", self, other, (1, 1))?;
            matmul("dot", self, other)
        }

        /// Every element of one vector times every element of another.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].outer(&tensor![3, 4]).to_vec::<i64>(), [3, 4, 6, 8]);
        /// ```
        pub fn outer | try_outer<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            ranks("outer", self, other, (1, 1))?;
            self.unsqueeze(1).try_mul(other.unsqueeze(0))
        }
    }
}
