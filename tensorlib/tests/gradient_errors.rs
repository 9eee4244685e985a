//! What is misused is refused in sentences that say what to do, and leaves everything as it was.

use tensorlib::autograd::{Context, Function, backward, try_grad};
use tensorlib::prelude::*;
use tensorlib::{Error, Result};

#[track_caller]
fn refused<T>(result: Result<T>, sentence: &str) {
    match result {
        Ok(_) => panic!("not refused: {sentence}"),
        Err(error) => assert_eq!(error.to_string(), sentence),
    }
}

fn w() -> Tensor {
    tensor![1.0, 2.0, 3.0].requires_grad_(true)
}

#[test]
fn a_pass_begins_with_one_number_that_requires_gradients() {
    let w = w();
    refused(
        (&w * 2.0).try_backward(),
        "backward: a tensor of shape [3] has 3 elements, and only one number has a gradient; take its sum() or mean(), or give the gradient: autograd::backward(&[&y]).gradient(&[&g]).run()",
    );
    let not_made = "backward: this tensor was not made from one that requires gradients; ask for them with w.requires_grad_(true) before the computation, outside no_grad";
    refused(ones([1]).try_backward(), not_made);
    refused(no_grad(|| w.sum()).try_backward(), not_made);
    refused(w.detach().sum().try_backward(), not_made);
    refused(
        tensor![1].sum().try_backward(),
        "backward: tensors of i64 have no gradients; compute with floating-point numbers",
    );
    refused(
        w.argmax().try_backward(),
        "backward: tensors of i64 have no gradients; compute with floating-point numbers",
    );
    assert!(w.try_grad().is_err());
}

#[test]
fn a_graph_is_used_once_unless_it_is_kept() {
    let w = w();
    let loss = w.exp().sum();
    loss.backward();
    let before = w.grad().to_vec::<f32>();
    refused(
        loss.try_backward(),
        "backward: the values that exp (ExpBackward0) kept were let go of by an earlier backward(); run the forward pass again, or keep them with autograd::backward(&[&loss]).retain_graph(true).run()",
    );
    assert_eq!(w.grad().to_vec::<f32>(), before);
    // What keeps no values can be gone through again, as in PyTorch.
    let loss = (&w * 2.0).sum();
    loss.backward();
    loss.backward();
}

#[test]
fn leaves_and_their_views_do_not_change_in_place() {
    let w = w();
    let leaf = |op: &str| {
        format!(
            "{op}: this tensor requires gradients and is a leaf, which cannot change in place; change it inside no_grad(|| …), or use the operation that makes a new tensor"
        )
    };
    let view = |op: &str| {
        format!(
            "{op}: this is a view of a leaf that requires gradients, which cannot change in place; change it inside no_grad(|| …), or a copy, x.clone()"
        )
    };
    refused(w.try_add_(1.0), &leaf("add_"));
    refused(w.try_mul_(&w), &leaf("mul_"));
    refused(w.try_exp_(), &leaf("exp_"));
    refused(w.try_fill_(1.0), &leaf("fill_"));
    refused(w.try_zero_(), &leaf("zero_"));
    refused(w.try_copy_(ones([3])), &leaf("copy_"));
    refused(w.try_masked_fill_([true, false, true], 0.0), &leaf("masked_fill_"));
    refused(w.try_index_put_(0, 1.0), &view("index_put_"));
    refused(w.try_index_put_([0, 2], 1.0), &view("index_put_"));
    refused(w.try_scatter_(0, [0], 1.0), &leaf("scatter_"));
    refused(w.try_index_copy_(0, [0], [1.0]), &leaf("index_copy_"));
    refused(w.try_clamp_(0.0, 1.0), &leaf("clamp_"));
    refused(w.try_cumsum_(0), &leaf("cumsum_"));
    refused(w.alias().try_unsqueeze_(0), &leaf("unsqueeze_"));
    refused(w.i(0).try_add_(1.0), &view("add_"));
    refused(w.i(1..).view([2, 1]).try_fill_(1.0), &view("fill_"));
    assert_eq!(w.to_vec::<f32>(), [1.0, 2.0, 3.0]);
    assert_eq!(no_grad(|| w.i(0).add_(1.0)).to_vec::<f32>(), [2.0]);
    assert!(w.is_leaf() && w.requires_grad());
}

#[test]
fn memory_of_a_leaf_does_not_get_a_history() {
    let shares = "copy_: this tensor shares memory with a leaf that requires gradients, which cannot change in place; change it inside no_grad(|| …), or a copy, x.clone()";
    let w = w();
    // A view that is older than the leaf, and the tensor that a leaf is a part of.
    let x = zeros([4]);
    let part = x.i(..3);
    x.requires_grad_(true);
    refused(part.try_copy_(&w), shares);
    let x = zeros([4]);
    let leaf = x.i(1..).requires_grad_(true);
    refused(x.try_copy_(w.sum()), shares);
    refused(x.i(..2).try_copy_(w.sum()), shares);
    x.i(0).copy_(w.sum()); // not a part of the leaf
    (&leaf * 3.0).sum().backward();
    assert_eq!(leaf.grad().to_vec::<f32>(), [3.0, 3.0, 3.0]);
    let y = &w * 2.0;
    let view = no_grad(|| y.i(..2));
    refused(
        view.try_mul_(w.i(..2)),
        "mul_: this view was made inside no_grad(|| …), so the tensor that it is a view of would not know of this change; make the view outside",
    );
}

#[test]
fn values_that_are_needed_must_not_have_changed() {
    let w = w();
    let y = w.exp();
    y.add_(1.0);
    refused(
        y.sum().try_backward(),
        "backward: exp (ExpBackward0) needs a tensor of shape [3] that was changed in place since: it was at version 0 and is at version 1; change a copy instead, x.clone()",
    );
    let (x, y) = (&w * 1.0, ones([2, 3]));
    let loss = (&x * &y).sum();
    y.i(0).fill_(2.0);
    y.i((1, 1)).fill_(2.0);
    refused(
        loss.try_backward(),
        "backward: mul (MulBackward0) needs a tensor of shape [2, 3] that was changed in place since: it was at version 0 and is at version 2; change a copy instead, x.clone()",
    );
    let loss = (&w * &w).sum();
    no_grad(|| w.add_(1.0));
    refused(
        loss.try_backward(),
        "backward: mul (MulBackward0) needs a tensor of shape [3] that was changed in place since: it was at version 0 and is at version 1; change a copy instead, x.clone()",
    );
    // The memory is not there any more.
    let loss = {
        let y = w.sin();
        let loss = y.square().sum();
        y.detach().zero_();
        loss
    };
    refused(
        loss.try_backward(),
        "backward: pow (PowBackward0) needs a tensor of shape [3] that was changed in place since: it was at version 0; change a copy instead, x.clone()",
    );
    assert!(w.try_grad().is_err());
}

#[test]
fn gradients_are_there_after_a_pass() {
    let w = w();
    let none_yet = "grad: there is no gradient yet; it comes with backward() of something made from this tensor";
    refused(w.try_grad(), none_yet);
    let y = &w * 2.0;
    refused(
        y.try_grad(),
        "grad: this tensor was made by MulBackward0 and keeps no gradient; call retain_grad() on it before backward()",
    );
    y.retain_grad();
    refused(y.try_grad(), none_yet);
    let plain = "this tensor does not require gradients; ask for them with requires_grad_(true)";
    refused(ones([1]).try_grad(), &format!("grad: {plain}"));
    refused(ones([1]).try_retain_grad(), &format!("retain_grad: {plain}"));
    refused(w.detach().try_grad(), &format!("grad: {plain}"));
    y.sum().backward();
    w.zero_grad();
    refused(w.try_grad(), none_yet);
}

#[test]
fn only_floating_point_leaves_are_told_to_require_gradients_or_not() {
    let w = w();
    for (x, name) in [(tensor![1, 2], "i64"), (tensor![true], "bool"), (tensor![1].byte(), "u8")] {
        refused(
            x.try_requires_grad_(true),
            &format!("requires_grad_: only floating-point tensors have gradients, not {name}; use x.float()"),
        );
        x.requires_grad_(false);
    }
    refused(
        (&w * 2.0).try_requires_grad_(false),
        "requires_grad_: this tensor was made from others that require gradients; use x.detach() for one that does not",
    );
    (&w * 2.0).requires_grad_(true);
    assert!(!w.requires_grad_(false).requires_grad());
    w.fill_(1.0);
}

#[test]
fn gradients_that_a_pass_begins_with_fit() {
    let w = w();
    let y = &w * 2.0;
    refused(
        backward(&[&y]).gradient(&[&ones([2])]).try_run(),
        "backward: a gradient of shape [2] does not fit a tensor of shape [3]",
    );
    refused(backward(&[&y]).gradient(&[]).try_run(), "backward: 1 tensors need as many gradients, not 0");
    refused(
        backward(&[&y]).gradient(&[&ones([3]), &ones([3])]).try_run(),
        "backward: 1 tensors need as many gradients, not 2",
    );
    refused(
        backward(&[&y, &y.sum()]).gradient(&[&ones([3]), &ones([3])]).try_grad(&[&w]),
        "grad: a gradient of shape [3] does not fit a tensor of shape []",
    );
    assert!(w.try_grad().is_err());
}

#[test]
fn gradients_are_asked_of_what_was_used() {
    let (w, v) = (w(), w());
    let unused = "grad: the result was not made from input 1; with allow_unused(true) its gradient is zeros";
    refused(try_grad(&w.exp().sum(), &[&w, &v]), unused);
    assert_eq!(backward(&[&w.exp().sum()]).allow_unused(true).grad(&[&v])[0].to_vec::<f32>(), [0.0; 3]);
    // Made from w, as the result was.
    refused(try_grad(&w.exp().sum(), &[&w, &(&w * 2.0)]), unused);
    refused(
        try_grad(&w.exp().sum(), &[&ones([1])]),
        "grad: input 0 does not require gradients; ask for them with requires_grad_(true)",
    );
    refused(
        try_grad(&w.exp(), &[&w]),
        "grad: a tensor of shape [3] has 3 elements, and only one number has a gradient; take its sum() or mean(), or give the gradient: autograd::backward(&[&y]).gradient(&[&g]).run()",
    );
}

#[test]
fn gradients_that_are_set_fit() {
    let w = w();
    refused(w.try_set_grad(&ones([2])), "set_grad: a gradient has shape [3] and type f32 here, not [2] and f32");
    refused(
        w.try_set_grad(&ones([3]).double()),
        "set_grad: a gradient has shape [3] and type f32 here, not [3] and f64",
    );
    refused(
        ones([3]).try_set_grad(&ones([3])),
        "set_grad: only leaves keep gradients; ask for them with requires_grad_(true)",
    );
    refused(
        (&w * 1.0).try_set_grad(&ones([3])),
        "set_grad: only leaves keep gradients; ask for them with requires_grad_(true)",
    );
    assert!(w.try_grad().is_err());
}

#[test]
fn what_requires_gradients_keeps_its_size() {
    let mut w = w();
    let sentence = "resize_: a tensor that requires gradients keeps its size; use reshape, or x.detach()";
    refused(w.try_resize_([2]), sentence);
    refused((&w * 1.0).try_resize_([2]), sentence);
    let inside = "unsqueeze_: inside no_grad(|| …) this tensor would no longer require gradients; use the operation that makes a new tensor";
    refused(no_grad(|| w.try_unsqueeze_(0)), inside);
    assert!(w.requires_grad() && w.size() == [3]);
}

struct Gives(fn() -> Vec<Option<Tensor>>);

impl Function for Gives {
    fn forward(&self, _: &mut Context, inputs: &[&Tensor]) -> Tensor {
        inputs[0] * inputs[1]
    }

    fn backward(&self, _: &Context, _: &Tensor) -> Vec<Option<Tensor>> {
        (self.0)()
    }

    fn name(&self) -> &'static str {
        "GivesBackward"
    }
}

#[test]
fn functions_give_a_gradient_for_each_operand() {
    let w = w();
    let gives = |gradients| Gives(gradients).apply(&[&w, &ones([3])]).sum().try_backward();
    refused(
        gives(|| vec![Some(ones([3]))]),
        "backward: GivesBackward gave 1 gradients for 2 operands; give one for each, or None",
    );
    refused(
        gives(|| vec![Some(ones([3])), None, None]),
        "backward: GivesBackward gave 3 gradients for 2 operands; give one for each, or None",
    );
    let misfits: [fn() -> Vec<Option<Tensor>>; 2] = [|| vec![Some(ones([2])), None], || vec![Some(scalar(1.0)), None]];
    for gradient in misfits {
        let error = gives(gradient).unwrap_err().to_string();
        assert!(error.starts_with("backward: GivesBackward gave a gradient of shape ["), "{error}");
        assert!(error.ends_with(" for operand 0, which has shape [3]; give one of that shape"), "{error}");
    }
    assert!(w.try_grad().is_err());
    // Larger by broadcasting, and of another type.
    gives(|| vec![Some(ones([4, 3]).double()), None]).unwrap();
    assert_eq!(w.grad().to_vec::<f32>(), [4.0, 4.0, 4.0]);
    assert_eq!(w.grad().dtype(), DType::F32);
    gives(|| vec![None, None]).unwrap();
}

#[test]
fn hooks_return_gradients_of_the_same_kind() {
    let w = w();
    let error = |returned: &str| {
        format!(
            "backward: a hook was given a gradient of shape [3] and type f32 and returned one of {returned}; return one like it"
        )
    };
    let y = &w * 2.0;
    y.register_hook(|gradient| gradient.i(..2));
    refused(y.sum().try_backward(), &error("shape [2] and type f32"));
    let handle = w.register_hook(|gradient| gradient.sum());
    refused((&w * 2.0).sum().try_backward(), &error("shape [] and type f32"));
    handle.remove();
    w.register_hook(|gradient| gradient.double());
    refused((&w * 2.0).sum().try_backward(), &error("shape [3] and type f64"));
    assert!(w.try_grad().is_err());
}

#[test]
fn errors_can_be_sent_and_shown() {
    let error: Error = w().try_backward().unwrap_err();
    let sent = std::thread::spawn(move || format!("{error:?}")).join().unwrap();
    assert!(!sent.is_empty());
}
