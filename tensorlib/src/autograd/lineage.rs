//! How a tensor's values were computed: by no recorded operation, by one, or by in-place changes of memory that it
//! shares.
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
use crate::dim_vec::DimVec;
use crate::error::{Result, value_error};
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// A handle's record of how its values were computed.
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

/// The recorded history of some memory.
#[derive(Default)]
pub(crate) struct Lineage {
    state: Mutex<State>,
    /// How many recorded changes there were. It changes under the lock; read without, it tells a handle that nothing has
    /// happened since it was made.
    changes: AtomicU32,
    /// Held while a recorded operation changes the memory: such changes happen one after the other.
    turn: Mutex<()>,
    /// Of a view that was made inside `no_grad`, of a tensor that gradients flow to.
    of_view: bool,
}

#[derive(Default)]
struct State {
    leaves: Vec<Known>,
    /// The memory after the last recorded change: which elements, in which order, and the edge that stands for them.
    base: Option<(Layout, Edge)>,
    /// The edges of older tensors on the changed memory that were requested: each tensor has one, so that hooks on it
    /// are found again.
    views: Vec<(Layout, Edge)>,
}

/// A leaf. It stays known, with its gradient, when it no longer requires one.
struct Known {
    layout: Layout,
    leaf: Arc<Leaf>,
}

impl State {
    fn known(&self, layout: &Layout) -> Option<&Known> {
        self.leaves.iter().find(|known| known.layout == *layout)
    }

    fn leaf(&self, layout: &Layout) -> Option<&Arc<Leaf>> {
        self.known(layout).map(|known| &known.leaf).filter(|leaf| leaf.is_required())
    }

    fn view(&self, layout: &Layout) -> Option<&Edge> {
        self.views.iter().find(|(of_view, _)| of_view == layout).map(|(_, edge)| edge)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        drop(Gone { base: self.base.take(), views: std::mem::take(&mut self.views) });
    }
}

/// Edges that are let go of.
struct Gone {
    base: Option<(Layout, Edge)>,
    views: Vec<(Layout, Edge)>,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.views.drain(..).chain(self.base.take()).for_each(|(_, edge)| super::node::let_go(edge));
    }
}

impl Lineage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changes(&self) -> u32 {
        self.changes.load(Ordering::Relaxed)
    }

    /// The memory has other values from here on. What stood for the old ones is to be dropped when the lock is released.
    fn change(&self, base: Option<(Layout, Edge)>) -> Gone {
        let mut state = self.state();
        self.changes.fetch_add(1, Ordering::Relaxed);
        Gone { base: std::mem::replace(&mut state.base, base), views: std::mem::take(&mut state.views) }
    }

    /// The right to change the memory, until it is dropped.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether gradients may ask for tensors here.
    fn is_used(&self) -> bool {
        let state = self.state();
        state.base.is_some() || state.leaves.iter().any(|known| known.leaf.is_required())
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

    pub(super) fn lineage_or_new(&self) -> &Lineage {
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
        let (base, edge, changes) = {
            let state = lineage.state();
            if let Some(leaf) = state.leaf(&self.layout) {
                return Some(Edge { node: leaf.clone(), output: 0 });
            }
            let (base, edge) = state.base.as_ref()?;
            if *base == self.layout {
                return Some(edge.clone());
            }
            if let Some(edge) = state.view(&self.layout) {
                return Some(edge.clone());
            }
            (base.clone(), edge.clone(), lineage.changes())
        };
        let edge = view_edge(self, base, edge);
        let mut state = lineage.state();
        if let Some(other) = state.view(&self.layout) {
            // Another thread was faster. The lock goes first.
            let other = other.clone();
            drop(state);
            return Some(other);
        }
        if lineage.changes() == changes {
            state.views.push((self.layout.clone(), edge.clone()));
        }
        Some(edge)
    }

    /// The node of the leaf that this tensor is, if it is one: see [`Node::leaf`].
    pub(crate) fn leaf(&self) -> Option<Arc<dyn Node>> {
        self.leaf_once().filter(|node| node.leaf().is_some_and(Leaf::is_required))
    }

    /// The leaf that this tensor is, or was before it was told not to require gradients any more.
    pub(super) fn leaf_once(&self) -> Option<Arc<dyn Node>> {
        let lineage = self.lineage()?;
        if let History::Result(made) = &self.history {
            if made.leaf().is_some() {
                return made.edge.as_ref().map(|edge| edge.node.clone());
            }
            if made.changes == lineage.changes() {
                return None;
            }
        }
        let leaf = lineage.state().known(&self.layout)?.leaf.clone();
        Some(leaf)
    }

    /// The leaf that this tensor is from here on. The handle knows it by itself, and need not ask the lineage.
    pub(crate) fn with_leaf(&self) -> Tensor {
        let lineage = self.lineage_or_new();
        let changes = lineage.changes();
        let leaf = {
            let mut state = lineage.state();
            match state.known(&self.layout) {
                // It may have been told not to require gradients in between: handles know it.
                Some(known) => {
                    known.leaf.require(true);
                    known.leaf.clone()
                }
                None => {
                    let leaf = Arc::new(Leaf::new(self));
                    state.leaves.push(Known { layout: self.layout.clone(), leaf: leaf.clone() });
                    leaf
                }
            }
        };
        self.view_made_by(self.layout.clone(), Edge { node: leaf, output: 0 }, changes)
    }

    /// No longer a leaf.
    pub(crate) fn without_leaf(&self) {
        if let Some(leaf) = self.leaf().as_ref().and_then(|node| node.leaf()) {
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
            History::Detached(lineage) | History::Result(Made { detached: Some(lineage), .. }) => {
                Some(Arc::downgrade(lineage))
            }
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

    /// How often recorded operations have changed the memory.
    pub(super) fn changes(&self) -> u32 {
        self.lineage().map_or(0, Lineage::changes)
    }

    /// A view of this tensor that was recorded, after so many changes: they are to be counted before the edge is asked
    /// for, since another thread may change the memory in between.
    pub(crate) fn view_made_by(&self, layout: Layout, edge: Edge, changes: u32) -> Tensor {
        let detached = match &self.history {
            History::Detached(lineage) => Some(lineage.clone()),
            History::Result(made) => made.detached.clone(),
            _ => None,
        };
        let history = History::Result(Made { edge: Some(edge), changes, detached });
        Tensor { history, ..self.with_layout(layout) }
    }

    /// The same memory, of which gradients know nothing.
    pub(crate) fn detached(&self, layout: Layout) -> Tensor {
        Tensor { history: History::Detached(Arc::default()), ..self.with_layout(layout) }
    }

    /// A tensor that was for use inside operations, for a user.
    pub(super) fn for_user(self) -> Tensor {
        match self.history {
            History::Values => self.detached(self.layout.clone()),
            _ => self,
        }
    }

    /// A view, made inside `no_grad`, of a tensor that gradients flow to.
    pub(super) fn view_without_history(&self, layout: Layout) -> Tensor {
        let lineage = Lineage { of_view: true, ..Lineage::default() };
        Tensor { history: History::Detached(Arc::new(lineage)), ..self.with_layout(layout) }
    }

    /// The history with which a node keeps this tensor. It holds no lineage, which may hold the node.
    pub(super) fn kept_history(&self) -> History {
        match &self.history {
            History::Detached(_) | History::Result(Made { detached: Some(_), .. }) => match self.edge() {
                None => History::Detached(Arc::default()),
                // The memory does not change as long as the node may use it.
                edge => {
                    let changes = self.storage.lineage().map_or(0, |lineage| lineage.changes());
                    History::Result(Made { edge, changes, detached: None })
                }
            },
            history => history.clone(),
        }
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
        let memory = crate::create::filled(DimVec::from_slice(&[room]), x.dtype(), Scalar::Int(0));
        if from.may_overlap_itself() {
            // Indices that reach one element add up there.
            for index in 0..from.numel() {
                let (at, value) = (position(from, index), x.with_layout(single(x, index)));
                memory.with_layout(Layout { offset: at, ..Layout::contiguous(DimVec::new()) }).add_(&value);
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
    Layout { offset: position(&x.layout, index), ..Layout::contiguous(DimVec::new()) }
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
    if target.edge().is_some_and(|edge| edge.is_of_leaf()) {
        return Err(value_error!(
            "{op}: this is a view of a leaf that requires gradients, which cannot change in place; change it inside no_grad(|| …), or a copy, x.clone()"
        ));
    }
    let Some(lineage) = target.lineage() else { return Ok(()) };
    if lineage.of_view {
        return Err(value_error!(
            "{op}: this view was made inside no_grad(|| …), so the tensor that it is a view of would not know of this change; make the view outside"
        ));
    }
    let place = |layout: &Layout| layout.offset..layout.end();
    let of_target = place(&target.layout);
    let shares = |known: &Known| {
        let of_leaf = place(&known.layout);
        known.leaf.is_required() && of_leaf.start < of_target.end && of_target.start < of_leaf.end
    };
    if lineage.state().leaves.iter().any(shares) {
        return Err(value_error!(
            "{op}: this tensor shares memory with a leaf that requires gradients, which cannot change in place; change it inside no_grad(|| …), or a copy, x.clone()"
        ));
    }
    Ok(())
}

/// Notes that the elements of `target` are now those of `value`, a recorded tensor of the same shape and type.
pub(crate) fn rebase(target: &Tensor, value: &Tensor) {
    let room = target.storage.len();
    // Before the lock is taken: edges are asked for below.
    let whole = target.layout.numel() == room && target.layout.is_dense();
    let before = if whole { None } else { base_before(target, room) };
    let of_value = value.edge().map(|edge| own_edge(edge, value));
    let base = match (before, of_value) {
        // The whole memory has new values, which may need no gradients.
        (_, of_value) if whole => of_value.map(|edge| (target.layout.clone(), edge)),
        (Some((layout, _)), Some(edge)) if layout == target.layout => Some((layout, edge)),
        (Some((layout, edge)), of_value) => Some((layout.clone(), changed(layout, Some(edge), of_value, target, room))),
        (None, of_value) => of_value.map(|of_value| {
            let flat = Layout::contiguous(DimVec::from_slice(&[room]));
            (flat.clone(), changed(flat, None, Some(of_value), target, room))
        }),
    };
    let gone = target.lineage_or_new().change(base);
    drop(gone);
}

/// The edge of values in memory of their own. A copy of a leaf is no leaf, and that of a view is no view.
fn own_edge(edge: Edge, value: &Tensor) -> Edge {
    if edge.node.leaf().is_none() && edge.node.viewed().is_none() {
        return edge;
    }
    recorded_edge("CopyBackwards", Meta::of(value), [Some(edge), None], |pass, gradient| {
        pass.give(0, || gradient);
        Ok(())
    })
}

/// The memory before a change: what the lineage says, or the tensor that the target is a view of.
fn base_before(target: &Tensor, room: usize) -> Option<(Layout, Edge)> {
    if let Some(lineage) = target.lineage()
        && let Some(base) = &lineage.state().base
    {
        return Some(base.clone());
    }
    let (mut layout, mut edge) = (target.layout.clone(), target.edge()?);
    while let Some(viewed) = edge.node.viewed() {
        layout = viewed.layout.clone();
        let next = edge.node.head().edge(0).cloned()?;
        edge = next;
    }
    if layout.may_overlap_itself() || !layout.is_dense() || layout.numel() != room {
        // The base has gaps: the memory as a whole stands for it.
        let flat = Layout::contiguous(DimVec::from_slice(&[room]));
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
    let memory = crate::create::filled(DimVec::from_slice(&[room]), crate::DType::Bool, Scalar::Int(0));
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
