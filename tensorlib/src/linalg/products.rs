//! Products of matrices added to something, and products with other rules.

use crate::error::{Result, fallible, shape_error};
use crate::layout::{broadcast, dimension};
use crate::operand::{IntoOperand, Operand};
use crate::ops::twin::twins;
use crate::scalar::Scalar;
use crate::shape::IntoTensors;
use crate::size::IntoInts;
use crate::tensor::Tensor;

/// The product of `addmm` and related methods.
type Product = fn(&Tensor, &Tensor) -> Result<Tensor>;

/// beta · x + alpha · product. With a beta of 0, x does not count, not even NaN.
fn added(
    op: &str,
    x: &Tensor,
    product: Product,
    a: Operand,
    b: Operand,
    beta: Scalar,
    alpha: Scalar,
) -> Result<Tensor> {
    let (a, b) = (a.to_tensor(x.dtype())?, b.to_tensor(x.dtype())?);
    let product = product(&a, &b)?;
    let shape = broadcast(op, &x.layout.shape, &product.layout.shape)?;
    if shape != product.layout.shape {
        return Err(shape_error!(
            "{op}: a tensor of shape {} does not fit a product of shape {}",
            x.size(),
            product.size()
        ));
    }
    let is_one = |number: Scalar| number.to_f64() == 1.0;
    let product = if is_one(alpha) { product } else { product.try_mul(alpha)? };
    match beta.to_f64() {
        0.0 => Ok(product),
        1.0 => x.try_add(product),
        _ => x.try_mul(beta)?.try_add(product),
    }
}

macro_rules! added {
    ($($(#[$doc:meta])* $name:ident $try_name:ident $scaled:ident $try_scaled:ident: $a:ident, $b:ident, $product:expr;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name | $try_name<'a>(&self, $a: impl IntoOperand<'a>, $b: impl IntoOperand<'a>) -> Tensor {
                let one = Scalar::Int(1);
                added(stringify!($name), self, $product, $a.into_operand(), $b.into_operand(), one, one)
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") with this tensor times `beta` and the product times `alpha`.")]
            pub fn $scaled | $try_scaled<'a>(&self, $a: impl IntoOperand<'a>, $b: impl IntoOperand<'a>, beta: impl Into<Scalar>, alpha: impl Into<Scalar>) -> Tensor {
                added(stringify!($scaled), self, $product, $a.into_operand(), $b.into_operand(), beta.into(), alpha.into())
            }
        )* } }
    };
}

added! {
    /// This tensor plus the product of two matrices.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let (a, b) = (ones([2, 3]), ones([3, 2]));
    /// assert_eq!(tensor![1.0, 2.0].addmm(&a, &b).to_vec::<f32>(), [4.0, 5.0, 4.0, 5.0]);
    /// assert_eq!(tensor![1.0, 2.0].addmm_scaled(&a, &b, 10.0, 1.0).to_vec::<f32>(), [13.0, 23.0, 13.0, 23.0]);
    /// ```
    addmm try_addmm addmm_scaled try_addmm_scaled: a, b, |a, b| a.try_mm(b);
    /// This tensor plus the product of a matrix and a vector.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0].addmv(&ones([2, 3]), &ones([3])).to_vec::<f32>(), [4.0, 4.0]);
    /// ```
    addmv try_addmv addmv_scaled try_addmv_scaled: matrix, vector, |a, b| a.try_mv(b);
    /// This tensor plus the outer product of two vectors.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1].addr([1, 2], [3, 4]).to_vec::<i64>(), [4, 5, 7, 9]);
    /// ```
    addr try_addr addr_scaled try_addr_scaled: a, b, |a, b| a.try_outer(b);
    /// This tensor plus the products of two stacks of matrices, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([5, 2, 4]).baddbmm(&ones([5, 2, 3]), &ones([5, 3, 4])).size(), [5, 2, 4]);
    /// ```
    baddbmm try_baddbmm baddbmm_scaled try_baddbmm_scaled: a, b, |a, b| a.try_bmm(b);
    /// This tensor plus the sum of the products of two stacks of matrices.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2, 2]).addbmm(&ones([5, 2, 3]), &ones([5, 3, 2])).to_vec::<f32>(), [15.0; 4]);
    /// ```
    addbmm try_addbmm addbmm_scaled try_addbmm_scaled: a, b, |a, b| a.try_bmm(b)?.try_sum_dim(0);
}

twins! {
    addmm addmm_ try_addmm_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) = try_addmm;
    addmm_scaled addmm_scaled_ try_addmm_scaled_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>, beta: impl Into<Scalar>, alpha: impl Into<Scalar>) = try_addmm_scaled;
    addmv addmv_ try_addmv_: <'a>(matrix: impl IntoOperand<'a>, vector: impl IntoOperand<'a>) = try_addmv;
    addmv_scaled addmv_scaled_ try_addmv_scaled_: <'a>(matrix: impl IntoOperand<'a>, vector: impl IntoOperand<'a>, beta: impl Into<Scalar>, alpha: impl Into<Scalar>) = try_addmv_scaled;
    addr addr_ try_addr_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) = try_addr;
    addr_scaled addr_scaled_ try_addr_scaled_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>, beta: impl Into<Scalar>, alpha: impl Into<Scalar>) = try_addr_scaled;
    baddbmm baddbmm_ try_baddbmm_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) = try_baddbmm;
    baddbmm_scaled baddbmm_scaled_ try_baddbmm_scaled_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>, beta: impl Into<Scalar>, alpha: impl Into<Scalar>) = try_baddbmm_scaled;
    addbmm addbmm_ try_addbmm_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) = try_addbmm;
    addbmm_scaled addbmm_scaled_ try_addbmm_scaled_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>, beta: impl Into<Scalar>, alpha: impl Into<Scalar>) = try_addbmm_scaled;
}

/// Sums over pairs of dimensions.
fn contracted(op: &str, a: &Tensor, b: &Tensor, of_a: &[i64], of_b: &[i64]) -> Result<Tensor> {
    let places = |x: &Tensor, dims: &[i64]| -> Result<Vec<usize>> {
        dims.iter().map(|&dim| dimension(op, dim, x.ndim())).collect()
    };
    let (of_a, of_b) = (places(a, of_a)?, places(b, of_b)?);
    if of_a.len() != of_b.len() || of_a.iter().zip(&of_b).any(|(&i, &j)| a.layout.shape[i] != b.layout.shape[j]) {
        return Err(shape_error!(
            "{op}: dimensions {of_a:?} of shape {} and {of_b:?} of shape {} have no products; their lengths must be the same",
            a.size(),
            b.size()
        ));
    }
    let rest = |x: &Tensor, dims: &[usize]| -> Vec<usize> { (0..x.ndim()).filter(|dim| !dims.contains(dim)).collect() };
    let (rest_a, rest_b) = (rest(a, &of_a), rest(b, &of_b));
    let lengths = |x: &Tensor, dims: &[usize]| -> Vec<usize> { dims.iter().map(|&dim| x.layout.shape[dim]).collect() };
    let numel = |x: &Tensor, dims: &[usize]| lengths(x, dims).iter().product::<usize>();
    let inner = numel(a, &of_a);
    let left = a.try_permute([rest_a.clone(), of_a].concat())?.try_reshape([numel(a, &rest_a), inner])?;
    let right = b.try_permute([of_b, rest_b.clone()].concat())?.try_reshape([inner, numel(b, &rest_b)])?;
    left.try_mm(right)?.try_reshape([lengths(a, &rest_a), lengths(b, &rest_b)].concat())
}

fn kron(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let rank = a.ndim().max(b.ndim());
    // Every dimension of the one beside that of the other: [a, 1] times [1, b].
    let spread = |x: &Tensor, first: bool| -> Result<Tensor> {
        let shape: Vec<usize> = (0..rank)
            .flat_map(|dim| {
                let length = if dim + x.ndim() >= rank { x.layout.shape[dim + x.ndim() - rank] } else { 1 };
                if first { [length, 1] } else { [1, length] }
            })
            .collect();
        x.try_reshape(shape)
    };
    let product = spread(a, true)?.try_mul(spread(b, false)?)?;
    let shape: Vec<usize> = product.layout.shape.chunks(2).map(|pair| pair[0] * pair[1]).collect();
    product.try_reshape(shape)
}

impl Tensor {
    fallible! {
        /// The sums of the products along the last dimensions: of vectors the [`dot`](Tensor::dot) product.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].inner([[1, 0], [1, 1]]).to_vec::<i64>(), [1, 3, 3, 7]);
        /// ```
        pub fn inner | try_inner<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            match (self.ndim(), other.ndim()) {
                (0, _) | (_, 0) => self.try_mul(other),
                _ => contracted("inner", self, other, &[-1], &[-1]),
            }
        }

        /// The sum of the products of two vectors; of real numbers the same as [`dot`](Tensor::dot).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].vdot([3, 4]).item::<i64>(), 11);
        /// ```
        pub fn vdot | try_vdot<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            self.try_dot(other)
        }

        /// Kronecker's product: every element times the whole other tensor, as blocks.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2]].kron([[1], [10]]).to_vec::<i64>(), [1, 2, 10, 20]);
        /// ```
        pub fn kron | try_kron<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            kron(self, other)
        }
    }
}

fallible! {
    /// The sums of products over the last `dims` dimensions of the first and the first `dims` of the second.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensordot(&ones([2, 3, 4]), &ones([3, 4, 5]), 2).size(), [2, 5]);
    /// ```
    pub fn tensordot | try_tensordot(a: &Tensor, b: &Tensor, dims: usize) -> Tensor {
        if dims > a.ndim().min(b.ndim()) {
            return Err(shape_error!("tensordot: shapes {} and {} have no {dims} dimensions each", a.size(), b.size()));
        }
        let first: Vec<i64> = (a.ndim() - dims..a.ndim()).map(|dim| dim as i64).collect();
        let second: Vec<i64> = (0..dims as i64).collect();
        contracted("tensordot", a, b, &first, &second)
    }

    /// The sums of products over dimensions of the first and as many of the second.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensordot_dims(&ones([2, 3, 4]), &ones([4, 5, 3]), [1, 2], [2, 0]).size(), [2, 5]);
    /// ```
    pub fn tensordot_dims | try_tensordot_dims(a: &Tensor, b: &Tensor, dims_a: impl IntoInts, dims_b: impl IntoInts) -> Tensor {
        contracted("tensordot_dims", a, b, &dims_a.into_ints(), &dims_b.into_ints())
    }

    /// Matrices along the diagonal of a larger one, zeros elsewhere. A vector is one row.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(block_diag([tensor![[1, 2]], tensor![[3]]]).to_vec::<i64>(), [1, 2, 0, 0, 0, 3]);
    /// ```
    pub fn block_diag | try_block_diag(tensors: impl IntoTensors) -> Tensor {
        let tensors = tensors.into_tensors();
        if let Some(wrong) = tensors.iter().find(|x| x.ndim() > 2) {
            return Err(shape_error!("block_diag: blocks are matrices, not of shape {}", wrong.size()));
        }
        let blocks: Vec<Tensor> = tensors
            .iter()
            .map(|x| match *x.layout.shape {
                [] => x.try_reshape([1, 1]),
                [length] => x.try_reshape([1, length]),
                _ => Ok(x.alias()),
            })
            .collect::<Result<_>>()?;
        let width: usize = blocks.iter().map(|block| block.layout.shape[1]).sum();
        let mut before = 0;
        let rows: Vec<Tensor> = blocks
            .iter()
            .map(|block| {
                let (height, own) = (block.layout.shape[0], block.layout.shape[1]);
                let empty = |columns: usize| crate::create::try_zeros([height, columns]).map(|zeros| zeros.to(block.dtype()));
                let row = crate::shape::try_cat_dim([empty(before)?, block.alias(), empty(width - before - own)?], 1);
                before += own;
                row
            })
            .collect::<Result<_>>()?;
        if rows.is_empty() { crate::create::try_zeros([1, 0]) } else { crate::shape::try_cat(rows) }
    }

    /// The product of several matrices, in the order of multiplications that takes the fewest.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(chain_matmul([ones([2, 3]), ones([3, 4]), ones([4, 5])]).size(), [2, 5]);
    /// ```
    #[doc(alias = "multi_dot")]
    pub fn chain_matmul | try_chain_matmul(matrices: impl IntoTensors) -> Tensor {
        let matrices = matrices.into_tensors();
        if matrices.is_empty() || matrices.iter().any(|x| x.ndim() != 2) {
            return Err(shape_error!("chain_matmul: give one matrix or more, each of two dimensions"));
        }
        // The sides of the matrices; those in the middle belong to two.
        let sides: Vec<u64> = [matrices[0].layout.shape[0] as u64]
            .into_iter()
            .chain(matrices.iter().map(|x| x.layout.shape[1] as u64))
            .collect();
        multiplied(&matrices, &cheapest(&sides), 0, matrices.len() - 1)
    }
}

/// For each stretch of matrices, from the first to the last, where it is best cut in two.
fn cheapest(sides: &[u64]) -> Vec<Vec<usize>> {
    let count = sides.len() - 1;
    let (mut costs, mut cuts) = (vec![vec![0u64; count]; count], vec![vec![0; count]; count]);
    for length in 1..count {
        for first in 0..count - length {
            let last = first + length;
            let cost = |cut: usize| {
                let product = sides[first].saturating_mul(sides[cut + 1]).saturating_mul(sides[last + 1]);
                costs[first][cut].saturating_add(costs[cut + 1][last]).saturating_add(product)
            };
            let best = (first..last).min_by_key(|&cut| cost(cut)).unwrap_or(first);
            (costs[first][last], cuts[first][last]) = (cost(best), best);
        }
    }
    cuts
}

fn multiplied(matrices: &[Tensor], cuts: &[Vec<usize>], first: usize, last: usize) -> Result<Tensor> {
    if first == last {
        return Ok(matrices[first].alias());
    }
    let cut = cuts[first][last];
    multiplied(matrices, cuts, first, cut)?.try_mm(multiplied(matrices, cuts, cut + 1, last)?)
}
