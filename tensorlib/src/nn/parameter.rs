//! The contents of a module: tensors that are learned, tensors that are kept with them, and whether it is being
//! trained.

use std::borrow::Borrow;
use std::fmt;
use std::ops::{self, Deref};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::or_raise;
use crate::operand::{IntoOperand, Operand};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// A tensor that is learned: it requires gradients, and a [`Module`](super::Module) finds it among its fields. Wherever a
/// tensor is read, `&parameter` can stand.
///
/// ```
/// use tensorlib::prelude::*;
///
/// #[derive(Module)]
/// struct Neuron {
///     weight: nn::Parameter,
///     bias: nn::Parameter,
/// }
///
/// let neuron = Neuron { weight: nn::Parameter::new([0.5, -1.0]), bias: nn::Parameter::new(0.0) };
/// let y = (&neuron.weight * [2.0, 1.0]).sum() + &neuron.bias;
/// y.backward();
/// assert_eq!(neuron.weight.grad().to_vec::<f32>(), [2.0, 1.0]);
/// assert_eq!(neuron.num_parameters(), 3);
/// ```
pub struct Parameter(Tensor);

impl Parameter {
    /// Makes a parameter of a tensor, a list or a number. A tensor shares its memory with the parameter. Whole numbers
    /// cannot be learned: give decimals.
    ///
    /// # Panics
    /// If the values are not floating-point.
    #[track_caller]
    pub fn new<'a>(values: impl IntoOperand<'a>) -> Parameter {
        let values = or_raise(values.into_operand().into_tensor());
        let leaf = if values.is_leaf() { values } else { values.detach() };
        Parameter(or_raise(leaf.try_requires_grad_(true)))
    }

    /// A second handle on the same parameter, for a layer that shares it with another one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let (embedding, mut output) = (nn::Embedding::new(65, 32), nn::Linear::new(32, 65));
    /// output.weight = embedding.weight.shared();
    /// ```
    pub fn shared(&self) -> Parameter {
        Parameter(self.0.alias())
    }
}

/// A tensor that belongs to a model and is kept with it, but not learned: running means, say.
///
/// ```
/// use tensorlib::prelude::*;
///
/// #[derive(Module)]
/// struct Scaled {
///     mean: nn::Buffer,
/// }
///
/// let model = Scaled { mean: nn::Buffer::new([0.5, 0.5]) };
/// assert!(model.parameters().is_empty());
/// assert_eq!(model.state_dict().keys().collect::<Vec<_>>(), ["mean"]);
/// ```
pub struct Buffer {
    values: Tensor,
    is_kept: bool,
}

impl Buffer {
    /// Makes a buffer of a tensor, a list or a number. A tensor shares its memory with the buffer.
    ///
    /// # Panics
    /// If rows of a list have different lengths.
    #[track_caller]
    pub fn new<'a>(values: impl IntoOperand<'a>) -> Buffer {
        Buffer { values: or_raise(values.into_operand().into_tensor()).detach(), is_kept: true }
    }

    /// A buffer that is no part of the state of the model, as PyTorch's with `persistent=False`: a mask that is computed
    /// anew, say.
    ///
    /// # Panics
    /// As [`Buffer::new`].
    #[track_caller]
    pub fn not_persistent<'a>(values: impl IntoOperand<'a>) -> Buffer {
        Buffer { is_kept: false, ..Buffer::new(values) }
    }

    /// Whether it is part of the state of the model.
    pub fn is_persistent(&self) -> bool {
        self.is_kept
    }
}

impl Deref for Parameter {
    type Target = Tensor;

    #[inline]
    fn deref(&self) -> &Tensor {
        &self.0
    }
}

impl Deref for Buffer {
    type Target = Tensor;

    #[inline]
    fn deref(&self) -> &Tensor {
        &self.values
    }
}

macro_rules! like_tensors {
    ($($ty:ty),*) => { $(
        impl Borrow<Tensor> for $ty {
            fn borrow(&self) -> &Tensor {
                self
            }
        }

        impl Borrow<Tensor> for &$ty {
            fn borrow(&self) -> &Tensor {
                self
            }
        }

        impl AsRef<Tensor> for $ty {
            fn as_ref(&self) -> &Tensor {
                self
            }
        }

        /// As the tensor.
        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&**self, f)
            }
        }

        /// As the tensor.
        impl fmt::Debug for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&**self, f)
            }
        }

        #[cfg(feature = "evcxr")]
        impl $ty {
            /// Shows the values in a notebook.
            pub fn evcxr_display(&self) {
                (**self).evcxr_display();
            }
        }
    )* };
}
like_tensors!(Parameter, Buffer);

/// Parameters and buffers stand in formulas as tensors do.
macro_rules! operand {
    ($($ty:ty: $($trait:ident $method:ident),*;)*) => { $(
        impl<'a> IntoOperand<'a> for &'a $ty {
            #[inline]
            fn into_operand(self) -> Operand<'a> {
                Operand::Borrowed(self)
            }
        }

        $(
            impl<'a, T: IntoOperand<'a>> ops::$trait<T> for &$ty {
                type Output = Tensor;
                #[inline]
                #[track_caller]
                fn $method(self, other: T) -> Tensor {
                    ops::$trait::$method(&**self, other)
                }
            }

            operand!(@numbers $ty: $trait $method: f64 i32 Scalar);
        )*

        impl ops::Neg for &$ty {
            type Output = Tensor;
            #[track_caller]
            fn neg(self) -> Tensor {
                -&**self
            }
        }
    )* };
    (@numbers $ty:ty: $trait:ident $method:ident: $($number:ty)*) => { $(
        impl ops::$trait<&$ty> for $number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &$ty) -> Tensor {
                ops::$trait::$method(self, &**other)
            }
        }
    )* };
}
operand! {
    Parameter: Add add, Sub sub, Mul mul, Div div, Rem rem;
    Buffer: Add add, Sub sub, Mul mul, Div div, Rem rem;
}

impl Clone for Parameter {
    /// A parameter with the same values in new memory.
    fn clone(&self) -> Parameter {
        Parameter(self.0.detach().clone().requires_grad_(self.0.requires_grad()))
    }
}

impl Clone for Buffer {
    /// A buffer with the same values in new memory.
    fn clone(&self) -> Buffer {
        Buffer { values: self.values.clone(), is_kept: self.is_kept }
    }
}

/// Whether a module is being trained: a field of modules that then behave in another way, as [`Dropout`](super::Dropout)
/// does. [`train`](super::Module::train) and [`eval`](super::Module::eval) set it in all modules of a model. True at first.
///
/// ```
/// use tensorlib::prelude::*;
///
/// #[derive(Module)]
/// struct Noise {
///     training: nn::Training,
/// }
///
/// impl Forward for Noise {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         if self.training.get() { x + randn_like(x) } else { x.alias() }
///     }
/// }
///
/// let noise = Noise { training: nn::Training::default() };
/// noise.eval();
/// assert!(noise.forward(&zeros([3])).equal(zeros([3])));
/// ```
#[derive(Debug)]
pub struct Training(AtomicBool);

impl Training {
    /// Whether the module is being trained.
    #[inline]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets it for this module alone.
    pub fn set(&self, is_trained: bool) {
        self.0.store(is_trained, Ordering::Relaxed);
    }
}

impl Default for Training {
    fn default() -> Training {
        Training(AtomicBool::new(true))
    }
}

impl Clone for Training {
    fn clone(&self) -> Training {
        Training(AtomicBool::new(self.get()))
    }
}
