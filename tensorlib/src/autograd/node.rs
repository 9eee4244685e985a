//! The graph: one node for each recorded operation, with edges to the nodes of its operands.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak};

use super::engine::Pass;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;
use crate::storage::Storage;
use crate::tensor::Tensor;

/// The interface of a node. Gradients flow from a result's node along its edges.
pub(crate) trait Node: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn head(&self) -> &Head;

    /// Turns the gradients of the results into those of the operands, which it gives to the pass.
    fn apply(&self, pass: &mut Pass, gradients: Gradients) -> Result<()>;

    /// Of an operation that gives a view: what it is a view of, in the same storage.
    fn viewed(&self) -> Option<&Viewed> {
        None
    }

    /// Where the gradient of a leaf is kept.
    fn leaf(&self) -> Option<&Leaf> {
        None
    }
}

/// The tensor from which a view was made.
pub(crate) struct Viewed {
    pub layout: Layout,
    /// Whether that, or what it is a view of in its turn, is a leaf.
    pub is_of_leaf: bool,
}

/// Gradients of a node's results; absent where none came.
pub(crate) enum Gradients {
    One(Tensor),
    Many(Vec<Option<Tensor>>),
}

/// The shape and element type of a result's gradients.
#[derive(Clone)]
pub(crate) struct Meta {
    pub shape: DimVec<usize>,
    pub dtype: DType,
}

impl Meta {
    pub fn of(x: &Tensor) -> Meta {
        Meta { shape: x.layout.shape.clone(), dtype: x.dtype() }
    }
}

/// One result of one node: where a gradient goes.
#[derive(Clone)]
pub(crate) struct Edge {
    pub node: Arc<dyn Node>,
    pub output: u32,
}

impl Edge {
    pub fn meta(&self) -> &Meta {
        self.node.head().meta(self.output as usize)
    }

    /// Whether a leaf is here, or a view of one.
    pub fn is_of_leaf(&self) -> bool {
        self.node.leaf().is_some() || self.node.viewed().is_some_and(|viewed| viewed.is_of_leaf)
    }
}

/// A function of a gradient that a user registered. Shared, so that it runs while no lock is held: it may ask for gradients,
/// and register and remove hooks.
pub(crate) type Hook = Arc<dyn Fn(&Tensor) -> Option<Tensor> + Send + Sync>;

/// A hook that is called after a gradient was added to a leaf.
pub(crate) type AfterHook = Arc<dyn Fn() + Send + Sync>;

/// Data that only few nodes have.
#[derive(Default)]
pub(crate) struct Extras {
    /// Of a leaf: functions by their number.
    pub after: Vec<(u64, AfterHook)>,
    /// Functions by the result's number and their own, in the order in which they were registered.
    pub hooks: Vec<(u32, u64, Hook)>,
    /// Gradients of results that [`Tensor::retain_grad`] asked for.
    pub retained: Vec<(u32, Option<Tensor>)>,
}

/// Data that all nodes have. Most have one or two operands and one result.
pub(crate) struct Head {
    /// PyTorch's name, `MulBackward0`.
    pub name: &'static str,
    /// Grows with time: operands have smaller ones than results. That of leaves is 0.
    pub sequence: u64,
    edges: [Option<Edge>; 2],
    meta: Meta,
    more: Option<Box<More>>,
    extras: OnceLock<Box<Mutex<Extras>>>,
}

/// The operands after the second, and the results after the first.
#[derive(Default)]
struct More {
    edges: Vec<Option<Edge>>,
    metas: Vec<Meta>,
}

/// Takes a lock that no other code holds.
fn at_once<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

static SEQUENCE: AtomicU64 = AtomicU64::new(1);

impl Head {
    /// A node of one result and at most two operands.
    #[inline]
    pub fn with_edges(name: &'static str, meta: Meta, edges: [Option<Edge>; 2]) -> Head {
        let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
        Head { name, sequence, edges, meta, more: None, extras: OnceLock::new() }
    }

    /// A node of one result.
    #[inline]
    pub fn new(name: &'static str, meta: Meta, operands: &[&Tensor]) -> Head {
        let edge = |at: usize| operands.get(at).and_then(|operand| operand.edge());
        // Before the number is taken: an operand's edge may be that of a node that is made here.
        let more = (operands.len() > 2)
            .then(|| Box::new(More { edges: (2..operands.len()).map(edge).collect(), metas: Vec::new() }));
        let mut head = Head::with_edges(name, meta, [edge(0), edge(1)]);
        head.more = more;
        head
    }

    pub fn leaf(meta: Meta) -> Head {
        let mut head = Head::with_edges("AccumulateGrad", meta, [None, None]);
        head.sequence = 0;
        head
    }

    /// A node of several results.
    pub fn of_several(name: &'static str, mut metas: Vec<Meta>, operands: &[&Tensor]) -> Head {
        let rest = metas.split_off(1);
        let mut head = Head::new(name, metas.remove(0), operands);
        if !rest.is_empty() {
            head.more.get_or_insert_default().metas = rest;
        }
        head
    }

    pub fn edge(&self, at: usize) -> Option<&Edge> {
        if at < 2 { self.edges[at].as_ref() } else { self.more.as_ref()?.edges.get(at - 2)?.as_ref() }
    }

    /// The edges to operands that take part in gradients.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().chain(self.more.iter().flat_map(|more| &more.edges)).flatten()
    }

    /// The number of operands, up to the last that takes part.
    pub fn operands(&self) -> usize {
        match &self.more {
            Some(more) if !more.edges.is_empty() => 2 + more.edges.len(),
            _ => self.edges.iter().rposition(Option::is_some).map_or(0, |last| last + 1),
        }
    }

    pub fn meta(&self, output: usize) -> &Meta {
        match (&self.more, output) {
            (Some(more), 1..) => &more.metas[output - 1],
            _ => &self.meta,
        }
    }

    pub fn results(&self) -> usize {
        1 + self.more.as_ref().map_or(0, |more| more.metas.len())
    }

    /// The method that this is the record of: `mul` of `MulBackward0`.
    pub fn method(&self) -> String {
        let name = self.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let name = name.strip_suffix("Backward").unwrap_or(name);
        match name {
            "LinalgVectorNorm" => return "norm".to_owned(),
            "ToCopy" => return "to".to_owned(),
            "UnsafeView" => return "reshape".to_owned(),
            "LinalgInvEx" => return "inverse".to_owned(),
            "LinalgLuFactorEx" => return "lu".to_owned(),
            "LinalgPinv" => return "pinverse".to_owned(),
            "LinalgSolveTriangular" => return "triangular_solve".to_owned(),
            _ => {}
        }
        // PyTorch's module is part of its names: `LinalgSolveEx`, `LinalgSvd`.
        let name = name.strip_prefix("Linalg").map_or(name, |name| name.strip_suffix("Ex").unwrap_or(name));
        let mut method = String::new();
        for (at, c) in name.char_indices() {
            // `Log1P` is one word.
            if c.is_ascii_uppercase() && name[..at].ends_with(|before: char| before.is_ascii_lowercase()) {
                method.push('_');
            }
            method.push(c.to_ascii_lowercase());
        }
        method
    }

    /// The gradient that a result keeps; none while a backward pass is at work here, in whose hooks this may run.
    pub fn try_retained(&self, output: usize) -> Option<Tensor> {
        let extras = at_once(&**self.extras.get()?)?;
        let (_, kept) = extras.retained.iter().find(|(of, _)| *of as usize == output)?;
        kept.as_ref().map(Tensor::alias)
    }

    pub fn extras(&self) -> Option<MutexGuard<'_, Extras>> {
        self.extras.get().map(|extras| extras.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn extras_or_new(&self) -> MutexGuard<'_, Extras> {
        self.extras.get_or_init(Box::default).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Head {
    fn drop(&mut self) {
        for edge in &mut self.edges {
            if let Some(edge) = edge.take() {
                let_go(edge);
            }
        }
        if let Some(more) = &mut self.more {
            more.edges.drain(..).flatten().for_each(let_go);
        }
    }
}

/// Edges that wait to be dropped, and whether this thread drops some.
type Waiting = (bool, Vec<Edge>);

thread_local! {
    // Never dropped, so that it is there for what is dropped while the thread ends. Between chains it owns no memory.
    static WAITING: ManuallyDrop<RefCell<Waiting>> = const { ManuallyDrop::new(RefCell::new((false, Vec::new()))) };
}

/// Drops an edge. A chain of nodes is dropped one after the other, whatever its length: by themselves, each would drop the
/// next, and the stack would end before a long chain does.
pub(crate) fn let_go(edge: Edge) {
    if Arc::strong_count(&edge.node) > 1 {
        return;
    }
    WAITING.with(|waiting| {
        let drops = std::mem::replace(&mut waiting.borrow_mut().0, true);
        if drops {
            waiting.borrow_mut().1.push(edge);
            return;
        }
        let _end = End(waiting);
        drop(edge);
        loop {
            let Some(next) = waiting.borrow_mut().1.pop() else { break };
            drop(next);
        }
    });
}

/// Ends the dropping of a chain, when a destructor of a user panics too.
struct End<'a>(&'a RefCell<Waiting>);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let left = std::mem::take(&mut *self.0.borrow_mut()).1;
        left.into_iter().for_each(let_go);
    }
}

/// A tensor that a user asked to require gradients: it has no operands, and keeps its gradient.
pub(crate) struct Leaf {
    head: Head,
    gradient: Mutex<Option<Tensor>>,
    /// Whether it still requires gradients.
    required: AtomicBool,
    /// Where the values are, for pictures of the graph. The memory is not kept for that.
    memory: Weak<Storage>,
    layout: Layout,
}

impl Leaf {
    pub fn new(x: &Tensor) -> Leaf {
        Leaf {
            head: Head::leaf(Meta::of(x)),
            gradient: Mutex::new(None),
            required: AtomicBool::new(true),
            memory: Arc::downgrade(&x.storage),
            layout: x.layout.clone(),
        }
    }

    pub fn is_required(&self) -> bool {
        self.required.load(Ordering::Relaxed)
    }

    pub fn require(&self, required: bool) {
        self.required.store(required, Ordering::Relaxed);
    }

    /// The values, while a tensor has them.
    pub fn values(&self) -> Option<Tensor> {
        let storage = self.memory.upgrade()?;
        // Memory that was moved out is empty.
        (self.layout.end() <= storage.len()).then(|| Tensor::from_storage(storage, self.layout.clone()).values())
    }

    pub fn try_gradient(&self) -> Option<Tensor> {
        at_once(&self.gradient)?.as_ref().map(Tensor::alias)
    }

    /// How the gradient lies in memory: as the tensor, when that has no gaps, as in PyTorch.
    pub fn gradient_layout(&self) -> Layout {
        match self.layout.is_dense() {
            true => Layout { offset: 0, ..self.layout.clone() },
            false => Layout::contiguous(self.layout.shape.clone()),
        }
    }

    pub fn gradient(&self) -> MutexGuard<'_, Option<Tensor>> {
        self.gradient.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node for Leaf {
    fn head(&self) -> &Head {
        &self.head
    }

    fn apply(&self, _: &mut Pass, _: Gradients) -> Result<()> {
        unreachable!("the engine keeps gradients of leaves until the end")
    }

    fn leaf(&self) -> Option<&Leaf> {
        Some(self)
    }
}
