//! Shape, strides and offset: which elements of a storage a tensor is, and in which order.
//!
//! Views are arithmetic on layouts. Nothing here touches elements. Every layout that is built here from a valid one
//! stays inside the same storage.

use std::cmp::Ordering;

use crate::dim_vec::DimVec;
use crate::error::{Error, Result, index_error, shape_error};

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub shape: DimVec<usize>,
    pub strides: DimVec<usize>,
    pub offset: usize,
}

/// Row-major strides. Lengths of zero count as one, as in PyTorch.
#[inline]
pub(crate) fn contiguous_strides(shape: &[usize]) -> DimVec<usize> {
    let mut strides = DimVec::filled(1, shape.len());
    let mut stride = 1;
    for dim in (0..shape.len()).rev() {
        strides[dim] = stride;
        stride *= shape[dim].max(1);
    }
    strides
}

/// A dimension counted from the end when negative.
pub(crate) fn dimension(op: &str, dim: i64, rank: usize) -> Result<usize> {
    // A tensor of rank zero accepts 0 and -1, as in PyTorch.
    let limit = rank.max(1) as i64;
    if dim < -limit || dim >= limit {
        return Err(index_error!(
            "{op}: dimension {dim} is out of range for a tensor with {rank} dimensions; use {} to {}",
            -limit,
            limit - 1
        ));
    }
    Ok(if dim < 0 { dim + limit } else { dim } as usize)
}

/// A position in a dimension, counted from the end when negative.
pub(crate) fn position(op: &str, index: i64, length: usize, dim: usize) -> Result<usize> {
    let position = if index < 0 { index.saturating_add(length as i64) } else { index };
    if position < 0 || position >= length as i64 {
        return Err(out_of_range(op, index, length, dim));
    }
    Ok(position as usize)
}

/// The error for a position that a dimension does not have.
#[cold]
pub(crate) fn out_of_range(op: &str, index: i64, length: usize, dim: usize) -> Error {
    index_error!("{op}: index {index} is out of range for dimension {dim} of length {length}")
}

impl Layout {
    #[inline]
    pub fn contiguous(shape: DimVec<usize>) -> Layout {
        let strides = contiguous_strides(&shape);
        Layout { shape, strides, offset: 0 }
    }

    #[inline]
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    #[inline]
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether elements lie in row-major order without gaps.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        for (&length, &stride) in self.shape.iter().zip(&*self.strides).rev() {
            if length == 0 {
                return true;
            }
            if length != 1 && stride != expected {
                return false;
            }
            expected *= length;
        }
        true
    }

    /// The largest position used, plus one; zero when there are no elements.
    pub fn end(&self) -> usize {
        if self.numel() == 0 {
            return 0;
        }
        self.offset
            + self.shape.iter().zip(&*self.strides).map(|(&length, &stride)| (length - 1) * stride).sum::<usize>()
            + 1
    }

    /// Whether elements fill a stretch of memory without gaps or overlap, in whatever order of dimensions.
    pub fn is_dense(&self) -> bool {
        if self.is_contiguous() || self.numel() == 0 {
            return true;
        }
        let mut dims: DimVec<(usize, usize)> =
            self.strides.iter().zip(&*self.shape).filter(|&(_, &l)| l != 1).map(|(&s, &l)| (s, l)).collect();
        dims.sort_unstable();
        let mut expected = 1;
        for &(stride, length) in dims.iter() {
            if stride != expected {
                return false;
            }
            expected *= length;
        }
        true
    }

    /// The layout of a new tensor of this shape that has its elements in memory in the given order of dimensions.
    pub fn ordered(shape: &[usize], order: &[usize]) -> Layout {
        let lengths: DimVec<usize> = order.iter().map(|&dim| shape[dim]).collect();
        let mut strides = DimVec::filled(0, shape.len());
        for (&dim, &stride) in order.iter().zip(&*contiguous_strides(&lengths)) {
            strides[dim] = stride;
        }
        Layout { shape: DimVec::from_slice(shape), strides, offset: 0 }
    }

    /// Whether two indices may reach the same element.
    pub fn may_overlap_itself(&self) -> bool {
        if self.numel() == 0 {
            return false;
        }
        let mut dims: DimVec<(usize, usize)> =
            self.strides.iter().zip(&*self.shape).filter(|&(_, &l)| l > 1).map(|(&s, &l)| (s, l)).collect();
        dims.sort_unstable();
        let mut reach = 0;
        for &(stride, length) in dims.iter() {
            if stride <= reach {
                return true;
            }
            reach += stride * (length - 1);
        }
        false
    }

    /// One index of one dimension; the dimension goes.
    pub fn select(&self, op: &str, dim: usize, index: i64) -> Result<Layout> {
        let position = position(op, index, self.shape[dim], dim)?;
        let mut layout = self.clone();
        layout.shape.remove(dim);
        layout.offset += position * layout.strides.remove(dim);
        Ok(layout)
    }

    /// `length` indices from `start`.
    pub fn narrow(&self, op: &str, dim: usize, start: usize, length: usize) -> Result<Layout> {
        let available = self.shape[dim];
        if start > available || length > available - start {
            return Err(index_error!(
                "{op}: {length} elements from {start} do not lie in dimension {dim} of length {available}"
            ));
        }
        let mut layout = self.clone();
        layout.shape[dim] = length;
        // An empty view keeps its offset, so that it stays inside the storage.
        if length > 0 {
            layout.offset += start * layout.strides[dim];
        }
        Ok(layout)
    }

    /// Python's `start:stop:step`: what lies outside is cut off, negative positions count from the end.
    pub fn slice(&self, op: &str, dim: usize, start: Option<i64>, stop: Option<i64>, step: i64) -> Result<Layout> {
        if step <= 0 {
            return Err(index_error!("{op}: the step of a slice must be 1 or more, not {step}; use flip to reverse"));
        }
        let length = self.shape[dim] as i64;
        let clip =
            |position: i64| (if position < 0 { position.saturating_add(length) } else { position }).clamp(0, length);
        let start = clip(start.unwrap_or(0));
        let stop = clip(stop.unwrap_or(length)).max(start);
        let count = (stop - start).unsigned_abs().div_ceil(step.unsigned_abs()) as usize;
        let mut layout = self.narrow(op, dim, start as usize, (stop - start) as usize)?;
        layout.shape[dim] = count;
        if count > 1 {
            layout.strides[dim] *= step as usize;
        }
        Ok(layout)
    }

    pub fn transpose(&self, a: usize, b: usize) -> Layout {
        let mut layout = self.clone();
        if a != b {
            layout.shape.swap(a, b);
            layout.strides.swap(a, b);
        }
        layout
    }

    pub fn permute(&self, dims: &[usize]) -> Layout {
        Layout {
            shape: dims.iter().map(|&dim| self.shape[dim]).collect(),
            strides: dims.iter().map(|&dim| self.strides[dim]).collect(),
            offset: self.offset,
        }
    }

    pub fn unsqueeze(&self, dim: usize) -> Layout {
        let mut layout = self.clone();
        let stride = if dim < self.rank() { self.shape[dim].max(1) * self.strides[dim] } else { 1 };
        layout.shape.insert(dim, 1);
        layout.strides.insert(dim, stride);
        layout
    }

    pub fn squeeze(&self, keep: impl Fn(usize) -> bool) -> Layout {
        let dims = || (0..self.rank()).filter(|&dim| self.shape[dim] != 1 || keep(dim));
        Layout {
            shape: dims().map(|dim| self.shape[dim]).collect(),
            strides: dims().map(|dim| self.strides[dim]).collect(),
            offset: self.offset,
        }
    }

    /// Repeats dimensions of length 1, and adds dimensions in front, without copying.
    pub fn expand(&self, op: &str, shape: &[usize]) -> Result<Layout> {
        let refuse = |why: String| shape_error!("{op}: shape {:?} does not expand to {shape:?}: {why}", &*self.shape);
        if shape.len() < self.rank() {
            return Err(refuse(format!("it has {} dimensions, more than {}", self.rank(), shape.len())));
        }
        let added = shape.len() - self.rank();
        let mut strides = DimVec::filled(0, shape.len());
        for dim in 0..self.rank() {
            let (from, to) = (self.shape[dim], shape[added + dim]);
            if from == to {
                strides[added + dim] = self.strides[dim];
            } else if from != 1 {
                return Err(refuse(format!("dimension {} is {from}, not 1 or {to}", added + dim)));
            }
        }
        Ok(Layout { shape: DimVec::from_slice(shape), strides, offset: self.offset })
    }

    /// Another shape for the same elements in the same order, when strides can say it.
    pub fn view(&self, shape: &[usize]) -> Option<Layout> {
        if self.is_contiguous() {
            return Some(Layout { offset: self.offset, ..Layout::contiguous(DimVec::from_slice(shape)) });
        }
        let mut strides = DimVec::filled(1, shape.len());
        // Walk both shapes from the last dimension; each group of old dimensions that is contiguous within itself can be
        // cut up anew.
        let mut new = shape.len();
        let mut old = self.rank();
        while old > 0 {
            let mut group = self.shape[old - 1];
            let base = self.strides[old - 1];
            old -= 1;
            while old > 0 && (self.shape[old - 1] == 1 || self.strides[old - 1] == group * base) {
                group *= self.shape[old - 1];
                old -= 1;
            }
            let mut left = 1;
            while new > 0 && (left < group || shape[new - 1] == 1) {
                strides[new - 1] = base * left;
                left *= shape[new - 1];
                new -= 1;
            }
            if left != group {
                return None;
            }
        }
        Some(Layout { shape: DimVec::from_slice(shape), strides, offset: self.offset })
    }
}

/// The order of dimensions in which layouts of one shape are best walked: the largest strides first, the first layout's
/// where they disagree. The steps are PyTorch's, so that results have its strides.
pub(crate) fn memory_order(layouts: &[&Layout]) -> DimVec<usize> {
    let rank = layouts[0].rank();
    let mut order: DimVec<usize> = (0..rank).collect();
    // Which of two dimensions has the larger strides, if the strides decide it.
    let compare = |a: usize, b: usize| {
        layouts.iter().find_map(|layout| {
            let (of_a, of_b) = (layout.strides[a], layout.strides[b]);
            let tells = of_a != of_b && of_a != 0 && of_b != 0 && layout.shape[a] != 1 && layout.shape[b] != 1;
            tells.then(|| of_a.cmp(&of_b))
        })
    };
    for last in (0..rank.saturating_sub(1)).rev() {
        let mut at = last;
        for other in last + 1..rank {
            match compare(order[at], order[other]) {
                Some(Ordering::Less) => {
                    order.swap(at, other);
                    at = other;
                }
                Some(_) => break,
                None => {}
            }
        }
    }
    order
}

/// The shape that two shapes broadcast to.
pub(crate) fn broadcast(op: &str, a: &[usize], b: &[usize]) -> Result<DimVec<usize>> {
    let rank = a.len().max(b.len());
    let mut shape = DimVec::filled(1, rank);
    for dim in 0..rank {
        let length = |s: &[usize]| if dim + s.len() >= rank { s[dim + s.len() - rank] } else { 1 };
        shape[dim] = match (length(a), length(b)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            (x, y) => {
                return Err(shape_error!(
                    "{op}: shapes {a:?} and {b:?} do not broadcast: dimension {dim} is {x} and {y}"
                ));
            }
        };
    }
    Ok(shape)
}
