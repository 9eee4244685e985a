//! Masks and index tensors: copies out of, and writes into, positions that follow no pattern.

use crate::autograd::record::{in_place_without_copy, record_linear, records};
use crate::backend::cpu::rows::Rows;
use crate::backend::cpu::select::{self, Starts};
use crate::dtype::DType;
use crate::element::{Stored, with_dtype, with_number};
use crate::error::{Result, dtype_error, index_error, or_raise, shape_error};
use crate::layout::{Layout, broadcast, position};
use crate::list::List;
use crate::memory::allocator;
use crate::scalar::Scalar;
use crate::size::{Size, checked_numel};
use crate::storage;
use crate::tensor::Tensor;

/// Positions chosen in one dimension; not negative, and within its length.
pub(crate) struct Chosen {
    pub dim: usize,
    pub positions: Tensor,
}

impl Clone for Chosen {
    fn clone(&self) -> Chosen {
        Chosen { dim: self.dim, positions: self.positions.values() }
    }
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
pub(crate) fn read(op: &str, view: &Tensor, chosen: &[Chosen]) -> Result<Tensor> {
    let result = read_values(op, view, chosen)?;
    if !records(&[view]) {
        return Ok(result);
    }
    let (shape, chosen) = (view.size(), chosen.to_vec());
    Ok(record_linear(result, "IndexBackward0", &[view], move |pass, gradient| {
        pass.give(0, || accumulated(&gradient, shape.clone(), &chosen));
        Ok(())
    }))
}

/// Zeros of a shape with `values` added at chosen positions: the reverse of [`read`].
fn accumulated(values: &Tensor, shape: Size, chosen: &[Chosen]) -> Tensor {
    let result = crate::create::filled(shape.0, values.dtype(), Scalar::Int(0));
    or_raise(add("backward", &result, chosen, values));
    if !records(&[values]) {
        return result;
    }
    let chosen = chosen.to_vec();
    record_linear(result, "IndexPutBackward0", &[values], move |pass, gradient| {
        pass.give(0, || or_raise(read("backward", &gradient, &chosen)));
        Ok(())
    })
}

fn read_values(op: &str, view: &Tensor, chosen: &[Chosen]) -> Result<Tensor> {
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
    if !records(&[view, values]) {
        return put(op, view, chosen, values);
    }
    in_place_without_copy(op, view, |view| {
        let result = view.copied();
        put(op, &result, chosen, values)?;
        let (chosen, of_values) = (chosen.to_vec(), values.layout.shape.clone());
        Ok(record_linear(result, "IndexPutBackward0", &[view, values], move |pass, gradient| {
            pass.give(0, || {
                let rest = gradient.clone();
                let zero = crate::create::filled(List::new(), rest.dtype(), Scalar::Int(0));
                or_raise(write("backward", &rest, &chosen, &zero));
                rest
            });
            pass.give(1, || or_raise(read("backward", &gradient, &chosen)).sum_to_size(&of_values[..]));
            Ok(())
        }))
    })?;
    Ok(())
}

/// The values in the shape that an index reaches, side by side in memory that is not the view's.
fn beside(op: &str, view: &Tensor, reach: &Reach, values: &Tensor) -> Result<Tensor> {
    let values = values.with_layout(values.layout.expand(op, &reach.shape)?);
    Ok(if values.shares_memory(view) { values.copied() } else { values.contiguous() })
}

fn put(op: &str, view: &Tensor, chosen: &[Chosen], values: &Tensor) -> Result<()> {
    let reach = reach(op, view, chosen)?;
    let values = beside(op, view, &reach, values)?;
    let numel = values.numel();
    with_dtype!(view.dtype(), T => storage::read_and_write(&values.storage, &view.storage, |from, to| {
        let from = if numel == 0 { &[] } else { &T::of(from)[values.layout.offset..values.layout.offset + numel] };
        select::put(T::of_mut(to), from, &reach.starts, &reach.row);
    }));
    Ok(())
}

/// Adds values of the view's dtype, which is a number, to chosen positions.
pub(crate) fn add(op: &str, view: &Tensor, chosen: &[Chosen], values: &Tensor) -> Result<()> {
    let reach = reach(op, view, chosen)?;
    let values = beside(op, view, &reach, values)?;
    let numel = values.numel();
    with_number!(view.dtype(), T => storage::read_and_write(&values.storage, &view.storage, |from, to| {
        let from = if numel == 0 { &[] } else { &T::of(from)[values.layout.offset..values.layout.offset + numel] };
        select::add(T::of_mut(to), from, &reach.starts, &reach.row);
    }), else return Err(dtype_error!("{op}: booleans have no sum")));
    Ok(())
}
