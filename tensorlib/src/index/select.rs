//! Reading and writing along one dimension by position, and by mask.

use super::advanced::{self, Chosen, nonzero_positions, wrapped};
use crate::autograd::formulas;
use crate::autograd::record::{Saved, in_place_without_copy, placed, record_sides, records, records_sides};
use crate::backend::backend_of;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error};
use crate::layout::{Layout, dimension, memory_order};
use crate::op::PutOp;
use crate::operand::{IntoOperand, Operand};
use crate::ops::binary::{apart, writable};
use crate::tensor::Tensor;

/// Positions as whole numbers, all within `length`.
fn positions(op: &str, index: &Tensor, length: usize, dim: usize) -> Result<Tensor> {
    if matches!(index.dtype(), DType::F32 | DType::F64 | DType::Bool) {
        return Err(dtype_error!("{op}: positions must be whole numbers, not {}", index.dtype()));
    }
    wrapped(op, index, length, dim)
}

/// For `gather` and similar methods: checked positions, the tensor's layout walked by the index's shape with the
/// dimension that is indexed standing still, and that dimension's stride.
fn along(op: &str, x: &Tensor, dim: usize, index: &Tensor) -> Result<(Tensor, Layout, usize)> {
    if index.ndim() != x.ndim() {
        return Err(shape_error!(
            "{op}: the index has {} dimensions and the tensor {}; they must be as many",
            index.ndim(),
            x.ndim()
        ));
    }
    for other in (0..x.ndim()).filter(|&other| other != dim) {
        if index.layout.shape[other] > x.layout.shape[other] {
            return Err(shape_error!(
                "{op}: the index of shape {} is longer than the tensor of shape {} in dimension {other}",
                index.size(),
                x.size()
            ));
        }
    }
    let (length, stride) = match x.ndim() {
        0 => (1, 0),
        _ => (x.layout.shape[dim], x.layout.strides[dim]),
    };
    let positions = positions(op, index, length, dim)?;
    let mut layout = Layout { shape: index.layout.shape.clone(), ..x.layout.clone() };
    if x.ndim() > 0 {
        layout.strides[dim] = 0;
    }
    Ok((positions, layout, stride))
}

fn mask_for(op: &str, mask: &Tensor) -> Result<()> {
    if mask.dtype() != DType::Bool {
        return Err(dtype_error!(
            "{op}: a mask must be bool, not {}; compare, as in x.gt(0), or use bool()",
            mask.dtype()
        ));
    }
    Ok(())
}

fn index_select(x: &Tensor, dim: i64, index: &Tensor) -> Result<Tensor> {
    let dim = dimension("index_select", dim, x.ndim())?;
    if index.ndim() > 1 || x.ndim() == 0 {
        return Err(shape_error!(
            "index_select: needs a tensor with dimensions and an index of rank 1, not shapes {} and {}",
            x.size(),
            index.size()
        ));
    }
    let positions = positions("index_select", index, x.layout.shape[dim], dim)?;
    let positions = positions.with_layout(positions.layout.view(&[index.numel()]).expect("rank 0 or 1"));
    advanced::read("index_select", x, &[Chosen { dim, positions }])
}

fn gather(x: &Tensor, dim: i64, index: &Tensor) -> Result<Tensor> {
    let at = dimension("gather", dim, x.ndim())?;
    let (positions, layout, stride) = along("gather", x, at, index)?;
    let values = backend_of("gather", &[x, index])?.take_along(x.elements_as(&layout), positions.elements(), stride);
    let result = Tensor::from_storage(values, Layout::contiguous(layout.shape));
    if !records(&[x]) {
        return Ok(result);
    }
    Ok(formulas::index::gather(result, x, dim, index, "GatherBackward0"))
}

/// Adds each element of `source` to the position along `dim` that `index` gives, without recording.
pub(crate) fn add_along(x: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<()> {
    let op = "scatter_add_";
    let (positions, layout, stride) = along(op, x, dimension(op, dim, x.ndim())?, index)?;
    if x.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: booleans have no sum"));
    }
    let source = source.converted(x.dtype());
    let backend = backend_of(op, &[x, index, &source])?;
    backend.put_along_(PutOp::Add, x.elements_as(&layout), positions.elements(), stride, source.elements());
    Ok(())
}

fn scatter(x: &Tensor, dim: i64, index: &Tensor, source: &Operand) -> Result<Tensor> {
    writable("scatter_", x)?;
    if !records_sides(&Operand::Borrowed(x), source) {
        return scatter_values(x, dim, index, source);
    }
    in_place_without_copy("scatter_", x, |x| {
        let result = scatter_values(&x.copied(), dim, index, source)?;
        let kept = Saved::operand(index);
        let (shape, of_index) = (source.tensor().map(Tensor::size), index.size());
        Ok(record_sides(result, "ScatterBackward0", &Operand::Borrowed(x), source, true, move |pass, gradient| {
            let index = pass.get(&kept)?;
            pass.give(0, || {
                let rest = gradient.clone();
                rest.scatter_(dim, &index, 0);
                rest
            });
            pass.give(1, || {
                // The source may be longer than the index.
                let within = of_index.clone();
                let corner =
                    move |x: &Tensor| (0..within.len()).fold(x.alias(), |x, dim| x.narrow(dim as i64, 0, within[dim]));
                placed(&gradient.gather(dim, &index), shape.clone().unwrap_or_else(|| index.size()), corner)
            });
            Ok(())
        }))
    })
}

fn scatter_values(x: &Tensor, dim: i64, index: &Tensor, source: &Operand) -> Result<Tensor> {
    let dim = dimension("scatter_", dim, x.ndim())?;
    let (positions, layout, stride) = along("scatter_", x, dim, index)?;
    let values = source.to_tensor(x.dtype())?;
    let backend = backend_of("scatter_", &[x, index, &values])?;
    let shape = &index.layout.shape;
    let of_values = match source {
        Operand::Number(_) => values.layout.expand("scatter_", shape)?,
        _ if (0..shape.len()).any(|dim| shape[dim] > values.layout.shape.get(dim).copied().unwrap_or(0)) => {
            return Err(shape_error!(
                "scatter_: the source of shape {} is smaller than the index of shape {}",
                values.size(),
                index.size()
            ));
        }
        _ => Layout { shape: shape.clone(), ..values.layout.clone() },
    };
    let (to, from) = (x.elements_as(&layout), values.elements_as(&of_values));
    backend.put_along_(PutOp::Replace, to, positions.elements(), stride, from);
    Ok(x.alias())
}

fn masked_fill(x: &Tensor, mask: &Tensor, value: &Operand) -> Result<Tensor> {
    mask_for("masked_fill_", mask)?;
    writable("masked_fill_", x)?;
    if !records_sides(&Operand::Borrowed(x), value) {
        return masked_fill_values(x, mask, value);
    }
    in_place_without_copy("masked_fill_", x, |x| masked_filled(x, mask, value))
}

/// A copy of `x` with `value` where the mask is true.
fn masked_filled(x: &Tensor, mask: &Tensor, value: &Operand) -> Result<Tensor> {
    let copy = Tensor::clone(&x.values());
    let result = masked_fill_values(&copy, mask, value)?;
    if !records_sides(&Operand::Borrowed(x), value) {
        return Ok(result);
    }
    let kept = Saved::operand(mask);
    Ok(record_sides(result, "MaskedFillBackward0", &Operand::Borrowed(x), value, true, move |pass, gradient| {
        let mask = pass.get(&kept)?;
        pass.give(0, || gradient.masked_fill(&mask, 0));
        pass.give(1, || gradient.where_cond(&mask, 0).sum());
        Ok(())
    }))
}

fn masked_fill_values(x: &Tensor, mask: &Tensor, value: &Operand) -> Result<Tensor> {
    let value = value.to_tensor(x.dtype())?;
    if value.numel() != 1 {
        return Err(shape_error!("masked_fill_: the value must be one number, not shape {}", value.size()));
    }
    let backend = backend_of("masked_fill_", &[x, mask])?;
    let copied = apart(x, mask);
    let mask = copied.as_ref().unwrap_or(mask);
    let of_mask = mask.layout.expand("masked_fill_", &x.layout.shape)?;
    let value = value.try_scalar("masked_fill_")?;
    let order = memory_order(&[&x.layout]);
    let (of_self, of_mask) = (x.layout.permute(&order), of_mask.permute(&order));
    backend.fill_where_(x.elements_as(&of_self), mask.elements_as(&of_mask), value);
    Ok(x.alias())
}

fn masked_select(x: &Tensor, mask: &Tensor) -> Result<Tensor> {
    mask_for("masked_select", mask)?;
    let shape = crate::layout::broadcast("masked_select", &x.layout.shape, &mask.layout.shape)?;
    if records(&[x]) && !shape.is_empty() {
        let mask = mask.with_layout(mask.layout.expand("masked_select", &shape)?);
        let chosen = nonzero_positions(&mask).into_iter().enumerate();
        let chosen: Vec<Chosen> = chosen.map(|(dim, positions)| Chosen { dim, positions }).collect();
        return advanced::read("masked_select", &x.try_expand(&shape[..])?, &chosen);
    }
    let backend = backend_of("masked_select", &[x, mask])?;
    let (of_mask, of_x) = (mask.layout.expand("masked_select", &shape)?, x.layout.expand("masked_select", &shape)?);
    let (values, count) = backend.compress(x.elements_as(&of_x), mask.elements_as(&of_mask));
    Ok(Tensor::from_storage(values, Layout::contiguous(DimVec::from_slice(&[count]))))
}

fn index_copy(x: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
    writable("index_copy_", x)?;
    let dim = dimension("index_copy_", dim, x.ndim())?;
    let positions = positions("index_copy_", index, x.layout.shape.get(dim).copied().unwrap_or(1), dim)?;
    let source = apart(x, source).unwrap_or_else(|| source.alias());
    advanced::write("index_copy_", x, &[Chosen { dim, positions }], &source)?;
    Ok(x.alias())
}

impl Tensor {
    fallible! {
        /// One position of one dimension, as a view: `x.select(0, 2)` is `x.i(2)`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].select(1, 0).to_vec::<i64>(), [1, 3]);
        /// ```
        pub fn select | try_select(&self, dim: i64, index: i64) -> Tensor {
            if self.ndim() == 0 {
                return Err(shape_error!("select: a tensor of rank 0 has no dimension to select from"));
            }
            let dim = dimension("select", dim, self.ndim())?;
            let layout = self.layout.select("select", dim, index)?;
            Ok(self.part_of(layout, "SelectBackward0", move |x| x.select(dim as i64, index)))
        }

        /// `length` positions of one dimension from `start`, as a view.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(arange(5).narrow(0, 1, 3).to_vec::<i64>(), [1, 2, 3]);
        /// ```
        pub fn narrow | try_narrow(&self, dim: i64, start: usize, length: usize) -> Tensor {
            if self.ndim() == 0 {
                return Err(shape_error!("narrow: a tensor of rank 0 has no dimension to narrow"));
            }
            let dim = dimension("narrow", dim, self.ndim())?;
            let layout = self.layout.narrow("narrow", dim, start, length)?;
            Ok(self.part_of(layout, "SliceBackward0", move |x| x.narrow(dim as i64, start, length)))
        }

        /// The positions of one dimension that a list or a tensor of rank 1 names, as a copy.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[1, 2, 3], [4, 5, 6]];
        /// assert_eq!(x.index_select(1, [2, 0]).to_vec::<i64>(), [3, 1, 6, 4]);
        /// ```
        pub fn index_select | try_index_select<'a>(&self, dim: i64, index: impl IntoOperand<'a>) -> Tensor {
            index_select(self, dim, &index.into_operand().into_tensor()?)
        }

        /// For each place of `index` the element whose position along `dim` the index gives.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[1, 2], [3, 4]];
        /// assert_eq!(x.gather(1, [[0, 0], [1, 0]]).to_vec::<i64>(), [1, 1, 4, 3]);
        /// ```
        pub fn gather | try_gather<'a>(&self, dim: i64, index: impl IntoOperand<'a>) -> Tensor {
            gather(self, dim, &index.into_operand().into_tensor()?)
        }

        /// In place, the reverse of [`gather`](Tensor::gather): writes each element of `source` to the position along
        /// `dim` that `index` gives.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = zeros([2, 3]);
        /// x.scatter_(1, [[2], [0]], 1.0);
        /// assert_eq!(x.to_vec::<f32>(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
        /// ```
        #[doc(alias = "put_along_axis")]
        pub fn scatter_ | try_scatter_<'a>(&self, dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) -> Tensor {
            scatter(self, dim, &index.into_operand().into_tensor()?, &source.into_operand())
        }

        /// In place: elements where `mask` is true become `value`. The mask broadcasts.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![1.0, -2.0, 3.0];
        /// x.masked_fill_(x.lt(0), 0.0);
        /// assert_eq!(x.to_vec::<f32>(), [1.0, 0.0, 3.0]);
        /// ```
        #[doc(alias = "place")]
        #[doc(alias = "putmask")]
        pub fn masked_fill_ | try_masked_fill_<'a>(&self, mask: impl IntoOperand<'a>, value: impl IntoOperand<'a>) -> Tensor {
            masked_fill(self, &mask.into_operand().into_tensor()?, &value.into_operand())
        }

        /// A copy with [`masked_fill_`](Tensor::masked_fill_).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].masked_fill([true, false], 9).to_vec::<i64>(), [9, 2]);
        /// ```
        pub fn masked_fill | try_masked_fill<'a>(&self, mask: impl IntoOperand<'a>, value: impl IntoOperand<'a>) -> Tensor {
            let mask = mask.into_operand().into_tensor()?;
            mask_for("masked_fill", &mask)?;
            masked_filled(self, &mask, &value.into_operand())
        }

        /// The elements where `mask` is true, as a tensor of rank 1. The mask broadcasts.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![1, 2, 3];
        /// assert_eq!(x.masked_select(x.ne(2)).to_vec::<i64>(), [1, 3]);
        /// ```
        #[doc(alias = "compress")]
        #[doc(alias = "extract")]
        pub fn masked_select | try_masked_select<'a>(&self, mask: impl IntoOperand<'a>) -> Tensor {
            masked_select(self, &mask.into_operand().into_tensor()?)
        }

        /// In place: writes the rows of `source` to the positions of `dim` that `index` names.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = zeros([3, 2]);
        /// x.index_copy_(0, [2, 0], [[1.0, 2.0], [3.0, 4.0]]);
        /// assert_eq!(x.to_vec::<f32>(), [3.0, 4.0, 0.0, 0.0, 1.0, 2.0]);
        /// ```
        pub fn index_copy_ | try_index_copy_<'a>(&self, dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) -> Tensor {
            index_copy(self, dim, &index.into_operand().into_tensor()?, &source.into_operand().to_tensor(self.dtype())?)
        }
    }

    /// The indices of all elements that are not zero, one per row, as `i64`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![[0, 5], [7, 0]].nonzero().to_vec::<i64>(), [0, 1, 1, 0]);
    /// ```
    pub fn nonzero(&self) -> Tensor {
        let (values, count) = self.backend().nonzero(self.elements());
        // By dimension; a row for each element is wanted.
        let rows = Layout::contiguous(DimVec::from_slice(&[self.ndim(), count])).transpose(0, 1);
        Tensor::from_storage(values, rows).copied()
    }
}
