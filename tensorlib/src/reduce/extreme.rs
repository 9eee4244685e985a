//! The largest and the smallest, and where they are.

use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, shape_error};
use crate::layout::{Layout, dimension};
use crate::op::{ExtremeOp, ReduceOp};
use crate::reduce::fold::{comparable, reduced};
use crate::reduce::over::Over;
use crate::size::IntoInts;
use crate::tensor::Tensor;

fn refuse_empty(op: &str, x: &Tensor, over: &Over) -> Result<()> {
    if over.count(x) == 0 {
        return Err(shape_error!("{op}: no elements in shape {} have no largest or smallest", x.size()));
    }
    Ok(())
}

fn whole(op: &str, x: &Tensor, extreme: ExtremeOp, over: Over) -> Result<Tensor> {
    let name = match (op.starts_with('a'), extreme) {
        (true, ExtremeOp::Min) => "AminBackward0",
        (true, ExtremeOp::Max) => "AmaxBackward0",
        (false, ExtremeOp::Min) => "MinBackward1",
        (false, ExtremeOp::Max) => "MaxBackward1",
    };
    formulas::reduce::reduced(
        x,
        || whole_values(op, x, extreme, &over),
        |y| formulas::reduce::extreme(y, x, &over, name),
    )
}

fn whole_values(op: &str, x: &Tensor, extreme: ExtremeOp, over: &Over) -> Result<Tensor> {
    refuse_empty(op, x, over)?;
    let reduce = match extreme {
        ExtremeOp::Max => ReduceOp::Max,
        ExtremeOp::Min => ReduceOp::Min,
    };
    Ok(reduced(reduce, comparable(x, &mut None), over).to_dtype(x.dtype()))
}

/// Values and places along one dimension, or over all elements.
fn places(op: &str, x: &Tensor, extreme: ExtremeOp, dim: Option<i64>, keep: bool) -> Result<(Tensor, Tensor)> {
    let is_recorded = dim.is_some() && records(&[x]);
    if !is_recorded {
        return place_values(op, x, extreme, dim, keep);
    }
    let (values, places) = unrecorded(|| place_values(op, x, extreme, dim, keep))?;
    let name = match extreme {
        ExtremeOp::Max => "MaxBackward0",
        ExtremeOp::Min => "MinBackward0",
    };
    Ok((formulas::index::chosen(values, x, dim.unwrap_or(0), &places, keep, name), places))
}

fn place_values(op: &str, x: &Tensor, extreme: ExtremeOp, dim: Option<i64>, keep: bool) -> Result<(Tensor, Tensor)> {
    let flat = if dim.is_none() { x.ravel() } else { x.alias() };
    let rank = flat.ndim();
    let dims = match dim {
        None => DimVec::from_slice(&[0]),
        Some(dim) => {
            let dim = dimension(op, dim, rank)?;
            if rank == 0 { DimVec::new() } else { DimVec::from_slice(&[dim]) }
        }
    };
    let over = Over { dims, keep };
    refuse_empty(op, &flat, &over)?;
    let mut room = None;
    let numbers = comparable(&flat, &mut room);
    let (values, places) = x.backend().extreme(extreme, numbers.elements(), &over.dims);
    let layout = Layout::contiguous(over.shape(&flat));
    Ok((Tensor::from_storage(values, layout.clone()).to_dtype(x.dtype()), Tensor::from_storage(places, layout)))
}

macro_rules! extremes {
    ($extreme:ident, $word:literal, $name:ident $try_name:ident, $name_dim:ident $try_dim:ident, $name_keep:ident $try_keep:ident, $arg:ident $try_arg:ident, $arg_dim:ident $try_arg_dim:ident, $arg_keep:ident $try_arg_keep:ident, $am:ident $try_am:ident, $am_dim:ident $try_am_dim:ident, $am_keep:ident $try_am_keep:ident, $other:literal, $example:literal) => {
        impl Tensor { fallible! {
            #[doc = concat!("The ", $word, " element. NaN wins.")]
            #[doc = concat!("\n```\n# use tensorlib::prelude::*;\nassert_eq!(tensor![3, 1, 2].", stringify!($name), "().item::<i64>(), ", $example, ");\n```")]
            pub fn $name | $try_name(&self) -> Tensor {
                whole(stringify!($name), self, ExtremeOp::$extreme, Over::all(self))
            }

            #[doc = concat!("The ", $word, " elements along a dimension, and their positions in it; of equals the first. NaN wins.")]
            pub fn $name_dim | $try_dim(&self, dim: i64) -> (Tensor, Tensor) {
                places(stringify!($name), self, ExtremeOp::$extreme, Some(dim), false)
            }

            #[doc = concat!("[`", stringify!($name_dim), "`](Tensor::", stringify!($name_dim), ") with the dimension kept at length 1.")]
            pub fn $name_keep | $try_keep(&self, dim: i64) -> (Tensor, Tensor) {
                places(stringify!($name), self, ExtremeOp::$extreme, Some(dim), true)
            }

            #[doc = concat!("The ", $word, " of all elements, as [`", stringify!($name), "`](Tensor::", stringify!($name), ").")]
            #[doc = concat!("\n```\n# use tensorlib::prelude::*;\nassert_eq!(tensor![3, 1, 2].", stringify!($am), "().item::<i64>(), ", $example, ");\n```")]
            pub fn $am | $try_am(&self) -> Tensor {
                whole(stringify!($am), self, ExtremeOp::$extreme, Over::all(self))
            }

            #[doc = concat!("The ", $word, " elements over the given dimensions, without positions.")]
            #[doc = concat!("\n```\n# use tensorlib::prelude::*;\nassert_eq!(tensor![[3, 1, 2]].", stringify!($am_dim), "([0, 1]).item::<i64>(), ", $example, ");\n```")]
            pub fn $am_dim | $try_am_dim(&self, dims: impl IntoInts) -> Tensor {
                whole(stringify!($am_dim), self, ExtremeOp::$extreme, Over::dims(stringify!($am_dim), self, &dims.into_ints(), false)?)
            }

            #[doc = concat!("[`", stringify!($am_dim), "`](Tensor::", stringify!($am_dim), ") with the dimensions kept at length 1.")]
            pub fn $am_keep | $try_am_keep(&self, dims: impl IntoInts) -> Tensor {
                whole(stringify!($am_keep), self, ExtremeOp::$extreme, Over::dims(stringify!($am_keep), self, &dims.into_ints(), true)?)
            }

            #[doc = concat!("The position of the ", $word, " element, counted in row-major order; of equals the first.")]
            #[doc = concat!("\n```\n# use tensorlib::prelude::*;\nassert_eq!(tensor![3, 1, 2].", stringify!($arg), "().item::<i64>(), ", $other, ");\n```")]
            pub fn $arg | $try_arg(&self) -> Tensor {
                Ok(places(stringify!($arg), self, ExtremeOp::$extreme, None, false)?.1)
            }

            #[doc = concat!("The positions of the ", $word, " elements along a dimension.")]
            pub fn $arg_dim | $try_arg_dim(&self, dim: i64) -> Tensor {
                Ok(places(stringify!($arg), self, ExtremeOp::$extreme, Some(dim), false)?.1)
            }

            #[doc = concat!("[`", stringify!($arg_dim), "`](Tensor::", stringify!($arg_dim), ") with the dimension kept at length 1.")]
            pub fn $arg_keep | $try_arg_keep(&self, dim: i64) -> Tensor {
                Ok(places(stringify!($arg), self, ExtremeOp::$extreme, Some(dim), true)?.1)
            }
        } }
    };
}

extremes!(Max, "largest", max try_max, max_dim try_max_dim, max_keepdim try_max_keepdim, argmax try_argmax, argmax_dim try_argmax_dim, argmax_keepdim try_argmax_keepdim, amax try_amax, amax_dim try_amax_dim, amax_keepdim try_amax_keepdim, "0", "3");
extremes!(Min, "smallest", min try_min, min_dim try_min_dim, min_keepdim try_min_keepdim, argmin try_argmin, argmin_dim try_argmin_dim, argmin_keepdim try_argmin_keepdim, amin try_amin, amin_dim try_amin_dim, amin_keepdim try_amin_keepdim, "1", "1");
