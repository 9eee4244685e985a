//! What has parameters, and how they are found.

use std::rc::Rc;
use std::sync::Arc;

use super::parameter::{Buffer, Parameter, Training};
use super::state::{self, Loaded};
use super::walk::{self, Kind};
use crate::device::Device;
use crate::error::{Result, or_raise};
use crate::io::StateDict;
use crate::tensor::Tensor;

/// What has parameters: a layer, or a model made of layers. It is derived from the fields of a struct or an enum.
///
/// | a field | is |
/// |---|---|
/// | [`Parameter`] | learned |
/// | [`Buffer`] | kept with the model, not learned |
/// | a module, also in `Vec`, `Option`, `Box`, `Arc`, arrays and tuples | part of the model; its parameters are named `field.weight`, in a list `field.0.weight` |
/// | [`Training`] | set by [`train`](Module::train) and [`eval`](Module::eval) |
/// | numbers, words, shapes, functions, and containers of them | left alone |
/// | with `#[module(skip)]` | left alone |
/// | a [`Tensor`](crate::Tensor) | an error: say which of the first two it is |
///
/// Above the struct, `#[module(name = "Word")]` sets the word by which it is printed, `#[module(extra_repr = function)]` what
/// stands in its parentheses, and `#[module(no_display)]` leaves `Display` to you.
///
/// ```
/// use tensorlib::prelude::*;
///
/// #[derive(Module)]
/// struct Network {
///     hidden: nn::Linear,
///     output: nn::Linear,
/// }
///
/// impl Forward for Network {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         self.output.forward(&self.hidden.forward(x).relu())
///     }
/// }
///
/// let model = Network { hidden: nn::Linear::new(784, 128), output: nn::Linear::new(128, 10) };
/// assert_eq!(model.forward(&zeros([64, 784])).size(), [64, 10]);
/// assert_eq!(model.num_parameters(), 784 * 128 + 128 + 128 * 10 + 10);
/// let names: Vec<String> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]);
/// assert_eq!(
///     model.to_string(),
///     "Network(
///   (hidden): Linear(in_features=784, out_features=128, bias=true)
///   (output): Linear(in_features=128, out_features=10, bias=true)
/// )"
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no module",
    label = "has no parameters that could be found",
    note = "put #[derive(Module)] above its definition"
)]
pub trait Module {
    /// Shows a visitor the fields, in order.
    fn visit(&self, visitor: &mut dyn Visitor);

    /// The word by which it is printed: the name of its type.
    fn name(&self) -> &str;

    /// What stands in its parentheses when it is printed.
    fn extra_repr(&self) -> String {
        String::new()
    }

    /// All parameters, each once, as handles: what an optimiser is given.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let model = nn::Linear::new(3, 2);
    /// let shapes: Vec<String> = model.parameters().iter().map(|parameter| parameter.size().to_string()).collect();
    /// assert_eq!(shapes, ["[2, 3]", "[2]"]);
    /// ```
    fn parameters(&self) -> Vec<Tensor> {
        walk::without_names(self.named_parameters())
    }

    /// All parameters, each once, with their names: those of the fields that lead to them.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let model = nn::sequential![nn::Linear::new(3, 2), nn::ReLU];
    /// assert_eq!(model.named_parameters()[0].0, "0.weight");
    /// ```
    fn named_parameters(&self) -> Vec<(String, Tensor)> {
        walk::once(walk::tensors(&|visitor| self.visit(visitor), Kind::Parameter))
    }

    /// All buffers, each once, with their names.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let names: Vec<String> = nn::BatchNorm1d::new(4).named_buffers().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["running_mean", "running_var", "num_batches_tracked"]);
    /// ```
    fn named_buffers(&self) -> Vec<(String, Tensor)> {
        walk::once(walk::tensors(&|visitor| self.visit(visitor), Kind::Buffer))
    }

    /// All buffers, each once.
    fn buffers(&self) -> Vec<Tensor> {
        walk::without_names(self.named_buffers())
    }

    /// The parameter with a name; `None` if there is none.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let model = nn::sequential![nn::Linear::new(3, 2), nn::ReLU];
    /// assert_eq!(model.get_parameter("0.bias").unwrap().size(), [2]);
    /// ```
    fn get_parameter(&self, name: &str) -> Option<Tensor> {
        walk::named(walk::tensors(&|visitor| self.visit(visitor), Kind::Parameter), name)
    }

    /// The number of elements of all parameters: PyTorch's `sum(p.numel() for p in model.parameters())`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(nn::Linear::new(784, 128).num_parameters(), 784 * 128 + 128);
    /// ```
    fn num_parameters(&self) -> usize {
        walk::numel(&self.parameters())
    }

    /// Sets the model and all modules in it to training: dropout drops, batches are normalised by themselves.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let model = nn::sequential![nn::Linear::new(3, 2), nn::Dropout::new(0.5)];
    /// model.eval();
    /// assert!(model.forward(&ones([1, 3])).equal(model.forward(&ones([1, 3]))));
    /// model.train();
    /// assert!(model.is_training());
    /// ```
    fn train(&self) {
        walk::set_training(&|visitor| self.visit(visitor), true);
    }

    /// Sets the model and all modules in it to evaluation: dropout lets everything through, batches are normalised by what
    /// was measured in training.
    fn eval(&self) {
        walk::set_training(&|visitor| self.visit(visitor), false);
    }

    /// Whether a module in it is being trained that then behaves in another way; if there is none such, true.
    fn is_training(&self) -> bool {
        walk::is_training(&|visitor| self.visit(visitor))
    }

    /// Forgets the gradients of all parameters.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let model = nn::Linear::new(3, 2);
    /// model.forward(&ones([1, 3])).sum().backward();
    /// model.zero_grad();
    /// assert!(model.weight.try_grad().is_err());
    /// ```
    fn zero_grad(&self) {
        walk::zero_grad(&self.parameters());
    }

    /// Freezes all parameters, or lets them learn again: with `false` no gradients flow to them.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let features = nn::Linear::new(3, 2);
    /// features.requires_grad_(false);
    /// assert!(!features.forward(&ones([1, 3])).requires_grad());
    /// ```
    fn requires_grad_(&self, required: bool) {
        walk::requires_grad_(&self.parameters(), required);
    }

    /// The values of all parameters and persistent buffers by their names: what [`save`](crate::save) keeps. They share
    /// memory with the model; `state.clone()` keeps what they are now.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let model = nn::Linear::new(3, 2);
    /// assert_eq!(model.state_dict()["weight"].size(), [2, 3]);
    /// ```
    fn state_dict(&self) -> StateDict {
        walk::state(walk::tensors(&|visitor| self.visit(visitor), Kind::State))
    }

    /// Copies values into all parameters and persistent buffers, whose names and shapes must be the same. If something
    /// does not fit, nothing is changed.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let (model, other) = (nn::Linear::new(3, 2), nn::Linear::new(3, 2));
    /// model.load_state_dict(&other.state_dict());
    /// assert!(model.weight.equal(&other.weight));
    /// assert_eq!(
    ///     nn::Linear::new(3, 4).try_load_state_dict(&other.state_dict()).unwrap_err().to_string(),
    ///     "load_state_dict: \"weight\" has shape [2, 3] in the state and [4, 3] in the model, \"bias\" [2] and [4]; build the model with the sizes it was saved with"
    /// );
    /// ```
    ///
    /// # Panics
    /// If names are missing, unknown, or belong to tensors of other shapes.
    #[track_caller]
    fn load_state_dict(&self, state: &StateDict) {
        or_raise(self.try_load_state_dict(state));
    }

    /// [`load_state_dict`](Module::load_state_dict) with the error as a value.
    fn try_load_state_dict(&self, state: &StateDict) -> Result<()> {
        state::load_whole(&walk::tensors(&|visitor| self.visit(visitor), Kind::State), state)
    }

    /// [`load_state_dict`](Module::load_state_dict) of what both have, as PyTorch with `strict=False`: tells which names
    /// were left out. Shapes must be the same.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let mut state = nn::Linear::new(3, 2).state_dict();
    /// state.remove("bias");
    /// let loaded = nn::Linear::new(3, 2).load_state_dict_partly(&state);
    /// assert_eq!(loaded.missing_keys, ["bias"]);
    /// ```
    ///
    /// # Panics
    /// If a name belongs to tensors of two shapes.
    #[track_caller]
    fn load_state_dict_partly(&self, state: &StateDict) -> Loaded {
        or_raise(self.try_load_state_dict_partly(state))
    }

    /// [`load_state_dict_partly`](Module::load_state_dict_partly) with the error as a value.
    fn try_load_state_dict_partly(&self, state: &StateDict) -> Result<Loaded> {
        state::load_partly(&walk::tensors(&|visitor| self.visit(visitor), Kind::State), state)
    }

    /// The model with its parameters and buffers on a device.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let device = if gpu_is_available() { Device::Gpu(0) } else { Device::Cpu };
    /// let model = nn::Linear::new(3, 2).to(device);
    /// assert_eq!(model.weight.device(), device);
    /// ```
    ///
    /// # Panics
    /// If the device is not there.
    #[must_use = "the model moves through to(): write `let model = model.to(device);`"]
    #[track_caller]
    fn to(self, device: Device) -> Self
    where
        Self: Sized,
    {
        or_raise(self.try_to(device))
    }

    /// [`to`](Module::to) with the error as a value.
    fn try_to(self, device: Device) -> Result<Self>
    where
        Self: Sized,
    {
        walk::reaches(device)?;
        Ok(self)
    }
}

/// Is shown the fields of a module.
pub trait Visitor {
    /// A parameter.
    fn parameter(&mut self, _name: &str, _parameter: &Parameter) {}

    /// A buffer.
    fn buffer(&mut self, _name: &str, _buffer: &Buffer) {}

    /// Whether the module is being trained.
    fn training(&mut self, _training: &Training) {}

    /// A module in it, whose own fields [`Module::visit`] shows.
    fn module(&mut self, name: &str, module: &dyn Module);
}

/// What a module can have as a field. It need not be implemented: modules have it by themselves.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a module as it is",
    label = "neither a module nor a parameter",
    note = "if it is a struct with layers, put #[derive(Module)] above its definition; if it holds nothing that is learned, put #[module(skip)] above the field"
)]
pub trait Field {
    /// Shows the field to a visitor.
    fn show(&self, name: &str, visitor: &mut dyn Visitor);
}

impl Field for Parameter {
    fn show(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.parameter(name, self);
    }
}

impl Field for Buffer {
    fn show(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.buffer(name, self);
    }
}

impl Field for Training {
    fn show(&self, _name: &str, visitor: &mut dyn Visitor) {
        visitor.training(self);
    }
}

impl<T: Module> Field for T {
    fn show(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.module(name, self);
    }
}

impl<T: Field> Field for Option<T> {
    fn show(&self, name: &str, visitor: &mut dyn Visitor) {
        if let Some(field) = self {
            field.show(name, visitor);
        }
    }
}

macro_rules! pointers {
    ($($pointer:ident),*) => { $(
        impl<T: Module + ?Sized> Module for $pointer<T> {
            fn visit(&self, visitor: &mut dyn Visitor) {
                (**self).visit(visitor);
            }

            fn name(&self) -> &str {
                (**self).name()
            }

            fn extra_repr(&self) -> String {
                (**self).extra_repr()
            }
        }
    )* };
}
pointers!(Box, Rc, Arc);

fn show_all<T: Field>(fields: &[T], visitor: &mut dyn Visitor) {
    for (number, field) in fields.iter().enumerate() {
        field.show(&number.to_string(), visitor);
    }
}

impl<T: Field> Module for Vec<T> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        show_all(self, visitor);
    }

    fn name(&self) -> &str {
        "ModuleList"
    }
}

impl<T: Field, const N: usize> Module for [T; N] {
    fn visit(&self, visitor: &mut dyn Visitor) {
        show_all(self, visitor);
    }

    fn name(&self) -> &str {
        "ModuleList"
    }
}

macro_rules! tuples {
    ($($name:ident $number:tt),+) => {
        impl<$($name: Field),+> Module for ($($name,)+) {
            fn visit(&self, visitor: &mut dyn Visitor) {
                $(self.$number.show(stringify!($number), visitor);)+
            }

            fn name(&self) -> &str {
                "ModuleList"
            }
        }
    };
}
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, G 5);
