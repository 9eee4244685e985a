//! From examples to a batch.

use crate::create::from_vec;
use crate::error::{or_raise, shape_error};
use crate::shape::try_stack;
use crate::tensor::Tensor;

/// A type that can be an example in a batch: PyTorch's `default_collate`.
///
/// | examples | batch |
/// |---|---|
/// | tensors of one shape | a tensor with a new first dimension |
/// | numbers, booleans | a tensor of rank 1, of their type; `usize` gives `i64` |
/// | pairs, triples | a pair, a triple of batches |
/// | vectors of one length | a vector of batches |
/// | text | a vector |
///
/// ```
/// use tensorlib::prelude::*;
///
/// let (pictures, labels) = data::Collate::collate(vec![(zeros([1, 2]), 3_i32), (ones([1, 2]), 5)]);
/// assert_eq!(pictures.size(), [2, 1, 2]);
/// assert_eq!(labels.to_vec::<i32>(), [3, 5]);
/// ```
#[diagnostic::on_unimplemented(
    message = "examples of type `{Self}` make no batch",
    note = "tensors, numbers, text, and pairs, triples and vectors of these do; for others say how: `loader.collate(|examples| …)`"
)]
pub trait Collate: Sized {
    /// The type of a batch of them.
    type Batch: Send + 'static;

    /// Makes the batch.
    fn collate(examples: Vec<Self>) -> Self::Batch;
}

impl Collate for Tensor {
    type Batch = Tensor;

    #[track_caller]
    fn collate(examples: Vec<Tensor>) -> Tensor {
        let first = examples.first().map(Tensor::size);
        let other = examples.iter().map(Tensor::size).find(|size| Some(size) != first.as_ref());
        or_raise(match (first, other) {
            (Some(first), Some(other)) => Err(shape_error!(
                "DataLoader: a batch needs tensors of one shape, but there are {first} and {other}; of pictures, \
                 Resize::new([height, width]) among the transforms makes them equal"
            )),
            _ => try_stack(&examples),
        })
    }
}

macro_rules! numbers {
    ($($ty:ty),*) => { $(
        impl Collate for $ty {
            type Batch = Tensor;

            fn collate(examples: Vec<$ty>) -> Tensor {
                from_vec(examples)
            }
        }
    )* };
}
numbers!(bool, u8, i32, i64, f32, f64);

impl Collate for usize {
    type Batch = Tensor;

    fn collate(examples: Vec<usize>) -> Tensor {
        from_vec(examples.into_iter().map(|number| number as i64).collect::<Vec<i64>>())
    }
}

impl Collate for String {
    type Batch = Vec<String>;

    fn collate(examples: Vec<String>) -> Vec<String> {
        examples
    }
}

impl Collate for &'static str {
    type Batch = Vec<&'static str>;

    fn collate(examples: Vec<&'static str>) -> Vec<&'static str> {
        examples
    }
}

impl<A: Collate, B: Collate> Collate for (A, B) {
    type Batch = (A::Batch, B::Batch);

    #[track_caller]
    fn collate(examples: Vec<(A, B)>) -> Self::Batch {
        let (first, second) = examples.into_iter().unzip();
        (A::collate(first), B::collate(second))
    }
}

impl<A: Collate, B: Collate, C: Collate> Collate for (A, B, C) {
    type Batch = (A::Batch, B::Batch, C::Batch);

    #[track_caller]
    fn collate(examples: Vec<(A, B, C)>) -> Self::Batch {
        let (first, rest): (_, Vec<_>) = examples.into_iter().map(|(a, b, c)| (a, (b, c))).unzip();
        let (second, third) = rest.into_iter().unzip();
        (A::collate(first), B::collate(second), C::collate(third))
    }
}

impl<A: Collate> Collate for Vec<A> {
    type Batch = Vec<A::Batch>;

    #[track_caller]
    fn collate(examples: Vec<Vec<A>>) -> Vec<A::Batch> {
        let length = examples.first().map_or(0, Vec::len);
        if let Some(other) = examples.iter().map(Vec::len).find(|&other| other != length) {
            or_raise(Err(shape_error!(
                "DataLoader: a batch needs vectors of one length, but there are some of {length} and of {other}"
            )))
        }
        let mut columns: Vec<Vec<A>> = (0..length).map(|_| Vec::with_capacity(examples.len())).collect();
        for example in examples {
            columns.iter_mut().zip(example).for_each(|(column, part)| column.push(part));
        }
        columns.into_iter().map(A::collate).collect()
    }
}
