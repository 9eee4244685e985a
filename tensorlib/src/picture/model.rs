//! Live models, read for drawing: as a chain of linear layers, or as blocks.

use std::collections::HashSet;

use super::blocks::{self, Block, Flow};
use super::network::{self, Layer, Network};
use super::tiles::Tiles;
use super::{Diagram, layers};
use crate::Tensor;
use crate::error::{Result, value_error};
use crate::nn::parts::{Part, parts};
use crate::nn::summary::observed;
use crate::nn::trace::Passed;
use crate::nn::{Forward, Module};
use crate::shape::IntoTensors;

/// A network that is given by its weight matrices.
pub struct OfMatrices;

/// A network that is given by a model.
pub struct OfModel;

/// What [`network`](super::network) can draw: a model, lent, or weight matrices. The kind follows from what is given.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be drawn as a network",
    label = "neither a model nor weight matrices",
    note = "lend a model, `picture::network(&model)`, or give matrices in brackets, `picture::network([&w1, &w2])`"
)]
pub trait IntoNetwork<Kind> {
    /// The picture.
    fn into_network(self) -> Result<Diagram>;
}

impl<T: IntoTensors> IntoNetwork<OfMatrices> for T {
    fn into_network(self) -> Result<Diagram> {
        layers(&self.into_tensors(), &[])
    }
}

impl<M: Module + ?Sized> IntoNetwork<OfModel> for &M {
    fn into_network(self) -> Result<Diagram> {
        let parts = parts(self);
        let leaves = leaves(&parts);
        if leaves.is_empty() {
            return Err(value_error!("network: the model has no layers; its fields are what is drawn"));
        }
        // The order of layers is known where they are called in a row; in other models functions may stand between them.
        let is_row = parts.iter().all(|part| !part.is_outer || part.word == "Sequential");
        match chain(&leaves, is_row) {
            Some(network) => Ok(network::draw(&network)),
            None => Ok(blocks::draw(&blocks::Model {
                word: parts[0].word.clone(),
                parameters: parts[0].parameters,
                input: None,
                blocks: blocks_of(&parts),
            })),
        }
    }
}

/// A deeper chain would be too small to be read.
const MOST_LAYERS: usize = 4;

/// The parts that are drawn: those without parts, and those which have parameters themselves, except for the model.
fn leaves(parts: &[Part]) -> Vec<&Part> {
    let mut leaves: Vec<&Part> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let is_whole = !part.is_outer || (number > 0 && !part.own.is_empty());
        let is_inside = leaves.last().is_some_and(|outer| outer.is_outer && part.is_in(outer));
        let is_empty_model = number == 0 && part.own.is_empty() && parts.len() == 1 && part.word == "Sequential";
        if is_whole && !is_inside && !is_empty_model {
            leaves.push(part);
        }
    }
    leaves
}

fn blocks_of(parts: &[Part]) -> Vec<Block> {
    let root = &parts[0];
    let own = root.own.iter().filter(|_| root.is_outer).map(|(name, parameter)| Block {
        name: name.clone(),
        word: "Parameter".to_owned(),
        options: parameter.size().to_string(),
        parameters: Some(parameter.numel()),
        weight: Tiles::of_weight(parameter),
        output: None,
    });
    let mut seen = HashSet::new();
    let layers = leaves(parts).into_iter().map(|part| {
        let is_again = part.address.is_some_and(|address| !seen.insert((address, &part.word)));
        block(part, is_again)
    });
    own.chain(layers).collect()
}

fn block(part: &Part, is_again: bool) -> Block {
    Block {
        name: part.name.clone(),
        word: part.word.clone(),
        options: part.options.clone(),
        parameters: (!is_again).then_some(part.parameters),
        weight: part.own.iter().find_map(|(_, parameter)| Tiles::of_weight(parameter)),
        output: None,
    }
}

/// What a layer is in a chain of linear layers.
enum Link<'a> {
    Linear(&'a Part),
    /// By the name of its function.
    Activation(String),
    /// Changes nothing when the model is not being trained, or only the shape.
    Through,
    Other,
}

fn link(part: &Part) -> Link<'_> {
    match part.word.as_str() {
        "Linear" if part.parameter("weight").is_some_and(|weight| weight.ndim() == 2 && weight.numel() > 0) => {
            Link::Linear(part)
        }
        "Dropout" | "Identity" | "Flatten" => Link::Through,
        "Sigmoid" => Link::Activation("σ".to_owned()),
        "LogSoftmax" => Link::Activation("log_softmax".to_owned()),
        "LogSigmoid" => Link::Activation("log σ".to_owned()),
        word @ ("ReLU" | "ReLU6" | "Tanh" | "GELU" | "GELUTanh" | "SiLU" | "Mish" | "SELU" | "Softplus"
        | "Softsign" | "Tanhshrink" | "Hardsigmoid" | "Hardswish" | "LeakyReLU" | "ELU" | "CELU"
        | "Hardshrink" | "Softshrink" | "Hardtanh" | "Threshold" | "Softmax" | "Softmin") => {
            Link::Activation(word.to_lowercase())
        }
        _ => Link::Other,
    }
}

/// The layers as a chain of linear layers, if they are one.
fn chain(parts: &[&Part], is_row: bool) -> Option<Network> {
    let mut layers: Vec<Layer> = Vec::new();
    for part in parts {
        match (link(part), layers.last_mut()) {
            (Link::Through, _) => {}
            (Link::Linear(part), before) => {
                let layer = layer(part, is_row)?;
                if before.is_some_and(|before| before.outputs != layer.inputs) {
                    return None;
                }
                layers.push(layer);
            }
            (Link::Activation(name), Some(layer)) => layer.activations.get_or_insert_default().push(name),
            (Link::Activation(_), None) | (Link::Other, _) => return None,
        }
    }
    let is_chain = (1..=MOST_LAYERS).contains(&layers.len());
    is_chain.then_some(Network { layers, is_transposed: true, values: Vec::new() })
}

/// A linear layer; its activations are known to be none so far, or not known.
fn layer(part: &Part, is_known: bool) -> Option<Layer> {
    let weight = part.parameter("weight")?;
    let [outputs, inputs] = weight.size()[..] else { return None };
    let bias = part.parameter("bias").map(Tensor::to_vec::<f64>).unwrap_or_default();
    let activations = is_known.then(Vec::new);
    Some(Layer { inputs, outputs, weights: weight.detach().t().to_vec::<f64>(), bias, activations })
}

/// A layer that something went through, and which one it is.
struct Step<'a> {
    part: Option<&'a Part>,
    passed: &'a Passed,
}

/// Draws a model at work.
pub(super) fn draw_on(model: &(impl Forward + ?Sized), input: &Tensor) -> Result<Diagram> {
    let parts = parts(model);
    let output = std::cell::RefCell::new(None);
    let forward = || {
        let result = model.try_forward(input)?;
        output.replace(Some(result.detach()));
        Ok(())
    };
    let (_, passed) = observed(&|visitor| model.visit(visitor), &forward)?;
    let steps = steps(&parts, &passed);
    let output = output.into_inner().unwrap_or_else(|| input.detach());
    if let Some(network) = working_chain(&steps, &output) {
        return Ok(network::draw(&network));
    }
    Ok(blocks::draw(&blocks::Model {
        word: parts[0].word.clone(),
        parameters: parts[0].parameters,
        input: Some(flow(input)),
        blocks: working_blocks(&steps),
    }))
}

fn flow(tensor: &Tensor) -> Flow {
    Flow { shape: tensor.size().to_string(), tiles: Tiles::of_activation(tensor) }
}

/// What went through which layer. A layer made of others is left out where those were seen. Layers without fields
/// are nowhere, and those behind pointers elsewhere: they are found by the order.
fn steps<'a>(parts: &'a [Part], passed: &'a [Passed]) -> Vec<Step<'a>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut next = 0;
    for passed in passed {
        let is_same = |part: &Part| part.word == passed.word && part.address == passed.address;
        let is_at_its_place = || parts.iter().position(is_same).filter(|_| passed.address.is_some());
        let is_next = || (next..parts.len()).find(|&number| parts[number].word == passed.word);
        let found = is_at_its_place().or_else(is_next);
        let part = found.map(|number| &parts[number]);
        if let Some(number) = found {
            next = number + 1;
        }
        let is_inner = |step: &Step| match (part, step.part) {
            (Some(outer), Some(inner)) => outer.is_outer && inner.name != outer.name && inner.is_in(outer),
            _ => false,
        };
        if !steps.iter().any(is_inner) {
            steps.push(Step { part, passed });
        }
    }
    steps
}

fn working_blocks(steps: &[Step]) -> Vec<Block> {
    let mut seen = HashSet::new();
    let block = |step: &Step| {
        let (address, word) = (step.passed.address, &step.passed.word);
        let is_again = address.is_some_and(|address| !seen.insert((address, word.clone())));
        let output = Some(flow(&step.passed.output));
        match step.part {
            Some(part) => Block { output, ..block(part, is_again) },
            None => Block {
                name: String::new(),
                word: word.clone(),
                options: options(&step.passed.line),
                parameters: (!is_again).then_some(step.passed.parameters),
                weight: None,
                output,
            },
        }
    };
    steps.iter().map(block).collect()
}

/// The text in the parentheses of a layer's line.
fn options(line: &str) -> String {
    let inside = line.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or_default().to_owned()
}

/// The layers as a chain of linear layers with the values of the first example, if they are one.
fn working_chain(steps: &[Step], output: &Tensor) -> Option<Network> {
    let parts: Vec<&Part> = steps.iter().map(|step| step.part).collect::<Option<_>>()?;
    let mut network = chain(&parts, true)?;
    let linear: Vec<usize> = (0..steps.len()).filter(|&at| steps[at].passed.word == "Linear").collect();
    for (number, at) in linear.iter().enumerate() {
        network.values.push(first_example(&steps[*at].passed.input));
        // What comes next is what came out of the last layer that was seen, or there were functions that were not.
        let following = linear.get(number + 1).map_or(output, |&next| &steps[next].passed.input);
        let last = linear.get(number + 1).copied().unwrap_or(steps.len()) - 1;
        if first_example(&steps[last].passed.output) != first_example(following) {
            network.layers[number].activations = None;
        }
    }
    network.values.push(first_example(output));
    let fits = |(values, count): (&Vec<f64>, usize)| values.len() == count;
    let counts =
        network.layers.iter().map(|layer| layer.inputs).chain(network.layers.last().map(|layer| layer.outputs));
    network.values.iter().zip(counts).all(fits).then_some(network)
}

/// The values of the last dimension, at the first place of all others.
fn first_example(tensor: &Tensor) -> Vec<f64> {
    let length = tensor.size().last().copied().unwrap_or(1);
    if tensor.numel() == 0 {
        return Vec::new();
    }
    tensor.detach().reshape([-1]).narrow(0, 0, length).to_vec::<f64>()
}
