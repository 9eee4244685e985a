//! Gradients, as methods of tensors.

use std::sync::{Arc, Weak};

use super::node::{Edge, Hook, Node};
use super::pass::backward;
use super::record::unrecorded;
use crate::dim_vec::DimVec;
use crate::error::{Result, dtype_error, fallible, or_raise, value_error};
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// Takes a hook away again: PyTorch's `RemovableHandle`. Dropping it leaves the hook in place.
pub struct HookHandle {
    node: Weak<dyn Node>,
    id: u64,
    is_after: bool,
}

impl HookHandle {
    /// Takes the hook away.
    pub fn remove(self) {
        let Some(node) = self.node.upgrade() else { return };
        let mut extras = node.head().extras_or_new();
        // A user's function and the values that it holds: dropped when no lock is held.
        if self.is_after {
            let at = extras.after.iter().position(|(id, _)| *id == self.id);
            let hook = at.map(|at| extras.after.remove(at));
            drop(extras);
            drop(hook);
        } else {
            let at = extras.hooks.iter().position(|(_, id, _)| *id == self.id);
            let hook = at.map(|at| extras.hooks.remove(at));
            drop(extras);
            drop(hook);
        }
    }
}

impl Tensor {
    fallible! {
        /// In place: asks for the gradient of this tensor from here on, or no longer. Only floating-point tensors have
        /// gradients, and only a leaf, which no recorded operation made, can be told not to.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let w = tensor![1.0, 2.0, 3.0].requires_grad_(true);
        /// (&w * &w).sum().backward();
        /// assert_eq!(w.grad().to_vec::<f32>(), [2.0, 4.0, 6.0]);
        /// assert_eq!(
        ///     tensor![1, 2].try_requires_grad_(true).unwrap_err().to_string(),
        ///     "requires_grad_: only floating-point tensors have gradients, not i64; use x.float()"
        /// );
        /// ```
        #[doc(alias = "Variable")]
        pub fn requires_grad_ | try_requires_grad_(&self, required: bool) -> Tensor {
            if required && !self.dtype().is_floating_point() {
                return Err(dtype_error!(
                    "requires_grad_: only floating-point tensors have gradients, not {}; use x.float()",
                    self.dtype()
                ));
            }
            if self.is_leaf() {
                if required {
                    return Ok(self.with_leaf());
                }
                self.without_leaf();
            } else if !required {
                return Err(value_error!(
                    "requires_grad_: this tensor was made from others that require gradients; use x.detach() for one that does not"
                ));
            }
            Ok(self.alias())
        }
    }

    /// Whether gradients flow to this tensor: it was asked for them, or made from a tensor that was.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = ones([2]).requires_grad_(true);
    /// assert!((&w + 1.0).requires_grad());
    /// assert!(!w.detach().requires_grad());
    /// ```
    pub fn requires_grad(&self) -> bool {
        self.has_history() && self.edge().is_some()
    }

    /// Whether no recorded operation made this tensor. Leaves that require gradients keep them; see
    /// [`grad`](Tensor::grad).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = ones([2]).requires_grad_(true);
    /// assert!(w.is_leaf() && !(&w * 2.0).is_leaf());
    /// assert!(ones([2]).is_leaf());
    /// ```
    pub fn is_leaf(&self) -> bool {
        self.leaf().is_some() || !self.requires_grad()
    }

    /// The name of the operation that made this tensor, when it was recorded: PyTorch's name of its backward form.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = ones([2]).requires_grad_(true);
    /// assert_eq!((&w * 2.0).grad_fn(), Some("MulBackward0"));
    /// assert_eq!(w.grad_fn(), None);
    /// ```
    pub fn grad_fn(&self) -> Option<&'static str> {
        let edge = if self.has_history() { self.edge()? } else { return None };
        edge.node.leaf().is_none().then(|| edge.node.head().name)
    }

    /// The same values in the same memory, to which no gradients flow. What changes one in place changes both.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = ones([2]).requires_grad_(true);
    /// let values = w.detach();
    /// assert!(!(&values * 2.0).requires_grad());
    /// assert!(values.shares_memory(&w));
    /// ```
    #[doc(alias = "data")]
    pub fn detach(&self) -> Tensor {
        self.detached(self.layout.clone())
    }

    /// [`detach`](Tensor::detach) for this handle: PyTorch's `detach_()`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let mut h = ones([2]).requires_grad_(true) * 2.0;
    /// h.detach_();
    /// assert!(!h.requires_grad());
    /// ```
    pub fn detach_(&mut self) -> Tensor {
        *self = self.detach();
        self.alias()
    }

    fallible! {
        /// The gradient that [`backward`](Tensor::backward) has added up for this leaf, or for a tensor with
        /// [`retain_grad`](Tensor::retain_grad).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let w = tensor![2.0].requires_grad_(true);
        /// assert_eq!(
        ///     w.try_grad().unwrap_err().to_string(),
        ///     "grad: there is no gradient yet; it comes with backward() of something made from this tensor"
        /// );
        /// (&w * 3.0).sum().backward();
        /// assert_eq!(w.grad().item::<f32>(), 3.0);
        /// ```
        pub fn grad | try_grad(&self) -> Tensor {
            let none = || value_error!(
                "grad: there is no gradient yet; it comes with backward() of something made from this tensor"
            );
            if let Some(node) = self.leaf_once() {
                return node.leaf().and_then(|leaf| leaf.gradient().as_ref().map(Tensor::alias)).ok_or_else(none);
            }
            let Some(edge) = self.has_history().then(|| self.edge()).flatten() else {
                return Err(value_error!("grad: this tensor does not require gradients; ask for them with requires_grad_(true)"));
            };
            let retained = edge.node.head().extras().and_then(|extras| {
                let (_, kept) = extras.retained.iter().find(|(output, _)| *output == edge.output)?;
                Some(kept.as_ref().map(Tensor::alias))
            });
            match retained {
                Some(kept) => kept.ok_or_else(none),
                None => Err(value_error!(
                    "grad: this tensor was made by {} and keeps no gradient; call retain_grad() on it before backward()",
                    edge.node.head().name
                )),
            }
        }

        /// Also keeps the gradient of a tensor that is no leaf.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let w = tensor![2.0].requires_grad_(true);
        /// let y = &w * 3.0;
        /// y.retain_grad();
        /// (&y * &y).sum().backward();
        /// assert_eq!(y.grad().item::<f32>(), 12.0);
        /// ```
        pub fn retain_grad | try_retain_grad(&self) -> () {
            if self.leaf().is_some() {
                return Ok(());
            }
            let edge = self.edge_for("retain_grad")?;
            let mut extras = edge.node.head().extras_or_new();
            if extras.retained.iter().all(|(output, _)| *output != edge.output) {
                extras.retained.push((edge.output, None));
            }
            Ok(())
        }

        /// The gradients of everything that this number was made from: they are added to [`grad`](Tensor::grad) of the
        /// leaves. For a tensor with several elements, or to keep the graph, see [`autograd::backward`](super::backward).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (x, y) = (scalar(2.0).requires_grad_(true), scalar(3.0).requires_grad_(true));
        /// (&x * &y + &x).backward();
        /// assert_eq!((x.grad().item::<f32>(), y.grad().item::<f32>()), (4.0, 2.0));
        /// ```
        pub fn backward | try_backward(&self) -> () {
            backward(&[self]).try_run()
        }
    }

    fn edge_for(&self, op: &str) -> Result<Edge> {
        self.has_history().then(|| self.edge()).flatten().ok_or_else(|| {
            value_error!("{op}: this tensor does not require gradients; ask for them with requires_grad_(true)")
        })
    }

    /// Forgets the gradient: the next [`backward`](Tensor::backward) starts from zero.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = tensor![2.0].requires_grad_(true);
    /// for _ in 0..2 {
    ///     w.zero_grad();
    ///     (&w * 3.0).sum().backward();
    /// }
    /// assert_eq!(w.grad().item::<f32>(), 3.0); // not 6
    /// ```
    pub fn zero_grad(&self) {
        if let Some(leaf) = self.leaf_once().as_ref().and_then(|node| node.leaf()) {
            // Dropped when the lock is not held: it may be the end of a graph, with a user's values in it.
            let gone = leaf.gradient().take();
            drop(gone);
        }
    }

    /// Sets the gradient of a leaf: PyTorch's `w.grad = …`. Its shape and element type are the leaf's.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = tensor![2.0].requires_grad_(true);
    /// w.set_grad(&tensor![5.0]);
    /// assert_eq!(w.grad().item::<f32>(), 5.0);
    /// ```
    #[track_caller]
    pub fn set_grad(&self, gradient: &Tensor) {
        or_raise(self.try_set_grad(gradient));
    }

    /// [`set_grad`](Tensor::set_grad) with the error as a value.
    pub fn try_set_grad(&self, gradient: &Tensor) -> Result<()> {
        let node = self.leaf();
        let Some(leaf) = node.as_ref().and_then(|node| node.leaf()) else {
            return Err(value_error!("set_grad: only leaves keep gradients; ask for them with requires_grad_(true)"));
        };
        if gradient.layout.shape != self.layout.shape || gradient.dtype() != self.dtype() {
            return Err(value_error!(
                "set_grad: a gradient has shape {} and type {} here, not {} and {}",
                self.size(),
                self.dtype(),
                gradient.size(),
                gradient.dtype()
            ));
        }
        // A leaf that held its own memory would never go.
        let gradient = if gradient.shares_memory(self) { gradient.clone() } else { gradient.alias() };
        let gone = leaf.gradient().replace(gradient);
        drop(gone);
        Ok(())
    }

    /// Calls `hook` with the gradient of this tensor in every backward pass; what it returns takes the gradient's place.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = tensor![2.0].requires_grad_(true);
    /// let handle = w.register_hook(|gradient| gradient * 2.0);
    /// (&w * 3.0).sum().backward();
    /// assert_eq!(w.grad().item::<f32>(), 6.0);
    /// handle.remove();
    /// ```
    #[track_caller]
    pub fn register_hook(&self, hook: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static) -> HookHandle {
        or_raise(self.hooked(Arc::new(move |gradient| Some(hook(gradient)))))
    }

    /// Calls `look` with the gradient of this tensor in every backward pass: [`register_hook`](Tensor::register_hook)
    /// with a function that returns nothing.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = tensor![2.0].requires_grad_(true);
    /// w.inspect_grad(|gradient| println!("{gradient}"));
    /// (&w * 3.0).sum().backward();
    /// ```
    #[track_caller]
    pub fn inspect_grad(&self, look: impl Fn(&Tensor) + Send + Sync + 'static) -> HookHandle {
        or_raise(self.hooked(Arc::new(move |gradient| {
            look(gradient);
            None
        })))
    }

    fn hooked(&self, hook: Hook) -> Result<HookHandle> {
        let edge = self.edge_for("register_hook")?;
        let mut extras = edge.node.head().extras_or_new();
        let id = extras.hooks.last().map_or(0, |(_, id, _)| id + 1);
        extras.hooks.push((edge.output, id, hook));
        drop(extras);
        Ok(HookHandle { node: Arc::downgrade(&edge.node), id, is_after: false })
    }

    /// Calls `hook` with this leaf after each backward pass that has added to its gradient: to take a step at once, say, and
    /// let go of the gradient.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = tensor![2.0].requires_grad_(true);
    /// w.register_post_accumulate_grad_hook(|w| {
    ///     no_grad(|| w.sub_(w.grad() * 0.5));
    ///     w.zero_grad();
    /// });
    /// (&w * 3.0).sum().backward();
    /// assert_eq!(w.to_vec::<f32>(), [0.5]);
    /// ```
    #[track_caller]
    pub fn register_post_accumulate_grad_hook(&self, hook: impl Fn(&Tensor) + Send + Sync + 'static) -> HookHandle {
        or_raise(self.hooked_after(hook))
    }

    fn hooked_after(&self, hook: impl Fn(&Tensor) + Send + Sync + 'static) -> Result<HookHandle> {
        if self.leaf().is_none() {
            return Err(value_error!(
                "register_post_accumulate_grad_hook: only leaves add up gradients; ask for them with requires_grad_(true)"
            ));
        }
        let edge = self.edge_for("register_post_accumulate_grad_hook")?;
        let mut extras = edge.node.head().extras_or_new();
        let id = extras.after.last().map_or(0, |(id, _)| id + 1);
        let this = self.weak();
        extras.after.push((id, Arc::new(move || this().iter().for_each(&hook))));
        drop(extras);
        Ok(HookHandle { node: Arc::downgrade(&edge.node), id, is_after: true })
    }

    /// A gradient as a leaf keeps it: in memory of its own, which lies as `layout` says.
    pub(super) fn in_own_memory(self, layout: &Layout) -> Tensor {
        let lies_so =
            (0..layout.rank()).all(|dim| layout.shape[dim] <= 1 || layout.strides[dim] == self.layout.strides[dim]);
        if lies_so && Arc::strong_count(&self.storage) == 1 {
            return self;
        }
        let copy = unrecorded(|| {
            if layout.is_contiguous() {
                return self.copied();
            }
            let line = crate::create::filled(DimVec::from_slice(&[layout.numel()]), self.dtype(), Scalar::Int(0));
            line.with_layout(layout.clone()).copy_(&self);
            line.laid_out(layout.clone())
        });
        self.recorded_copy(copy)
    }
}
