//! Starting a backward pass.

use std::sync::Arc;

use super::engine::{self, Outcome, Task};
use super::mode::Mode;
use super::node::{AfterHook, Edge, Leaf, Node};
use crate::error::{Error, Result, or_raise, value_error};
use crate::layout::Layout;
use crate::tensor::Tensor;

/// A backward pass with its options; see [`backward`].
#[must_use = "nothing happens before run() or grad(…)"]
pub struct Backward {
    tensors: Vec<Tensor>,
    gradients: Vec<Option<Tensor>>,
    retain_graph: Option<bool>,
    create_graph: bool,
    allow_unused: bool,
}

/// The long form of [`Tensor::backward`]: PyTorch's `torch.autograd.backward`, and, ending in [`grad`](Backward::grad), its
/// `torch.autograd.grad`.
///
/// ```
/// # use tensorlib::prelude::*;
/// let x = tensor![1.0, 2.0].requires_grad_(true);
/// let y = &x * &x;
/// // Of several elements: the gradient of something made from y.
/// autograd::backward(&[&y]).gradient(&[&tensor![1.0, 10.0]]).retain_graph(true).run();
/// assert_eq!(x.grad().to_vec::<f32>(), [2.0, 40.0]);
/// // The gradient of a gradient.
/// let first = autograd::backward(&[&y.sum()]).create_graph(true).grad(&[&x]);
/// let second = autograd::grad(&first[0].sum(), &[&x]);
/// assert_eq!(second[0].to_vec::<f32>(), [2.0, 2.0]);
/// ```
pub fn backward(tensors: &[&Tensor]) -> Backward {
    Backward {
        tensors: tensors.iter().map(|tensor| tensor.alias()).collect(),
        gradients: tensors.iter().map(|_| None).collect(),
        retain_graph: None,
        create_graph: false,
        allow_unused: false,
    }
}

/// The gradients of a number with respect to `inputs`, without changing any tensor's `grad()`: PyTorch's
/// `torch.autograd.grad`. For its options see [`backward`].
///
/// ```
/// # use tensorlib::prelude::*;
/// let (x, y) = (scalar(2.0).requires_grad_(true), scalar(3.0).requires_grad_(true));
/// let gradients = autograd::grad(&(&x * &y), &[&x, &y]);
/// assert_eq!((gradients[0].item::<f32>(), gradients[1].item::<f32>()), (3.0, 2.0));
/// ```
#[track_caller]
pub fn grad(output: &Tensor, inputs: &[&Tensor]) -> Vec<Tensor> {
    or_raise(try_grad(output, inputs))
}

/// [`grad`] with the error as a value.
pub fn try_grad(output: &Tensor, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    backward(&[output]).try_grad(inputs)
}

impl Backward {
    /// The gradients of the tensors, one for each: what a pass begins with. Tensors of one element begin with 1.
    pub fn gradient(mut self, gradients: &[&Tensor]) -> Backward {
        self.gradients = gradients.iter().map(|gradient| Some(gradient.alias())).collect();
        self
    }

    /// Whether the graph is kept for another pass; by default only with [`create_graph`](Backward::create_graph).
    pub fn retain_graph(mut self, retain: bool) -> Backward {
        self.retain_graph = Some(retain);
        self
    }

    /// Whether the pass itself is recorded, so that gradients have gradients.
    pub fn create_graph(mut self, create: bool) -> Backward {
        self.create_graph = create;
        self
    }

    /// Whether [`grad`](Backward::grad) gives zeros for a tensor that the result was not made from, instead of an error:
    /// PyTorch's `allow_unused` with `materialize_grads`.
    pub fn allow_unused(mut self, allow: bool) -> Backward {
        self.allow_unused = allow;
        self
    }

    /// Runs the pass: gradients are added to `grad()` of the leaves.
    #[track_caller]
    pub fn run(self) {
        or_raise(self.try_run());
    }

    /// [`run`](Backward::run) with the error as a value.
    pub fn try_run(self) -> Result<()> {
        let create_graph = self.create_graph;
        let found = engine::run(self.task("backward", None)?)?;
        let _mode = Mode::set(create_graph);
        hand_over(found);
        Ok(())
    }

    /// Runs the pass and gives the gradients of `inputs`; `grad()` of leaves stays as it is.
    #[track_caller]
    pub fn grad(self, inputs: &[&Tensor]) -> Vec<Tensor> {
        or_raise(self.try_grad(inputs))
    }

    /// [`grad`](Backward::grad) with the error as a value.
    pub fn try_grad(self, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
        let wanted: Vec<Edge> = inputs
            .iter()
            .enumerate()
            .map(|(at, input)| {
                input.edge().ok_or_else(|| {
                    value_error!("grad: input {at} does not require gradients; ask for them with requires_grad_(true)")
                })
            })
            .collect::<Result<_>>()?;
        let (allow_unused, create_graph) = (self.allow_unused, self.create_graph);
        let mut outcome = engine::run(self.task("grad", Some(&wanted))?)?;
        let found = std::mem::take(&mut outcome.wanted);
        let or_zeros = |(at, (found, input)): (usize, (Option<Tensor>, &&Tensor))| match found {
            Some(gradient) => Ok(gradient),
            None if allow_unused => Ok(crate::create::zeros_like(input)),
            None => Err(value_error!(
                "grad: the result was not made from input {at}; with allow_unused(true) its gradient is zeros"
            )),
        };
        let gradients = found.into_iter().zip(inputs).enumerate().map(or_zeros).collect::<Result<_>>()?;
        let _mode = Mode::set(create_graph);
        hand_over(outcome);
        Ok(gradients)
    }

    fn task<'a>(self, op: &str, wanted: Option<&'a [Edge]>) -> Result<Task<'a>> {
        if self.gradients.len() != self.tensors.len() {
            return Err(value_error!(
                "{op}: {} tensors need as many gradients, not {}",
                self.tensors.len(),
                self.gradients.len()
            ));
        }
        let roots = self.tensors.iter().zip(self.gradients).map(|(tensor, gradient)| root(op, tensor, gradient));
        Ok(Task {
            roots: roots.collect::<Result<_>>()?,
            retain_graph: self.retain_graph.unwrap_or(self.create_graph),
            create_graph: self.create_graph,
            wanted,
        })
    }
}

/// Adds gradients to those of the leaves, and of the tensors that keep theirs. The places are locked together, in the order of
/// their addresses: what other threads add is not lost. All sums come first: an interrupt comes before anything has changed,
/// or after everything.
fn hand_over(found: Outcome) {
    let (leaves, gradients) = by_address(found.leaves);
    let (others, retained) = by_address(found.retained);
    let after: Vec<AfterHook> = (leaves.iter().filter_map(|node| node.head().extras()))
        .flat_map(|extras| extras.after.iter().map(|(_, hook)| hook.clone()).collect::<Vec<_>>())
        .collect();
    let leaves: Vec<&Leaf> = leaves.iter().filter_map(|node| node.leaf()).collect();
    let mut of_leaves: Vec<_> = leaves.iter().map(|leaf| leaf.gradient()).collect();
    let mut of_others: Vec<_> = others.iter().map(|node| node.head().extras_or_new()).collect();
    let sums: Vec<Tensor> = (leaves.iter().zip(&of_leaves).zip(gradients))
        .map(|((leaf, before), gradient)| added(gradient, before.as_ref(), &leaf.gradient_layout()))
        .collect();
    let other_sums: Vec<(usize, u32, Tensor)> = (of_others.iter().zip(retained).enumerate())
        .flat_map(|(at, (extras, gradients))| {
            gradients.into_iter().map(move |(output, gradient)| (at, output, gradient, extras))
        })
        .map(|(at, output, gradient, extras)| {
            let before = extras.retained.iter().find(|(of, _)| *of == output).and_then(|(_, kept)| kept.as_ref());
            let layout = Layout::contiguous(gradient.layout.shape.clone());
            (at, output, added(gradient, before, &layout))
        })
        .collect();
    // What was there is dropped when no lock is held: it may be the end of a graph, with a user's values in it.
    let mut gone: Vec<Option<Tensor>> = Vec::new();
    for (place, sum) in of_leaves.iter_mut().zip(sums) {
        gone.push(place.replace(sum));
    }
    for (at, output, sum) in other_sums {
        if let Some((_, place)) = of_others[at].retained.iter_mut().find(|(of, _)| *of == output) {
            gone.push(place.replace(sum));
        }
    }
    drop((of_leaves, of_others));
    drop(gone);
    // With no lock held: they may do anything.
    after.iter().for_each(|hook| hook());
}

type Nodes = Vec<Arc<dyn Node>>;

fn by_address<T>(mut found: Vec<(Arc<dyn Node>, T)>) -> (Nodes, Vec<T>) {
    found.sort_by_key(|(node, _)| Arc::as_ptr(node).cast::<()>() as usize);
    found.into_iter().unzip()
}

/// A sum of gradients in memory of its own, which lies as `layout` says.
fn added(gradient: Tensor, before: Option<&Tensor>, layout: &Layout) -> Tensor {
    match before {
        None => gradient,
        Some(before) => gradient + before,
    }
    .in_own_memory(layout)
}

/// The edge at which a pass begins, and the gradient with which it begins.
fn root(op: &str, tensor: &Tensor, gradient: Option<Tensor>) -> Result<(Edge, Tensor)> {
    let Some(edge) = tensor.edge() else {
        return Err(not_recorded(op, tensor));
    };
    let gradient = match gradient {
        Some(gradient) if gradient.layout.shape != tensor.layout.shape => {
            return Err(value_error!(
                "{op}: a gradient of shape {} does not fit a tensor of shape {}",
                gradient.size(),
                tensor.size()
            ));
        }
        Some(gradient) => gradient.to(tensor.dtype()),
        None if tensor.numel() == 1 => crate::create::ones_like(tensor),
        None => {
            return Err(value_error!(
                "{op}: a tensor of shape {} has {} elements, and only one number has a gradient; take its sum() or mean(), or give the gradient: autograd::backward(&[&y]).gradient(&[&g]).run()",
                tensor.size(),
                tensor.numel()
            ));
        }
    };
    Ok((edge, gradient))
}

fn not_recorded(op: &str, tensor: &Tensor) -> Error {
    if tensor.dtype().is_floating_point() {
        value_error!(
            "{op}: this tensor was not made from one that requires gradients; ask for them with w.requires_grad_(true) before the computation, outside no_grad"
        )
    } else {
        value_error!("{op}: tensors of {} have no gradients; compute with floating-point numbers", tensor.dtype())
    }
}
