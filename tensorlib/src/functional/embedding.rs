//! Rows of a table by number.

use std::sync::Arc;

use super::floating;
use super::options::options;
use crate::autograd::record::{record_linear, records};
use crate::backend::backend_of;
use crate::backend::geometry::Lookup;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, index_error, shape_error, value_error};
use crate::layout::Layout;
use crate::op::Direction;
use crate::size::{IntoInts, checked_numel};
use crate::tensor::Tensor;

options! {
    /// The options of [`embedding_with`].
    pub struct Embedding<'a> {
        /// A row whose gradient is zero, so that it stays as it is; negative numbers count from the end.
        padding_idx: Option<i64>, None, |row: i64| Some(row);
    }
}

/// The rows that a call took from a table.
struct Taken {
    lookup: Lookup,
    /// The row that has no gradient.
    padding: Option<usize>,
    result: DimVec<usize>,
}

/// Rows taken from a table, or added to one of zeros: each the other's transpose. Gradients leave the padding out.
fn moved(x: &Tensor, taken: &Arc<Taken>, way: Direction, padding: Option<usize>) -> Tensor {
    let shape = match way {
        Direction::Forward => taken.result.clone(),
        Direction::Transposed => DimVec::from_slice(&taken.lookup.table),
    };
    let values = x.backend().embedding(way, x.elements(), &taken.lookup, padding);
    let result = Tensor::from_storage(values, Layout::contiguous(shape));
    if !records(&[x]) {
        return result;
    }
    let kept = taken.clone();
    record_linear(result, "EmbeddingBackward0", &[x], move |pass, gradient| {
        pass.give(0, || moved(&gradient, &kept, way.back(), kept.padding));
        Ok(())
    })
}

fn whole(op: &str, what: &str, x: &Tensor) -> Result<()> {
    if matches!(x.dtype(), DType::Bool | DType::F32 | DType::F64) {
        return Err(dtype_error!("{op}: {what} are whole numbers, not {}; convert them with long()", x.dtype()));
    }
    Ok(())
}

fn looked_up(rows: &Tensor, weight: &Tensor, options: &Embedding) -> Result<Tensor> {
    let op = "embedding";
    whole(op, "numbers of rows", rows)?;
    floating(op, &[weight])?;
    if weight.ndim() != 2 {
        return Err(shape_error!("{op}: the table needs shape [rows, features], not {}", weight.size()));
    }
    let count = weight.layout.shape[0];
    let padding = match options.padding_idx {
        None => None,
        Some(row) => {
            let position = if row < 0 { row + count as i64 } else { row };
            let inside = usize::try_from(position).ok().filter(|&position| position < count);
            Some(inside.ok_or_else(|| {
                index_error!("{op}: padding_idx {row} is no row of a table of shape {}", weight.size())
            })?)
        }
    };
    let given = rows.to_vec::<i64>();
    let outside = |&(_, &row): &(usize, &i64)| !(0..count as i64).contains(&row);
    if let Some((at, row)) = given.iter().enumerate().find(outside) {
        return Err(index_error!("{op}: {row}, number {at}, is no row of a table of shape {}", weight.size()));
    }
    let mut result = rows.layout.shape.clone();
    result.push(weight.layout.shape[1]);
    checked_numel(op, &result)?;
    backend_of(op, &[weight, rows])?;
    let lookup = Lookup { numbers: crate::create::from_vec(given).storage, table: [count, weight.layout.shape[1]] };
    Ok(moved(weight, &Arc::new(Taken { lookup, padding, result }), Direction::Forward, None))
}

fallible! {
    /// Rows of a table by their numbers.
    ///
    /// | | shape |
    /// |---|---|
    /// | `rows` | whole numbers of any shape |
    /// | `weight` | `[number of rows, features]` |
    /// | result | that of `rows`, and `features` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let table = tensor![[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]];
    /// assert_eq!(F::embedding(&tensor![2, 0], &table).to_vec::<f32>(), [2.0, 2.5, 0.0, 0.5]);
    /// assert_eq!(
    ///     F::try_embedding(&tensor![3], &table).unwrap_err().to_string(),
    ///     "embedding: 3, number 0, is no row of a table of shape [3, 2]"
    /// );
    /// ```
    pub fn embedding | try_embedding(rows: &Tensor, weight: &Tensor) -> Tensor {
        looked_up(rows, weight, &Embedding::new())
    }

    /// [`embedding`] with options.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Embedding}, prelude::*};
    /// let table = ones([3, 2]).requires_grad_(true);
    /// F::embedding_with(&tensor![2, 0, 2], &table, Embedding::new().padding_idx(0)).sum().backward();
    /// assert_eq!(table.grad().to_vec::<f32>(), [0.0, 0.0, 0.0, 0.0, 2.0, 2.0]);
    /// ```
    pub fn embedding_with | try_embedding_with(rows: &Tensor, weight: &Tensor, options: Embedding<'_>) -> Tensor {
        looked_up(rows, weight, &options)
    }

    /// 1 at the label of each row and 0 elsewhere: `[…]` whole numbers give `[…, classes]`, as `i64`. With -1 there are as many
    /// classes as the largest label asks for.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::one_hot(&tensor![0, 2], 3).to_vec::<i64>(), [1, 0, 0, 0, 0, 1]);
    /// ```
    pub fn one_hot | try_one_hot(labels: &Tensor, classes: impl IntoInts) -> Tensor {
        let op = "one_hot";
        whole(op, "labels", labels)?;
        let given = labels.to_vec::<i64>();
        let classes = match classes.into_ints()[..] {
            [-1] => given.iter().copied().max().map_or(0, |largest| largest.saturating_add(1)),
            [classes] if classes > 0 => classes,
            _ => return Err(value_error!("{op}: needs a number of classes, 1 or more, or -1 for as many as there are")),
        };
        let mut shape = labels.layout.shape.clone();
        shape.push(classes.max(0) as usize);
        let mut values = vec![0i64; checked_numel(op, &shape)?];
        for (at, &label) in given.iter().enumerate() {
            if !(0..classes).contains(&label) {
                return Err(index_error!(
                    "{op}: label {label} at position {at} is not one of the {classes} classes; labels are 0 to {}",
                    classes - 1
                ));
            }
            values[at * classes as usize + label as usize] = 1;
        }
        crate::create::from_vec(values).try_view(&shape[..])
    }
}
