//! What can stand in an index.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use crate::size::Int;
use crate::tensor::Tensor;

/// All dimensions that the index does not name, Python's `...`.
#[derive(Clone, Copy, Debug)]
pub struct Ellipsis;

/// A new dimension of length 1, Python's `None` in an index.
#[doc(alias = "newaxis")]
#[derive(Clone, Copy, Debug)]
pub struct NewAxis;

/// One entry of an index.
#[derive(Clone)]
pub enum IndexItem {
    /// One position, from the end when negative; the dimension goes.
    At(i64),
    /// Positions from `start` up to, not including, `stop`, each `step`-th.
    Slice {
        /// The first position; the beginning when absent.
        start: Option<i64>,
        /// The first position that is not meant; the end when absent.
        stop: Option<i64>,
        /// How far it is from one position to the next.
        step: i64,
    },
    /// All dimensions that are not named.
    Ellipsis,
    /// A new dimension of length 1.
    NewAxis,
    /// A mask of truth values, or positions.
    Tensor(Tensor),
}

/// The whole index.
#[derive(Clone)]
pub struct Index(pub(crate) Vec<IndexItem>);

/// What can be given to [`Tensor::i`]: an entry, or a tuple of entries.
pub trait IntoIndex {
    /// The entries.
    fn into_index(self) -> Index;
}

fn slice(start: Option<i64>, stop: Option<i64>) -> IndexItem {
    IndexItem::Slice { start, stop, step: 1 }
}

/// The position after one that is included. After -1 comes the end.
fn after(position: i64) -> Option<i64> {
    if position == -1 { None } else { Some(position.saturating_add(1)) }
}

macro_rules! numbers {
    ($($ty:ty),*) => { $(
        impl From<$ty> for IndexItem {
            fn from(position: $ty) -> IndexItem {
                IndexItem::At(position.as_i64())
            }
        }
    )* };
}
numbers!(i32, i64, usize, u32, isize);

impl From<RangeFull> for IndexItem {
    fn from(_: RangeFull) -> IndexItem {
        slice(None, None)
    }
}

impl<T: Int> From<Range<T>> for IndexItem {
    fn from(range: Range<T>) -> IndexItem {
        slice(Some(range.start.as_i64()), Some(range.end.as_i64()))
    }
}

impl<T: Int> From<RangeFrom<T>> for IndexItem {
    fn from(range: RangeFrom<T>) -> IndexItem {
        slice(Some(range.start.as_i64()), None)
    }
}

impl<T: Int> From<RangeTo<T>> for IndexItem {
    fn from(range: RangeTo<T>) -> IndexItem {
        slice(None, Some(range.end.as_i64()))
    }
}

impl<T: Int> From<RangeInclusive<T>> for IndexItem {
    fn from(range: RangeInclusive<T>) -> IndexItem {
        slice(Some(range.start().as_i64()), after(range.end().as_i64()))
    }
}

impl<T: Int> From<RangeToInclusive<T>> for IndexItem {
    fn from(range: RangeToInclusive<T>) -> IndexItem {
        slice(None, after(range.end.as_i64()))
    }
}

impl From<Ellipsis> for IndexItem {
    fn from(_: Ellipsis) -> IndexItem {
        IndexItem::Ellipsis
    }
}

impl From<NewAxis> for IndexItem {
    fn from(_: NewAxis) -> IndexItem {
        IndexItem::NewAxis
    }
}

impl From<Tensor> for IndexItem {
    fn from(tensor: Tensor) -> IndexItem {
        IndexItem::Tensor(tensor)
    }
}

impl From<&Tensor> for IndexItem {
    fn from(tensor: &Tensor) -> IndexItem {
        IndexItem::Tensor(tensor.alias())
    }
}

fn positions<T: Int>(positions: &[T]) -> IndexItem {
    let values: Vec<i64> = positions.iter().map(|position| position.as_i64()).collect();
    let shape = [values.len()].into_iter().collect();
    IndexItem::Tensor(Tensor::from_values(values, shape))
}

impl<T: Int, const N: usize> From<[T; N]> for IndexItem {
    fn from(list: [T; N]) -> IndexItem {
        positions(&list)
    }
}

impl<T: Int> From<&[T]> for IndexItem {
    fn from(list: &[T]) -> IndexItem {
        positions(list)
    }
}

impl<T: Int> From<Vec<T>> for IndexItem {
    fn from(list: Vec<T>) -> IndexItem {
        positions(&list)
    }
}

/// `(1..).step(2)`: Python's `1::2`.
pub trait Step: Into<IndexItem> {
    /// Every `step`-th position of a range, from its first.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    /// assert_eq!(arange(10).i((1..8).step(3)).to_vec::<i64>(), [1, 4, 7]);
    /// ```
    fn step(self, step: impl Int) -> IndexItem {
        match self.into() {
            IndexItem::Slice { start, stop, .. } => IndexItem::Slice { start, stop, step: step.as_i64() },
            other => other,
        }
    }
}
impl Step for RangeFull {}
impl<T: Int> Step for Range<T> {}
impl<T: Int> Step for RangeFrom<T> {}
impl<T: Int> Step for RangeTo<T> {}
impl<T: Int> Step for RangeInclusive<T> {}
impl<T: Int> Step for RangeToInclusive<T> {}

impl IntoIndex for Index {
    fn into_index(self) -> Index {
        self
    }
}

impl<T: Into<IndexItem>> IntoIndex for T {
    fn into_index(self) -> Index {
        Index(vec![self.into()])
    }
}

macro_rules! tuple {
    ($($name:ident),+) => {
        impl<$($name: Into<IndexItem>),+> IntoIndex for ($($name,)+) {
            #[allow(non_snake_case)]
            fn into_index(self) -> Index {
                let ($($name,)+) = self;
                Index(vec![$($name.into()),+])
            }
        }
    };
}
tuple!(A);
tuple!(A, B);
tuple!(A, B, C);
tuple!(A, B, C, D);
tuple!(A, B, C, D, E);
tuple!(A, B, C, D, E, F);
tuple!(A, B, C, D, E, F, G);
tuple!(A, B, C, D, E, F, G, H);
