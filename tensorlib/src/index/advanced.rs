//! Masks and index tensors: copies out of, and writes into, positions that follow no pattern.

use crate::backend::cpu::rows::Rows;
use crate::backend::cpu::select::{self, Starts};
use crate::dtype::DType;
use crate::element::{Stored, with_dtype};
use crate::error::{Result, dtype_error, index_error, shape_error};
use crate::layout::{Layout, broadcast, position};
use crate::list::List;
use crate::memory::allocator;
use crate::size::checked_numel;
use crate::storage;
use crate::tensor::Tensor;

/// Positions chosen in one dimension; not negative, and within its length.
pub(super) struct Chosen {
    pub dim: usize,
    pub positions: Tensor,
}

/// Takes a mask or index tensor apart into positions by dimension. `named` is what the dimension is called in errors.
pub(super) fn choose(
    op: &str,
    layout: &Layout,
    dim: &mut usize,
    named: usize,
    count: usize,
    tensor: Tensor,
    chosen: &mut Vec<Chosen>,
) -> Result<()> {
    match tensor.dtype() {
        DType::Bool => {
            let shape = &layout.shape[*dim..*dim + count];
            if *tensor.layout.shape != *shape {
                return Err(shape_error!(
                    "{op}: a mask of shape {} does not fit dimensions of shape {shape:?}; they must be the same",
                    tensor.size()
                ));
            }
            if count == 0 {
                return Err(index_error!("{op}: a mask needs at least one dimension"));
            }
            for positions in nonzero_positions(&tensor) {
                let shape = List::from_slice(&[positions.len()]);
                chosen.push(Chosen { dim: *dim, positions: Tensor::from_values(positions, shape) });
                *dim += 1;
            }
            Ok(())
        }
        DType::F32 | DType::F64 => {
            Err(dtype_error!("{op}: positions must be whole numbers or a bool mask, not {}", tensor.dtype()))
        }
        _ => {
            let positions = wrapped(op, &tensor, layout.shape[*dim], named)?;
            chosen.push(Chosen { dim: *dim, positions });
            *dim += 1;
            Ok(())
        }
    }
}

/// Positions counted from the start, all within the length.
pub(super) fn wrapped(op: &str, positions: &Tensor, length: usize, dim: usize) -> Result<Tensor> {
    // A copy: other threads may write to the tensor that was given, once it was looked at.
    let mut values = positions.to_vec::<i64>();
    let limit = length as i64;
    // Without a branch for each: only when one is outside it is looked for.
    if values.iter().fold(false, |outside, &value| outside | (value < -limit) | (value >= limit)) {
        for &value in &values {
            position(op, value, length, dim)?;
        }
    }
    if values.iter().fold(false, |any, &value| any | (value < 0)) {
        values.iter_mut().for_each(|value| *value += if *value < 0 { limit } else { 0 });
    }
    Ok(Tensor::from_values(values, positions.layout.shape.clone()))
}

/// For each dimension, the positions of what is not zero, in row-major order.
pub(super) fn nonzero_positions(tensor: &Tensor) -> Vec<Vec<i64>> {
    let mask = tensor.to_vec::<bool>();
    let shape = &tensor.layout.shape;
    let flat = select::compress(0..mask.len() as i64, &mask);
    let Some((&last, outer)) = shape.split_last() else { return Vec::new() };
    if outer.is_empty() {
        return vec![flat];
    }
    let mut positions: Vec<Vec<i64>> = (0..shape.len()).map(|_| Vec::with_capacity(flat.len())).collect();
    // Positions ascend: only where a row of the last dimension begins are the others computed anew.
    let last = last as i64;
    let (mut begins, mut ends) = (0, 0);
    let mut index = vec![0; outer.len()];
    for at in flat {
        if at >= ends {
            begins = at / last * last;
            ends = begins + last;
            let mut left = at / last;
            for dim in (0..outer.len()).rev() {
                index[dim] = left % outer[dim] as i64;
                left /= outer[dim] as i64;
            }
        }
        positions.iter_mut().zip(&index).for_each(|(positions, &index)| positions.push(index));
        positions[outer.len()].push(at - begins);
    }
    positions
}

/// What an advanced index reaches.
struct Reach {
    starts: Starts,
    /// What is copied from each start.
    row: Layout,
    /// The shape of the result.
    shape: List<usize>,
}

fn reach(op: &str, view: &Tensor, chosen: &[Chosen]) -> Result<Reach> {
    let mut common: List<usize> = List::new();
    for one in chosen {
        common = broadcast(op, &common, &one.positions.layout.shape)?;
    }
    let mut offsets = vec![0; common.iter().product()];
    for one in chosen {
        let stride = view.layout.strides[one.dim];
        let positions = one.positions.with_layout(one.positions.layout.expand(op, &common)?).to_vec::<i64>();
        for (offset, position) in offsets.iter_mut().zip(positions) {
            *offset += position as usize * stride;
        }
    }
    let others: Vec<usize> = (0..view.ndim()).filter(|dim| chosen.iter().all(|one| one.dim != *dim)).collect();
    let rest = view.layout.permute(&others);
    // Index tensors side by side stay where they are; apart, their dimensions come first.
    let together = chosen.windows(2).all(|pair| pair[1].dim == pair[0].dim + 1);
    let at = if together { others.iter().filter(|&&dim| dim < chosen[0].dim).count() } else { 0 };
    let shape: List<usize> = rest.shape[..at].iter().chain(&*common).chain(&rest.shape[at..]).copied().collect();
    checked_numel(op, &shape)?;
    let part = |from: usize, to: usize| Layout {
        shape: List::from_slice(&rest.shape[from..to]),
        strides: List::from_slice(&rest.strides[from..to]),
        offset: rest.offset,
    };
    let rows = Rows::new([&part(0, at)]);
    let mut outer = Vec::with_capacity(rows.numel);
    rows.walk(0..rows.numel, |[start], _, count| outer.extend((0..count).map(|i| start + i * rows.steps[0])));
    Ok(Reach { starts: Starts { outer, chosen: offsets }, row: part(at, others.len()), shape })
}

/// The elements at chosen positions, as a new tensor.
pub(super) fn read(op: &str, view: &Tensor, chosen: &[Chosen]) -> Result<Tensor> {
    let reach = reach(op, view, chosen)?;
    with_dtype!(view.dtype(), T => {
        let mut values = allocator::take::<T>(reach.shape.iter().product());
        let guard = view.storage.read();
        select::take(&mut values, T::of(&guard), &reach.starts, &reach.row);
        Ok(Tensor::from_values(values, reach.shape))
    })
}

/// Writes values of the view's dtype to chosen positions; of several values for one element the last stays.
pub(super) fn write(op: &str, view: &Tensor, chosen: &[Chosen], values: &Tensor) -> Result<()> {
    let reach = reach(op, view, chosen)?;
    let values = values.with_layout(values.layout.expand(op, &reach.shape)?);
    let values = if values.shares_memory(view) { values.copied() } else { values.contiguous() };
    let numel = values.numel();
    with_dtype!(view.dtype(), T => storage::read_and_write(&values.storage, &view.storage, |from, to| {
        let from = if numel == 0 { &[] } else { &T::of(from)[values.layout.offset..values.layout.offset + numel] };
        select::put(T::of_mut(to), from, &reach.starts, &reach.row);
    }));
    Ok(())
}
