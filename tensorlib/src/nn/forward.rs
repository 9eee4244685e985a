//! Modules that map one tensor to one tensor.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use super::module::Module;
use crate::error::Result;
use crate::tensor::Tensor;

/// A module that computes one tensor from one tensor, and so can be a layer of [`sequential!`](super::sequential!).
/// Modules that take or return more have a different `forward` instead.
///
/// ```
/// use tensorlib::prelude::*;
///
/// #[derive(Module)]
/// struct Double;
///
/// impl Forward for Double {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         x * 2
///     }
/// }
///
/// let model = nn::sequential![Double, nn::ReLU, Double];
/// assert_eq!(model.forward(&tensor![-1.0, 1.0]).to_vec::<f32>(), [0.0, 4.0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `forward` that makes one tensor of one tensor",
    label = "not a layer",
    note = "write `impl Forward for …` with `fn forward(&self, x: &Tensor) -> Tensor`, and put #[derive(Module)] above the struct"
)]
pub trait Forward: Module {
    /// The result for an input.
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor;

    /// [`forward`](Forward::forward) with the error as a value, where the layer can tell it; otherwise it panics as `forward`
    /// does. Layers of this library can.
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.forward(x))
    }
}

macro_rules! pointers {
    ($($pointer:ident),*) => { $(
        impl<T: Forward + ?Sized> Forward for $pointer<T> {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                (**self).forward(x)
            }

            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                (**self).try_forward(x)
            }
        }
    )* };
}
pointers!(Box, Rc, Arc);

/// A layer that a model can own whatever its type: all that implements [`Forward`] and may move between threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `forward` that makes one tensor of one tensor",
    label = "not a layer",
    note = "write `impl Forward for …` with `fn forward(&self, x: &Tensor) -> Tensor`, and put #[derive(Module)] above the struct"
)]
pub trait Layer: Forward + Any + Send + Sync {}

impl<T: Forward + Any + Send + Sync> Layer for T {}

/// Implements [`Forward`] for a layer of this library from its `try_forward`, so that errors name the layer and the panic
/// is reported at the caller.
macro_rules! forward {
    ($($ty:ty: |$this:ident, $x:ident| $body:expr;)*) => { $(
        impl $crate::nn::Forward for $ty {
            #[track_caller]
            fn forward(&self, x: &$crate::tensor::Tensor) -> $crate::tensor::Tensor {
                $crate::error::or_raise(self.try_forward(x))
            }

            fn try_forward(&self, $x: &$crate::tensor::Tensor) -> $crate::error::Result<$crate::tensor::Tensor> {
                let $this = self;
                $crate::nn::trace::traced(self, $x, || $body)
            }
        }
    )* };
}
pub(super) use forward;
