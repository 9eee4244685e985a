//! How a tensor's values came about: by no recorded operation, by one, or by changes in place of memory that it shares.
//!
//! A handle knows the operation that made it. What happens to the memory afterwards concerns all handles on it, those made
//! before too, and is kept beside the memory, in a [`Lineage`]: that a user asked for gradients (a leaf), and the edge that
//! stands for the memory after recorded changes in place. A handle that is older than such a change finds its own elements
//! among those of the changed memory.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::mode::{Mode, is_grad_enabled};
use super::node::{Edge, Leaf, Meta, Node};
use super::record::{self, recorded_edge};
use crate::error::{Result, value_error};
use crate::layout::Layout;
use crate::list::List;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// What a handle knows of how its values came about.
#[derive(Clone)]
pub(crate) enum History {
    /// Whatever the storage's lineage says, and nothing when it has none.
    Own,
    /// The result of a recorded operation.
    Result(Made),
    /// Detached: on the same memory, but with a lineage of its own.
    Detached(Arc<Lineage>),
    /// Values only, for use inside operations.
    Values,
}

/// By which operation, and after how many recorded changes of the memory.
#[derive(Clone)]
pub(crate) struct Made {
    edge: Option<Edge>,
    changes: u32,
    /// The lineage of the tensor that this is a view of, when it is not the storage's.
    detached: Option<Arc<Lineage>>,
}

impl Made {
    /// The leaf, of a handle that is one.
    fn leaf(&self) -> Option<&Leaf> {
        self.edge.as_ref()?.node.leaf()
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(edge) = self.edge.take() {
            super::node::let_go(edge);
        }
    }
}

/// What gradients know of some memory.
#[derive(Default)]
pub(crate) struct Lineage {
    state: Mutex<State>,
    /// How many recorded changes there were. It changes under the lock; read without, it tells a handle that nothing has
    /// happened since it was made.
    changes: AtomicU32,
}

#[derive(Default)]
struct State {
    leaves: Vec<(Layout, Arc<Leaf>)>,
    /// The memory after the last recorded change: which elements, in which order, and the edge that stands for them.
    base: Option<(Layout, Edge)>,
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some((_, edge)) = self.base.take() {
            super::node::let_go(edge);
        }
    }
}

impl Lineage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changes(&self) -> u32 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Notes a recorded change.
    fn change(&self, state: &mut State, base: Option<(Layout, Edge)>) -> Option<(Layout, Edge)> {
        self.changes.fetch_add(1, Ordering::Relaxed);
        std::mem::replace(&mut state.base, base)
    }

    /// Whether gradients may ask for tensors here.
    fn is_used(&self) -> bool {
        let state = self.state();
        state.base.is_some() || state.leaves.iter().any(|(_, leaf)| leaf.is_required())
    }
}

impl State {
    fn leaf(&self, layout: &Layout) -> Option<&Arc<Leaf>> {
        self.leaves.iter().find(|(of_leaf, leaf)| of_leaf == layout && leaf.is_required()).map(|(_, leaf)| leaf)
    }
}

impl Tensor {
    /// The lineage that this handle shares with others, if there is one.
    fn lineage(&self) -> Option<&Lineage> {
        match &self.history {
            History::Detached(lineage) => Some(lineage),
            History::Result(Made { detached: Some(lineage), .. }) => Some(lineage),
            History::Own | History::Result(_) => self.storage.lineage(),
            History::Values => None,
        }
    }

    fn lineage_or_new(&self) -> &Lineage {
        match self.lineage() {
            Some(lineage) => lineage,
            None => self.storage.lineage_or_new(),
        }
    }

    /// Whether gradients may flow to this tensor. Cheap: most tensors have no history at all.
    #[inline]
    pub(crate) fn has_history(&self) -> bool {
        match &self.history {
            History::Own => self.storage.lineage().is_some_and(|_| self.edge().is_some()),
            History::Result(made) => made.leaf().is_none_or(Leaf::is_required),
            History::Detached(lineage) => lineage.is_used() && self.edge().is_some(),
            History::Values => false,
        }
    }

    /// Where the gradient of this tensor goes, if it takes part.
    pub(crate) fn edge(&self) -> Option<Edge> {
        let made = match &self.history {
            History::Result(made) => Some(made),
            History::Values => return None,
            _ => None,
        };
        if let Some(leaf) = made.and_then(Made::leaf)
            && !leaf.is_required()
        {
            return None;
        }
        let Some(lineage) = self.lineage() else { return made?.edge.clone() };
        if let Some(made) = made
            && made.changes == lineage.changes()
        {
            return made.edge.clone();
        }
        let (base, edge) = {
            let state = lineage.state();
            if made.is_none()
                && let Some(leaf) = state.leaf(&self.layout)
            {
                return Some(Edge { node: leaf.clone(), output: 0 });
            }
            let (base, edge) = state.base.as_ref()?;
            if *base == self.layout {
                return Some(edge.clone());
            }
            (base.clone(), edge.clone())
        };
        Some(view_edge(self, base, edge))
    }

    /// The node of the leaf that this tensor is, if it is one: see [`Node::leaf`].
    pub(crate) fn leaf(&self) -> Option<Arc<dyn Node>> {
        if let History::Result(made) = &self.history {
            let is_leaf = made.leaf().is_some_and(Leaf::is_required);
            return is_leaf.then(|| made.edge.as_ref().map(|edge| edge.node.clone())).flatten();
        }
        let leaf = self.lineage()?.state().leaf(&self.layout)?.clone();
        Some(leaf)
    }

    /// The leaf that this tensor is from here on. The handle knows it by itself, and need not ask the lineage.
    pub(crate) fn with_leaf(&self) -> Tensor {
        let lineage = self.lineage_or_new();
        let leaf = {
            let mut state = lineage.state();
            match state.leaves.iter().find(|(layout, _)| *layout == self.layout) {
                // It may have been told not to require gradients in between: handles know it.
                Some((_, leaf)) => {
                    leaf.require(true);
                    leaf.clone()
                }
                None => {
                    let leaf = Arc::new(Leaf::new(self));
                    state.leaves.push((self.layout.clone(), leaf.clone()));
                    leaf
                }
            }
        };
        self.view_made_by(self.layout.clone(), Edge { node: leaf, output: 0 })
    }

    /// No longer a leaf.
    pub(crate) fn without_leaf(&self) {
        let Some(lineage) = self.lineage() else { return };
        if let Some(leaf) = lineage.state().leaf(&self.layout) {
            leaf.require(false);
        }
    }

    /// This handle as the result of a recorded operation.
    pub(crate) fn made_by(mut self, edge: Edge) -> Tensor {
        self.history = History::Result(Made { edge: Some(edge), changes: 0, detached: None });
        self
    }

    /// This handle for what it must not keep alive: a hook that lives beside its memory.
    pub(crate) fn weak(&self) -> impl Fn() -> Option<Tensor> + Send + Sync + 'static {
        let (storage, layout) = (Arc::downgrade(&self.storage), self.layout.clone());
        let detached = match &self.history {
            History::Detached(lineage) => Some(Arc::downgrade(lineage)),
            _ => None,
        };
        move || {
            let history = match &detached {
                Some(lineage) => History::Detached(lineage.upgrade()?),
                None => History::Own,
            };
            Some(Tensor { storage: storage.upgrade()?, layout: layout.clone(), history })
        }
    }

    /// Other elements of the same memory, of a tensor without history: they share what comes.
    #[inline]
    pub(crate) fn sibling(&self, layout: Layout) -> Tensor {
        Tensor { history: self.history.clone(), ..self.with_layout(layout) }
    }

    /// A view of this tensor that was recorded.
    pub(crate) fn view_made_by(&self, layout: Layout, edge: Edge) -> Tensor {
        let detached = match &self.history {
            History::Detached(lineage) => Some(lineage.clone()),
            History::Result(made) => made.detached.clone(),
            _ => None,
        };
        let changes = self.lineage().map_or(0, Lineage::changes);
        let history = History::Result(Made { edge: Some(edge), changes, detached });
        Tensor { history, ..self.with_layout(layout) }
    }

    /// The same memory, of which gradients know nothing.
    pub(crate) fn detached(&self, layout: Layout) -> Tensor {
        Tensor { history: History::Detached(Arc::default()), ..self.with_layout(layout) }
    }
}

/// The edge of a tensor that is a part of memory that was changed since the tensor was made.
fn view_edge(x: &Tensor, base: Layout, edge: Edge) -> Edge {
    let (room, to) = (x.storage.len(), x.layout.clone());
    recorded_edge("AsStridedBackward0", Meta::of(x), [Some(edge), None], move |pass, gradient| {
        pass.give(0, || restride(&gradient, room, &to, &base));
        Ok(())
    })
}

/// Of a tensor whose elements lie in memory as `from` says, those that lie as `to` says; zeros where `from` has none.
fn restride(x: &Tensor, room: usize, from: &Layout, to: &Layout) -> Tensor {
    let result = {
        let _mode = Mode::set(false);
        let memory = crate::create::filled(List::from_slice(&[room]), x.dtype(), Scalar::Int(0));
        if from.may_overlap_itself() {
            // Indices that reach one element add up there.
            for index in 0..from.numel() {
                let (at, value) = (position(from, index), x.with_layout(single(x, index)));
                memory.with_layout(Layout { offset: at, ..Layout::contiguous(List::new()) }).add_(&value);
            }
        } else {
            memory.with_layout(from.clone()).copy_(x);
        }
        memory.with_layout(to.clone()).copied()
    };
    if !record::records(&[x]) {
        return result;
    }
    let (from, to) = (from.clone(), to.clone());
    record::record(result, "AsStridedBackwardBackward0", &[x], move |pass, gradient| {
        pass.give(0, || restride(&gradient, room, &to, &from));
        Ok(())
    })
}

/// Where the element lies that comes at `index` in row-major order.
fn position(layout: &Layout, mut index: usize) -> usize {
    let mut at = layout.offset;
    for dim in (0..layout.rank()).rev() {
        at += index % layout.shape[dim] * layout.strides[dim];
        index /= layout.shape[dim];
    }
    at
}

fn single(x: &Tensor, index: usize) -> Layout {
    Layout { offset: position(&x.layout, index), ..Layout::contiguous(List::new()) }
}

/// Refuses changes in place that gradients could not follow.
pub(crate) fn changeable(op: &str, target: &Tensor) -> Result<()> {
    if !is_grad_enabled() {
        return Ok(());
    }
    if target.leaf().is_some() {
        return Err(value_error!(
            "{op}: this tensor requires gradients and is a leaf, which cannot change in place; change it inside no_grad(|| …), or use the operation that makes a new tensor"
        ));
    }
    if of_leaf(target) {
        return Err(value_error!(
            "{op}: this is a view of a leaf that requires gradients, which cannot change in place; change it inside no_grad(|| …), or a copy, x.clone()"
        ));
    }
    Ok(())
}

/// Whether a tensor is a view of a leaf: from it, nodes of views alone lead there.
fn of_leaf(x: &Tensor) -> bool {
    let Some(mut edge) = x.edge() else { return false };
    while edge.node.viewed().is_some() {
        let Some(next) = edge.node.head().edge(0).cloned() else { return false };
        edge = next;
    }
    edge.node.leaf().is_some()
}

/// Notes that the elements of `target` are now those of `value`, a recorded tensor of the same shape and type.
pub(crate) fn rebase(target: &Tensor, value: &Tensor) {
    let room = target.storage.len();
    // Before the lock is taken: edges are asked for below.
    let whole = target.layout.numel() == room && target.layout.is_dense();
    let before = if whole { None } else { base_before(target, room) };
    let (of_value, flat) = (value.edge(), || Layout::contiguous(List::from_slice(&[room])));
    let base = match (before, of_value) {
        (_, of_value) if whole => of_value.map(|edge| (target.layout.clone(), edge)),
        (Some((layout, _)), Some(of_value)) if layout == target.layout => Some((layout, of_value)),
        (None, None) => None,
        (before, of_value) => {
            let (layout, before) = before.map_or_else(|| (flat(), None), |(layout, edge)| (layout, Some(edge)));
            Some((layout.clone(), changed(layout, before, of_value, target, room)))
        }
    };
    let lineage = target.lineage_or_new();
    // The old edge is let go of without the lock.
    let old = lineage.change(&mut lineage.state(), base);
    drop_base(old);
}

fn drop_base(base: Option<(Layout, Edge)>) {
    if let Some((_, edge)) = base {
        super::node::let_go(edge);
    }
}

/// The memory before a change: what the lineage says, or the tensor that the target is a view of.
fn base_before(target: &Tensor, room: usize) -> Option<(Layout, Edge)> {
    if let Some(lineage) = target.lineage()
        && let Some(base) = &lineage.state().base
    {
        return Some(base.clone());
    }
    let (mut layout, mut edge) = (target.layout.clone(), target.edge()?);
    while let Some(operand) = edge.node.viewed() {
        layout = operand.clone();
        let next = edge.node.head().edge(0).cloned()?;
        edge = next;
    }
    if layout.may_overlap_itself() || !layout.is_dense() || layout.numel() != room {
        // The base has gaps: the memory as a whole stands for it.
        let flat = Layout::contiguous(List::from_slice(&[room]));
        let meta = Meta { shape: flat.shape.clone(), dtype: target.dtype() };
        let from = flat.clone();
        let to = layout.clone();
        let whole = recorded_edge("AsStridedBackward0", meta, [Some(edge), None], move |pass, gradient| {
            pass.give(0, || restride(&gradient, room, &from, &to));
            Ok(())
        });
        return Some((flat, whole));
    }
    Some((layout, edge))
}

/// The edge of memory of which the elements of `target` were replaced.
fn changed(base: Layout, before: Option<Edge>, value: Option<Edge>, target: &Tensor, room: usize) -> Edge {
    let meta = Meta { shape: base.shape.clone(), dtype: target.dtype() };
    let part = target.layout.clone();
    recorded_edge("CopySlices", meta, [before, value], move |pass, gradient| {
        pass.give(1, || restride(&gradient, room, &base, &part));
        pass.give(0, || gradient.masked_fill(replaced(room, &base, &part), 0));
        Ok(())
    })
}

/// Which elements of `base` are those of `part`.
fn replaced(room: usize, base: &Layout, part: &Layout) -> Tensor {
    let _mode = Mode::set(false);
    let memory = crate::create::filled(List::from_slice(&[room]), crate::DType::Bool, Scalar::Int(0));
    memory.with_layout(part.clone()).fill_(true);
    memory.with_layout(base.clone()).copied()
}

impl History {
    /// Whether a view of such a tensor may share its history as it is.
    pub fn is_plain(&self) -> bool {
        !matches!(self, History::Result(_))
    }
}

/// An edge that is kept with a tensor for the backward pass, as that tensor's history.
pub(crate) fn history_of(node: &Arc<dyn Node>, output: u32) -> History {
    History::Result(Made { edge: Some(Edge { node: node.clone(), output }), changes: 0, detached: None })
}
