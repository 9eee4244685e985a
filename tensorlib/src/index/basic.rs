//! Indices made of numbers, ranges and axes: views.

use super::advanced::{self, Chosen};
use super::item::{Index, IndexItem, IntoIndex};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, fallible, index_error};
use crate::layout::{self, Layout};
use crate::operand::{IntoOperand, Operand};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// An index, split into the layout of a view and the remaining index tensors, by dimension of the view.
pub(super) struct Applied {
    pub layout: Layout,
    pub chosen: Vec<Chosen>,
}

/// How many of a tensor's dimensions an entry uses up.
fn uses(item: &IndexItem) -> usize {
    match item {
        IndexItem::At(_) | IndexItem::Slice { .. } => 1,
        IndexItem::Ellipsis | IndexItem::NewAxis => 0,
        IndexItem::Tensor(tensor) if tensor.dtype() == DType::Bool => tensor.ndim(),
        IndexItem::Tensor(_) => 1,
    }
}

pub(super) fn apply(op: &str, x: &Tensor, index: Index) -> Result<Applied> {
    let rank = x.ndim();
    let used: usize = index.0.iter().map(uses).sum();
    if used > rank {
        return Err(index_error!(
            "{op}: an index with {used} entries does not fit a tensor of shape {}, which has {rank} dimensions",
            x.size()
        ));
    }
    if index.0.iter().filter(|item| matches!(item, IndexItem::Ellipsis)).count() > 1 {
        return Err(index_error!("{op}: an index can hold only one Ellipsis"));
    }
    let mut layout = x.layout.clone();
    let mut chosen = Vec::new();
    // A number beside index tensors is an index tensor itself: it moves where their dimensions go.
    let advanced = index.0.iter().any(|item| matches!(item, IndexItem::Tensor(_)));
    let mut dim = 0;
    // The dimension of the tensor as it was given, which is what a user knows it by.
    let mut named = 0;
    for item in index.0 {
        let used_here = uses(&item);
        match item {
            IndexItem::At(position) if advanced => {
                let position = layout::position(op, position, layout.shape[dim], named)? as i64;
                let positions = crate::create::filled_on(x.device(), DimVec::new(), DType::I64, Scalar::Int(position));
                chosen.push(Chosen { dim, positions });
                dim += 1;
            }
            IndexItem::At(position) => {
                let position = layout::position(op, position, layout.shape[dim], named)? as i64;
                layout = layout.select(op, dim, position)?;
            }
            IndexItem::Slice { start, stop, step } => {
                layout = layout.slice(op, dim, start, stop, step)?;
                dim += 1;
            }
            IndexItem::Ellipsis => {
                dim += rank - used;
                named += rank - used;
            }
            IndexItem::NewAxis => {
                layout = layout.unsqueeze(dim);
                dim += 1;
            }
            IndexItem::Tensor(tensor) => {
                advanced::choose(op, &layout, &mut dim, named, used_here, tensor, &mut chosen)?;
            }
        }
        named += used_here;
    }
    Ok(Applied { layout, chosen })
}

/// The mask that is all of an index, when it fits the first dimensions.
fn whole_mask<'a>(x: &Tensor, index: &'a Index) -> Option<&'a Tensor> {
    match &index.0[..] {
        [IndexItem::Tensor(mask)] if mask.dtype() == DType::Bool && mask.ndim() > 0 => {
            x.layout.shape.starts_with(&mask.layout.shape).then_some(mask)
        }
        _ => None,
    }
}

/// The view for the part of an index that views can express, and the remaining index tensors.
fn viewed(x: &Tensor, op: &str, index: Index) -> Result<(Tensor, Vec<Chosen>)> {
    let name = match index.0.iter().find(|item| !matches!(item, IndexItem::Ellipsis | IndexItem::NewAxis)) {
        Some(IndexItem::At(_)) => "SelectBackward0",
        Some(_) => "SliceBackward0",
        None => "UnsqueezeBackward0",
    };
    let again = if x.has_history() { index.clone() } else { Index(Vec::new()) };
    let Applied { layout, chosen } = apply(op, x, index)?;
    let view = match chosen.is_empty() {
        true => x.part_of(layout, name, move |x| x.i(again.clone())),
        false => x.part_of(layout, name, move |x| basic_part(x, again.clone())),
    };
    Ok((view, chosen))
}

/// What an index takes without its index tensors, whose dimensions stay.
fn basic_part(x: &Tensor, index: Index) -> Tensor {
    let rest = index.0.into_iter().flat_map(|item| match item {
        // Beside index tensors a number is one itself.
        IndexItem::At(_) => vec![IndexItem::from(..)],
        IndexItem::Tensor(tensor) if tensor.dtype() == DType::Bool => vec![IndexItem::from(..); tensor.ndim()],
        IndexItem::Tensor(_) => vec![IndexItem::from(..)],
        item => vec![item],
    });
    x.i(Index(rest.collect()))
}

impl Tensor {
    fallible! {
        /// The elements at an index: Python's `x[…]`. See [`index`](crate::index) for all that can be given.
        ///
        /// Numbers and ranges give a view that shares memory; masks and index tensors give a copy.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let z = tensor![[1, 2, 3], [4, 5, 6]];
        /// assert_eq!(z.i(0).to_vec::<i64>(), [1, 2, 3]);
        /// assert_eq!(z.i((.., 1..)).to_vec::<i64>(), [2, 3, 5, 6]);
        /// assert_eq!(z.i((-1, (..).step(2))).to_vec::<i64>(), [4, 6]);
        /// assert_eq!(z.i(z.gt(4)).to_vec::<i64>(), [5, 6]);
        /// assert_eq!(z.i((.., [2, 0])).to_vec::<i64>(), [3, 1, 6, 4]);
        /// assert_eq!(z.i((.., NewAxis)).size(), [2, 1, 3]);
        /// assert_eq!(z.try_i(2).unwrap_err().to_string(), "i: index 2 is out of range for dimension 0 of length 2");
        /// ```
        pub fn i | try_i(&self, index: impl IntoIndex) -> Tensor {
            let index = index.into_index();
            if let Some(mask) = whole_mask(self, &index) && mask.ndim() == self.ndim() {
                return self.try_masked_select(mask);
            }
            let (view, chosen) = viewed(self, "i", index)?;
            if chosen.is_empty() { Ok(view) } else { advanced::read("i", &view, &chosen) }
        }

        /// In place: the elements at an index become `values`, broadcast and converted: Python's `x[…] = values`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let z = zeros([2, 3]);
        /// z.index_put_((0, 1..), [7.0, 8.0]);
        /// z.index_put_(z.eq(0.0), -1.0);
        /// assert_eq!(z.to_vec::<f32>(), [-1.0, 7.0, 8.0, -1.0, -1.0, -1.0]);
        /// ```
        pub fn index_put_ | try_index_put_<'a>(&self, index: impl IntoIndex, values: impl IntoOperand<'a>) -> Tensor {
            let (index, values) = (index.into_index(), values.into_operand());
            if let Some(mask) = whole_mask(self, &index) && matches!(values, Operand::Number(_)) {
                let mut mask = mask.alias();
                while mask.ndim() < self.ndim() {
                    mask = mask.try_unsqueeze(-1)?;
                }
                return self.try_masked_fill_(&mask, values);
            }
            let op = "index_put_";
            let (view, chosen) = viewed(self, op, index)?;
            if !chosen.is_empty() {
                advanced::write(op, &view, &chosen, &values.to_tensor(self.dtype())?)?;
                return Ok(self.alias());
            }
            match values {
                Operand::Number(number) => crate::ops::assign::fill(op, &view, number)?,
                other => crate::ops::assign::copy(op, &view, &other.to_tensor(self.dtype())?)?,
            }
            Ok(self.alias())
        }
    }
}
