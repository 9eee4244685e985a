//! Writing along a dimension to positions that may repeat: `scatter`, `index_add` and their kin.

use super::advanced::{self, Chosen, wrapped};
use crate::autograd::changeable;
use crate::autograd::record::{Saved, record, record_linear, records};
use crate::backend::backend_of;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error, value_error};
use crate::layout::{Layout, dimension};
use crate::op::PutOp;
use crate::operand::{IntoOperand, Operand};
use crate::ops::binary::{apart, writable};
use crate::ops::{twin, where_cond};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// Positions along a dimension, whole numbers from 0 to its length.
pub(super) fn checked(op: &str, x: &Tensor, dim: usize, index: &Tensor) -> Result<Tensor> {
    if index.dtype().is_floating_point() || index.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: positions must be whole numbers, not {}", index.dtype()));
    }
    wrapped(op, index, x.layout.shape.get(dim).copied().unwrap_or(1), dim)
}

/// The operands of `scatter` and related methods.
struct Along {
    dim: usize,
    index: Tensor,
    /// The part of the source that has the shape of the index.
    source: Tensor,
}

/// Checks shapes and positions, and cuts the source to the shape of the index.
fn along(op: &str, x: &Tensor, dim: i64, index: &Tensor, source: Operand) -> Result<Along> {
    let dim = dimension(op, dim, x.ndim())?;
    let shape = &index.layout.shape;
    let source = match source {
        Operand::Number(_) => {
            let number = source.to_tensor(x.dtype())?;
            number.with_layout(number.layout.expand(op, shape)?)
        }
        other => other.to_tensor(x.dtype())?,
    };
    if index.ndim() != x.ndim() || source.ndim() != x.ndim() {
        return Err(shape_error!(
            "{op}: the tensor, the index and the source have {}, {} and {} dimensions; they must be as many",
            x.ndim(),
            index.ndim(),
            source.ndim()
        ));
    }
    let mut part = source;
    for other in 0..x.ndim() {
        let beyond = other != dim && shape[other] > x.layout.shape[other];
        if (beyond && index.numel() > 0) || shape[other] > part.layout.shape[other] {
            return Err(shape_error!(
                "{op}: the index of shape {} is longer than the {} in dimension {other}",
                index.size(),
                if beyond {
                    format!("tensor of shape {}", x.size())
                } else {
                    format!("source of shape {}", part.size())
                }
            ));
        }
        if shape[other] < part.layout.shape[other] {
            part = part.try_narrow(other as i64, 0, shape[other])?;
        }
    }
    let index = if index.numel() == 0 { index.long() } else { checked(op, x, dim, index)? };
    Ok(Along { dim, index, source: part })
}

/// How repeated values make one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reduce {
    Sum,
    Prod,
    Mean,
    Largest,
    Smallest,
}

impl Reduce {
    fn named(op: &str, name: &str) -> Result<Reduce> {
        Ok(match name {
            "sum" => Reduce::Sum,
            "prod" => Reduce::Prod,
            "mean" => Reduce::Mean,
            "amax" => Reduce::Largest,
            "amin" => Reduce::Smallest,
            _ => {
                return Err(value_error!(
                    "{op}: {name:?} is no reduction; there are \"sum\", \"prod\", \"mean\", \"amax\" and \"amin\""
                ));
            }
        })
    }

    fn put(self) -> PutOp {
        match self {
            Reduce::Sum | Reduce::Mean => PutOp::Add,
            Reduce::Prod => PutOp::Mul,
            Reduce::Largest => PutOp::Maximum,
            Reduce::Smallest => PutOp::Minimum,
        }
    }

    /// What changes nothing.
    fn neutral(self, dtype: DType) -> Scalar {
        let highest = match dtype {
            DType::U8 => Scalar::Int(i64::from(u8::MAX)),
            DType::I32 => Scalar::Int(i64::from(i32::MAX)),
            DType::I64 => Scalar::Int(i64::MAX),
            _ => Scalar::Float(f64::INFINITY),
        };
        let lowest = match dtype {
            DType::U8 => Scalar::Int(0),
            DType::I32 => Scalar::Int(i64::from(i32::MIN)),
            DType::I64 => Scalar::Int(i64::MIN),
            _ => Scalar::Float(f64::NEG_INFINITY),
        };
        match self {
            Reduce::Sum | Reduce::Mean => Scalar::Int(0),
            Reduce::Prod => Scalar::Int(1),
            Reduce::Largest => lowest,
            Reduce::Smallest => highest,
        }
    }
}

/// Combines the source with elements of `x` in place, without regard to gradients.
fn combine_into(op: &str, x: &Tensor, how: Reduce, along: &Along, include_self: bool) -> Result<()> {
    writable(op, x)?;
    if along.index.numel() == 0 {
        return Ok(());
    }
    let Along { dim, index, source } = along;
    if x.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: not defined for bool; convert it with to()"));
    }
    if !include_self {
        x.values().try_scatter_(*dim as i64, index, how.neutral(x.dtype()))?;
    }
    let mut layout = Layout { shape: index.layout.shape.clone(), ..x.layout.clone() };
    let mut stride = 0;
    if x.ndim() > 0 {
        stride = std::mem::take(&mut layout.strides[*dim]);
    }
    let backend = backend_of(op, &[x, index, source])?;
    backend.put_along_(how.put(), x.elements_as(&layout), index.elements(), stride, source.elements());
    if how == Reduce::Mean {
        let counts = counts(x, along, include_self);
        let x = x.values();
        if x.dtype().is_floating_point() {
            x.try_div_(counts)?
        } else {
            x.try_floor_divide_(counts)?
        };
    }
    Ok(())
}

/// How many values each element is made of, but at least 1.
fn counts(x: &Tensor, along: &Along, include_self: bool) -> Tensor {
    let counts = crate::create::full_like(&x.values(), i64::from(include_self));
    let ones = crate::create::ones_like(&along.source.values());
    let counts = counts.scatter_add_(along.dim as i64, &along.index, ones);
    counts.masked_fill(counts.eq(0), 1)
}

/// A new tensor, with its gradients.
fn reduced(op: &str, x: &Tensor, how: Reduce, along: Along, include_self: bool) -> Result<Tensor> {
    let result = x.values().clone();
    let values = Along { dim: along.dim, index: along.index.alias(), source: along.source.values() };
    combine_into(op, &result, how, &values, include_self)?;
    let Along { dim, index, source } = along;
    if !records(&[x, &source]) {
        return Ok(result);
    }
    let dim = dim as i64;
    if how == Reduce::Sum && include_self {
        return Ok(record_linear(result, "ScatterAddBackward0", &[x, &source], move |pass, gradient| {
            pass.give(0, || gradient.alias());
            pass.give(1, || gradient.gather(dim, &index));
            Ok(())
        }));
    }
    let kept = [Saved::operand(x), Saved::operand(&source), Saved::result(&result)];
    Ok(record(result, "ScatterReduceBackward0", &[x, &source], move |pass, gradient| {
        let [x, source, result] = [pass.get(&kept[0])?, pass.get(&kept[1])?, pass.get(&kept[2])?];
        let along = Along { dim: dim as usize, index: index.alias(), source };
        let of_self = |gradient: Tensor| if include_self { gradient } else { gradient.scatter(dim, &index, 0.0) };
        pass.give(0, || of_self(gradient_of_self(how, &gradient, &x, &result, &along, include_self)));
        pass.give(1, || gradient_of_source(how, &gradient, &x, &result, &along, include_self));
        Ok(())
    }))
}

/// The share of each value that is equal to the extreme.
fn distributed(gradient: &Tensor, x: &Tensor, result: &Tensor, along: &Along) -> (Tensor, Tensor, Tensor) {
    let dim = along.dim as i64;
    let is_result = x.eq(result).to_dtype(x.dtype());
    let source_is_result = along.source.eq(result.gather(dim, &along.index)).to_dtype(x.dtype());
    let share = gradient / is_result.scatter_add(dim, &along.index, &source_is_result);
    (share, is_result, source_is_result)
}

fn gradient_of_self(
    how: Reduce,
    gradient: &Tensor,
    x: &Tensor,
    result: &Tensor,
    along: &Along,
    include_self: bool,
) -> Tensor {
    match how {
        Reduce::Sum => gradient.alias(),
        Reduce::Mean => gradient / counts(x, along, include_self),
        Reduce::Prod => {
            // The product of the others, also where this one is 0.
            let without = x.masked_fill(x.eq(0.0), 1.0);
            let product = scatter_reduce(&without, along, "prod", include_self);
            gradient * product / without
        }
        Reduce::Largest | Reduce::Smallest => {
            let (share, is_result, _) = distributed(gradient, x, result, along);
            share * is_result
        }
    }
}

fn gradient_of_source(
    how: Reduce,
    gradient: &Tensor,
    x: &Tensor,
    result: &Tensor,
    along: &Along,
    include_self: bool,
) -> Tensor {
    let (dim, Along { index, source, .. }) = (along.dim as i64, along);
    match how {
        Reduce::Sum => gradient.gather(dim, index),
        Reduce::Mean => gradient.gather(dim, index) / counts(x, along, include_self).gather(dim, index),
        Reduce::Prod => {
            let is_zero = source.eq(0.0);
            let zeros = crate::create::zeros_like(&x.values()).scatter_add(dim, index, is_zero.to_dtype(x.dtype()));
            let only_zero = is_zero.logical_and(zeros.gather(dim, index).eq(1.0));
            let others = Along { dim: along.dim, index: index.alias(), source: source.masked_fill(&only_zero, 1.0) };
            let product_of_others = scatter_reduce(x, &others, "prod", include_self);
            let quotient = (gradient * result).gather(dim, index) / source.masked_fill(is_zero, 1.0);
            where_cond(only_zero, (gradient * product_of_others).gather(dim, index), quotient)
        }
        Reduce::Largest | Reduce::Smallest => {
            let (share, _, source_is_result) = distributed(gradient, x, result, along);
            source_is_result * share.gather(dim, index)
        }
    }
}

fn scatter_reduce(x: &Tensor, along: &Along, how: &str, include_self: bool) -> Tensor {
    let (dim, Along { index, source, .. }) = (along.dim as i64, along);
    match include_self {
        true => x.scatter_reduce(dim, index, source, how),
        false => x.scatter_reduce_alone(dim, index, source, how),
    }
}

/// In place: straight into the memory when nothing is recorded.
fn reduce_in_place(op: &str, x: &Tensor, how: Reduce, along: Along, include_self: bool) -> Result<Tensor> {
    if records(&[x, &along.source]) {
        return twin::over(op, x, |x| reduced(op, x, how, along, include_self));
    }
    changeable(op, x)?;
    let source = apart(x, &along.source).unwrap_or_else(|| along.source.alias());
    combine_into(op, x, how, &Along { source, ..along }, include_self)?;
    Ok(x.alias())
}

/// The index of rows of `source` along `dim` of `x`, as one of elements.
fn of_elements(op: &str, x: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
    let place = dimension(op, dim, x.ndim())?;
    rows_fit(op, x, place, index, source)?;
    if x.ndim() == 0 {
        return index.try_reshape(());
    }
    let mut shape: DimVec<usize> = DimVec::filled(1, x.ndim());
    shape[place] = index.numel();
    index.try_reshape(&shape[..])?.try_expand(source.size())
}

/// Checks that `source` has the shape of `x`, but in `dim` as many positions as `index` names.
pub(super) fn rows_fit(op: &str, x: &Tensor, dim: usize, index: &Tensor, source: &Tensor) -> Result<()> {
    let fits = source.ndim() == x.ndim()
        && index.ndim() <= 1
        && (0..x.ndim()).all(|other| {
            source.layout.shape[other] == if other == dim { index.numel() } else { x.layout.shape[other] }
        });
    if !fits {
        return Err(shape_error!(
            "{op}: a source of shape {} does not fit {} positions of dimension {dim} of shape {}",
            source.size(),
            index.numel(),
            x.size()
        ));
    }
    Ok(())
}

fn index_add(op: &str, x: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
    let result = x.values().clone();
    index_add_into(op, &result, dim, index, &source.values())?;
    if !records(&[x, source]) {
        return Ok(result);
    }
    let index = index.clone();
    Ok(record_linear(result, "IndexAddBackward0", &[x, source], move |pass, gradient| {
        pass.give(0, || gradient.alias());
        pass.give(1, || match gradient.ndim() {
            0 => gradient.alias(),
            _ => gradient.index_select(dim, index.reshape([-1])),
        });
        Ok(())
    }))
}

/// Adds rows in place, without regard to gradients.
fn index_add_into(op: &str, x: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<()> {
    writable(op, x)?;
    let dim = dimension(op, dim, x.ndim())?;
    if x.ndim() == 0 {
        // A number has no dimension: its only position is 0.
        checked(op, x, dim, index)?;
        x.values().try_add_(source.values().try_reshape(())?)?;
        return Ok(());
    }
    rows_fit(op, x, dim, index, source)?;
    let positions = checked(op, x, dim, index)?.try_reshape([-1])?;
    advanced::add(op, &x.values(), &[Chosen { dim, positions }], &source.values())
}

fn index_add_in_place(op: &str, x: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
    if records(&[x, source]) {
        return twin::over(op, x, |x| index_add(op, x, dim, index, source));
    }
    changeable(op, x)?;
    let copied = apart(x, source);
    index_add_into(op, x, dim, index, copied.as_ref().unwrap_or(source))?;
    Ok(x.alias())
}

macro_rules! with_twin {
    ($($(#[$doc:meta])* $name:ident $try_name:ident $name_:ident $try_name_:ident: <$life:lifetime>($($arg:ident: $ty:ty),*) $in_place:ident |$x:ident| $body:expr;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name | $try_name <$life>(&self, $($arg: $ty),*) -> Tensor {
                let ($x, $in_place) = (self, false);
                $body
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
            pub fn $name_ | $try_name_ <$life>(&self, $($arg: $ty),*) -> Tensor {
                let ($x, $in_place) = (self, true);
                $body
            }
        )* } }
    };
}

/// An index tensor, and a reduction of what it says.
fn scattered(op: &str, x: &Tensor, how: Reduce, along: Along, include_self: bool, in_place: bool) -> Result<Tensor> {
    match in_place {
        true => reduce_in_place(op, x, how, along, include_self),
        false => reduced(op, x, how, along, include_self),
    }
}

fn index_reduced(
    op: &str,
    x: &Tensor,
    dim: i64,
    index: &Tensor,
    source: Operand,
    (how, include_self): (Reduce, bool),
    in_place: bool,
) -> Result<Tensor> {
    let source = source.to_tensor(x.dtype())?;
    let index = of_elements(op, x, dim, index, &source)?;
    let along = along(op, x, dim, &index, Operand::Owned(source))?;
    scattered(op, x, how, along, include_self, in_place)
}

with_twin! {
    /// Adds each element of `source` to the position along `dim` that `index` gives; positions may repeat.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = zeros([3]).scatter_add(0, [0, 2, 0], [1.0, 2.0, 3.0]);
    /// assert_eq!(x.to_vec::<f32>(), [4.0, 0.0, 2.0]);
    /// ```
    scatter_add try_scatter_add scatter_add_ try_scatter_add_: <'a>(dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) in_place
        |x| scattered("scatter_add", x, Reduce::Sum, along("scatter_add", x, dim, &index.into_operand().into_tensor()?, source.into_operand())?, true, in_place);
    /// Combines each element of `source` with the one at the position along `dim` that `index` gives, by `"sum"`, `"prod"`,
    /// `"mean"`, `"amax"` or `"amin"`. Without what was there before: [`scatter_reduce_alone`](Tensor::scatter_reduce_alone).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = ones([2]).scatter_reduce(0, [0, 0, 1], [5.0, 3.0, -1.0], "amax");
    /// assert_eq!(x.to_vec::<f32>(), [5.0, 1.0]);
    /// ```
    scatter_reduce try_scatter_reduce scatter_reduce_ try_scatter_reduce_: <'a>(dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>, reduce: &str) in_place
        |x| scattered("scatter_reduce", x, Reduce::named("scatter_reduce", reduce)?, along("scatter_reduce", x, dim, &index.into_operand().into_tensor()?, source.into_operand())?, true, in_place);
    /// [`scatter_reduce`](Tensor::scatter_reduce) of the values of `source` alone: PyTorch's `include_self=False`. Elements
    /// that none is for stay.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = ones([2]).scatter_reduce_alone(0, [0, 0], [5.0, 3.0], "mean");
    /// assert_eq!(x.to_vec::<f32>(), [4.0, 1.0]);
    /// ```
    scatter_reduce_alone try_scatter_reduce_alone scatter_reduce_alone_ try_scatter_reduce_alone_: <'a>(dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>, reduce: &str) in_place
        |x| scattered("scatter_reduce_alone", x, Reduce::named("scatter_reduce_alone", reduce)?, along("scatter_reduce_alone", x, dim, &index.into_operand().into_tensor()?, source.into_operand())?, false, in_place);
    /// Adds the rows of `source` to the positions of `dim` that `index` names; they may repeat.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = zeros([2, 2]).index_add(0, [1, 1], [[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.to_vec::<f32>(), [0.0, 0.0, 4.0, 6.0]);
    /// ```
    index_add try_index_add index_add_ try_index_add_: <'a>(dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) in_place
        |x| index_added("index_add", x, dim, index.into_operand(), source.into_operand(), in_place);
    /// [`index_add`](Tensor::index_add) of `alpha` times the rows.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2]).index_add_scaled(0, [1], [3.0], 2.0).to_vec::<f32>(), [0.0, 6.0]);
    /// ```
    index_add_scaled try_index_add_scaled index_add_scaled_ try_index_add_scaled_: <'a>(dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>, alpha: impl Into<Scalar>) in_place
        |x| index_added("index_add_scaled", x, dim, index.into_operand(), Operand::Owned(source.into_operand().to_tensor(x.dtype())?.try_mul(alpha.into())?), in_place);
    /// Combines the rows of `source` with those at the positions of `dim` that `index` names, by `"prod"`, `"mean"`, `"amax"`
    /// or `"amin"`. Without what was there before: [`index_reduce_alone`](Tensor::index_reduce_alone).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(ones([2]).index_reduce(0, [1, 1], [3.0, 5.0], "prod").to_vec::<f32>(), [1.0, 15.0]);
    /// ```
    index_reduce try_index_reduce index_reduce_ try_index_reduce_: <'a>(dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>, reduce: &str) in_place
        |x| index_reduced("index_reduce", x, dim, &index.into_operand().into_tensor()?, source.into_operand(), (Reduce::named("index_reduce", reduce)?, true), in_place);
    /// [`index_reduce`](Tensor::index_reduce) of the rows of `source` alone: PyTorch's `include_self=False`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(ones([2]).index_reduce_alone(0, [1, 1], [3.0, 5.0], "mean").to_vec::<f32>(), [1.0, 4.0]);
    /// ```
    index_reduce_alone try_index_reduce_alone index_reduce_alone_ try_index_reduce_alone_: <'a>(dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>, reduce: &str) in_place
        |x| index_reduced("index_reduce_alone", x, dim, &index.into_operand().into_tensor()?, source.into_operand(), (Reduce::named("index_reduce_alone", reduce)?, false), in_place);
}

fn index_added(op: &str, x: &Tensor, dim: i64, index: Operand, source: Operand, in_place: bool) -> Result<Tensor> {
    let (index, source) = (index.into_tensor()?, source.to_tensor(x.dtype())?);
    if in_place { index_add_in_place(op, x, dim, &index, &source) } else { index_add(op, x, dim, &index, &source) }
}

impl Tensor {
    fallible! {
        /// A copy with [`scatter_`](Tensor::scatter_): each element of `source` at the position along `dim` that `index`
        /// gives.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([3]).scatter(0, [2, 0], [1.0, 2.0]).to_vec::<f32>(), [2.0, 0.0, 1.0]);
        /// ```
        pub fn scatter | try_scatter<'a>(&self, dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) -> Tensor {
            let Along { dim, index, source } =
                along("scatter", self, dim, &index.into_operand().into_tensor()?, source.into_operand())?;
            let (result, dim) = (self.values().clone(), dim as i64);
            result.try_scatter_(dim, &index, source.values())?;
            if !records(&[self, &source]) {
                return Ok(result);
            }
            Ok(record_linear(result, "ScatterBackward0", &[self, &source], move |pass, gradient| {
                pass.give(0, || gradient.scatter(dim, &index, 0.0));
                pass.give(1, || gradient.gather(dim, &index));
                Ok(())
            }))
        }
    }
}
