//! Triangles and diagonals of matrices.

use crate::autograd::record::{linear, placed};
use crate::error::{Result, fallible, shape_error};
use crate::layout::Layout;
use crate::list::List;
use crate::op::TriangleOp;
use crate::size::Size;
use crate::tensor::Tensor;

/// A copy with zeros outside a triangle.
fn triangle(op: &str, x: &Tensor, kept: TriangleOp) -> Result<Tensor> {
    if x.ndim() < 2 {
        return Err(shape_error!("{op}: needs a matrix or a stack of them, not shape {}", x.size()));
    }
    Ok(Tensor::new(x.backend().triangle(kept, x.elements()), Layout::contiguous(x.layout.shape.clone())))
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
            let result = triangle("tril", self, TriangleOp::Lower)?;
            Ok(linear(result, self, "TrilBackward0", Tensor::tril))
        }

        /// A matrix with zeros below the diagonal.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([2, 2]).triu().to_vec::<f32>(), [1.0, 1.0, 0.0, 1.0]);
        /// ```
        pub fn triu | try_triu(&self) -> Tensor {
            let result = triangle("triu", self, TriangleOp::Upper)?;
            Ok(linear(result, self, "TriuBackward0", Tensor::triu))
        }

        /// The diagonal of a matrix, as a view; or the matrix with a vector as its diagonal.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].diag().to_vec::<i64>(), [1, 4]);
        /// assert_eq!(tensor![1, 4].diag().to_vec::<i64>(), [1, 0, 0, 4]);
        /// ```
        #[doc(alias = "diag_embed")]
        #[doc(alias = "diagflat")]
        #[doc(alias = "diagonal")]
        pub fn diag | try_diag(&self) -> Tensor {
            match *self.layout.shape {
                [rows, columns] => {
                    let stride = self.layout.strides[0] + self.layout.strides[1];
                    let layout = Layout {
                        shape: List::from_slice(&[rows.min(columns)]),
                        strides: List::from_slice(&[stride]),
                        offset: self.layout.offset,
                    };
                    Ok(self.part_of(layout, "DiagonalBackward0", Tensor::diag))
                }
                [length] => {
                    let shape = List::from_slice(&[length, length]);
                    crate::size::checked_numel("diag", &shape)?;
                    Ok(placed(self, Size(shape), Tensor::diag))
                }
                _ => Err(shape_error!("diag: needs a matrix or a vector, not shape {}", self.size())),
            }
        }
    }
}
