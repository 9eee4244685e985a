//! Layers one after the other, in a list, by name.

use std::any::Any;
use std::ops::Index;

use super::forward::{Forward, Layer};
use super::module::{Module, Visitor};
use super::show::described;
use super::trace;
use crate::error::{Result, or_raise};
use crate::tensor::Tensor;

/// Layers one after the other: each takes what the one before gives. [`sequential!`](crate::nn::sequential!) makes one.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let model = nn::sequential![nn::Linear::new(784, 128), nn::ReLU, nn::Linear::new(128, 10), nn::LogSoftmax::new(1)];
/// assert_eq!(model.forward(&rand([64, 784])).size(), [64, 10]);
/// assert_eq!(model.layer::<nn::Linear>(2).out_features(), 10);
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<(String, Box<dyn Layer>)>,
}

impl Sequential {
    /// No layers yet; what goes in comes out.
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// With one more layer at the end, named by its number.
    #[must_use = "this gives the longer model"]
    pub fn with(mut self, layer: impl Layer) -> Sequential {
        self.push(layer);
        self
    }

    /// Adds one more layer at the end, under this name.
    #[must_use = "this gives the longer model"]
    pub fn with_named(mut self, name: &str, layer: impl Layer) -> Sequential {
        self.add(name, Box::new(layer));
        self
    }

    /// Adds a layer at the end, named by its number: PyTorch's `append`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let mut model = nn::Sequential::new();
    /// for width in [64, 32, 16] {
    ///     model.push(nn::Linear::new(width, width / 2));
    ///     model.push(nn::ReLU);
    /// }
    /// assert_eq!(model.len(), 6);
    /// ```
    #[doc(alias = "append")]
    #[doc(alias = "add_module")]
    pub fn push(&mut self, layer: impl Layer) {
        self.add_next(Box::new(layer));
    }

    fn add_next(&mut self, layer: Box<dyn Layer>) {
        self.add(&self.layers.len().to_string(), layer);
    }

    fn add(&mut self, name: &str, layer: Box<dyn Layer>) {
        self.layers.push((name.to_owned(), layer));
    }

    /// Takes the last layer off.
    pub fn pop(&mut self) -> Option<Box<dyn Layer>> {
        self.layers.pop().map(|(_, layer)| layer)
    }

    /// Puts another layer in the place of one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let mut model = nn::sequential![nn::Linear::new(8, 4), nn::Linear::new(4, 1000)];
    /// model.replace(1, nn::Linear::new(4, 3)); // a new head
    /// assert_eq!(model.forward(&zeros([1, 8])).size(), [1, 3]);
    /// ```
    ///
    /// # Panics
    /// If there is no such layer.
    #[track_caller]
    pub fn replace(&mut self, number: usize, layer: impl Layer) {
        self.check(number);
        self.layers[number].1 = Box::new(layer);
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The layers in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Layer> {
        self.layers.iter().map(|(_, layer)| &**layer)
    }

    /// A layer by its number and type, for what only that type has: `model.layer::<nn::Linear>(0).weight`.
    ///
    /// # Panics
    /// If there is no such layer, or it has another type.
    #[track_caller]
    pub fn layer<T: Layer>(&self, number: usize) -> &T {
        self.check(number);
        let layer = &*self.layers[number].1;
        (layer as &dyn Any).downcast_ref().unwrap_or_else(|| {
            let wanted = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
            panic!("layer: number {number} is {} and not {wanted}", described(layer))
        })
    }

    #[track_caller]
    fn check(&self, number: usize) {
        let count = self.layers.len();
        assert!(number < count, "layer: there is no number {number} in a model of {count} layers, which count from 0");
    }
}

/// `&model[0]`: a layer by its number.
impl Index<usize> for Sequential {
    type Output = dyn Layer;

    #[track_caller]
    fn index(&self, number: usize) -> &dyn Layer {
        self.check(number);
        &*self.layers[number].1
    }
}

impl Module for Sequential {
    fn visit(&self, visitor: &mut dyn Visitor) {
        for (name, layer) in &self.layers {
            visitor.module(name, &**layer);
        }
    }

    fn name(&self) -> &str {
        "Sequential"
    }
}

impl Forward for Sequential {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        or_raise(self.try_forward(x))
    }

    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut result: Option<Tensor> = None;
        for (name, layer) in &self.layers {
            let made = layer.try_forward(result.as_ref().unwrap_or(x));
            result = Some(made.map_err(|error| error.within(&format!("layer {name}")))?);
        }
        Ok(result.unwrap_or_else(|| x.alias()))
    }
}

impl std::fmt::Display for Sequential {
    /// As PyTorch prints it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::to_text(self))
    }
}

impl Sequential {
    /// Shows the model in a notebook.
    pub fn evcxr_display(&self) {
        super::display(self);
    }
}

/// A model of layers one after the other, as [`Sequential`]: `nn::sequential![nn::Linear::new(3, 2), nn::ReLU]`, or with
/// names for the layers, `nn::sequential! { hidden: nn::Linear::new(3, 2), relu: nn::ReLU }`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let model = nn::sequential! { hidden: nn::Linear::new(3, 4), relu: nn::ReLU, output: nn::Linear::new(4, 2) };
/// assert!(model.get_parameter("output.weight").is_some());
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __sequential {
    ($($name:ident : $layer:expr),+ $(,)?) => { $crate::nn::Sequential::new()$(.with_named(stringify!($name), $layer))+ };
    ($($layer:expr),* $(,)?) => { $crate::nn::Sequential::new()$(.with($layer))* };
}

/// Modules by name, in the order in which they came: PyTorch's `ModuleDict`. For a list take a `Vec`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let heads = nn::ModuleDict::from([("digits", nn::Linear::new(8, 10)), ("letters", nn::Linear::new(8, 26))]);
/// assert_eq!(heads["letters"].forward(&zeros([1, 8])).size(), [1, 26]);
/// assert_eq!(heads.named_parameters()[0].0, "digits.weight");
/// ```
#[derive(Clone, Debug)]
pub struct ModuleDict<T> {
    modules: Vec<(String, T)>,
}

impl<T: Module> ModuleDict<T> {
    /// None yet.
    pub fn new() -> ModuleDict<T> {
        ModuleDict { modules: Vec::new() }
    }

    /// Adds a module, or puts it in the place of the one that has the name.
    pub fn insert(&mut self, name: &str, module: T) {
        match self.modules.iter_mut().find(|(other, _)| other == name) {
            Some((_, place)) => *place = module,
            None => self.modules.push((name.to_owned(), module)),
        }
    }

    /// The module with a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.modules.iter().find(|(other, _)| other == name).map(|(_, module)| module)
    }

    /// The names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|(name, _)| name.as_str())
    }

    /// Names and modules, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.modules.iter().map(|(name, module)| (name.as_str(), module))
    }

    /// The number of modules.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }
}

impl<T: Module> Default for ModuleDict<T> {
    fn default() -> Self {
        ModuleDict::new()
    }
}

impl<T: Module, const N: usize> From<[(&str, T); N]> for ModuleDict<T> {
    fn from(modules: [(&str, T); N]) -> Self {
        let mut dict = ModuleDict::new();
        modules.into_iter().for_each(|(name, module)| dict.insert(name, module));
        dict
    }
}

/// `dict["name"]`.
impl<T: Module> Index<&str> for ModuleDict<T> {
    type Output = T;

    #[track_caller]
    fn index(&self, name: &str) -> &T {
        self.get(name).unwrap_or_else(|| {
            let names: Vec<String> = self.keys().map(|name| format!("{name:?}")).collect();
            panic!("ModuleDict: there is no module {name:?}; there are {}", names.join(", "))
        })
    }
}

impl<T: Module> Module for ModuleDict<T> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.modules.iter().for_each(|(name, module)| visitor.module(name, module));
    }

    fn name(&self) -> &str {
        "ModuleDict"
    }
}

/// A function as a layer, for what needs no parameters: a reshape, say.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let model = nn::sequential![nn::Lambda::new(|x| x.flatten_dims(1, -1) / 255), nn::Linear::new(784, 10)];
/// assert_eq!(model.forward(&zeros([2, 28, 28])).size(), [2, 10]);
/// ```
pub struct Lambda {
    function: Box<dyn Fn(&Tensor) -> Tensor + Send + Sync>,
}

impl Lambda {
    /// The layer that calls a function.
    pub fn new(function: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static) -> Lambda {
        Lambda { function: Box::new(function) }
    }
}

impl Module for Lambda {
    fn visit(&self, _visitor: &mut dyn Visitor) {}

    fn name(&self) -> &str {
        "Lambda"
    }
}

impl Forward for Lambda {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        or_raise(self.try_forward(x))
    }

    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        trace::traced(self, x, || Ok((self.function)(x)))
    }
}
