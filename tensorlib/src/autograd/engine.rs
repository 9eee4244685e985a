//! The backward pass: gradients flow from results to leaves.
//!
//! Nodes are numbered as they are recorded, so an operand's number is smaller than its results'. The pass always takes the
//! node with the largest number among those that gradients have reached: by then all gradients for it have arrived. Leaves
//! have number 0. The gradients of leaves, and those that `retain_grad` asked for, are handed over when everything else is
//! done, so a pass that fails or is interrupted leaves every `grad()` as it was.

use std::collections::{BinaryHeap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::anomaly;
use super::mode::{Mode, is_grad_enabled};
use super::node::{Edge, Gradients, Head, Node};
use super::record::Saved;
use crate::error::{Result, value_error};
use crate::tensor::Tensor;

/// Addresses are spread well enough by one multiplication.
#[derive(Default)]
struct ByAddress(u64);

impl Hasher for ByAddress {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("addresses are hashed as usize")
    }

    fn write_usize(&mut self, address: usize) {
        self.0 = (address as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

type Map<T> = HashMap<usize, T, BuildHasherDefault<ByAddress>>;

fn address(node: &Arc<dyn Node>) -> usize {
    Arc::as_ptr(node).cast::<()>() as usize
}

/// A node that gradients have reached.
struct Reached {
    node: Arc<dyn Node>,
    first: Option<Tensor>,
    more: Vec<Option<Tensor>>,
}

impl Reached {
    fn slot(&mut self, output: usize) -> &mut Option<Tensor> {
        if output == 0 {
            return &mut self.first;
        }
        if self.more.len() < output {
            self.more.resize_with(output, || None);
        }
        &mut self.more[output - 1]
    }
}

/// The task of a pass.
pub(super) struct Task<'a> {
    pub roots: Vec<(Edge, Tensor)>,
    pub retain_graph: bool,
    pub create_graph: bool,
    /// The tensors whose gradients are returned; without, those of all leaves are added to their `grad()`.
    pub wanted: Option<&'a [Edge]>,
}

/// A backward pass, as formulas see it.
pub(crate) struct Pass {
    node: Option<Arc<dyn Node>>,
    reached: Map<Reached>,
    /// By sequence number.
    order: BinaryHeap<(u64, usize)>,
    retains: bool,
    /// The nodes from which a wanted gradient can be reached, when only some are wanted.
    useful: Option<HashSet<usize>>,
    detects_anomaly: bool,
    trouble: Option<crate::Error>,
    retained: Vec<(Arc<dyn Node>, Retained)>,
}

/// Gradients of a node's results that a user asked to keep.
pub(super) type Retained = Vec<(u32, Tensor)>;

impl Pass {
    /// Whether the graph is kept.
    pub(super) fn retains(&self) -> bool {
        self.retains
    }

    fn current(&self) -> &Arc<dyn Node> {
        self.node.as_ref().expect("formulas run for a node")
    }

    /// A tensor that was kept. An error when it was changed since.
    pub fn get(&self, saved: &Saved) -> Result<Tensor> {
        saved.get(self.current())
    }

    /// Whether the gradient of an operand is wanted.
    pub fn wants(&self, operand: usize) -> bool {
        self.current().head().edge(operand).is_some_and(|edge| self.is_useful(&edge.node))
    }

    fn is_useful(&self, node: &Arc<dyn Node>) -> bool {
        self.useful.as_ref().is_none_or(|useful| useful.contains(&address(node)))
    }

    /// Gives an operand its gradient, which is computed only when it is needed. It is summed to the operand's shape and
    /// converted to its type.
    #[inline]
    pub fn give(&mut self, operand: usize, gradient: impl FnOnce() -> Tensor) {
        if self.wants(operand) {
            self.receive(operand, gradient());
        }
    }

    /// The rest of [`give`](Pass::give), compiled once for all formulas.
    fn receive(&mut self, operand: usize, gradient: Tensor) {
        let node = self.current().clone();
        let Some(edge) = node.head().edge(operand) else { return };
        if self.detects_anomaly
            && self.trouble.is_none()
            && let Some(error) = anomaly::not_a_number(node.head(), operand, &gradient)
        {
            self.trouble = Some(error);
        }
        self.send(edge, gradient);
    }

    fn send(&mut self, edge: &Edge, gradient: Tensor) {
        let gradient = fitted(edge, gradient);
        let key = address(&edge.node);
        let order = &mut self.order;
        let reached = self.reached.entry(key).or_insert_with(|| {
            order.push((edge.node.head().sequence, key));
            Reached { node: edge.node.clone(), first: None, more: Vec::new() }
        });
        let slot = reached.slot(edge.output as usize);
        *slot = Some(match slot.take() {
            None => gradient,
            // Into the memory of the first, when that has no other owner.
            Some(sum) => sum + &gradient,
        });
    }

    /// The gradients of the next node, after its hooks.
    fn next(&mut self) -> Result<Option<(Arc<dyn Node>, Gradients)>> {
        let Some((_, key)) = self.order.pop() else { return Ok(None) };
        let mut reached = self.reached.remove(&key).expect("what is in order was reached");
        let node = reached.node.clone();
        // A copy of the list: no lock is held while a user's functions run.
        let asked = node.head().extras().map(|extras| {
            let hooks: Vec<_> = extras.hooks.iter().map(|(output, _, hook)| (*output, hook.clone())).collect();
            (hooks, extras.retained.iter().map(|(output, _)| *output).collect::<Vec<_>>())
        });
        if let Some((hooks, outputs)) = asked {
            for (output, hook) in hooks {
                let slot = reached.slot(output as usize);
                let _mode = Mode::set(is_grad_enabled());
                if let Some(changed) = slot.as_ref().and_then(&*hook) {
                    fits(node.head(), output, &changed)?;
                    *slot = Some(changed);
                }
            }
            let mut kept = |output| Some((output, reached.slot(output as usize).as_ref()?.alias()));
            let retained: Retained = outputs.into_iter().filter_map(&mut kept).collect();
            if !retained.is_empty() {
                self.retained.push((node.clone(), retained));
            }
        }
        let results = node.head().results();
        let gradients = match (reached.first.take(), results) {
            (Some(gradient), 1) => Gradients::One(gradient),
            (first, _) => {
                let mut all = vec![first];
                all.append(&mut reached.more);
                all.resize_with(results, || None);
                Gradients::Many(all)
            }
        };
        Ok(Some((node, gradients)))
    }
}

/// A gradient in the shape and the type of what it is for.
#[inline]
fn fitted(edge: &Edge, gradient: Tensor) -> Tensor {
    let meta = edge.meta();
    if gradient.layout.shape == meta.shape && gradient.dtype() == meta.dtype {
        return gradient;
    }
    let gradient = if gradient.layout.shape == meta.shape { gradient } else { gradient.sum_to_size(&*meta.shape) };
    gradient.to(meta.dtype)
}

/// Whether a hook gave a gradient of the same kind.
fn fits(head: &Head, output: u32, changed: &Tensor) -> Result<()> {
    let meta = head.meta(output as usize);
    if changed.layout.shape == meta.shape && changed.dtype() == meta.dtype {
        return Ok(());
    }
    Err(value_error!(
        "backward: a hook was given a gradient of shape {:?} and type {} and returned one of shape {} and type {}; return one like it",
        &*meta.shape,
        meta.dtype,
        changed.size(),
        changed.dtype()
    ))
}

/// The results of a pass.
pub(super) struct Outcome {
    /// The gradients of the leaves, when none were asked for.
    pub leaves: Vec<(Arc<dyn Node>, Tensor)>,
    /// The gradients that were asked for.
    pub wanted: Vec<Option<Tensor>>,
    /// The gradients of other tensors that keep theirs.
    pub retained: Vec<(Arc<dyn Node>, Retained)>,
}

/// Runs a pass from its roots. Nothing outside the graph has changed when it fails.
pub(super) fn run(task: Task) -> Result<Outcome> {
    let _mode = Mode::set(task.create_graph);
    let mut pass = Pass {
        node: None,
        reached: Map::default(),
        order: BinaryHeap::new(),
        retains: task.retain_graph,
        useful: task.wanted.map(|wanted| useful(&task.roots, wanted)),
        detects_anomaly: anomaly::is_detected(),
        trouble: None,
        retained: Vec::new(),
    };
    let mut found: Vec<Option<Tensor>> = Vec::new();
    found.resize_with(task.wanted.map_or(0, <[Edge]>::len), || None);
    let mut leaves = Vec::new();
    for (edge, gradient) in task.roots {
        if pass.is_useful(&edge.node) {
            pass.send(&edge, gradient);
        }
    }
    while let Some((node, gradients)) = pass.next()? {
        crate::interrupt::check();
        if let Some(wanted) = task.wanted {
            for (edge, found) in wanted.iter().zip(&mut found) {
                if address(&edge.node) == address(&node) {
                    *found = match &gradients {
                        Gradients::One(gradient) => Some(gradient.alias()),
                        Gradients::Many(all) => all[edge.output as usize].as_ref().map(Tensor::alias),
                    };
                }
            }
        }
        if node.leaf().is_some() {
            if let Gradients::One(gradient) = gradients
                && task.wanted.is_none()
            {
                leaves.push((node, gradient));
            }
            continue;
        }
        if task.wanted.is_some() && !node.head().edges().any(|edge| pass.is_useful(&edge.node)) {
            continue;
        }
        pass.node = Some(node.clone());
        node.apply(&mut pass, gradients)?;
        if let Some(error) = pass.trouble.take() {
            return Err(error);
        }
        pass.node = None;
    }
    debug_assert_eq!(is_grad_enabled(), task.create_graph);
    Ok(Outcome { leaves, wanted: found, retained: pass.retained })
}

/// The nodes from which one of the wanted can be reached, themselves included.
fn useful(roots: &[(Edge, Tensor)], wanted: &[Edge]) -> HashSet<usize> {
    let mut useful: HashSet<usize> = wanted.iter().map(|edge| address(&edge.node)).collect();
    // From the roots down, and back up: a node is left when all below it are known.
    let mut seen: HashSet<usize> = HashSet::new();
    let mut stack: Vec<(Arc<dyn Node>, bool)> = roots.iter().map(|(edge, _)| (edge.node.clone(), false)).collect();
    while let Some((node, is_left)) = stack.pop() {
        let below = |head: &Head| head.edges().any(|edge| useful.contains(&address(&edge.node)));
        if is_left {
            if below(node.head()) {
                useful.insert(address(&node));
            }
            continue;
        }
        if !seen.insert(address(&node)) {
            continue;
        }
        let next: Vec<Arc<dyn Node>> = node.head().edges().map(|edge| edge.node.clone()).collect();
        stack.push((node, true));
        stack.extend(next.into_iter().filter(|next| !seen.contains(&address(next))).map(|next| (next, false)));
    }
    useful
}
