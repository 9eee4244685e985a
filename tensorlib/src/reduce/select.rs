//! One element of many by its rank: medians, quantiles, the most frequent value.

use crate::create::{full_like, zeros_like};
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error, value_error};
use crate::layout::{Layout, dimension};
use crate::op::RankOp;
use crate::operand::{IntoOperand, Operand};
use crate::reduce::fold::floating;
use crate::tensor::Tensor;

const LAST: i64 = -1;

/// For each row along a dimension, the element that is chosen, and its position.
fn picked(op: &str, x: &Tensor, dim: i64, keep: bool, rank: RankOp) -> Result<(Tensor, Tensor)> {
    let place = dimension(op, dim, x.ndim())?;
    if x.ndim() == 0 {
        return Ok((x.clone(), crate::create::scalar(0)));
    }
    let mut shape = x.layout.shape.clone();
    let length = std::mem::replace(&mut shape[place], 1);
    if length == 0 || u32::try_from(length).is_err() {
        return Err(shape_error!("{op}: dimension {dim} of shape {} has no elements, or too many", x.size()));
    }
    let places = x.backend().rank(rank, x.elements(), place);
    let places = Tensor::from_storage(places, Layout::contiguous(shape));
    let values = x.try_gather(dim, &places)?;
    if keep {
        return Ok((values, places));
    }
    Ok((values.try_squeeze_dim(dim)?, places.try_squeeze_dim(dim)?))
}

/// The median of all elements, whose gradient is shared among equals.
fn whole(op: &str, x: &Tensor, rank: RankOp) -> Result<Tensor> {
    if x.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: not defined for bool; convert it with to()"));
    }
    let values = x.values();
    if x.numel() == 0 {
        return match x.dtype().is_floating_point() {
            true => Ok(crate::create::scalar(f64::NAN).to_dtype(x.dtype())),
            false => Err(shape_error!("{op}: no elements in shape {} have no median", x.size())),
        };
    }
    let (result, _) = picked(op, &values.ravel(), 0, false, rank)?;
    Ok(super::shared::evenly(result, "MedianBackward0", x))
}

fn kthvalue(op: &str, x: &Tensor, k: usize, dim: i64, keep: bool) -> Result<(Tensor, Tensor)> {
    let place = dimension(op, dim, x.ndim())?;
    let length = x.layout.shape.get(place).copied().unwrap_or(1);
    if k == 0 || k > length {
        return Err(value_error!("{op}: k is {k}, but counts from 1 to {length}, the length of dimension {dim}"));
    }
    picked(op, x, dim, keep, RankOp::At(k - 1))
}

/// Which value is taken between two neighbours: PyTorch's `interpolation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// In proportion to the distance.
    Linear,
    /// The lower.
    Lower,
    /// The higher.
    Higher,
    /// The nearer.
    Nearest,
    /// The mean.
    Midpoint,
}

/// How quantiles are taken.
#[derive(Clone, Copy)]
struct Quantiles {
    dim: Option<i64>,
    keep: bool,
    /// Whether NaN is left out, instead of making the result NaN.
    skips_nan: bool,
    interpolation: Interpolation,
}

fn quantile(op: &str, x: &Tensor, q: Operand, how: Quantiles) -> Result<Tensor> {
    floating(op, x)?;
    let q = q.to_tensor(x.dtype())?;
    if q.ndim() > 1 || q.to_vec::<f64>().iter().any(|q| !(0.0..=1.0).contains(q)) {
        return Err(value_error!("{op}: quantiles are asked for by numbers from 0 to 1, or a list of them"));
    }
    let (rank, flat) = (x.ndim(), how.dim.is_none() || x.ndim() == 0);
    let place = how.dim.map_or(Ok(0), |dim| dimension(op, dim, rank))?;
    let rows = if flat { x.ravel() } else { x.try_transpose(place as i64, -1)? };
    let length = rows.layout.shape[rows.ndim() - 1];
    if length == 0 || x.numel() == 0 {
        return Err(shape_error!("{op}: no elements in shape {} have no quantiles", x.size()));
    }
    let (sorted, order) = rows.values().try_sort()?;
    let count = q.numel();
    let ranks = ranks(&sorted, &q, how);
    let (below, above) = match how.interpolation {
        Interpolation::Lower => (ranks.floor(), None),
        Interpolation::Higher => (ranks.ceil(), None),
        Interpolation::Nearest => (ranks.round(), None),
        _ => (ranks.floor(), Some(ranks.ceil())),
    };
    let at = |ranks: &Tensor| -> Result<Tensor> { rows.try_gather(-1, order.try_gather(-1, ranks.long())?) };
    let mut result = at(&below)?;
    if let Some(above) = above {
        let weight = match how.interpolation {
            Interpolation::Midpoint => full_like(&ranks, 0.5),
            _ => &ranks - &below,
        };
        result = result.try_lerp(at(&above)?, weight)?;
    }
    // The quantiles are last: they become the first dimension, and go when only one was asked for.
    let last = result.ndim() as i64 - 1;
    let result = result.try_movedim(last, 0)?;
    let result = match (flat, how.keep) {
        (true, true) => result.try_reshape([vec![count], vec![1; rank]].concat())?,
        (true, false) => result,
        // The dimension that was last stands where the one that is gone stood.
        (false, keep) => {
            let back = result.try_unsqueeze(-1)?.try_transpose(place as i64 + 1, -1)?;
            if keep { back } else { back.try_squeeze_dim(place as i64 + 1)? }
        }
    };
    if q.ndim() == 0 { result.try_squeeze_dim(0) } else { Ok(result) }
}

/// Where among sorted elements quantiles lie.
fn ranks(sorted: &Tensor, q: &Tensor, how: Quantiles) -> Tensor {
    let last = sorted.layout.shape[sorted.ndim() - 1] as f64 - 1.0;
    let is_nan = sorted.isnan();
    let q = q.reshape([-1]);
    if how.skips_nan {
        let numbers = is_nan.logical_not().sum_keepdim(-1).to_dtype(sorted.dtype());
        return ((numbers - 1.0) * q).clamp_min(0.0);
    }
    let ranks = zeros_like(&sorted.narrow(-1, 0, 1)) + q * last;
    // NaN is sorted to the end.
    ranks.masked_fill(is_nan.any_keepdim(-1), last)
}

macro_rules! picks {
    ($($(#[$doc:meta])* $name_dim:ident $try_dim:ident $name_keep:ident $try_keep:ident: $op:literal, $picks:expr;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name_dim | $try_dim(&self, dim: i64) -> (Tensor, Tensor) {
                picked($op, self, dim, false, $picks)
            }

            #[doc = concat!("[`", stringify!($name_dim), "`](Tensor::", stringify!($name_dim), ") with the dimension kept at length 1.")]
            pub fn $name_keep | $try_keep(&self, dim: i64) -> (Tensor, Tensor) {
                picked($op, self, dim, true, $picks)
            }
        )* } }
    };
}

picks! {
    /// The median along a dimension, and its position: the lower of the two in the middle when their number is even. NaN wins.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let (values, places) = tensor![[3, 1, 2, 9]].median_dim(1);
    /// assert_eq!((values.to_vec::<i64>(), places.to_vec::<i64>()), (vec![2], vec![2]));
    /// ```
    median_dim try_median_dim median_keepdim try_median_keepdim: "median", RankOp::Median;
    /// [`median_dim`](Tensor::median_dim) of what is not NaN.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![[f64::NAN, 1.0, 2.0]].nanmedian_dim(1).0.to_vec::<f32>(), [1.0]);
    /// ```
    nanmedian_dim try_nanmedian_dim nanmedian_keepdim try_nanmedian_keepdim: "nanmedian", RankOp::Nanmedian;
    /// The most frequent value along a dimension, and where it is last; of several the smallest.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![[1, 2], [3, 2], [1, 4]].mode_dim(0).0.to_vec::<i64>(), [1, 2]);
    /// ```
    mode_dim try_mode_dim mode_keepdim try_mode_keepdim: "mode", RankOp::Mode;
}

impl Tensor {
    fallible! {
        /// The median of all elements: the lower of the two in the middle when their number is even. NaN wins.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2, 9].median().item::<i64>(), 2);
        /// ```
        pub fn median | try_median(&self) -> Tensor {
            whole("median", self, RankOp::Median)
        }

        /// The [`median`](Tensor::median) of what is not NaN.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![f64::NAN, 1.0, 2.0].nanmedian().item::<f32>(), 1.0);
        /// ```
        pub fn nanmedian | try_nanmedian(&self) -> Tensor {
            whole("nanmedian", self, RankOp::Nanmedian)
        }

        /// The most frequent value along the last dimension, and where it is last; of several the smallest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (value, place) = tensor![4, 7, 4].mode();
        /// assert_eq!((value.item::<i64>(), place.item::<i64>()), (4, 2));
        /// ```
        pub fn mode | try_mode(&self) -> (Tensor, Tensor) {
            picked("mode", self, LAST, false, RankOp::Mode)
        }

        /// The `k`-th smallest element along the last dimension, counted from 1, and its position.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (value, place) = tensor![3, 1, 2].kthvalue(2);
        /// assert_eq!((value.item::<i64>(), place.item::<i64>()), (2, 2));
        /// ```
        pub fn kthvalue | try_kthvalue(&self, k: usize) -> (Tensor, Tensor) {
            kthvalue("kthvalue", self, k, LAST, false)
        }

        /// [`kthvalue`](Tensor::kthvalue) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].kthvalue_dim(1, 0).0.to_vec::<i64>(), [2, 1]);
        /// ```
        pub fn kthvalue_dim | try_kthvalue_dim(&self, k: usize, dim: i64) -> (Tensor, Tensor) {
            kthvalue("kthvalue_dim", self, k, dim, false)
        }

        /// [`kthvalue_dim`](Tensor::kthvalue_dim) with the dimension kept at length 1.
        pub fn kthvalue_keepdim | try_kthvalue_keepdim(&self, k: usize, dim: i64) -> (Tensor, Tensor) {
            kthvalue("kthvalue_keepdim", self, k, dim, true)
        }

        /// The rows in order, each column by itself: the values of [`sort_dim(0)`](Tensor::sort_dim).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].msort().to_vec::<i64>(), [2, 1, 3, 4]);
        /// ```
        pub fn msort | try_msort(&self) -> Tensor {
            Ok(self.try_sort_dim(0)?.0)
        }
    }
}

macro_rules! quantiles {
    ($($(#[$doc:meta])* $name:ident $try_name:ident $name_dim:ident $try_dim:ident $name_keep:ident $try_keep:ident $name_by:ident $try_by:ident: $skips_nan:literal;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name | $try_name<'a>(&self, q: impl IntoOperand<'a>) -> Tensor {
                let how = Quantiles { dim: None, keep: false, skips_nan: $skips_nan, interpolation: Interpolation::Linear };
                quantile(stringify!($name), self, q.into_operand(), how)
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") along a dimension.")]
            pub fn $name_dim | $try_dim<'a>(&self, q: impl IntoOperand<'a>, dim: i64) -> Tensor {
                let how = Quantiles { dim: Some(dim), keep: false, skips_nan: $skips_nan, interpolation: Interpolation::Linear };
                quantile(stringify!($name_dim), self, q.into_operand(), how)
            }

            #[doc = concat!("[`", stringify!($name_dim), "`](Tensor::", stringify!($name_dim), ") with the dimension kept at length 1.")]
            pub fn $name_keep | $try_keep<'a>(&self, q: impl IntoOperand<'a>, dim: i64) -> Tensor {
                let how = Quantiles { dim: Some(dim), keep: true, skips_nan: $skips_nan, interpolation: Interpolation::Linear };
                quantile(stringify!($name_keep), self, q.into_operand(), how)
            }

            #[doc = concat!("[`", stringify!($name_dim), "`](Tensor::", stringify!($name_dim), ") with another choice between two neighbours.")]
            pub fn $name_by | $try_by<'a>(&self, q: impl IntoOperand<'a>, dim: i64, interpolation: Interpolation) -> Tensor {
                let how = Quantiles { dim: Some(dim), keep: false, skips_nan: $skips_nan, interpolation };
                quantile(stringify!($name_by), self, q.into_operand(), how)
            }
        )* } }
    };
}

quantiles! {
    /// The value that a share `q` of all elements lies below, between two of them in proportion. A list of shares gives a new
    /// first dimension. NaN wins.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![1.0, 2.0, 3.0, 4.0];
    /// assert_eq!(x.quantile(0.5).item::<f32>(), 2.5);
    /// assert_eq!(x.quantile([0.0, 1.0]).to_vec::<f32>(), [1.0, 4.0]);
    /// ```
    #[doc(alias = "percentile")]
    quantile try_quantile quantile_dim try_quantile_dim quantile_keepdim try_quantile_keepdim quantile_interpolated try_quantile_interpolated: false;
    /// The [`quantile`](Tensor::quantile) of what is not NaN.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, f64::NAN, 3.0].nanquantile(0.5).item::<f32>(), 2.0);
    /// ```
    #[doc(alias = "nanpercentile")]
    nanquantile try_nanquantile nanquantile_dim try_nanquantile_dim nanquantile_keepdim try_nanquantile_keepdim nanquantile_interpolated try_nanquantile_interpolated: true;
}
