//! Masks and index tensors: copies out of, and writes into, positions that follow no pattern.

use crate::dtype::DType;
use crate::element::{Stored, with_dtype};
use crate::error::{Result, dtype_error, index_error, shape_error};
use crate::kernel::rows::Rows;
use crate::layout::{Layout, broadcast, position};
use crate::list::List;
use crate::recycle;
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
    let mut values = positions.to_vec::<i64>();
    for value in &mut values {
        *value = position(op, *value, length, dim)? as i64;
    }
    Ok(Tensor::from_values(values, positions.layout.shape.clone()))
}

/// For each dimension, the positions of what is not zero, in row-major order.
pub(super) fn nonzero_positions(tensor: &Tensor) -> Vec<Vec<i64>> {
    let mask = tensor.to_vec::<bool>();
    let shape = &tensor.layout.shape;
    let count = mask.iter().filter(|&&set| set).count();
    let mut positions: Vec<Vec<i64>> = (0..shape.len()).map(|_| Vec::with_capacity(count)).collect();
    for (at, _) in mask.iter().enumerate().filter(|&(_, &set)| set) {
        let mut left = at;
        for dim in (0..shape.len()).rev() {
            positions[dim].push((left % shape[dim]) as i64);
            left /= shape[dim];
        }
    }
    positions
}

/// What an advanced index reaches: for the common shape of the index tensors an offset each, and the layout that is
/// left of the other dimensions.
struct Reach {
    offsets: Vec<usize>,
    /// The dimensions that are not chosen.
    rest: Layout,
    /// The shape of the result, and where in it the dimensions of the index tensors stand.
    shape: List<usize>,
    at: usize,
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
    let shape = rest.shape[..at].iter().chain(&*common).chain(&rest.shape[at..]).copied().collect();
    Ok(Reach { offsets, rest, shape, at })
}

impl Reach {
    /// Calls `body(position in the result, position in the storage)` for every element.
    fn for_each(&self, mut body: impl FnMut(usize, usize)) {
        let rest_numel = self.rest.numel();
        if self.offsets.is_empty() || rest_numel == 0 {
            return;
        }
        // The result is [before, chosen, after]: walk what is left as [before, after].
        let after: usize = self.rest.shape[self.at..].iter().product();
        let count = self.offsets.len();
        let rows = Rows::new([&self.rest]);
        let [step] = rows.steps;
        let mut number = 0;
        rows.walk(0..rest_numel, |[start], _, length| {
            for i in 0..length {
                let (outer, inner) = (number / after, number % after);
                let source = start + i * step;
                for (k, offset) in self.offsets.iter().enumerate() {
                    body((outer * count + k) * after + inner, source + offset);
                }
                number += 1;
            }
        });
    }
}

/// The elements at chosen positions, as a new tensor.
pub(super) fn read(op: &str, view: &Tensor, chosen: &[Chosen]) -> Result<Tensor> {
    let reach = reach(op, view, chosen)?;
    let numel = crate::size::checked_numel(op, &reach.shape)?;
    with_dtype!(view.dtype(), T => {
        let mut values = recycle::take::<T>(numel);
        let guard = view.storage.read();
        let from = T::of(&guard);
        reach.for_each(|to, source| values[to] = from[source]);
        Ok(Tensor::from_values(values, reach.shape.clone()))
    })
}

/// Writes values of the view's dtype to chosen positions; of several values for one element the last stays.
pub(super) fn write(op: &str, view: &Tensor, chosen: &[Chosen], values: &Tensor) -> Result<()> {
    let reach = reach(op, view, chosen)?;
    let values = values.with_layout(values.layout.expand(op, &reach.shape)?);
    with_dtype!(view.dtype(), T => {
        let values = values.to_vec::<T>();
        let mut guard = view.storage.write();
        let to = T::of_mut(&mut guard);
        reach.for_each(|source, target| to[target] = values[source]);
    });
    Ok(())
}
