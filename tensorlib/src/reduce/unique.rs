//! Each value once.

use std::cmp::Ordering;

use crate::element::{Element, with_dtype};
use crate::error::{Result, fallible, shape_error};
use crate::layout::dimension;
use crate::tensor::Tensor;

/// Rows that are the same, as groups.
struct Groups {
    /// One row of each group.
    first: Vec<i64>,
    /// For each row, its group.
    inverse: Vec<i64>,
    counts: Vec<i64>,
}

/// Groups of rows in the order in which `order` names them: neighbours that are the same make one.
fn grouped(order: &[i64], same: impl Fn(usize, usize) -> bool) -> Groups {
    let mut groups = Groups { first: Vec::new(), inverse: vec![0; order.len()], counts: Vec::new() };
    for (number, &at) in order.iter().enumerate() {
        if number == 0 || !same(order[number - 1] as usize, at as usize) {
            groups.first.push(at);
            groups.counts.push(0);
        }
        let last = groups.counts.len() - 1;
        groups.counts[last] += 1;
        groups.inverse[at as usize] = last as i64;
    }
    groups
}

/// NaN comes behind all numbers.
fn order<T: Element>(a: &[T], b: &[T]) -> Ordering {
    #[allow(clippy::eq_op)]
    let is_nan = |value: &T| value != value;
    let of = |(a, b): (&T, &T)| a.partial_cmp(b).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b)));
    a.iter().zip(b).map(of).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Groups of rows, sorted or as they come.
fn groups<T: Element>(rows: &Tensor, is_sorted: bool) -> Result<Groups> {
    let (values, count) = (rows.to_vec::<T>(), rows.layout.shape[0]);
    let width = rows.layout.shape[1..].iter().product::<usize>();
    let row = |at: usize| &values[at * width..(at + 1) * width];
    let mut places: Vec<i64> = (0..count as i64).collect();
    if is_sorted && rows.ndim() == 1 {
        places = rows.try_argsort()?.to_vec();
    } else if is_sorted {
        places.sort_by(|&a, &b| order(row(a as usize), row(b as usize)));
    }
    Ok(grouped(&places, |a, b| row(a) == row(b)))
}

fn unique(op: &str, x: &Tensor, dim: Option<i64>, is_sorted: bool) -> Result<(Tensor, Tensor, Tensor)> {
    let x = x.values();
    let rows = match dim {
        None => x.ravel(),
        Some(dim) => {
            if x.ndim() == 0 {
                return Err(shape_error!("{op}: a tensor of rank 0 has no dimension"));
            }
            x.try_transpose(0, dimension(op, dim, x.ndim())? as i64)?.contiguous()
        }
    };
    let groups = with_dtype!(rows.dtype(), T => groups::<T>(&rows, is_sorted)?);
    let list = |values: Vec<i64>| {
        let length = values.len();
        Tensor::from_values(values, [length].into_iter().collect())
    };
    let chosen = rows.try_index_select(0, list(groups.first))?;
    let (values, inverse) = match dim {
        None => (chosen, list(groups.inverse).try_reshape(x.size())?),
        Some(dim) => (chosen.try_transpose(0, dim)?.contiguous(), list(groups.inverse)),
    };
    Ok((values, inverse, list(groups.counts)))
}

macro_rules! unique {
    ($($(#[$doc:meta])* $name:ident $try_name:ident $all:ident $try_all:ident $name_dim:ident $try_dim:ident $all_dim:ident $try_all_dim:ident: $sorted:literal, $example:literal;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name | $try_name(&self) -> Tensor {
                Ok(unique(stringify!($name), self, None, $sorted)?.0)
            }

            #[doc = concat!("The values of [`", stringify!($name), "`](Tensor::", stringify!($name), "), for each element the position of its value there, and how often each comes: PyTorch's `return_inverse=True, return_counts=True`.")]
            #[doc = concat!("\n```\n# use tensorlib::prelude::*;\nlet (values, inverse, counts) = tensor![7, 5, 5].", stringify!($all), "();\nassert_eq!(inverse.to_vec::<i64>(), ", $example, ");\nassert_eq!(values.i(inverse).to_vec::<i64>(), [7, 5, 5]);\nassert_eq!(counts.sum().item::<i64>(), 3);\n```")]
            pub fn $all | $try_all(&self) -> (Tensor, Tensor, Tensor) {
                unique(stringify!($all), self, None, $sorted)
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") of the parts along a dimension.")]
            pub fn $name_dim | $try_dim(&self, dim: i64) -> Tensor {
                Ok(unique(stringify!($name_dim), self, Some(dim), $sorted)?.0)
            }

            #[doc = concat!("[`", stringify!($all), "`](Tensor::", stringify!($all), ") of the parts along a dimension.")]
            pub fn $all_dim | $try_all_dim(&self, dim: i64) -> (Tensor, Tensor, Tensor) {
                unique(stringify!($all_dim), self, Some(dim), $sorted)
            }
        )* } }
    };
}

unique! {
    /// Each value once, from the smallest to the largest. NaN is never the same as another.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![7, 5, 7].unique().to_vec::<i64>(), [5, 7]);
    /// assert_eq!(tensor![[1, 2], [0, 9], [1, 2]].unique_dim(0).to_vec::<i64>(), [0, 9, 1, 2]);
    /// ```
    unique try_unique unique_all try_unique_all unique_dim try_unique_dim unique_all_dim try_unique_all_dim: true, "[1, 0, 0]";
    /// The values without those that repeat the one before.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![7, 7, 5, 7].unique_consecutive().to_vec::<i64>(), [7, 5, 7]);
    /// ```
    unique_consecutive try_unique_consecutive unique_consecutive_all try_unique_consecutive_all unique_consecutive_dim try_unique_consecutive_dim unique_consecutive_all_dim try_unique_consecutive_all_dim: false, "[0, 1, 1]";
}
