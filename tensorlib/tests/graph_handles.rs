//! What handles know of their memory's history: views, detached tensors, leaves, hooks, and gradients as users hold them. Where
//! nothing else is said, PyTorch 2.15 gives the same.

use tensorlib::autograd::{Context, Function, backward, grad};
use tensorlib::prelude::*;

fn w() -> Tensor {
    tensor![1.0, 2.0, 3.0].requires_grad_(true)
}

fn f32s(x: &Tensor) -> Vec<f32> {
    x.to_vec()
}

#[test]
fn a_view_that_is_older_than_a_change_keeps_gradients_and_has_hooks() {
    let w = w();
    let y = &w * 2.0;
    let part = y.i(..2);
    y.mul_(3.0);
    part.retain_grad();
    part.register_hook(|gradient| gradient * 10.0);
    (&part * &part).sum().backward();
    // part is 6 w.
    assert_eq!(f32s(&part.grad()), [120.0, 240.0]);
    assert_eq!(f32s(&w.grad()), [720.0, 1440.0, 0.0]);
    let y = &w * 2.0;
    let part = y.i(1..);
    y.mul_(3.0);
    let gradients = grad(&(&part * &part).sum(), &[&part]);
    assert_eq!(f32s(&gradients[0]), [24.0, 36.0]);
    // Used many times, also by itself: all that comes is added up before it goes on.
    let y = &w * 1.0;
    let part = y.i(..2);
    y.mul_(2.0);
    let z = &part * &part + part.exp() * 0.0 + &part;
    (z * &part).sum().backward();
    let by_part = |p: f32| 3.0 * p * p + 2.0 * p;
    let expected = [720.0 + 2.0 * by_part(2.0), 1440.0 + 2.0 * by_part(4.0), 0.0];
    assert_eq!(f32s(&w.grad()), expected);
}

#[test]
fn what_was_copied_into_memory_may_change() {
    let w = w();
    let y = zeros([3]);
    y.copy_(&w);
    assert_eq!(y.grad_fn(), Some("CopyBackwards"));
    assert!(!y.is_leaf());
    y.mul_(2.0);
    let part = y.i(1..);
    part.mul_(part.clone());
    y.sum().backward();
    assert_eq!(f32s(&w.grad()), [2.0, 16.0, 24.0]);
    w.zero_grad();
    // A view of a leaf, copied into a view.
    let y = zeros([2, 3]);
    y.i(0).copy_(w.view([3]));
    y.i(1).copy_(w.i(0));
    y.i(0).exp_();
    y.i(1).add_(&w);
    y.i(1).sum().backward();
    assert_eq!(f32s(&w.grad()), [4.0, 1.0, 1.0]);
    // Hooks on a copy are not hooks on what was copied.
    w.zero_grad();
    let y = zeros([3]);
    y.copy_(&w);
    y.register_hook(|gradient| gradient * 2.0);
    (y.sum() + w.sum()).backward();
    assert_eq!(f32s(&w.grad()), [3.0, 3.0, 3.0]);
}

#[test]
fn memory_that_was_overwritten_may_become_a_leaf() {
    let w = w();
    let y = &w * 2.0;
    y.copy_(tensor![1.0, 1.0, 1.0]);
    // In PyTorch y still requires gradients here, all of them zero.
    assert!(!y.requires_grad() && y.is_leaf());
    y.requires_grad_(true);
    assert!(y.requires_grad() && y.is_leaf());
    (&y * &w).sum().backward();
    assert_eq!(f32s(&y.grad()), [1.0, 2.0, 3.0]);
    assert_eq!(f32s(&w.grad()), [1.0, 1.0, 1.0]);
    let y = &w * 2.0;
    y.i(..2).zero_();
    y.sum().backward();
    assert_eq!(f32s(&w.grad()), [1.0, 1.0, 3.0]);
}

#[test]
fn detached_tensors_share_values_and_nothing_else() {
    let w = w();
    let y = &w * 2.0;
    let d = y.detach();
    let part = d.i(0);
    d.mul_(&w);
    assert!(part.requires_grad() && d.requires_grad());
    // The change is in y's values, and no gradient of y knows of it.
    assert_eq!(f32s(&y), [2.0, 8.0, 18.0]);
    (&y * 1.0).sum().backward();
    assert_eq!(f32s(&w.grad()), [2.0, 2.0, 2.0]);
    w.zero_grad();
    (&part * 1.0).backward();
    assert_eq!(f32s(&w.grad()), [2.0, 0.0, 0.0]);
    // A detached leaf may change; the leaf stays one.
    let d = w.detach();
    d.fill_(5.0);
    assert_eq!(f32s(&w), [5.0, 5.0, 5.0]);
    assert!(w.is_leaf() && w.requires_grad() && !d.requires_grad());
    d.requires_grad_(true);
    (&d * 2.0 + &w * 3.0).sum().backward();
    assert_eq!((f32s(&d.grad()), f32s(&w.grad())), (vec![2.0; 3], vec![5.0, 3.0, 3.0]));
    let mut h = &w * 1.0;
    let other = h.alias();
    h.detach_();
    assert!(!h.requires_grad() && other.requires_grad());
}

#[test]
fn detached_values_that_are_kept_are_detached() {
    // x², of which one factor counts as a number: its derivative is x, and that of this derivative 1 by the other factor.
    let x = tensor![3.0].double().requires_grad_(true);
    let y = (&x * x.detach()).sum();
    let first = backward(&[&y]).create_graph(true).grad(&[&x]);
    assert!(!first[0].requires_grad());
    let d = (&x * 1.0).detach();
    d.mul_(&x); // x² of which the gradient is 3
    let y = (&d * &x).sum();
    let first = backward(&[&y]).create_graph(true).grad(&[&x]);
    assert_eq!(first[0].item::<f64>(), 9.0 + 3.0 * 3.0);
    assert_eq!(grad(&first[0].sum(), &[&x])[0].item::<f64>(), 3.0 + 3.0);
}

#[test]
fn a_leaf_that_rests_keeps_its_gradient() {
    let w = w();
    (&w * 2.0).sum().backward();
    let loss = (&w * 3.0).sum();
    w.requires_grad_(false);
    assert!(!w.requires_grad() && !(&w * 2.0).requires_grad());
    assert_eq!(f32s(&w.grad()), [2.0, 2.0, 2.0]);
    w.requires_grad_(true);
    loss.backward();
    assert_eq!(f32s(&w.grad()), [5.0, 5.0, 5.0]);
    w.requires_grad_(false);
    w.zero_grad();
    assert!(w.try_grad().is_err());
}

#[test]
fn leaves_may_be_parts_of_one_memory() {
    let all = zeros([6]);
    let (a, b) = (all.i(..2).requires_grad_(true), all.i(2..).view([2, 2]).t().requires_grad_(true));
    (a.sum() * 2.0 + (&b * tensor![[1.0, 2.0], [3.0, 4.0]]).sum()).backward();
    assert_eq!((f32s(&a.grad()), f32s(&b.grad())), (vec![2.0, 2.0], vec![1.0, 2.0, 3.0, 4.0]));
    assert!(!all.requires_grad());
    no_grad(|| all.sub_(1.0));
    assert_eq!(f32s(&b), [-1.0; 4]);
    assert!(a.is_leaf() && b.requires_grad());
}

#[test]
fn gradients_lie_in_memory_as_their_leaves() {
    let w = zeros([2, 3]).requires_grad_(true);
    let x = arange(6).float().reshape([3, 2]);
    (w.t() * &x).sum().backward();
    assert_eq!(w.grad().stride(), [3, 1]);
    w.grad().view([6]).mul_(2.0);
    assert_eq!(f32s(&w.grad()), [0.0, 4.0, 8.0, 2.0, 6.0, 10.0]);
    (w.t() * &x).sum().backward();
    assert_eq!(w.grad().stride(), [3, 1]);
    let w = zeros([3, 2]).t().requires_grad_(true);
    (&w * x.reshape([2, 3])).sum().backward();
    assert_eq!((w.stride(), w.grad().stride()), (vec![1, 2], vec![1, 2]));
    // With gaps between its elements: in row-major order.
    let w = zeros([2, 6]).i((.., (..).step(2))).requires_grad_(true);
    w.sum().backward();
    assert_eq!(w.grad().stride(), [3, 1]);
}

#[test]
fn gradients_are_in_memory_of_their_own() {
    let (a, b, g) = (w(), w(), tensor![1.0, 1.0, 1.0]);
    for create_graph in [false, true] {
        let y = &a + &b;
        y.retain_grad();
        backward(&[&y]).gradient(&[&g]).create_graph(create_graph).run();
        let all = [a.grad(), b.grad(), y.grad(), g.alias()];
        for (i, one) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| !one.shares_memory(other)));
        }
        no_grad(|| a.grad().fill_(7.0));
        assert_eq!((f32s(&b.grad()), f32s(&g)), (vec![1.0; 3], vec![1.0; 3]));
        a.zero_grad();
        b.zero_grad();
    }
    // A leaf alone.
    backward(&[&a]).gradient(&[&g]).run();
    no_grad(|| a.grad().zero_());
    assert_eq!(f32s(&g), [1.0; 3]);
}

#[test]
fn a_gradient_that_a_user_holds_stays_as_it_is() {
    // PyTorch adds into it. Here a pass changes nothing before it has succeeded, and so makes new sums.
    let w = w();
    (&w * 2.0).sum().backward();
    let held = w.grad();
    (&w * 2.0).sum().backward();
    assert_eq!((f32s(&held), f32s(&w.grad())), (vec![2.0; 3], vec![4.0; 3]));
    // What grad() gives is the gradient itself.
    w.grad().mul_(0.5);
    assert_eq!(f32s(&w.grad()), [2.0; 3]);
    // Set to itself, a leaf's gradient has memory of its own.
    w.set_grad(&w.detach());
    no_grad(|| w.zero_());
    assert_eq!(f32s(&w.grad()), [1.0, 2.0, 3.0]);
}

#[test]
fn gradients_that_are_kept_add_up() {
    let w = w();
    let y = &w * 2.0;
    y.retain_grad();
    let loss = y.square().sum();
    backward(&[&loss]).retain_graph(true).run();
    backward(&[&loss]).retain_graph(true).run();
    assert_eq!(f32s(&y.grad()), [8.0, 16.0, 24.0]);
    // For grad too, which leaves leaves alone.
    let before = w.grad().to_vec::<f32>();
    grad(&loss, &[&w]);
    assert_eq!(f32s(&y.grad()), [12.0, 24.0, 36.0]);
    assert_eq!(f32s(&w.grad()), before);
}

#[test]
fn changes_inside_no_grad_count_as_changes() {
    let w = w();
    let y = w.exp();
    let loss = y.sum();
    no_grad(|| y.mul_(2.0));
    assert!(loss.try_backward().is_err());
    // Of what no operation needs, they are numbers.
    let y = &w * 2.0;
    no_grad(|| y.i(0).fill_(100.0));
    y.sum().backward();
    assert_eq!(f32s(&w.grad()), [2.0, 2.0, 2.0]);
    // Views made there share values, and no history.
    let view = no_grad(|| w.view([3, 1]));
    assert!(!view.requires_grad() && view.shares_memory(&w));
    // An alias is the same tensor.
    assert!(no_grad(|| w.alias()).requires_grad());
}

/// Gives a part of its operand, where all is in the same memory.
struct First;

impl Function for First {
    fn forward(&self, _: &mut Context, inputs: &[&Tensor]) -> Tensor {
        inputs[0].i(0..1)
    }

    fn backward(&self, _: &Context, gradient: &Tensor) -> Vec<Option<Tensor>> {
        vec![Some(cat([gradient, &zeros([2])]))]
    }
}

/// Gives its operand's position, or the operand itself.
struct Odd(bool);

impl Function for Odd {
    fn forward(&self, _: &mut Context, inputs: &[&Tensor]) -> Tensor {
        if self.0 { inputs[0].argmax() } else { inputs[1].alias() }
    }

    fn backward(&self, _: &Context, gradient: &Tensor) -> Vec<Option<Tensor>> {
        vec![Some(gradient * 3.0), Some(gradient * 5.0)]
    }
}

#[test]
fn functions_give_results_of_their_own() {
    let w = w();
    let x = &w * 1.0;
    // In PyTorch the result is a view, which must not change.
    let y = First.apply(&[&x]);
    y.mul_(3.0);
    (x.sum() + y.sum()).backward();
    assert_eq!(f32s(&w.grad()), [4.0, 1.0, 1.0]);
    w.zero_grad();
    assert!(!Odd(true).apply(&[&w, &w]).requires_grad());
    let plain = ones([3]);
    let y = Odd(false).apply(&[&w, &plain]);
    assert!(!y.shares_memory(&plain) && !plain.requires_grad());
    y.add_(&w);
    y.sum().backward();
    assert_eq!(f32s(&w.grad()), [4.0, 4.0, 4.0]);
    w.zero_grad();
    Odd(false).apply(&[&w, &w]).sum().backward();
    assert_eq!(f32s(&w.grad()), [8.0, 8.0, 8.0]);
}

/// The exponential, whose derivative is found by a pass of its own through what was kept.
struct Exp;

impl Function for Exp {
    fn forward(&self, context: &mut Context, inputs: &[&Tensor]) -> Tensor {
        let y = inputs[0].exp();
        context.save_for_backward(&[&y]);
        y
    }

    fn backward(&self, context: &Context, gradient: &Tensor) -> Vec<Option<Tensor>> {
        let y = context.saved_tensors()[0].alias();
        if y.requires_grad() {
            return vec![Some(gradient * y)];
        }
        enable_grad(|| {
            let y = y.requires_grad_(true);
            (&y * &y * gradient).sum().backward();
            vec![Some(y.grad() * 0.5)]
        })
    }
}

#[test]
fn functions_get_tensors_that_they_may_use_as_any_other() {
    let x = tensor![0.5, -1.0].double().requires_grad_(true);
    Exp.apply(&[&x]).sum().backward();
    assert!(x.grad().allclose(x.exp()));
    let first = backward(&[&Exp.apply(&[&x]).sum()]).create_graph(true).grad(&[&x]);
    assert!(grad(&first[0].sum(), &[&x])[0].allclose(x.exp()));
}
