//! How an operation is recorded: its result gets a node, and the node a formula.
//!
//! A formula is written in operations on tensors, so that it can be differentiated in its turn. It need not care about
//! broadcasting and element types: each gradient that it gives is summed to the shape, and converted to the type, of the
//! operand it is for.
//!
//! ```text
//! let result = …;                                      // computed by the backend
//! if !records(&[x]) { return result }                  // two loads, for most tensors
//! let kept = Saved::result(&result);                   // for the backward pass
//! record(result, "ExpBackward0", &[x], move |pass, gradient| {
//!     let y = pass.get(&kept)?;                        // an error when it was changed since
//!     pass.give(0, || &gradient * &y);                 // computed only when somebody wants it
//!     Ok(())
//! })
//! ```

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, PoisonError, RwLock};

use super::engine::Pass;
use super::lineage::{self, History};
use super::mode::{Mode, is_grad_enabled};
use super::node::{Edge, Gradients, Head, Meta, Node, Viewed};
use crate::error::Result;
use crate::layout::Layout;
use crate::operand::Operand;
use crate::scalar::Scalar;
use crate::size::Size;
use crate::storage::Pin;
use crate::tensor::Tensor;

/// Whether an operation on these operands is recorded.
#[inline]
pub(crate) fn records(operands: &[&Tensor]) -> bool {
    operands.iter().any(|operand| operand.has_history()) && is_grad_enabled()
}

/// [`records`] for operands that may be numbers.
#[inline]
pub(crate) fn records_sides(a: &Operand, b: &Operand) -> bool {
    let has_history = |operand: &Operand| operand.tensor().is_some_and(Tensor::has_history);
    (has_history(a) || has_history(b)) && is_grad_enabled()
}

/// Runs `body` without recording, for the parts of an operation that is recorded as a whole.
#[inline]
pub(crate) fn unrecorded<R>(body: impl FnOnce() -> R) -> R {
    let _mode = Mode::set(false);
    body()
}

/// A tensor that a formula needs.
pub(crate) struct Saved {
    pin: Arc<Pin>,
    version: u64,
    layout: Layout,
    history: History,
    /// Of a result of the operation itself: which one it is.
    output: Option<u32>,
}

impl Saved {
    /// An operand, or what else was there before.
    pub fn operand(x: &Tensor) -> Saved {
        Saved { history: x.kept_history(), ..Saved::values(x) }
    }

    /// The (first) result of the operation itself. It is kept without its history, which would hold the node that holds it.
    pub fn result(y: &Tensor) -> Saved {
        Saved::output(y, 0)
    }

    /// One of several results, by its number.
    pub fn output(y: &Tensor, number: u32) -> Saved {
        Saved { output: Some(number), ..Saved::values(y) }
    }

    fn values(x: &Tensor) -> Saved {
        let pin = x.storage.pinned();
        Saved { pin, version: x.storage.version(), layout: x.layout.clone(), history: History::Values, output: None }
    }

    pub(super) fn get(&self, node: &Arc<dyn Node>) -> Result<Tensor> {
        let storage = self.pin.storage().filter(|storage| storage.version() == self.version);
        let Some(storage) = storage else {
            let now = self.pin.version();
            return Err(super::anomaly::changed_since(node.head(), &self.layout.shape, self.version, now));
        };
        let history = match self.output {
            Some(output) if is_grad_enabled() => lineage::history_of(node, output),
            _ => self.history.clone(),
        };
        Ok(Tensor { storage, layout: self.layout.clone(), history })
    }
}

type One<F> = fn(&F, &mut Pass, Gradients) -> Result<()>;

/// The operand of an operation that returns a view; for other operations, nothing, not even the memory for it.
trait MayView: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn viewed(&self) -> Option<&Viewed>;
}

impl MayView for () {
    fn viewed(&self) -> Option<&Viewed> {
        None
    }
}

impl MayView for Viewed {
    fn viewed(&self) -> Option<&Viewed> {
        Some(self)
    }
}

/// A recorded operation. The formula is dropped after its use, with the values that it keeps.
struct Recorded<F, V = ()> {
    head: Head,
    formula: RwLock<Option<F>>,
    call: One<F>,
    /// Whether the formula keeps values. One that keeps none may be used again.
    keeps: bool,
    viewed: V,
}

impl<F: Send + Sync, V: MayView> Node for Recorded<F, V> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn apply(&self, pass: &mut Pass, gradients: Gradients) -> Result<()> {
        if pass.retains() || !self.keeps {
            let place = self.formula.read().unwrap_or_else(PoisonError::into_inner);
            let Some(formula) = &*place else { return Err(super::anomaly::released(&self.head)) };
            return (self.call)(formula, pass, gradients);
        }
        let formula = self.formula.write().unwrap_or_else(PoisonError::into_inner).take();
        let Some(formula) = formula else { return Err(super::anomaly::released(&self.head)) };
        (self.call)(&formula, pass, gradients)
    }

    fn viewed(&self) -> Option<&Viewed> {
        self.viewed.viewed()
    }
}

fn one<F: Fn(&mut Pass, Tensor) -> Result<()>>(formula: &F, pass: &mut Pass, gradients: Gradients) -> Result<()> {
    match gradients {
        Gradients::One(gradient) => formula(pass, gradient),
        Gradients::Many(_) => unreachable!("an operation with one result gets one gradient"),
    }
}

fn many<F>(formula: &F, pass: &mut Pass, gradients: Gradients) -> Result<()>
where
    F: Fn(&mut Pass, Vec<Option<Tensor>>) -> Result<()>,
{
    match gradients {
        Gradients::One(gradient) => formula(pass, vec![Some(gradient)]),
        Gradients::Many(gradients) => formula(pass, gradients),
    }
}

/// The result with a node, whose formula is given the gradient of the result.
pub(crate) fn record<F>(result: Tensor, name: &'static str, operands: &[&Tensor], formula: F) -> Tensor
where
    F: Fn(&mut Pass, Tensor) -> Result<()> + Send + Sync + 'static,
{
    let head = Head::new(name, Meta::of(&result), operands);
    let node = Recorded { head, formula: RwLock::new(Some(formula)), call: one::<F>, keeps: true, viewed: () };
    result.made_by(Edge { node: Arc::new(node), output: 0 })
}

/// [`record`] for several results: the formula is given their gradients, which are absent where none came.
pub(crate) fn record_several<F>(
    results: Vec<Tensor>,
    name: &'static str,
    operands: &[&Tensor],
    formula: F,
) -> Vec<Tensor>
where
    F: Fn(&mut Pass, Vec<Option<Tensor>>) -> Result<()> + Send + Sync + 'static,
{
    let head = Head::of_several(name, results.iter().map(Meta::of).collect(), operands);
    let node = Recorded { head, formula: RwLock::new(Some(formula)), call: many::<F>, keeps: true, viewed: () };
    let node: Arc<dyn Node> = Arc::new(node);
    let results = results.into_iter().zip(0..);
    results.map(|(result, output)| result.made_by(Edge { node: node.clone(), output })).collect()
}

/// [`record_several`] for a number that is known.
pub(crate) fn record_many<F, const N: usize>(
    results: [Tensor; N],
    name: &'static str,
    operands: &[&Tensor],
    formula: F,
) -> [Tensor; N]
where
    F: Fn(&mut Pass, Vec<Option<Tensor>>) -> Result<()> + Send + Sync + 'static,
{
    let recorded = record_several(results.into(), name, operands, formula);
    recorded.try_into().unwrap_or_else(|_| unreachable!("as many as were given"))
}

/// [`record`] for a formula that keeps no values of tensors: the backward pass may go through it twice.
pub(crate) fn record_linear<F>(result: Tensor, name: &'static str, operands: &[&Tensor], formula: F) -> Tensor
where
    F: Fn(&mut Pass, Tensor) -> Result<()> + Send + Sync + 'static,
{
    let head = Head::new(name, Meta::of(&result), operands);
    let node = Recorded { head, formula: RwLock::new(Some(formula)), call: one::<F>, keeps: false, viewed: () };
    result.made_by(Edge { node: Arc::new(node), output: 0 })
}

/// The result of a linear function of one tensor, given what that does to a gradient.
#[inline]
pub(crate) fn linear(result: Tensor, x: &Tensor, name: &'static str, transposed: fn(&Tensor) -> Tensor) -> Tensor {
    if !records(&[x]) {
        return result;
    }
    record_linear(result, name, &[x], move |pass, gradient| {
        pass.give(0, || transposed(&gradient));
        Ok(())
    })
}

/// [`record`] for two operands of which one may be a number. `keeps` says whether the formula keeps values.
pub(crate) fn record_sides<F>(
    result: Tensor,
    name: &'static str,
    a: &Operand,
    b: &Operand,
    keeps: bool,
    formula: F,
) -> Tensor
where
    F: Fn(&mut Pass, Tensor) -> Result<()> + Send + Sync + 'static,
{
    let edge = |operand: &Operand| operand.tensor().filter(|tensor| tensor.has_history()).and_then(Tensor::edge);
    let head = Head::with_edges(name, Meta::of(&result), [edge(a), edge(b)]);
    let node = Recorded { head, formula: RwLock::new(Some(formula)), call: one::<F>, keeps, viewed: () };
    result.made_by(Edge { node: Arc::new(node), output: 0 })
}

/// The edge of a node that no tensor has yet.
pub(super) fn recorded_edge<F>(name: &'static str, meta: Meta, edges: [Option<Edge>; 2], formula: F) -> Edge
where
    F: Fn(&mut Pass, Tensor) -> Result<()> + Send + Sync + 'static,
{
    let head = Head::with_edges(name, meta, edges);
    let node = Recorded { head, formula: RwLock::new(Some(formula)), call: one::<F>, keeps: false, viewed: () };
    Edge { node: Arc::new(node), output: 0 }
}

impl Tensor {
    /// A view that users get. The formula turns the gradient of the view into that of this tensor.
    #[inline]
    pub(crate) fn view_of<F>(&self, layout: Layout, name: &'static str, formula: F) -> Tensor
    where
        F: Fn(Tensor) -> Tensor + Send + Sync + 'static,
    {
        if !self.has_history() {
            return match self.history.is_plain() {
                true => self.sibling(layout),
                false => self.detached(layout),
            };
        }
        if !is_grad_enabled() {
            return self.view_without_history(layout);
        }
        self.recorded_view(layout, name, formula)
    }

    fn recorded_view<F>(&self, layout: Layout, name: &'static str, formula: F) -> Tensor
    where
        F: Fn(Tensor) -> Tensor + Send + Sync + 'static,
    {
        let meta = Meta { shape: layout.shape.clone(), dtype: self.dtype() };
        let formula = move |pass: &mut Pass, gradient| {
            pass.give(0, || formula(gradient));
            Ok(())
        };
        let changes = self.changes();
        let head = Head::new(name, meta, &[self]);
        let is_of_leaf = head.edge(0).is_some_and(Edge::is_of_leaf);
        let node = viewing(head, formula, Viewed { layout: self.layout.clone(), is_of_leaf });
        self.view_made_by(layout, Edge { node, output: 0 }, changes)
    }

    /// Several views that users get, by one operation. The formula turns their gradients, which are absent where none came,
    /// into that of this tensor.
    pub(crate) fn views_of<F>(&self, layouts: Vec<Layout>, name: &'static str, formula: F) -> Vec<Tensor>
    where
        F: Fn(Vec<Option<Tensor>>) -> Tensor + Send + Sync + 'static,
    {
        if layouts.is_empty() || !records(&[self]) {
            // The formula is for recorded ones only.
            return layouts.into_iter().map(|layout| self.view_of(layout, name, |gradient| gradient)).collect();
        }
        let metas = layouts.iter().map(|layout| Meta { shape: layout.shape.clone(), dtype: self.dtype() }).collect();
        let formula = move |pass: &mut Pass, gradients| {
            pass.give(0, || formula(gradients));
            Ok(())
        };
        let changes = self.changes();
        let head = Head::of_several(name, metas, &[self]);
        let is_of_leaf = head.edge(0).is_some_and(Edge::is_of_leaf);
        let node: Arc<dyn Node> = several(head, formula, Viewed { layout: self.layout.clone(), is_of_leaf });
        let views = layouts.into_iter().zip(0..);
        views.map(|(layout, output)| self.view_made_by(layout, Edge { node: node.clone(), output }, changes)).collect()
    }

    /// A view of some of the elements, those that `take` takes of any tensor of this shape.
    #[inline]
    pub(crate) fn part_of<F>(&self, layout: Layout, name: &'static str, take: F) -> Tensor
    where
        F: Fn(&Tensor) -> Tensor + Send + Sync + Clone + 'static,
    {
        let shape = self.layout.shape.clone();
        self.view_of(layout, name, move |gradient| placed(&gradient, Size(shape.clone()), take.clone()))
    }
}

fn viewing<F>(head: Head, formula: F, viewed: Viewed) -> Arc<dyn Node>
where
    F: Fn(&mut Pass, Tensor) -> Result<()> + Send + Sync + 'static,
{
    Arc::new(Recorded { head, formula: RwLock::new(Some(formula)), call: one::<F>, keeps: false, viewed })
}

fn several<F>(head: Head, formula: F, viewed: Viewed) -> Arc<dyn Node>
where
    F: Fn(&mut Pass, Vec<Option<Tensor>>) -> Result<()> + Send + Sync + 'static,
{
    Arc::new(Recorded { head, formula: RwLock::new(Some(formula)), call: many::<F>, keeps: false, viewed })
}

/// Zeros of a shape with `part` in the place that `take` takes of it.
pub(crate) fn placed<F>(part: &Tensor, shape: Size, take: F) -> Tensor
where
    F: Fn(&Tensor) -> Tensor + Send + Sync + Clone + 'static,
{
    let result = crate::create::filled(shape.0, part.dtype(), Scalar::Int(0));
    unrecorded(|| take(&result).copy_(part));
    if !records(&[part]) {
        return result;
    }
    record_linear(result, "SliceBackwardBackward", &[part], move |pass, gradient| {
        pass.give(0, || take(&gradient));
        Ok(())
    })
}

/// Carries out an operation in place so that gradients follow: `value` makes the new values of the target as a recorded
/// tensor, which are then written over it. That costs a copy, and in return what the operation keeps of its result for the
/// backward pass stays as it was. So that this holds for its operand as well, it is given a copy of the target.
pub(crate) fn in_place(op: &str, target: &Tensor, value: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    in_place_without_copy(op, target, |target| value(&before(target)))
}

/// A copy of a tensor, with its history.
fn before(target: &Tensor) -> Tensor {
    let before = target.copied();
    match target.edge() {
        Some(edge) => before.made_by(edge),
        None => before,
    }
}

/// [`in_place`] for an operation whose formula does not need the target.
pub(crate) fn in_place_without_copy(
    op: &str,
    target: &Tensor,
    value: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    lineage::changeable(op, target)?;
    let _turn = target.lineage_or_new().turn();
    write_over(op, target, value(target)?)
}

/// Writes recorded values over a target, whose turn it is.
fn write_over(op: &str, target: &Tensor, value: Tensor) -> Result<Tensor> {
    crate::ops::binary::storable(op, value.dtype(), target.dtype())?;
    let value = value.to(target.dtype());
    if value.layout.shape != target.layout.shape {
        return Err(crate::ops::binary::does_not_fit(op, target, &value));
    }
    unrecorded(|| crate::ops::assign::copy(op, target, &value))?;
    lineage::rebase(target, &value);
    Ok(target.alias())
}

/// The same for an operation that replaces values without regard to what they were.
pub(crate) fn overwrite(op: &str, target: &Tensor, value: &Tensor) -> Result<Tensor> {
    in_place_without_copy(op, target, |target| value.to(target.dtype()).try_expand(target.size()))
}
