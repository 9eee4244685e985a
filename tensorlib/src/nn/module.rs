//! Modules: values that have parameters, and how the parameters are found.

use super::found::{self, joined};
use super::parameter::{Buffer, Parameter, Training};
use super::state::{self, Loaded};
use crate::device::Device;
use crate::error::{Result, or_raise};
use crate::io::StateDict;
use crate::tensor::Tensor;

/// A value that has parameters: a layer, or a model made of layers. It is derived from the fields of a struct or an
/// enum.
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

    /// The text in its parentheses when it is printed.
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
        found::without_names(self.named_parameters())
    }

    /// All parameters, each once, with their names: those of the fields that lead to them.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let model = nn::sequential![nn::Linear::new(3, 2), nn::ReLU];
    /// assert_eq!(model.named_parameters()[0].0, "0.weight");
    /// ```
    fn named_parameters(&self) -> Vec<(String, Tensor)> {
        found::once(tensors(&|visitor| self.visit(visitor), Kind::Parameter))
    }

    /// All buffers, each once, with their names.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let names: Vec<String> = nn::BatchNorm1d::new(4).named_buffers().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["running_mean", "running_var", "num_batches_tracked"]);
    /// ```
    fn named_buffers(&self) -> Vec<(String, Tensor)> {
        found::once(tensors(&|visitor| self.visit(visitor), Kind::Buffer))
    }

    /// All buffers, each once.
    fn buffers(&self) -> Vec<Tensor> {
        found::without_names(self.named_buffers())
    }

    /// The parameter with a name; `None` if there is none.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let model = nn::sequential![nn::Linear::new(3, 2), nn::ReLU];
    /// assert_eq!(model.get_parameter("0.bias").unwrap().size(), [2]);
    /// ```
    fn get_parameter(&self, name: &str) -> Option<Tensor> {
        found::named(tensors(&|visitor| self.visit(visitor), Kind::Parameter), name)
    }

    /// The number of elements of all parameters: PyTorch's `sum(p.numel() for p in model.parameters())`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(nn::Linear::new(784, 128).num_parameters(), 784 * 128 + 128);
    /// ```
    fn num_parameters(&self) -> usize {
        found::numel(&self.parameters())
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
        set_training(&|visitor| self.visit(visitor), true);
    }

    /// Sets the model and all modules in it to evaluation: dropout lets everything through, batches are normalised by what
    /// was measured in training.
    fn eval(&self) {
        set_training(&|visitor| self.visit(visitor), false);
    }

    /// Whether a module in it is being trained whose training behaviour differs; true if it has no such module.
    fn is_training(&self) -> bool {
        is_training(&|visitor| self.visit(visitor))
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
        found::zero_grad(&self.parameters());
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
        found::requires_grad_(&self.parameters(), required);
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
        found::state(tensors(&|visitor| self.visit(visitor), Kind::State))
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
        state::load_whole(&tensors(&|visitor| self.visit(visitor), Kind::State), state)
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
        state::load_partly(&tensors(&|visitor| self.visit(visitor), Kind::State), state)
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
        found::reaches(device)?;
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

/// Shows a visitor the fields of a module, whatever its type.
pub(super) type Visit<'a> = &'a dyn Fn(&mut dyn Visitor);

/// Which tensors are looked for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Parameter,
    Buffer,
    /// Parameters, and the buffers that are kept.
    State,
}

struct Tensors {
    kind: Kind,
    path: String,
    found: Vec<(String, Tensor)>,
}

impl Visitor for Tensors {
    fn parameter(&mut self, name: &str, parameter: &Parameter) {
        if self.kind != Kind::Buffer {
            self.found.push((joined(&self.path, name), parameter.alias()));
        }
    }

    fn buffer(&mut self, name: &str, buffer: &Buffer) {
        let is_wanted = match self.kind {
            Kind::Parameter => false,
            Kind::Buffer => true,
            Kind::State => buffer.is_persistent(),
        };
        if is_wanted {
            self.found.push((joined(&self.path, name), buffer.alias()));
        }
    }

    fn module(&mut self, name: &str, module: &dyn Module) {
        let path = joined(&self.path, name);
        let outer = std::mem::replace(&mut self.path, path);
        module.visit(self);
        self.path = outer;
    }
}

/// All tensors of a kind, with their names.
pub(super) fn tensors(visit: Visit, kind: Kind) -> Vec<(String, Tensor)> {
    let mut tensors = Tensors { kind, path: String::new(), found: Vec::new() };
    visit(&mut tensors);
    tensors.found
}

struct SetTraining(bool);

impl Visitor for SetTraining {
    fn training(&mut self, training: &Training) {
        training.set(self.0);
    }

    fn module(&mut self, _name: &str, module: &dyn Module) {
        module.visit(self);
    }
}

fn set_training(visit: Visit, is_trained: bool) {
    visit(&mut SetTraining(is_trained));
}

/// The flags that were found.
#[derive(Default)]
struct Modes(Vec<bool>);

impl Visitor for Modes {
    fn training(&mut self, training: &Training) {
        self.0.push(training.get());
    }

    fn module(&mut self, _name: &str, module: &dyn Module) {
        module.visit(self);
    }
}

fn is_training(visit: Visit) -> bool {
    let mut modes = Modes::default();
    visit(&mut modes);
    modes.0.is_empty() || modes.0.contains(&true)
}
