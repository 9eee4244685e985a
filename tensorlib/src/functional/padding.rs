//! Elements around a tensor.

use std::sync::Arc;

use crate::autograd::record::{record_linear, records};
use crate::backend::geometry::PadMaps;
use crate::error::{Result, fallible, shape_error};
use crate::layout::Layout;
use crate::op::Direction;
use crate::size::{IntoInts, Ints, checked_numel};
use crate::tensor::Tensor;

/// The values around a padded tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// A number.
    Constant(f64),
    /// The elements as in a mirror that stands on the last one: `3 2 | 1 2 3 | 2 1`.
    Reflect,
    /// The last element again: `1 1 | 1 2 3 | 3 3`.
    Replicate,
    /// The elements from the other end: `2 3 | 1 2 3 | 1 2`.
    Circular,
}

/// Where the padded dimension finds its elements.
fn map(op: &str, x: &Tensor, dim: usize, (before, after): (i64, i64), mode: PadMode) -> Result<Vec<isize>> {
    let length = x.layout.shape[dim] as i64;
    let whole = length.saturating_add(before).saturating_add(after);
    if whole < 0 || whole > isize::MAX as i64 {
        return Err(shape_error!(
            "{op}: padding of {before} and {after} leaves nothing of dimension {dim} of shape {}",
            x.size()
        ));
    }
    let most = before.max(after);
    let refuse = |limit: i64, name: &str| {
        Err(shape_error!(
            "{op}: {name} padding of {most} is too much for dimension {dim} of shape {}; at most {limit}",
            x.size()
        ))
    };
    match mode {
        PadMode::Reflect if most > (length - 1).max(0) => return refuse((length - 1).max(0), "reflecting"),
        PadMode::Circular if most > length => return refuse(length, "circular"),
        PadMode::Replicate if most > 0 && length == 0 => return refuse(0, "replicating"),
        _ => {}
    }
    let find = |at: i64| {
        let at = at - before;
        let inside = (0..length).contains(&at);
        let found = match mode {
            _ if inside => at,
            PadMode::Constant(_) => -1,
            PadMode::Reflect if at < 0 => -at,
            PadMode::Reflect => 2 * (length - 1) - at,
            PadMode::Replicate => at.clamp(0, length - 1),
            PadMode::Circular => at.rem_euclid(length),
        };
        found as isize
    };
    Ok((0..whole).map(find).collect())
}

/// Elements by maps, or the transpose of that.
fn moved(x: &Tensor, maps: &Arc<PadMaps>, way: Direction, fill: f64, name: &'static str) -> Tensor {
    let shape = match way {
        Direction::Forward => maps.dims.iter().map(Vec::len).collect(),
        Direction::Transposed => maps.source.iter().copied().collect(),
    };
    let values = x.backend().pad(way, x.elements(), maps, fill);
    let result = Tensor::from_storage(values, Layout::contiguous(shape));
    if !records(&[x]) {
        return result;
    }
    let maps = maps.clone();
    record_linear(result, name, &[x], move |pass, gradient| {
        pass.give(0, || moved(&gradient, &maps, way.back(), 0.0, name));
        Ok(())
    })
}

fn padded(x: &Tensor, padding: &Ints, mode: PadMode) -> Result<Tensor> {
    let op = "pad";
    let rank = x.ndim();
    if !padding.len().is_multiple_of(2) || padding.len() / 2 > rank {
        return Err(shape_error!(
            "{op}: padding {:?} needs two numbers for each of at most {rank} dimensions, the last one first",
            &padding[..]
        ));
    }
    if rank == 0 {
        return Ok(x.clone());
    }
    let (mut dims, mut shape) = (Vec::with_capacity(rank), Vec::with_capacity(rank));
    for dim in 0..rank {
        let at = 2 * (rank - 1 - dim);
        let around = if at < padding.len() { (padding[at], padding[at + 1]) } else { (0, 0) };
        shape.push((x.layout.shape[dim] as i64).saturating_add(around.0).saturating_add(around.1).max(0) as usize);
        checked_numel(op, &shape)?;
        dims.push(map(op, x, dim, around, mode)?);
    }
    let (fill, name) = match mode {
        PadMode::Constant(value) => (value, "ConstantPadNdBackward0"),
        PadMode::Reflect => (0.0, "ReflectionPadBackward0"),
        PadMode::Replicate => (0.0, "ReplicationPadBackward0"),
        PadMode::Circular => (0.0, "CircularPadBackward0"),
    };
    let maps = PadMaps { dims, source: x.layout.shape.to_vec() };
    Ok(moved(x, &Arc::new(maps), Direction::Forward, fill, name))
}

fallible! {
    /// Zeros around the last dimensions: two numbers for each, before and after, the last dimension first. Negative numbers
    /// take elements away.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[…, length]` |
    /// | `padding` | `[before, after]` |
    /// | result | `[…, before + length + after]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::pad(&tensor![1, 2, 3], [1, 2]).to_vec::<i64>(), [0, 1, 2, 3, 0, 0]);
    /// assert_eq!(F::pad(&ones([2, 3, 4]), [1, 1, 2, 2]).size(), [2, 7, 6]); // columns first, then rows
    /// ```
    pub fn pad | try_pad(x: &Tensor, padding: impl IntoInts) -> Tensor {
        padded(x, &padding.into_ints(), PadMode::Constant(0.0))
    }

    /// [`pad`] with something else than zeros.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, PadMode}, prelude::*};
    /// let x = tensor![1, 2, 3];
    /// assert_eq!(F::pad_with(&x, [2, 1], PadMode::Reflect).to_vec::<i64>(), [3, 2, 1, 2, 3, 2]);
    /// assert_eq!(F::pad_with(&x, [2, 1], PadMode::Replicate).to_vec::<i64>(), [1, 1, 1, 2, 3, 3]);
    /// assert_eq!(F::pad_with(&x, [2, 1], PadMode::Circular).to_vec::<i64>(), [2, 3, 1, 2, 3, 1]);
    /// assert_eq!(F::pad_with(&x, [0, 1], PadMode::Constant(9.0)).to_vec::<i64>(), [1, 2, 3, 9]);
    /// ```
    pub fn pad_with | try_pad_with(x: &Tensor, padding: impl IntoInts, mode: PadMode) -> Tensor {
        padded(x, &padding.into_ints(), mode)
    }
}
