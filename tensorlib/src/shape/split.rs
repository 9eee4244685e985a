//! One tensor as several, by PyTorch's and NumPy's other rules.

use crate::error::{Result, fallible, shape_error};
use crate::layout::dimension;
use crate::operand::IntoOperand;
use crate::size::{IntoInts, Ints, checked_numel};
use crate::tensor::Tensor;

/// Views along a dimension: for a number, that many pieces, the first ones one longer if the length is not divisible;
/// for a list, the pieces between these positions.
fn tensor_split(op: &str, x: &Tensor, parts: &Ints, is_list: bool, dim: i64) -> Result<Vec<Tensor>> {
    let place = dimension(op, dim, x.ndim())?;
    let Some(&length) = x.layout.shape.get(place) else {
        return Err(shape_error!("{op}: a tensor of rank 0 has no dimension to split"));
    };
    let part = |start: usize, end: usize| x.try_narrow(place as i64, start, end.saturating_sub(start));
    if is_list {
        // As Python's slices: negative positions count from the end, and what lies outside is cut off.
        let length = length as i64;
        let clip = |at: i64| if at < 0 { (at + length).max(0) } else { at.min(length) } as usize;
        let starts = [0].into_iter().chain(parts.iter().map(|&at| clip(at)));
        let ends = parts.iter().map(|&at| clip(at)).chain([length as usize]);
        return starts.zip(ends).map(|(start, end)| part(start, end)).collect();
    }
    let count = usize::try_from(parts[0]).ok().filter(|&count| count > 0);
    let count = count.ok_or_else(|| shape_error!("{op}: the number of pieces must be 1 or more, not {}", parts[0]))?;
    let (least, longer) = (length / count, length % count);
    let start = |piece: usize| piece * least + piece.min(longer);
    (0..count).map(|piece| part(start(piece), start(piece + 1))).collect()
}

/// A number of pieces, or a list of positions to cut at.
pub trait IntoCuts {
    /// The numbers, and whether they are positions.
    #[doc(hidden)]
    fn into_cuts(self) -> (Ints, bool);
}

macro_rules! cuts {
    ($($ty:ty: $is_list:literal, [$($generics:tt)*];)*) => { $(
        impl<$($generics)*> IntoCuts for $ty {
            fn into_cuts(self) -> (Ints, bool) {
                (self.into_ints(), $is_list)
            }
        }
    )* };
}
cuts! {
    i32: false, [];
    i64: false, [];
    usize: false, [];
    [T; N]: true, [T: crate::size::Int, const N: usize];
    &[T]: true, [T: crate::size::Int];
    Vec<T>: true, [T: crate::size::Int];
}

impl IntoCuts for &Tensor {
    fn into_cuts(self) -> (Ints, bool) {
        (Ints(self.to_vec::<i64>().into_iter().collect()), self.ndim() > 0)
    }
}

/// The pieces of `hsplit`, `vsplit` and `dsplit`, which must be of one length.
fn even(op: &str, x: &Tensor, cuts: (Ints, bool), dim: usize) -> Result<Vec<Tensor>> {
    let (parts, is_list) = cuts;
    let length = x.layout.shape[dim];
    if !is_list && (parts[0] <= 0 || !length.is_multiple_of(parts[0] as usize)) {
        return Err(shape_error!(
            "{op}: dimension {dim} of length {length} has no {} equal pieces; tensor_split makes unequal ones",
            parts[0]
        ));
    }
    tensor_split(op, x, &parts, is_list, dim as i64)
}

fn rank_at_least(op: &str, x: &Tensor, rank: usize) -> Result<()> {
    if x.ndim() < rank {
        return Err(shape_error!("{op}: needs {rank} dimensions or more, not shape {}", x.size()));
    }
    Ok(())
}

impl Tensor {
    fallible! {
        /// Views of pieces of dimension 0: for a number, that many, the first ones one longer if the length is not
        /// divisible; for a list, the pieces between these positions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let lengths = |parts: Vec<Tensor>| parts.iter().map(|part| part.numel()).collect::<Vec<_>>();
        /// assert_eq!(lengths(arange(7).tensor_split(3)), [3, 2, 2]);
        /// assert_eq!(lengths(arange(7).tensor_split([1, 4])), [1, 3, 3]);
        /// ```
        #[doc(alias = "array_split")]
        pub fn tensor_split | try_tensor_split(&self, parts: impl IntoCuts) -> Vec<Tensor> {
            let (parts, is_list) = parts.into_cuts();
            tensor_split("tensor_split", self, &parts, is_list, 0)
        }

        /// [`tensor_split`](Tensor::tensor_split) along another dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 5]).tensor_split_dim(2, 1)[0].size(), [2, 3]);
        /// ```
        pub fn tensor_split_dim | try_tensor_split_dim(&self, parts: impl IntoCuts, dim: i64) -> Vec<Tensor> {
            let (parts, is_list) = parts.into_cuts();
            tensor_split("tensor_split_dim", self, &parts, is_list, dim)
        }

        /// Views of columns: dimension 1 (of a vector, dimension 0) in equal pieces, or cut at positions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 6]).hsplit(3)[0].size(), [2, 2]);
        /// ```
        pub fn hsplit | try_hsplit(&self, parts: impl IntoCuts) -> Vec<Tensor> {
            rank_at_least("hsplit", self, 1)?;
            even("hsplit", self, parts.into_cuts(), usize::from(self.ndim() > 1))
        }

        /// Views of rows: dimension 0 in equal pieces, or cut at positions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([6, 2]).vsplit(3)[0].size(), [2, 2]);
        /// ```
        pub fn vsplit | try_vsplit(&self, parts: impl IntoCuts) -> Vec<Tensor> {
            rank_at_least("vsplit", self, 2)?;
            even("vsplit", self, parts.into_cuts(), 0)
        }

        /// Views of dimension 2 in equal pieces, or cut at positions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([1, 2, 6]).dsplit([1, 4])[1].size(), [1, 2, 3]);
        /// ```
        pub fn dsplit | try_dsplit(&self, parts: impl IntoCuts) -> Vec<Tensor> {
            rank_at_least("dsplit", self, 3)?;
            even("dsplit", self, parts.into_cuts(), 2)
        }

        /// Views of pieces of dimension 0 with the given lengths.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(arange(5).split_with_sizes([1, 4])[1].to_vec::<i64>(), [1, 2, 3, 4]);
        /// ```
        pub fn split_with_sizes | try_split_with_sizes(&self, sizes: impl IntoInts) -> Vec<Tensor> {
            self.try_split_with_sizes_dim(sizes, 0)
        }

        /// [`split_with_sizes`](Tensor::split_with_sizes) along another dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 5]).split_with_sizes_dim([1, 4], 1)[1].size(), [2, 4]);
        /// ```
        pub fn split_with_sizes_dim | try_split_with_sizes_dim(&self, sizes: impl IntoInts, dim: i64) -> Vec<Tensor> {
            let sizes = crate::size::lengths("split_with_sizes", &sizes.into_ints())?;
            let place = dimension("split_with_sizes", dim, self.ndim())?;
            let length = self.layout.shape.get(place).copied().unwrap_or(0);
            if sizes.iter().sum::<usize>() != length {
                return Err(shape_error!("split_with_sizes: pieces of {:?} do not make a dimension of length {length}", &*sizes));
            }
            let mut start = 0;
            let part = |&size: &usize| {
                start += size;
                self.try_narrow(dim, start - size, size)
            };
            sizes.iter().map(part).collect()
        }
    }
}

/// How many times elements are repeated.
fn times(op: &str, repeats: &Tensor) -> Result<Vec<usize>> {
    if repeats.dtype().is_floating_point() || repeats.ndim() > 1 {
        return Err(shape_error!("{op}: the numbers of times must be whole, one or a list of them"));
    }
    let values = repeats.to_vec::<i64>();
    let number = |&times: &i64| {
        usize::try_from(times).map_err(|_| shape_error!("{op}: elements cannot be repeated {times} times"))
    };
    values.iter().map(number).collect()
}

fn repeat_interleave(op: &str, x: &Tensor, repeats: &Tensor, dim: i64) -> Result<Tensor> {
    let place = dimension(op, dim, x.ndim())?;
    let x = if x.ndim() == 0 { x.try_reshape([1])? } else { x.alias() };
    let length = x.layout.shape[place];
    let times = times(op, repeats)?;
    if times.len() != 1 && times.len() != length {
        return Err(shape_error!("{op}: {} numbers of times do not fit a dimension of length {length}", times.len()));
    }
    if let [count] = times[..] {
        // The same for all: a new dimension, spread and merged.
        let (mut spread, mut shape) = (x.size().to_vec(), x.size().to_vec());
        spread.insert(place + 1, count);
        shape[place] = checked_numel(op, &[length, count])?;
        return x.try_unsqueeze(place as i64 + 1)?.try_expand(spread)?.clone().try_reshape(shape);
    }
    let index: Vec<i64> = (0..length).flat_map(|at| std::iter::repeat_n(at as i64, times[at])).collect();
    let count = index.len();
    x.try_index_select(place as i64, Tensor::from_values(index, [count].into_iter().collect()))
}

impl Tensor {
    fallible! {
        /// Each element repeated, as one dimension: by one number of times, or each by its own.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].repeat_interleave(2).to_vec::<i64>(), [1, 1, 2, 2]);
        /// assert_eq!(tensor![1, 2].repeat_interleave([3, 1]).to_vec::<i64>(), [1, 1, 1, 2]);
        /// ```
        pub fn repeat_interleave | try_repeat_interleave<'a>(&self, repeats: impl IntoOperand<'a>) -> Tensor {
            repeat_interleave("repeat_interleave", &self.ravel(), &repeats.into_operand().into_tensor()?, 0)
        }

        /// Each position of a dimension repeated.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].repeat_interleave_dim(2, 0).to_vec::<i64>(), [1, 2, 1, 2, 3, 4, 3, 4]);
        /// ```
        pub fn repeat_interleave_dim | try_repeat_interleave_dim<'a>(&self, repeats: impl IntoOperand<'a>, dim: i64) -> Tensor {
            repeat_interleave("repeat_interleave_dim", self, &repeats.into_operand().into_tensor()?, dim)
        }
    }
}
