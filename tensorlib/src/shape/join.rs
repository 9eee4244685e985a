//! Several tensors as one, and one as several.

use std::borrow::Borrow;

use crate::autograd::record::{record_linear, records};
use crate::backend::{Elements, backend_of};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, fallible, shape_error};
use crate::layout::{Layout, dimension};
use crate::scalar::Scalar;
use crate::size::{IntoInts, checked_numel};
use crate::tensor::Tensor;

/// Several tensors as one argument: an array, a slice, a vector or a tuple of tensors, owned or borrowed, or one tensor.
///
/// ```
/// # use tensorlib::prelude::*;
/// let (x, y) = (zeros([1, 2]), ones([1, 2]));
/// let all = vec![x.alias(), y.alias()];
/// for joined in [cat([&x, &y]), cat(&[&x, &y]), cat((&x, &y)), cat((&x, y.alias())), cat(&all), cat(&all[..]), cat(all)] {
///     assert_eq!(joined.to_vec::<f32>(), [0.0, 0.0, 1.0, 1.0]);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of tensors",
    label = "give tensors in brackets, as in `[&x, &y]`"
)]
pub trait IntoTensors {
    /// Handles on the tensors.
    fn into_tensors(self) -> Vec<Tensor>;
}

impl IntoTensors for Tensor {
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self]
    }
}

impl IntoTensors for &Tensor {
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self.alias()]
    }
}

impl<T: Borrow<Tensor>> IntoTensors for &[T] {
    fn into_tensors(self) -> Vec<Tensor> {
        handles(self.len(), &|place| self[place].borrow())
    }
}

/// Without type parameters: compiled once, whatever the list is.
fn handles<'a>(count: usize, tensor: &dyn Fn(usize) -> &'a Tensor) -> Vec<Tensor> {
    (0..count).map(|place| tensor(place).alias()).collect()
}

macro_rules! lists {
    ($($ty:ty, [$($generics:tt)*];)*) => { $(
        impl<T: Borrow<Tensor>, $($generics)*> IntoTensors for $ty {
            fn into_tensors(self) -> Vec<Tensor> {
                self[..].into_tensors()
            }
        }
    )* };
}
lists! {
    [T; N], [const N: usize];
    &[T; N], [const N: usize];
    Vec<T>, [];
    &Vec<T>, [];
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Borrow<Tensor>),+> IntoTensors for ($($name,)+) {
            #[allow(non_snake_case)]
            fn into_tensors(self) -> Vec<Tensor> {
                let ($($name,)+) = self;
                vec![$($name.borrow().alias()),+]
            }
        }
    };
}
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);

fallible! {
    /// Tensors one after the other along dimension 0. For another dimension see [`cat_dim`].
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[1, 2]];
    /// assert_eq!(cat([&x, &x]).size(), [2, 2]);
    /// ```
    #[doc(alias = "append")]
    #[doc(alias = "concat")]
    #[doc(alias = "concatenate")]
    #[doc(alias = "push")]
    #[doc(alias = "r_")]
    pub fn cat | try_cat(tensors: impl IntoTensors) -> Tensor {
        join("cat", &tensors.into_tensors(), 0)
    }

    /// Tensors one after the other along an existing dimension: of `[2, 3]` and `[2, 1]` along dimension 1, `[2, 4]`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[1, 2]];
    /// assert_eq!(cat_dim([&x, &x], 1).to_vec::<i64>(), [1, 2, 1, 2]);
    /// ```
    pub fn cat_dim | try_cat_dim(tensors: impl IntoTensors, dim: i64) -> Tensor {
        join("cat_dim", &tensors.into_tensors(), dim)
    }

    /// Tensors of one shape one after the other along a new first dimension. For another place see [`stack_dim`].
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![1, 2];
    /// assert_eq!(stack([&x, &x, &x]).size(), [3, 2]);
    /// ```
    pub fn stack | try_stack(tensors: impl IntoTensors) -> Tensor {
        pile("stack", &tensors.into_tensors(), 0)
    }

    /// Tensors of one shape one after the other along a new dimension `dim`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![1, 2];
    /// assert_eq!(stack_dim([&x, &x], 1).to_vec::<i64>(), [1, 1, 2, 2]);
    /// ```
    pub fn stack_dim | try_stack_dim(tensors: impl IntoTensors, dim: i64) -> Tensor {
        pile("stack_dim", &tensors.into_tensors(), dim)
    }

    /// Tensors side by side: along dimension 1, vectors end to end.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(hstack([tensor![1, 2], tensor![3]]).to_vec::<i64>(), [1, 2, 3]);
    /// assert_eq!(hstack([ones([2, 3]), ones([2, 1])]).size(), [2, 4]);
    /// ```
    pub fn hstack | try_hstack(tensors: impl IntoTensors) -> Tensor {
        let tensors = raised(tensors, 1)?;
        let vectors = tensors.first().is_some_and(|first| first.ndim() == 1);
        join("hstack", &tensors, i64::from(!vectors))
    }

    /// Tensors one above the other: along dimension 0, vectors as rows.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(vstack([tensor![1, 2], tensor![3, 4]]).size(), [2, 2]);
    /// assert_eq!(vstack([ones([2, 3]), ones([1, 3])]).size(), [3, 3]);
    /// ```
    #[doc(alias = "row_stack")]
    pub fn vstack | try_vstack(tensors: impl IntoTensors) -> Tensor {
        join("vstack", &raised(tensors, 2)?, 0)
    }

    /// Tensors one behind the other: along dimension 2, `[n]` as `[1, n, 1]` and `[m, n]` as `[m, n, 1]`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(dstack([tensor![1, 2], tensor![3, 4]]).to_vec::<i64>(), [1, 3, 2, 4]);
    /// assert_eq!(dstack([ones([2, 3]), ones([2, 3])]).size(), [2, 3, 2]);
    /// ```
    pub fn dstack | try_dstack(tensors: impl IntoTensors) -> Tensor {
        join("dstack", &raised(tensors, 3)?, 2)
    }

    /// Tensors as columns: along dimension 1, vectors as one column each.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(column_stack([tensor![1, 2], tensor![3, 4]]).to_vec::<i64>(), [1, 3, 2, 4]);
    /// assert_eq!(column_stack((ones([2, 3]), ones([2]))).size(), [2, 4]);
    /// ```
    #[doc(alias = "c_")]
    pub fn column_stack | try_column_stack(tensors: impl IntoTensors) -> Tensor {
        let column = |x: Tensor| if x.ndim() < 2 { x.try_reshape([-1, 1]) } else { Ok(x) };
        join("column_stack", &tensors.into_tensors().into_iter().map(column).collect::<Result<Vec<Tensor>>>()?, 1)
    }
}

/// Tensors with at least `rank` dimensions, as NumPy's and PyTorch's `atleast_1d`, `_2d` and `_3d` make them.
fn raised(tensors: impl IntoTensors, rank: usize) -> Result<Vec<Tensor>> {
    let raise = |x: Tensor| match (x.ndim(), rank) {
        (0, _) => x.try_reshape(vec![1; rank]),
        (1, 2) => x.try_unsqueeze(0),
        (1, 3) => x.try_unsqueeze(0)?.try_unsqueeze(2),
        (2, 3) => x.try_unsqueeze(2),
        _ => Ok(x),
    };
    tensors.into_tensors().into_iter().map(raise).collect()
}

fn pile(op: &str, tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    if let [first, others @ ..] = tensors
        && let Some(other) = others.iter().find(|other| other.layout.shape != first.layout.shape)
    {
        return Err(shape_error!(
            "{op}: all tensors must have the same shape, but one is {} and another {}",
            first.size(),
            other.size()
        ));
    }
    join(op, &tensors.iter().map(|t| t.try_unsqueeze(dim)).collect::<Result<Vec<Tensor>>>()?, dim)
}

fn join(op: &str, tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    let Some(first) = tensors.first() else {
        return Err(shape_error!("{op}: give at least one tensor"));
    };
    let dtype = tensors.iter().map(Tensor::dtype).fold(first.dtype(), DType::promote);
    // PyTorch ignores empty tensors of rank 1 here, from the days when there was no other empty tensor.
    let ignored = |t: &Tensor| matches!(op, "cat" | "cat_dim") && t.layout.shape[..] == [0];
    let model = tensors.iter().find(|t| !ignored(t)).unwrap_or(first);
    let rank = model.ndim();
    if rank == 0 {
        return Err(shape_error!("{op}: tensors of rank 0 have no dimension to join along; use stack"));
    }
    let dim = dimension(op, dim, rank)?;
    let mut shape = model.layout.shape.clone();
    shape[dim] = 0;
    let given: Vec<&Tensor> = tensors.iter().filter(|t| !ignored(t)).collect();
    let parts: Vec<Tensor> = given.iter().map(|t| t.values().to_dtype(dtype)).collect();
    for part in &parts {
        let fits = part.ndim() == rank && (0..rank).all(|d| d == dim || part.layout.shape[d] == shape[d]);
        if !fits {
            return Err(shape_error!(
                "{op}: shapes {} and {} do not join along dimension {dim}; all other dimensions must agree",
                model.size(),
                part.size()
            ));
        }
        shape[dim] += part.layout.shape[dim];
    }
    checked_numel(op, &shape)?;
    let backend = backend_of(op, &given)?;
    let elements: Vec<Elements> = parts.iter().map(Tensor::elements).collect();
    let result = Tensor::from_storage(backend.cat(dtype, &elements, dim, &shape), Layout::contiguous(shape));
    Ok(if dtype.is_floating_point() && records(&given) { joined(result, &given, dim) } else { result })
}

/// Tensors that were joined along `dim`, with the formula: each takes its piece of the gradient.
fn joined(result: Tensor, parts: &[&Tensor], dim: usize) -> Tensor {
    let lengths: Vec<usize> = parts.iter().map(|part| part.layout.shape[dim]).collect();
    record_linear(result, "CatBackward0", parts, move |pass, gradient| {
        let mut start = 0;
        for (operand, &length) in lengths.iter().enumerate() {
            pass.give(operand, || gradient.narrow(dim as i64, start, length));
            start += length;
        }
        Ok(())
    })
}

/// A gradient, or zeros where none came.
fn or_zeros(gradient: Option<Tensor>, shape: &DimVec<usize>, dtype: DType) -> Tensor {
    gradient.unwrap_or_else(|| crate::create::filled(shape.clone(), dtype, Scalar::Int(0)))
}

impl Tensor {
    /// Views of pieces along a dimension, one after the other.
    fn pieces(&self, op: &str, dim: usize, sizes: impl Iterator<Item = usize>) -> Result<Vec<Tensor>> {
        let mut start = 0;
        let layouts: Vec<Layout> = sizes
            .map(|size| {
                let layout = self.layout.narrow(op, dim, start, size)?;
                start += size;
                Ok(layout)
            })
            .collect::<Result<_>>()?;
        let (shapes, dtype): (Vec<_>, _) = (layouts.iter().map(|layout| layout.shape.clone()).collect(), self.dtype());
        Ok(self.views_of(layouts, "SplitBackward0", move |gradients| {
            let pieces = gradients.into_iter().zip(&shapes).map(|(gradient, shape)| or_zeros(gradient, shape, dtype));
            cat_dim(pieces.collect::<Vec<_>>(), dim as i64)
        }))
    }

    fn length_along(&self, op: &str, dim: i64) -> Result<(usize, usize)> {
        let dim = dimension(op, dim, self.ndim())?;
        match self.layout.shape.get(dim) {
            Some(&length) => Ok((dim, length)),
            None => Err(shape_error!("{op}: a tensor of rank 0 has no dimension to split")),
        }
    }

    fallible! {
        /// Views of pieces along dimension 0: of one size (the last may be smaller), or of the sizes in a list.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = arange(5);
        /// let parts = x.split(2);
        /// assert_eq!(parts.iter().map(Tensor::numel).collect::<Vec<_>>(), [2, 2, 1]);
        /// assert_eq!(x.split([1, 4])[1].to_vec::<i64>(), [1, 2, 3, 4]);
        /// ```
        pub fn split | try_split(&self, sizes: impl IntoInts) -> Vec<Tensor> {
            self.split_along("split", &sizes.into_ints(), 0)
        }

        /// [`split`](Tensor::split) along another dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 5]).split_dim(3, 1)[1].size(), [2, 2]);
        /// ```
        pub fn split_dim | try_split_dim(&self, sizes: impl IntoInts, dim: i64) -> Vec<Tensor> {
            self.split_along("split_dim", &sizes.into_ints(), dim)
        }

        /// Views of at most `count` pieces of equal size along dimension 0; the last may be smaller.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(arange(6).chunk(3).len(), 3);
        /// ```
        pub fn chunk | try_chunk(&self, count: usize) -> Vec<Tensor> {
            self.chunks_along("chunk", count, 0)
        }

        /// [`chunk`](Tensor::chunk) along another dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 6]).chunk_dim(3, 1)[0].size(), [2, 2]);
        /// ```
        pub fn chunk_dim | try_chunk_dim(&self, count: usize, dim: i64) -> Vec<Tensor> {
            self.chunks_along("chunk_dim", count, dim)
        }

        /// Views of every position of dimension 0, which goes.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].unbind()[0].to_vec::<i64>(), [1, 2]);
        /// ```
        #[doc(alias = "unstack")]
        pub fn unbind | try_unbind(&self) -> Vec<Tensor> {
            self.positions_along("unbind", 0)
        }

        /// [`unbind`](Tensor::unbind) of another dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].unbind_dim(1)[0].to_vec::<i64>(), [1, 3]);
        /// ```
        pub fn unbind_dim | try_unbind_dim(&self, dim: i64) -> Vec<Tensor> {
            self.positions_along("unbind_dim", dim)
        }
    }

    fn split_along(&self, op: &str, sizes: &[i64], dim: i64) -> Result<Vec<Tensor>> {
        let sizes = crate::size::lengths(op, sizes)?;
        let (dim, length) = self.length_along(op, dim)?;
        if let [size] = *sizes {
            if size == 0 && length > 0 {
                return Err(shape_error!("{op}: pieces of length 0 never make a dimension of length {length}"));
            }
            let count = if length == 0 { 1 } else { length.div_ceil(size) };
            return self.pieces(op, dim, (0..count).map(|i| size.min(length - i * size)));
        }
        if sizes.iter().sum::<usize>() != length {
            return Err(shape_error!("{op}: pieces of {:?} do not make a dimension of length {length}", &*sizes));
        }
        self.pieces(op, dim, sizes.iter().copied())
    }

    fn chunks_along(&self, op: &str, count: usize, dim: i64) -> Result<Vec<Tensor>> {
        if count == 0 {
            return Err(shape_error!("{op}: the number of pieces must be 1 or more"));
        }
        let (dim, length) = self.length_along(op, dim)?;
        let size = length.div_ceil(count);
        let made = if size == 0 { count } else { length.div_ceil(size) };
        self.pieces(op, dim, (0..made).map(|i| size.min(length - i * size)))
    }

    fn positions_along(&self, op: &str, dim: i64) -> Result<Vec<Tensor>> {
        let (dim, length) = self.length_along(op, dim)?;
        let layouts =
            (0..length as i64).map(|index| self.layout.select(op, dim, index)).collect::<Result<Vec<Layout>>>()?;
        let Some(shape) = layouts.first().map(|layout| layout.shape.clone()) else { return Ok(Vec::new()) };
        let dtype = self.dtype();
        Ok(self.views_of(layouts, "UnbindBackward0", move |gradients| {
            let all = gradients.into_iter().map(|gradient| or_zeros(gradient, &shape, dtype));
            stack_dim(all.collect::<Vec<_>>(), dim as i64)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_promotes_and_ignores_empty_vectors() {
        let joined = cat_dim([crate::tensor![], crate::tensor![[1, 2]]], 1);
        assert_eq!((joined.dtype(), joined.to_vec::<f32>()), (DType::F32, vec![1.0, 2.0]));
        let nothing: [&Tensor; 0] = [];
        assert_eq!(try_cat(nothing).unwrap_err().to_string(), "cat: give at least one tensor");
    }
}
