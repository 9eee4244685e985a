//! Each value once.

use crate::backend::cpu::sort;
use crate::element::{Element, Stored, with_dtype};
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
fn grouped(order: &[u32], same: impl Fn(usize, usize) -> bool) -> Groups {
    let mut groups = Groups { first: Vec::new(), inverse: vec![0; order.len()], counts: Vec::new() };
    for (number, &at) in order.iter().enumerate() {
        if number == 0 || !same(order[number - 1] as usize, at as usize) {
            groups.first.push(i64::from(at));
            groups.counts.push(0);
        }
        let last = groups.counts.len() - 1;
        groups.counts[last] += 1;
        groups.inverse[at as usize] = last as i64;
    }
    groups
}

/// Groups of rows of `width` elements, sorted or as they come.
fn groups<T: Element>(rows: &[T], count: usize, width: usize, is_sorted: bool) -> Groups {
    let row = |at: usize| &rows[at * width..(at + 1) * width];
    let mut order: Vec<u32> = (0..count as u32).collect();
    if is_sorted && width == 1 {
        let mut items: Vec<sort::Item> = rows.iter().zip(0..).map(|(&v, at)| (sort::key(v, false), at)).collect();
        sort::sort(&mut items, &mut Vec::new());
        order = items.into_iter().map(|(_, at)| at).collect();
    } else if is_sorted {
        order.sort_by_key(|&at| row(at as usize).iter().map(|&v| sort::key(v, false)).collect::<Vec<u64>>());
    }
    grouped(&order, |a, b| row(a) == row(b))
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
    let count = rows.layout.shape[0];
    if u32::try_from(count).is_err() {
        return Err(shape_error!("{op}: {count} are more than can be sorted"));
    }
    let width = rows.layout.shape[1..].iter().product();
    let groups = with_dtype!(rows.dtype(), T => {
        let guard = rows.storage.read();
        let numel = rows.numel();
        let from = if numel == 0 { &[] } else { &T::of(&guard)[rows.layout.offset..rows.layout.offset + numel] };
        groups(from, count, width, is_sorted)
    });
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
