//! Copies of a tensor with some elements replaced, by position, by mask or by number; and elements by number.

use super::item::{Index, IntoIndex};
use super::scatter::{checked, rows_fit};
use crate::autograd::record::{record_linear, records};
use crate::create::{arange, zeros_like};
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error};
use crate::layout::{broadcast, dimension};
use crate::operand::{IntoOperand, Operand};
use crate::ops::twin::{self, twins};
use crate::tensor::Tensor;

/// Positions of elements in row-major order, as one dimension; negative ones count from the end.
fn numbers(op: &str, x: &Tensor, index: &Tensor) -> Result<Tensor> {
    if index.dtype().is_floating_point() || index.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: positions must be whole numbers, not {}", index.dtype()));
    }
    let (index, length) = (index.values().try_reshape([-1])?, x.numel());
    if index.numel() > 0 {
        for extreme in [index.amin(), index.amax()] {
            crate::layout::position(op, extreme.item::<i64>(), length, 0)?;
        }
    }
    Ok(index)
}

/// Writes to numbered elements in place, without regard to gradients.
fn put_into(op: &str, x: &Tensor, index: &Tensor, source: &Tensor, accumulate: bool) -> Result<()> {
    let positions = numbers(op, x, index)?;
    if positions.numel() != source.numel() {
        return Err(shape_error!("{op}: {} positions need as many values, not {}", positions.numel(), source.numel()));
    }
    let values = source.values().try_reshape([-1])?;
    let whole = x.values();
    let line = if x.is_contiguous() { whole.alias() } else { whole.copied() };
    let line = line.try_view([-1])?;
    if accumulate {
        line.try_scatter_add_(0, &positions, values)?;
    } else {
        line.try_scatter_(0, &positions, values)?;
    }
    if x.is_contiguous() { Ok(()) } else { crate::ops::assign::copy(op, &whole, &line.try_view(x.size())?) }
}

fn put(op: &str, x: &Tensor, index: &Tensor, source: Operand, accumulate: bool) -> Result<Tensor> {
    let source = source.to_tensor(x.dtype())?;
    let result = x.values().clone();
    put_into(op, &result, index, &source, accumulate)?;
    if !records(&[x, &source]) {
        return Ok(result);
    }
    let (index, shape) = (index.clone(), source.size());
    Ok(record_linear(result, "PutBackward0", &[x, &source], move |pass, gradient| {
        pass.give(0, || match accumulate {
            true => gradient.alias(),
            false => gradient.put(&index, zeros_like(&index).to_dtype(gradient.dtype())),
        });
        pass.give(1, || gradient.take(&index).reshape(&shape));
        Ok(())
    }))
}

fn take(x: &Tensor, index: &Tensor) -> Result<Tensor> {
    let positions = numbers("take", x, index)?;
    let line = x.values().try_reshape([-1])?;
    let result = line.try_gather(0, &positions)?.try_reshape(index.size())?;
    if !records(&[x]) {
        return Ok(result);
    }
    let (index, shape) = (index.clone(), x.size());
    Ok(record_linear(result, "TakeBackward0", &[x], move |pass, gradient| {
        pass.give(0, || crate::create::zeros(&shape).to_dtype(gradient.dtype()).put_accumulate(&index, &gradient));
        Ok(())
    }))
}

fn index_put(op: &str, x: &Tensor, index: Index, values: Operand, accumulate: bool) -> Result<Tensor> {
    let values = values.to_tensor(x.dtype())?;
    let result = x.values().contiguous().clone();
    if accumulate {
        // The number of each element that the index means.
        let all = arange(x.numel()).try_reshape(x.size())?;
        let meant = all.try_i(index.clone())?.contiguous();
        let spread = values.values().try_expand(meant.size())?;
        put_into(op, &result, &meant, &spread, true)?;
    } else {
        result.try_index_put_(index.clone(), values.values())?;
    }
    if !records(&[x, &values]) {
        return Ok(result);
    }
    Ok(record_linear(result, "IndexPutBackward0", &[x, &values], move |pass, gradient| {
        pass.give(0, || if accumulate { gradient.alias() } else { gradient.index_put(index.clone(), 0.0) });
        pass.give(1, || gradient.i(index.clone()));
        Ok(())
    }))
}

fn index_fill(x: &Tensor, dim: i64, index: &Tensor, value: Operand) -> Result<Tensor> {
    let value = value.to_tensor(x.dtype())?;
    if value.ndim() > 0 {
        return Err(shape_error!("index_fill: the value must be one number, not shape {}", value.size()));
    }
    let place = dimension("index_fill", dim, x.ndim())?;
    let positions = checked("index_fill", x, place, index)?.try_reshape([-1])?;
    let result = x.values().clone();
    if x.ndim() == 0 {
        if positions.numel() > 0 {
            result.try_copy_(value.values())?;
        }
    } else {
        let mut shape = x.size();
        shape.0[place] = positions.numel();
        result.try_index_copy_(dim, &positions, value.values().try_expand(&shape)?)?;
    }
    if !records(&[x, &value]) {
        return Ok(result);
    }
    Ok(record_linear(result, "IndexFillBackward0", &[x, &value], move |pass, gradient| {
        pass.give(0, || gradient.index_fill(dim, &positions, 0.0));
        pass.give(1, || match gradient.ndim() {
            0 => gradient.alias(),
            _ => gradient.index_select(dim, &positions).sum(),
        });
        Ok(())
    }))
}

fn index_copy(x: &Tensor, dim: i64, index: &Tensor, source: Operand) -> Result<Tensor> {
    let source = source.to_tensor(x.dtype())?;
    let place = dimension("index_copy", dim, x.ndim())?;
    if x.ndim() > 0 {
        rows_fit("index_copy", x, place, index, &source)?;
    }
    let result = x.values().clone();
    result.try_index_copy_(dim, index, source.values())?;
    if !records(&[x, &source]) {
        return Ok(result);
    }
    let index = index.try_reshape([-1])?.clone();
    Ok(record_linear(result, "IndexCopyBackward0", &[x, &source], move |pass, gradient| {
        pass.give(0, || gradient.index_fill(dim, &index, 0.0));
        pass.give(1, || gradient.index_select(dim, &index));
        Ok(())
    }))
}

fn masked_scatter(x: &Tensor, mask: &Tensor, source: Operand) -> Result<Tensor> {
    if mask.dtype() != DType::Bool {
        return Err(dtype_error!("masked_scatter: a mask must be bool, not {}; compare, as in x.gt(0)", mask.dtype()));
    }
    let source = source.to_tensor(x.dtype())?;
    let shape = broadcast("masked_scatter", &x.layout.shape, &mask.layout.shape)?;
    let mask = mask.try_expand(&shape[..])?;
    let chosen = mask.ravel().nonzero().ravel();
    if chosen.numel() > source.numel() {
        return Err(shape_error!(
            "masked_scatter: the mask has {} true elements, more than the source has values, {}",
            chosen.numel(),
            source.numel()
        ));
    }
    let x = x.try_expand(&shape[..])?;
    let result = x.values().contiguous().clone();
    let taken = source.values().try_reshape([-1])?.try_narrow(0, 0, chosen.numel())?;
    put_into("masked_scatter", &result, &chosen, &taken, false)?;
    if !records(&[&x, &source]) {
        return Ok(result);
    }
    let (mask, shape, count) = (mask.clone(), source.size(), source.numel());
    Ok(record_linear(result, "MaskedScatterBackward0", &[&x, &source], move |pass, gradient| {
        pass.give(0, || gradient.masked_fill(&mask, 0.0));
        pass.give(1, || {
            let taken = gradient.take(&chosen);
            let rest = crate::create::zeros(count - chosen.numel()).to_dtype(gradient.dtype());
            crate::shape::cat([taken, rest]).reshape(&shape)
        });
        Ok(())
    }))
}

impl Tensor {
    fallible! {
        /// The elements with these numbers in row-major order.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[5, 6], [7, 8]].take([[3, 0]]).to_vec::<i64>(), [8, 5]);
        /// ```
        pub fn take | try_take<'a>(&self, index: impl IntoOperand<'a>) -> Tensor {
            take(self, &index.into_operand().into_tensor()?)
        }

        /// [`gather`](Tensor::gather) with an index that broadcasts.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[30, 10], [20, 40]];
        /// assert_eq!(x.take_along_dim(x.argsort_dim(1), 1).to_vec::<i64>(), [10, 30, 20, 40]);
        /// ```
        #[doc(alias = "take_along_axis")]
        pub fn take_along_dim | try_take_along_dim<'a>(&self, index: impl IntoOperand<'a>, dim: i64) -> Tensor {
            let index = index.into_operand().into_tensor()?;
            let place = dimension("take_along_dim", dim, self.ndim())?;
            if index.ndim() != self.ndim() || self.ndim() == 0 {
                return Err(shape_error!(
                    "take_along_dim: the index has {} dimensions and the tensor {}; they must be as many",
                    index.ndim(),
                    self.ndim()
                ));
            }
            // The dimension that is indexed keeps its lengths.
            let (mut of_self, mut of_index) = (self.size(), index.size());
            (of_self.0[place], of_index.0[place]) = (1, 1);
            let mut shape = broadcast("take_along_dim", &of_self, &of_index)?;
            shape[place] = self.layout.shape[place];
            let spread = self.try_expand(&shape[..])?;
            shape[place] = index.layout.shape[place];
            spread.try_gather(dim, index.try_expand(&shape[..])?)
        }

        /// A copy with `source` at the numbers of `index` in row-major order.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].put([3, 0], [8, 9]).to_vec::<i64>(), [9, 2, 3, 8]);
        /// ```
        pub fn put | try_put<'a>(&self, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) -> Tensor {
            put("put", self, &index.into_operand().into_tensor()?, source.into_operand(), false)
        }

        /// [`put`](Tensor::put) that adds: numbers may repeat.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].put_accumulate([0, 0], [10, 20]).to_vec::<i64>(), [31, 2]);
        /// ```
        pub fn put_accumulate | try_put_accumulate<'a>(&self, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) -> Tensor {
            put("put_accumulate", self, &index.into_operand().into_tensor()?, source.into_operand(), true)
        }

        /// A copy with [`index_put_`](Tensor::index_put_): the elements at an index replaced.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].index_put([2, 0], [8, 9]).to_vec::<i64>(), [9, 2, 8]);
        /// ```
        pub fn index_put | try_index_put<'a>(&self, index: impl IntoIndex, values: impl IntoOperand<'a>) -> Tensor {
            index_put("index_put", self, index.into_index(), values.into_operand(), false)
        }

        /// [`index_put`](Tensor::index_put) that adds: positions may repeat.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].index_put_accumulate([0, 0], [10, 20]).to_vec::<i64>(), [31, 2]);
        /// ```
        pub fn index_put_accumulate | try_index_put_accumulate<'a>(&self, index: impl IntoIndex, values: impl IntoOperand<'a>) -> Tensor {
            index_put("index_put_accumulate", self, index.into_index(), values.into_operand(), true)
        }

        /// [`index_put_accumulate`](Tensor::index_put_accumulate) in place.
        pub fn index_put_accumulate_ | try_index_put_accumulate_<'a>(&self, index: impl IntoIndex, values: impl IntoOperand<'a>) -> Tensor {
            let (index, values) = (index.into_index(), values.into_operand());
            twin::over("index_put_accumulate_", self, |x| index_put("index_put_accumulate_", x, index, values, true))
        }

        /// A copy with `value` at the positions of `dim` that `index` names.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].index_fill(1, [0], 9).to_vec::<i64>(), [9, 2, 9, 4]);
        /// ```
        pub fn index_fill | try_index_fill<'a>(&self, dim: i64, index: impl IntoOperand<'a>, value: impl IntoOperand<'a>) -> Tensor {
            index_fill(self, dim, &index.into_operand().into_tensor()?, value.into_operand())
        }

        /// A copy with the rows of `source` at the positions of `dim` that `index` names.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([3]).index_copy(0, [2, 0], [1.0, 2.0]).to_vec::<f32>(), [2.0, 0.0, 1.0]);
        /// ```
        pub fn index_copy | try_index_copy<'a>(&self, dim: i64, index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) -> Tensor {
            index_copy(self, dim, &index.into_operand().into_tensor()?, source.into_operand())
        }

        /// A copy whose elements where the mask is true are those of `source`, one after the other. The mask broadcasts.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![1, 2, 3];
        /// assert_eq!(x.masked_scatter(x.ne(2), [8, 9]).to_vec::<i64>(), [8, 2, 9]);
        /// ```
        pub fn masked_scatter | try_masked_scatter<'a>(&self, mask: impl IntoOperand<'a>, source: impl IntoOperand<'a>) -> Tensor {
            masked_scatter(self, &mask.into_operand().into_tensor()?, source.into_operand())
        }
    }
}

twins! {
    put put_ try_put_: <'a>(index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) = try_put;
    put_accumulate put_accumulate_ try_put_accumulate_: <'a>(index: impl IntoOperand<'a>, source: impl IntoOperand<'a>) = try_put_accumulate;
    index_fill index_fill_ try_index_fill_: <'a>(dim: i64, index: impl IntoOperand<'a>, value: impl IntoOperand<'a>) = try_index_fill;
    masked_scatter masked_scatter_ try_masked_scatter_: <'a>(mask: impl IntoOperand<'a>, source: impl IntoOperand<'a>) = try_masked_scatter;
}
