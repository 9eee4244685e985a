//! Triangles and diagonals of matrices.

use crate::autograd::record::{linear, placed, record_linear, records};
use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, shape_error};
use crate::layout::Layout;
use crate::op::TriangleOp;
use crate::ops::twin::twins;
use crate::size::Size;
use crate::tensor::Tensor;

/// A copy with zeros outside a triangle.
fn triangle(op: &str, x: &Tensor, kept: TriangleOp) -> Result<Tensor> {
    if x.ndim() < 2 {
        return Err(shape_error!("{op}: needs a matrix or a stack of them, not shape {}", x.size()));
    }
    Ok(Tensor::from_storage(x.backend().triangle(kept, x.elements()), Layout::contiguous(x.layout.shape.clone())))
}

/// A linear function of one tensor, and the function that it applies to a gradient.
fn linear_by(
    result: Tensor,
    x: &Tensor,
    name: &'static str,
    transposed: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
) -> Tensor {
    if !records(&[x]) {
        return result;
    }
    record_linear(result, name, &[x], move |pass, gradient| {
        pass.give(0, || transposed(&gradient));
        Ok(())
    })
}

twins! {
    tril tril_ try_tril_: () = try_tril;
    triu triu_ try_triu_: () = try_triu;
    tril_diagonal tril_diagonal_ try_tril_diagonal_: (diagonal: i64) = try_tril_diagonal;
    triu_diagonal triu_diagonal_ try_triu_diagonal_: (diagonal: i64) = try_triu_diagonal;
}

impl Tensor {
    fallible! {
        /// A matrix with zeros above the diagonal.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([2, 2]).tril().to_vec::<f32>(), [1.0, 0.0, 1.0, 1.0]);
        /// ```
        pub fn tril | try_tril(&self) -> Tensor {
            let result = triangle("tril", self, TriangleOp::Lower(0))?;
            Ok(linear(result, self, "TrilBackward0", Tensor::tril))
        }

        /// A matrix with zeros below the diagonal.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([2, 2]).triu().to_vec::<f32>(), [1.0, 1.0, 0.0, 1.0]);
        /// ```
        pub fn triu | try_triu(&self) -> Tensor {
            let result = triangle("triu", self, TriangleOp::Upper(0))?;
            Ok(linear(result, self, "TriuBackward0", Tensor::triu))
        }

        /// [`tril`](Tensor::tril) up to another diagonal: above the main one, or below with a negative number.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([2, 2]).tril_diagonal(-1).to_vec::<f32>(), [0.0, 0.0, 1.0, 0.0]);
        /// ```
        pub fn tril_diagonal | try_tril_diagonal(&self, diagonal: i64) -> Tensor {
            let result = triangle("tril_diagonal", self, TriangleOp::Lower(diagonal))?;
            Ok(linear_by(result, self, "TrilBackward0", move |gradient| gradient.tril_diagonal(diagonal)))
        }

        /// [`triu`](Tensor::triu) from another diagonal on.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([2, 2]).triu_diagonal(1).to_vec::<f32>(), [0.0, 1.0, 0.0, 0.0]);
        /// ```
        pub fn triu_diagonal | try_triu_diagonal(&self, diagonal: i64) -> Tensor {
            let result = triangle("triu_diagonal", self, TriangleOp::Upper(diagonal))?;
            Ok(linear_by(result, self, "TriuBackward0", move |gradient| gradient.triu_diagonal(diagonal)))
        }

        /// The diagonal of a matrix, as a view; or the matrix with a vector as its diagonal.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].diag().to_vec::<i64>(), [1, 4]);
        /// assert_eq!(tensor![1, 4].diag().to_vec::<i64>(), [1, 0, 0, 4]);
        /// ```
        pub fn diag | try_diag(&self) -> Tensor {
            match *self.layout.shape {
                [rows, columns] => {
                    let stride = self.layout.strides[0] + self.layout.strides[1];
                    let layout = Layout {
                        shape: DimVec::from_slice(&[rows.min(columns)]),
                        strides: DimVec::from_slice(&[stride]),
                        offset: self.layout.offset,
                    };
                    Ok(self.part_of(layout, "DiagonalBackward0", Tensor::diag))
                }
                [length] => {
                    let shape = DimVec::from_slice(&[length, length]);
                    crate::size::checked_numel("diag", &shape)?;
                    Ok(placed(self, Size(shape), Tensor::diag))
                }
                _ => Err(shape_error!("diag: needs a matrix or a vector, not shape {}", self.size())),
            }
        }
    }
}
