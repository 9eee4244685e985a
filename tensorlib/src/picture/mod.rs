//! Diagrams of neurons, networks and tensors, as SVG.
//!
//! A diagram is drawn from real values: [`neuron`] from its inputs, weights and bias, [`network`] from its weight
//! matrices or from a model, [`network_on`] from a model at work, [`tensor_ranks`] and [`matmul_shapes`] from tensors, [`graph()`] from what led to a tensor. What lives here turns numbers into shapes on a
//! [`Diagram`]; the functions of this file read the tensors, the files beside it see only plain numbers. Nothing here
//! may know of notebooks or front ends, and nothing may depend on time, on a random number or on fonts of the machine:
//! the same values give the same bytes everywhere.
//!
//! Blue stands for positive and solid, orange for negative and dashed; the wider an edge, the larger its weight.

mod activation;
mod blocks;
pub(crate) mod canvas;
mod graph;
mod matmul;
mod model;
mod network;
mod neuron;
mod ranks;
pub(crate) mod theme;
mod tiles;

use std::fmt;

pub use activation::Activation;
pub use model::{IntoNetwork, OfMatrices, OfModel};

use crate::Tensor;
use crate::autograd::graph::Graph;
use crate::error::{Result, or_raise, shape_error, value_error};
use crate::nn::Forward;
use crate::operand::IntoOperand;
use crate::shape::IntoTensors;

/// A picture: an SVG document, and words for places that cannot show it.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let diagram = picture::matmul_shapes(zeros([2, 3]), zeros([3, 4]));
/// assert!(diagram.svg().starts_with("<svg"));
/// assert_eq!(diagram.to_string(), "a @ b: [2, 3] @ [3, 4] = [2, 4]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagram {
    svg: String,
    text: String,
}

impl Diagram {
    pub(crate) fn new(svg: String, text: String) -> Self {
        Diagram { svg, text }
    }

    /// The picture as a self-contained SVG document: no script, no style sheet, no outside reference.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// What the picture says, in plain text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Writes the SVG document to a file.
    ///
    /// # Errors
    /// The file cannot be created or written.
    #[doc(alias = "savefig")]
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> std::io::Result<()> {
        std::fs::write(path, &self.svg)
    }
}

/// The text of [`Diagram::text`].
impl fmt::Display for Diagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A neuron with a sigmoid activation: each input times its weight, the sum with the bias, the output.
///
/// `inputs` and `weights` hold `n` numbers each, in any shape; they and `bias`, one number, may be tensors, lists or
/// numbers. More than six inputs are drawn with an ellipsis.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let diagram = picture::neuron([1.0, 2.0], [0.5, -0.5], 0.5);
/// assert!(diagram.text().contains("y = σ(x₁·w₁ + x₂·w₂ + b)"));
/// assert!(diagram.text().contains("= σ(1·0.50 + 2·(−0.50) + 0.50) = σ(0) = 0.50"));
/// ```
///
/// # Panics
/// If there are not as many weights as inputs, none at all, or `bias` is a tensor of more than one number.
#[track_caller]
pub fn neuron<'a>(inputs: impl IntoOperand<'a>, weights: impl IntoOperand<'a>, bias: impl IntoOperand<'a>) -> Diagram {
    or_raise(try_neuron(inputs, weights, bias, Activation::Sigmoid))
}

/// [`neuron`] with an activation function of your choice.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture::{Activation, neuron_with};
///
/// let diagram = neuron_with([1.0], [-2.0], 0.5, Activation::Relu);
/// assert!(diagram.text().ends_with("= relu(−1.50) = 0"));
/// ```
///
/// # Panics
/// As [`neuron`].
#[track_caller]
pub fn neuron_with<'a>(
    inputs: impl IntoOperand<'a>,
    weights: impl IntoOperand<'a>,
    bias: impl IntoOperand<'a>,
    activation: Activation,
) -> Diagram {
    or_raise(try_neuron(inputs, weights, bias, activation))
}

/// [`neuron_with`] with the error as a value.
///
/// # Errors
/// Where [`neuron`] panics.
pub fn try_neuron<'a>(
    inputs: impl IntoOperand<'a>,
    weights: impl IntoOperand<'a>,
    bias: impl IntoOperand<'a>,
    activation: Activation,
) -> Result<Diagram> {
    let ((of_inputs, inputs), (of_weights, weights)) =
        (inputs.into_operand().values()?, weights.into_operand().values()?);
    if inputs.len() != weights.len() {
        return Err(shape_error!(
            "neuron: inputs and weights must have as many numbers, but their shapes are {} and {}",
            of_inputs.size(),
            of_weights.size()
        ));
    }
    if inputs.is_empty() {
        return Err(shape_error!("neuron: give at least one input; the shape of inputs is {}", of_inputs.size()));
    }
    let (of_bias, bias) = bias.into_operand().values()?;
    let [bias] = bias[..] else {
        return Err(shape_error!("neuron: bias must be one number, but its shape is {}", of_bias.size()));
    };
    Ok(neuron::draw(&inputs, &weights, bias, activation))
}

/// A network, drawn from a model or from weight matrices.
///
/// Of a model of linear layers with activations between them, units and weights are drawn, and the names of the activations
/// above the units. Of another model each layer is a block, from top to bottom, with the number of its parameters and its
/// weights in colour: blue is positive, orange negative, strong is large. The order is that of the fields; for what an input
/// becomes on its way, see [`network_on`].
///
/// Weight matrices are those of `f₂(f₁(x W₁) W₂)`: each is inputs by outputs, as it stands on the right of `x` (a
/// [`Linear`](crate::nn::Linear) keeps its own the other way round); a vector is a layer with one output. Layers wider than six
/// units are folded with an ellipsis.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let model = nn::sequential![nn::Linear::new(3, 2), nn::ReLU, nn::Linear::new(2, 1), nn::Sigmoid];
/// assert!(picture::network(&model).text().starts_with("network 3 → 2 → 1: y = σ(relu(x W₁ᵀ + b₁) W₂ᵀ + b₂)"));
///
/// let model = nn::sequential![nn::Conv2d::new(1, 6, 5), nn::ReLU, nn::Flatten::new(), nn::Linear::new(3456, 10)];
/// assert_eq!(
///     picture::network(&model).text(),
///     "Sequential: 4 layers, 34,726 parameters
///   0: Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1)), 156 parameters
///   1: ReLU()
///   2: Flatten(start_dim=1, end_dim=-1)
///   3: Linear(in_features=3456, out_features=10, bias=true), 34,570 parameters"
/// );
///
/// let diagram = picture::network([randn([3, 2]), randn([2, 1])]);
/// assert!(diagram.text().starts_with("network 3 → 2 → 1: y = f₂(f₁(x W₁) W₂)"));
/// ```
///
/// # Panics
/// If a model has no layers. Of matrices: if there is none, one is not a matrix or is empty, or one takes another number of
/// inputs than the one before has outputs.
#[track_caller]
pub fn network<Kind>(of: impl IntoNetwork<Kind>) -> Diagram {
    or_raise(of.into_network())
}

/// [`network`] of a model at work: what an input becomes on its way.
///
/// The model is run once, in evaluation and without gradients. Of a batch, what is drawn is its first example: the units of a
/// network of linear layers have their values, in colour; between the blocks of another one stand the shapes, the channels of
/// images as images, and vectors as strips.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let model = nn::sequential![nn::Conv2d::new(1, 6, 5), nn::ReLU, nn::Flatten::new(), nn::Linear::new(3456, 10)];
/// let diagram = picture::network_on(&model, &rand([1, 1, 28, 28]));
/// assert!(diagram.text().contains("0: Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1)), 156 parameters → [1, 6, 24, 24]"));
/// ```
///
/// # Panics
/// If the input does not fit the model; the sentence names the layer.
#[track_caller]
pub fn network_on(model: &(impl Forward + ?Sized), input: &Tensor) -> Diagram {
    or_raise(try_network_on(model, input))
}

/// [`network_on`] with the error as a value.
///
/// # Errors
/// Where [`network_on`] panics.
pub fn try_network_on(model: &(impl Forward + ?Sized), input: &Tensor) -> Result<Diagram> {
    model::draw_on(model, input)
}

/// [`network`] with the biases of `f₂(f₁(x W₁ + b₁) W₂ + b₂)`, one vector for each matrix.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let diagram = picture::network_with_bias([randn([3, 2]), randn([2, 1])], [zeros([2]), zeros([1])]);
/// assert!(diagram.text().contains("y = f₂(f₁(x W₁ + b₁) W₂ + b₂)"));
/// ```
///
/// # Panics
/// As [`network`]; and if there are not as many biases as matrices, or one has another number of values than its
/// matrix has columns.
#[track_caller]
pub fn network_with_bias(weights: impl IntoTensors, biases: impl IntoTensors) -> Diagram {
    or_raise(try_network_with_bias(weights, biases))
}

/// [`network`] with the error as a value.
///
/// # Errors
/// Where [`network`] panics.
pub fn try_network<Kind>(of: impl IntoNetwork<Kind>) -> Result<Diagram> {
    of.into_network()
}

/// [`network_with_bias`] with the error as a value.
///
/// # Errors
/// Where [`network_with_bias`] panics.
pub fn try_network_with_bias(weights: impl IntoTensors, biases: impl IntoTensors) -> Result<Diagram> {
    let (weights, biases) = (weights.into_tensors(), biases.into_tensors());
    if weights.len() != biases.len() {
        return Err(shape_error!(
            "network_with_bias: give one bias for each weight matrix; there are {} matrices and {} biases",
            weights.len(),
            biases.len()
        ));
    }
    layers(&weights, &biases)
}

fn layers(weights: &[Tensor], biases: &[Tensor]) -> Result<Diagram> {
    if weights.is_empty() {
        return Err(shape_error!("network: give at least one weight matrix"));
    }
    let mut layers: Vec<network::Layer> = Vec::new();
    for (number, w) in weights.iter().enumerate() {
        let size = w.size();
        let (inputs, outputs) = match size[..] {
            [inputs, outputs] if inputs * outputs > 0 => (inputs, outputs),
            [inputs] if inputs > 0 => (inputs, 1),
            _ => {
                let place = number + 1;
                return Err(shape_error!(
                    "network: weights {place} must be a matrix of inputs by outputs, but its shape is {size}"
                ));
            }
        };
        if let Some(before) = layers.last()
            && before.outputs != inputs
        {
            return Err(shape_error!(
                "network: weights {number} has {} outputs, but weights {} takes {inputs} inputs; its shape is {size}",
                before.outputs,
                number + 1
            ));
        }
        let bias = biases.get(number).map(|b| b.to_vec::<f64>()).unwrap_or_default();
        if !biases.is_empty() && bias.len() != outputs {
            let place = number + 1;
            return Err(shape_error!(
                "network: bias {place} has {} values, but weights {place} has {outputs} outputs",
                bias.len()
            ));
        }
        layers.push(network::Layer { inputs, outputs, weights: w.to_vec::<f64>(), bias, activations: None });
    }
    Ok(network::draw(&network::Network { layers, is_transposed: false, values: Vec::new() }))
}

/// Tensors side by side by their number of indices: a vector, a matrix, a 3-index array.
///
/// One cell of each is marked, with the indices that reach it. Large tensors are folded with ellipses.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let diagram = picture::tensor_ranks([rand([4]), rand([3, 4]), rand([3, 3, 4])]);
/// assert_eq!(diagram.text(), "tensors by rank: vector [4], matrix [3, 4], 3-index array [3, 3, 4]");
/// ```
///
/// # Panics
/// If there is no tensor or one has no elements.
#[track_caller]
pub fn tensor_ranks(tensors: impl IntoTensors) -> Diagram {
    let tensors = tensors.into_tensors();
    let word = |tensor: &Tensor| match tensor.ndim() {
        0 => "scalar".to_owned(),
        1 => "vector".to_owned(),
        2 => "matrix".to_owned(),
        rank => format!("{rank}-index array"),
    };
    or_raise(try_ranks(tensors.iter().map(|tensor| (word(tensor), tensor)).collect()))
}

/// [`tensor_ranks`] with your own words, in your own language.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let diagram = picture::tensor_ranks_named(&[("向量", &rand([4])), ("矩阵", &rand([3, 4]))]);
/// assert!(diagram.svg().contains("向量"));
/// ```
///
/// # Panics
/// As [`tensor_ranks`].
#[track_caller]
pub fn tensor_ranks_named(tensors: &[(&str, &Tensor)]) -> Diagram {
    or_raise(try_ranks(tensors.iter().map(|(word, t)| ((*word).to_owned(), *t)).collect()))
}

fn try_ranks(tensors: Vec<(String, &Tensor)>) -> Result<Diagram> {
    if tensors.is_empty() {
        return Err(shape_error!("tensor_ranks: give at least one tensor"));
    }
    let mut panels = Vec::new();
    for (word, tensor) in tensors {
        if tensor.numel() == 0 {
            return Err(shape_error!("tensor_ranks: {word} has no elements to draw; its shape is {}", tensor.size()));
        }
        panels.push(ranks::Panel { word, size: tensor.size().to_vec(), values: tensor.to_vec::<f64>() });
    }
    Ok(ranks::draw(&panels))
}

/// The shapes in `a @ b`: which sizes have to be equal and which remain. Only the shapes are looked at.
///
/// Shapes that do not fit are drawn too, with the sizes that differ in red.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let diagram = picture::matmul_shapes(zeros([2, 3]), zeros([2, 3]));
/// assert_eq!(diagram.text(), "a @ b: [2, 3] @ [2, 3]: 3 ≠ 2");
/// ```
///
/// # Panics
/// If one of the tensors has no dimension.
#[track_caller]
pub fn matmul_shapes<'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) -> Diagram {
    let (a, b) = (or_raise(a.into_operand().into_tensor()), or_raise(b.into_operand().into_tensor()));
    for (name, tensor) in [("a", &a), ("b", &b)] {
        if tensor.ndim() == 0 {
            or_raise::<()>(Err(shape_error!(
                "matmul_shapes: {name} is a single number; give a tensor with dimensions"
            )));
        }
    }
    matmul::draw(&a.size(), &b.size())
}

/// Of a larger graph only the part next to the value is looked at.
const MOST_NODES: usize = 100_000;

/// The graph of the operations that led to a value, as gradients flow through it: torchviz's `make_dot`.
///
/// Leaves, which require gradients, are green, with their values and gradients where these are few numbers (of a large
/// gradient its length, `‖grad‖`); operations are yellow, with the gradient that [`retain_grad`](Tensor::retain_grad)
/// keeps. Shapes stand at the edges. Tensors to which no gradients flow are no part of the graph. A large graph is folded:
/// a chain of operations becomes one box, and of what is still too large the part next to the value is drawn.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::picture;
///
/// let (w, b) = (tensor![0.5, -1.0].requires_grad_(true), scalar(0.1).requires_grad_(true));
/// let loss = ((&w * [2.0, 3.0]).sum() + &b).sigmoid();
/// loss.backward();
/// let diagram = picture::graph(&loss);
/// assert_eq!(
///     diagram.text(),
///     "graph of 4 operations, 2 leaves
///   leaf 1 [2] = [0.50, −1], grad [0.23, 0.34]
///   leaf 2 = 0.10, grad 0.11
///   #1 [2] = mul(leaf 1)
///   #2 = sum(#1)
///   #3 = add(#2, leaf 2)
///   #4 = sigmoid(#3)
///   result = #4 = 0.13"
/// );
/// ```
///
/// # Panics
/// If the tensor was not made from one that requires gradients.
#[doc(alias = "make_dot")]
#[track_caller]
pub fn graph(value: &Tensor) -> Diagram {
    or_raise(try_graph(value))
}

/// [`graph()`] with the error as a value.
///
/// # Errors
/// Where [`graph()`] panics.
pub fn try_graph(value: &Tensor) -> Result<Diagram> {
    match Graph::of(value, MOST_NODES) {
        Some(graph) => Ok(graph::draw(&graph, value)),
        None => Err(value_error!(
            "graph: this tensor was not made from one that requires gradients; ask for them with w.requires_grad_(true) before the computation, outside no_grad"
        )),
    }
}
