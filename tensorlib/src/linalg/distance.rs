//! Distances and angles between vectors, and what is made of lengths.

use crate::autograd::record::{Saved, record, records};
use crate::backend::backend_of;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error, value_error};
use crate::layout::{Layout, broadcast, dimension};
use crate::operand::IntoOperand;
use crate::ops::twin::twins;
use crate::ops::{try_where_cond, where_cond};
use crate::scalar::Scalar;
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// The distances of rows of two matrices, as values.
fn pairs(a: &Tensor, b: &Tensor, p: f64) -> Result<Tensor> {
    let shape = [a.layout.shape[0], b.layout.shape[0]].into_iter().collect();
    let values = backend_of("cdist", &[a, b])?.distances(p, a.elements(), b.elements());
    Ok(Tensor::from_storage(values, Layout::contiguous(shape)))
}

fn distances(op: &str, a: &Tensor, b: &Tensor, p: f64) -> Result<Tensor> {
    if !a.dtype().is_floating_point() || a.dtype() != b.dtype() {
        return Err(dtype_error!(
            "{op}: needs two tensors of one floating-point type, not {} and {}",
            a.dtype(),
            b.dtype()
        ));
    }
    if p < 0.0 {
        return Err(value_error!("{op}: an order is 0 or more, not {p}"));
    }
    let (rank_a, rank_b) = (a.ndim(), b.ndim());
    if rank_a < 2 || rank_b < 2 || a.layout.shape[rank_a - 1] != b.layout.shape[rank_b - 1] {
        return Err(shape_error!("{op}: shapes {} and {} are no matrices with rows of one length", a.size(), b.size()));
    }
    let batch = broadcast(op, &a.layout.shape[..rank_a - 2], &b.layout.shape[..rank_b - 2])?;
    let (rows, columns) = (a.layout.shape[rank_a - 2], b.layout.shape[rank_b - 2]);
    let width = a.layout.shape[rank_a - 1];
    let shape = [&batch[..], &[rows, columns]].concat();
    let count: usize = batch.iter().product();
    checked_numel(op, &shape)?;
    // Any p but 2: of the differences themselves, whose gradients are known.
    if records(&[a, b]) && p != 2.0 {
        return a.try_unsqueeze(-2)?.try_sub(b.try_unsqueeze(-3)?)?.try_norm_p_dim(p, -1);
    }
    let spread = |x: &Tensor, length: usize| -> Result<Tensor> {
        x.values().try_expand([&batch[..], &[length, width]].concat())?.try_reshape([count, length, width])
    };
    let (of_a, of_b) = (spread(a, rows)?, spread(b, columns)?);
    let each: Vec<Tensor> = (0..count as i64)
        .map(|at| pairs(&of_a.try_select(0, at)?, &of_b.try_select(0, at)?, p))
        .collect::<Result<_>>()?;
    let result = match &each[..] {
        [] => crate::create::zeros_like(&of_a).try_resize_(&shape)?,
        [one] => one.try_reshape(&shape)?,
        all => crate::shape::try_stack(all)?.try_reshape(&shape)?,
    };
    if !records(&[a, b]) {
        return Ok(result);
    }
    let kept = [Saved::operand(a), Saved::operand(b), Saved::result(&result)];
    Ok(record(result, "CdistBackward0", &[a, b], move |pass, gradient| {
        let [a, b, distances] = [pass.get(&kept[0])?, pass.get(&kept[1])?, pass.get(&kept[2])?];
        // A distance of zero has no direction.
        let weights = where_cond(distances.eq(0.0), 0.0, &gradient / distances.masked_fill(distances.eq(0.0), 1.0));
        pass.give(0, || &a * weights.sum_keepdim(-1) - weights.matmul(&b));
        pass.give(1, || {
            let turned = weights.transpose(-2, -1);
            &b * turned.sum_keepdim(-1) - turned.matmul(&a)
        });
        Ok(())
    }))
}

fallible! {
    /// The Euclidean distances between all rows of one matrix and all rows of another; stacks of matrices broadcast.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(cdist(&tensor![[0.0, 0.0]], &tensor![[3.0, 4.0], [0.0, 1.0]]).to_vec::<f32>(), [5.0, 1.0]);
    /// ```
    pub fn cdist | try_cdist(a: &Tensor, b: &Tensor) -> Tensor {
        distances("cdist", a, b, 2.0)
    }

    /// [`cdist`] by another norm.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(cdist_p(&tensor![[0.0, 0.0]], &tensor![[3.0, 4.0]], 1.0).to_vec::<f32>(), [7.0]);
    /// ```
    pub fn cdist_p | try_cdist_p(a: &Tensor, b: &Tensor, p: f64) -> Tensor {
        distances("cdist_p", a, b, p)
    }
}

fn renorm(x: &Tensor, p: f64, dim: i64, maxnorm: f64) -> Result<Tensor> {
    let place = dimension("renorm", dim, x.ndim())?;
    if x.ndim() < 2 {
        return Err(shape_error!("renorm: needs two dimensions or more, not shape {}", x.size()));
    }
    let others: Vec<i64> = (0..x.ndim()).filter(|&other| other != place).map(|other| other as i64).collect();
    let norms = x.try_norm_p_keepdim(p, &others)?;
    // A little less than what would be exact, as in PyTorch: it never divides by 0.
    let factors = try_where_cond(norms.gt(maxnorm), maxnorm / (&norms + 1e-7), 1.0)?;
    x.try_mul(factors.to_dtype(x.dtype()))
}

fn cov(op: &str, x: &Tensor, correction: f64) -> Result<Tensor> {
    if x.ndim() > 2 {
        return Err(shape_error!("{op}: needs one row for each variable, not shape {}", x.size()));
    }
    if x.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: not defined for bool; convert it with to()"));
    }
    let x = x.to_dtype(x.dtype().to_floating());
    let rows = if x.ndim() < 2 { x.try_reshape([1, -1])? } else { x };
    let distances = rows.try_sub(rows.try_mean_keepdim(1)?)?;
    let divisor = (rows.layout.shape[1] as f64 - correction).max(0.0);
    Ok((distances.try_matmul(distances.t())? / divisor).squeeze())
}

fn corrcoef(x: &Tensor) -> Result<Tensor> {
    let cov = cov("corrcoef", x, 1.0)?;
    if cov.ndim() == 0 {
        return cov.try_div(&cov);
    }
    let deviations = cov.try_diagonal()?.sqrt();
    let quotient = cov.try_div(deviations.try_unsqueeze(1)?)?.try_div(deviations.try_unsqueeze(0)?)?;
    quotient.try_clamp(-1.0, 1.0)
}

fn cross(op: &str, a: &Tensor, b: &Tensor, dim: Option<i64>) -> Result<Tensor> {
    let shape = broadcast(op, &a.layout.shape, &b.layout.shape)?;
    let place = match dim {
        Some(dim) => dimension(op, dim, shape.len())?,
        None => shape.iter().position(|&length| length == 3).unwrap_or(shape.len()),
    };
    if shape.get(place) != Some(&3) {
        return Err(shape_error!(
            "{op}: vectors have 3 elements, but shapes {} and {} have no such dimension there",
            a.size(),
            b.size()
        ));
    }
    let (a, b, dim) = (a.try_expand(&shape[..])?, b.try_expand(&shape[..])?, place as i64);
    let turned = |x: &Tensor, by: i64| x.try_roll_dim(-by, dim);
    let (first, second) = (turned(&a, 1)?.try_mul(turned(&b, 2)?)?, turned(&a, 2)?.try_mul(turned(&b, 1)?)?);
    first.try_sub(&second)
}

impl Tensor {
    fallible! {
        /// The Euclidean length of the difference of two tensors, which broadcast.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, 2.0].dist([4.0, 6.0]).item::<f32>(), 5.0);
        /// ```
        pub fn dist | try_dist<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            self.try_sub(other)?.try_norm()
        }

        /// [`dist`](Tensor::dist) by another norm.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, 2.0].dist_p([4.0, 6.0], 1).item::<f32>(), 7.0);
        /// ```
        pub fn dist_p | try_dist_p<'a>(&self, other: impl IntoOperand<'a>, p: impl Into<Scalar>) -> Tensor {
            self.try_sub(other)?.try_norm_p(p)
        }

        /// The parts along `dim`, those whose `p`-norm is more than `maxnorm` shortened to it.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[3.0, 4.0], [0.5, 0.0]].renorm(2, 0, 1.0).allclose([[0.6, 0.8], [0.5, 0.0]]));
        /// ```
        pub fn renorm | try_renorm(&self, p: impl Into<Scalar>, dim: i64, maxnorm: impl Into<Scalar>) -> Tensor {
            renorm(self, p.into().to_f64(), dim, maxnorm.into().to_f64())
        }

        /// The covariances of the rows, each of which holds the observations of one variable.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1.0, 3.0], [5.0, 1.0]].cov().to_vec::<f32>(), [2.0, -4.0, -4.0, 8.0]);
        /// ```
        pub fn cov | try_cov(&self) -> Tensor {
            cov("cov", self, 1.0)
        }

        /// [`cov`](Tensor::cov) divided by the number of observations minus `correction`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, 3.0].cov_correction(0).item::<f32>(), 1.0);
        /// ```
        pub fn cov_correction | try_cov_correction(&self, correction: impl Into<Scalar>) -> Tensor {
            cov("cov_correction", self, correction.into().to_f64())
        }

        /// The correlations of the rows: [`cov`](Tensor::cov) over their standard deviations.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[1.0, 3.0], [5.0, 1.0]].corrcoef().allclose([[1.0, -1.0], [-1.0, 1.0]]));
        /// ```
        pub fn corrcoef | try_corrcoef(&self) -> Tensor {
            corrcoef(self)
        }

        /// The vector product along the first dimension of length 3. For another see [`cross_dim`](Tensor::cross_dim).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 0, 0].cross([0, 1, 0]).to_vec::<i64>(), [0, 0, 1]);
        /// ```
        pub fn cross | try_cross<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            cross("cross", self, other, None)
        }

        /// The vector product along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([3, 3]).cross_dim(&ones([3, 3]), 1).to_vec::<f32>(), [0.0; 9]);
        /// ```
        pub fn cross_dim | try_cross_dim<'a>(&self, other: impl IntoOperand<'a>, dim: i64) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            cross("cross_dim", self, other, Some(dim))
        }

        /// The vectors along a dimension with length 1: PyTorch's `F.normalize(x, dim=…)`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[3.0, 4.0]].normalize(1).allclose([[0.6, 0.8]]));
        /// ```
        pub fn normalize | try_normalize(&self, dim: i64) -> Tensor {
            self.try_normalize_p(2, dim)
        }

        /// [`normalize`](Tensor::normalize) by another norm.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1.0, 3.0]].normalize_p(1, 1).to_vec::<f32>(), [0.25, 0.75]);
        /// ```
        pub fn normalize_p | try_normalize_p(&self, p: impl Into<Scalar>, dim: i64) -> Tensor {
            self.try_div(self.try_norm_p_keepdim(p, dim)?.try_clamp(1e-12, None)?)
        }

        /// The cosines of the angles between vectors along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, 0.0].cosine_similarity([0.0, 2.0], 0).item::<f32>(), 0.0);
        /// ```
        #[doc(alias = "CosineSimilarity")]
        pub fn cosine_similarity | try_cosine_similarity<'a>(&self, other: impl IntoOperand<'a>, dim: i64) -> Tensor {
            let other = &*other.into_operand().beside(self)?;
            let shape = broadcast("cosine_similarity", &self.layout.shape, &other.layout.shape)?;
            let unit = |x: &Tensor| -> Result<Tensor> {
                let x = x.try_expand(&shape[..])?;
                x.try_div(x.try_norm_keepdim(dim)?.try_clamp(1e-8, None)?)
            };
            unit(self)?.try_mul(unit(other)?)?.try_sum_dim(dim)
        }

        /// The distances between vectors along the last dimension. To each coordinate 1e-6 is added, as in PyTorch.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[1.0, 2.0]].pairwise_distance([[4.0, 6.0]]).allclose([5.0]));
        /// ```
        #[doc(alias = "PairwiseDistance")]
        pub fn pairwise_distance | try_pairwise_distance<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            self.try_pairwise_distance_p(other, 2)
        }

        /// [`pairwise_distance`](Tensor::pairwise_distance) by another norm.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[1.0, 2.0]].pairwise_distance_p([[4.0, 6.0]], 1).allclose([7.0]));
        /// ```
        pub fn pairwise_distance_p | try_pairwise_distance_p<'a>(&self, other: impl IntoOperand<'a>, p: impl Into<Scalar>) -> Tensor {
            self.try_sub(other)?.try_add(1e-6)?.try_norm_p_dim(p, -1)
        }
    }
}

twins! {
    renorm renorm_ try_renorm_: (p: impl Into<Scalar>, dim: i64, maxnorm: impl Into<Scalar>) = try_renorm;
}
