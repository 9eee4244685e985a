//! Places among sorted numbers.

use crate::element::{Element, with_dtype};
use crate::error::{Result, fallible, shape_error};
use crate::operand::{IntoOperand, Operand};
use crate::promotion::result_type;
use crate::tensor::Tensor;

/// The first place before which all are less than the value or, from the right, not more. NaN comes behind all.
fn place<T: Element>(sorted: &[T], value: T, right: bool) -> i64 {
    // As PyTorch's comparisons: what is not known to be beyond lies before.
    sorted.partition_point(|&other| if right { !matches(other, value, false) } else { !matches(other, value, true) })
        as i64
}

/// Whether the first is more than the second, or as much.
fn matches<T: Element>(a: T, b: T, or_equal: bool) -> bool {
    a > b || (or_equal && a == b)
}

fn search(op: &str, sorted: Operand, values: Operand, right: bool) -> Result<Tensor> {
    let is_decimals = |operand: &Operand| matches!(operand, Operand::Decimals(_));
    let dtype = match (is_decimals(&sorted), is_decimals(&values)) {
        (false, false) => {
            result_type(sorted.promotion(), values.promotion()).max(sorted.promotion().0.min(values.promotion().0))
        }
        _ => result_type(sorted.promotion(), values.promotion()),
    };
    let (sorted, values) = (sorted.to_tensor(dtype)?.values(), values.to_tensor(dtype)?.values());
    let rank = sorted.ndim();
    let is_one = rank == 1;
    let fits = is_one
        || (rank == values.ndim() && rank > 0 && sorted.layout.shape[..rank - 1] == values.layout.shape[..rank - 1]);
    if !fits {
        return Err(shape_error!(
            "{op}: sorted numbers of shape {} do not fit values of shape {}; all dimensions but the last must be the same",
            sorted.size(),
            values.size()
        ));
    }
    let length = sorted.layout.shape[rank - 1];
    let row = if is_one { values.numel() } else { values.layout.shape[rank - 1] };
    let places: Vec<i64> = with_dtype!(dtype, T => {
        let (sorted, values) = (sorted.to_vec::<T>(), values.to_vec::<T>());
        let rows = values.chunks(row.max(1)).enumerate();
        rows.flat_map(|(number, row)| {
            let sorted = if is_one { &sorted[..] } else { &sorted[number * length..(number + 1) * length] };
            row.iter().map(move |&value| place(sorted, value, right))
        }).collect()
    });
    Ok(Tensor::from_values(places, values.layout.shape.clone()))
}

fallible! {
    /// Where values would have to stand among sorted ones to keep their order: before those that are equal. Rows of values may
    /// each have their own sorted ones.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(searchsorted([1, 3, 5], [3, 4]).to_vec::<i64>(), [1, 2]);
    /// ```
    pub fn searchsorted | try_searchsorted<'a>(sorted: impl IntoOperand<'a>, values: impl IntoOperand<'a>) -> Tensor {
        search("searchsorted", sorted.into_operand(), values.into_operand(), false)
    }

    /// [`searchsorted`] behind those that are equal: PyTorch's `right=True`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(searchsorted_right([1, 3, 5], [3, 4]).to_vec::<i64>(), [2, 2]);
    /// ```
    pub fn searchsorted_right | try_searchsorted_right<'a>(sorted: impl IntoOperand<'a>, values: impl IntoOperand<'a>) -> Tensor {
        search("searchsorted_right", sorted.into_operand(), values.into_operand(), true)
    }

    /// For each element, in which of the intervals between sorted boundaries it lies; on a boundary, in the one before.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(bucketize([0.5, 1.0, 7.0], [1.0, 2.0]).to_vec::<i64>(), [0, 0, 2]);
    /// ```
    pub fn bucketize | try_bucketize<'a>(input: impl IntoOperand<'a>, boundaries: impl IntoOperand<'a>) -> Tensor {
        search("bucketize", boundaries.into_operand(), input.into_operand(), false)
    }

    /// [`bucketize`] that puts what is on a boundary in the interval behind: PyTorch's `right=True`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(bucketize_right([0.5, 1.0, 7.0], [1.0, 2.0]).to_vec::<i64>(), [0, 1, 2]);
    /// ```
    #[doc(alias = "digitize")]
    pub fn bucketize_right | try_bucketize_right<'a>(input: impl IntoOperand<'a>, boundaries: impl IntoOperand<'a>) -> Tensor {
        search("bucketize_right", boundaries.into_operand(), input.into_operand(), true)
    }
}
