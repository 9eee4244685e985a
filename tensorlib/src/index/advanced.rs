//! Masks and index tensors: copies out of, and writes into, positions that follow no pattern.

use crate::autograd::record::{in_place_without_copy, record_linear, records};
use crate::backend::{Backend, Positions, Reach, backend_of};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, index_error, or_raise, shape_error};
use crate::layout::{Layout, broadcast, out_of_range};
use crate::op::PutOp;
use crate::ops::binary::apart;
use crate::scalar::Scalar;
use crate::size::{Size, checked_numel};
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
                chosen.push(Chosen { dim: *dim, positions });
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
    let checked = positions.backend().positions(positions.elements(), length);
    let values = checked.map_err(|outside| out_of_range(op, outside, length, dim))?;
    Ok(Tensor::from_storage(values, Layout::contiguous(positions.layout.shape.clone())))
}

/// For each dimension, the positions of what is not zero, in row-major order.
pub(super) fn nonzero_positions(tensor: &Tensor) -> Vec<Tensor> {
    let (values, count) = tensor.backend().nonzero(tensor.elements());
    let line = |dim: usize| Layout { offset: dim * count, ..Layout::contiguous(DimVec::from_slice(&[count])) };
    (0..tensor.ndim()).map(|dim| Tensor::from_storage(values.clone(), line(dim))).collect()
}

/// What an index reaches, the shape of that, and the device where it is.
struct Reached<'a> {
    reach: Reach<'a>,
    shape: DimVec<usize>,
    backend: &'static dyn Backend,
}

fn reach<'a>(op: &str, view: &Tensor, chosen: &'a [Chosen]) -> Result<Reached<'a>> {
    let mut common: DimVec<usize> = DimVec::new();
    for one in chosen {
        common = broadcast(op, &common, &one.positions.layout.shape)?;
    }
    let operands: Vec<&Tensor> = std::iter::once(view).chain(chosen.iter().map(|one| &one.positions)).collect();
    let backend = backend_of(op, &operands)?;
    let positions = |one: &'a Chosen| {
        let layout = one.positions.layout.expand(op, &common)?;
        Ok(Positions { positions: &one.positions.storage, layout, stride: view.layout.strides[one.dim] })
    };
    let positions = chosen.iter().map(positions).collect::<Result<Vec<Positions>>>()?;
    let others: Vec<usize> = (0..view.ndim()).filter(|dim| chosen.iter().all(|one| one.dim != *dim)).collect();
    let rest = view.layout.permute(&others);
    // Index tensors side by side stay where they are; apart, their dimensions come first.
    let together = chosen.windows(2).all(|pair| pair[1].dim == pair[0].dim + 1);
    let at = if together { others.iter().filter(|&&dim| dim < chosen[0].dim).count() } else { 0 };
    let shape: DimVec<usize> = rest.shape[..at].iter().chain(&*common).chain(&rest.shape[at..]).copied().collect();
    checked_numel(op, &shape)?;
    let part = |from: usize, to: usize| Layout {
        shape: DimVec::from_slice(&rest.shape[from..to]),
        strides: DimVec::from_slice(&rest.strides[from..to]),
        offset: rest.offset,
    };
    let reach = Reach { outer: part(0, at), chosen: positions, row: part(at, others.len()) };
    Ok(Reached { reach, shape, backend })
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
    let Reached { reach, shape, backend } = reach(op, view, chosen)?;
    Ok(Tensor::from_storage(backend.take(&view.storage, &reach), Layout::contiguous(shape)))
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
                let zero = crate::create::filled(DimVec::new(), rest.dtype(), Scalar::Int(0));
                or_raise(write("backward", &rest, &chosen, &zero));
                rest
            });
            pass.give(1, || or_raise(read("backward", &gradient, &chosen)).sum_to_size(&of_values[..]));
            Ok(())
        }))
    })?;
    Ok(())
}

/// Puts values in the shape that an index reaches into their places.
fn put_by(kind: PutOp, op: &str, view: &Tensor, chosen: &[Chosen], values: &Tensor) -> Result<()> {
    let Reached { reach, shape, backend } = reach(op, view, chosen)?;
    backend_of(op, &[view, values])?;
    let copy = apart(view, values);
    let values = copy.as_ref().unwrap_or(values);
    let layout = values.layout.expand(op, &shape)?;
    backend.put_(kind, &view.storage, &reach, values.elements_as(&layout));
    Ok(())
}

fn put(op: &str, view: &Tensor, chosen: &[Chosen], values: &Tensor) -> Result<()> {
    put_by(PutOp::Replace, op, view, chosen, values)
}

/// Adds values of the view's dtype, which is a number, to chosen positions.
pub(crate) fn add(op: &str, view: &Tensor, chosen: &[Chosen], values: &Tensor) -> Result<()> {
    if view.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: booleans have no sum"));
    }
    put_by(PutOp::Add, op, view, chosen, values)
}
