//! Systems of equations whose matrix is a triangle.

use super::{sides, spread, square, turned};
use crate::autograd::formulas;
use crate::autograd::record::records;
use crate::backend::backend_of;
use crate::error::{Result, fallible, shape_error};
use crate::layout::Layout;
use crate::linalg::matmul::same_type;
use crate::op::Triangle;
use crate::operand::IntoOperand;
use crate::tensor::Tensor;

/// The options of [`triangular_solve_with`](Tensor::triangular_solve_with).
#[derive(Clone, Copy, Debug)]
#[must_use = "options do nothing by themselves"]
pub struct Triangular {
    upper: bool,
    transpose: bool,
    unitriangular: bool,
    left: bool,
}

impl Default for Triangular {
    fn default() -> Triangular {
        Triangular { upper: true, transpose: false, unitriangular: false, left: true }
    }
}

impl Triangular {
    /// The defaults.
    pub fn new() -> Triangular {
        Triangular::default()
    }

    /// Whether the upper triangle of the matrix is read, as by default, or the lower one.
    pub fn upper(mut self, upper: bool) -> Triangular {
        self.upper = upper;
        self
    }

    /// Whether the matrix is transposed first.
    pub fn transpose(mut self, transpose: bool) -> Triangular {
        self.transpose = transpose;
        self
    }

    /// Whether there are ones on the diagonal, whatever the matrix has there.
    pub fn unitriangular(mut self, unitriangular: bool) -> Triangular {
        self.unitriangular = unitriangular;
        self
    }

    /// Whether the matrix stands on the left of the solution, as by default, or on the right.
    pub fn left(mut self, left: bool) -> Triangular {
        self.left = left;
        self
    }
}

/// The solution of `a x = b` for stacks of as many triangles as there are matrices `b`.
pub(crate) fn solved(op: &str, triangle: Triangle, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let [a, b] = spread(op, a, b)?;
    let stored = backend_of(op, &[&a, &b])?.solve_triangle(triangle, a.elements(), b.elements());
    let x = Tensor::from_storage(stored, Layout::contiguous(b.layout.shape.clone()));
    if !records(&[&a, &b]) {
        return Ok(x);
    }
    Ok(formulas::solve::triangle_solved(x, triangle, &a, &b))
}

fn solve(op: &str, a: &Tensor, b: &Tensor, options: Triangular) -> Result<Tensor> {
    let n = square(op, a)?;
    let (rows, columns) = sides(op, b)?;
    same_type(op, a, b)?;
    if n != if options.left { rows } else { columns } {
        return Err(shape_error!(
            "{op}: a triangle of shape {} and a right-hand side of shape {} do not fit: their numbers of {} differ",
            a.size(),
            b.size(),
            if options.left { "rows" } else { "columns" }
        ));
    }
    let triangle = Triangle::of(options.upper, options.unitriangular);
    // `x a = b` is `aᵀ xᵀ = bᵀ`.
    let is_turned = options.transpose == options.left;
    let (a, triangle) = if is_turned { (turned(a), triangle.turned()) } else { (a.alias(), triangle) };
    if options.left { solved(op, triangle, &a, b) } else { Ok(turned(&solved(op, triangle, &a, &turned(b))?)) }
}

fn pair(op: &str, b: &Tensor, a: &Tensor, options: Triangular) -> Result<(Tensor, Tensor)> {
    Ok((solve(op, a, b, options)?, a.clone()))
}

impl Tensor {
    fallible! {
        /// The solution `x` of `a x = b`, where this tensor is `b`, `[…, n, k]`, and only the upper triangle of `a`, `[…, n, n]`,
        /// is read; and a copy of `a`. Stacks broadcast. A zero on the diagonal makes infinities and NaN, not an error.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let a = tensor![[2.0, 1.0], [0.0, 4.0]];
        /// let (x, _) = tensor![[4.0], [8.0]].triangular_solve(&a);
        /// assert_eq!(x.to_vec::<f32>(), [1.0, 2.0]);
        /// ```
        pub fn triangular_solve | try_triangular_solve<'a>(&self, a: impl IntoOperand<'a>) -> (Tensor, Tensor) {
            let a = &*a.into_operand().beside(self)?;
            pair("triangular_solve", self, a, Triangular::new())
        }

        /// [`triangular_solve`](Tensor::triangular_solve) with options: a lower triangle, transposed, with ones on its diagonal,
        /// or on the right of the solution, as in `x a = b`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let a = tensor![[2.0, 0.0], [1.0, 4.0]];
        /// let (x, _) = tensor![[4.0], [9.0]].triangular_solve_with(&a, Triangular::new().upper(false));
        /// assert_eq!(x.to_vec::<f32>(), [2.0, 1.75]);
        /// let (y, _) = tensor![[4.0, 8.0]].triangular_solve_with(&a, Triangular::new().upper(false).left(false));
        /// assert_eq!(y.matmul(&a).to_vec::<f32>(), [4.0, 8.0]);
        /// ```
        #[doc(alias = "solve_triangular")]
        pub fn triangular_solve_with | try_triangular_solve_with<'a>(&self, a: impl IntoOperand<'a>, options: Triangular) -> (Tensor, Tensor) {
            let a = &*a.into_operand().beside(self)?;
            pair("triangular_solve_with", self, a, options)
        }
    }
}
