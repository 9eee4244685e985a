//! Gradients: every operation against finite differences, and what the graph promises.

use tensorlib::autograd::{gradcheck, gradgradcheck};
use tensorlib::prelude::*;

type Function = fn(&[&Tensor]) -> Tensor;

/// Numbers between -2 and 2 that are near no place where a function has a corner.
fn numbers(shape: &[usize], seed: u64) -> Tensor {
    manual_seed(seed);
    let x = rand(shape).double() * 1.4 + 0.2;
    let sign = rand(shape).double().gt(0.5).double() * 2.0 - 1.0;
    x * sign
}

fn check(name: &str, f: Function, inputs: &[&Tensor]) {
    println!("{name}");
    gradcheck(f, inputs);
    gradgradcheck(f, inputs);
}

#[test]
fn functions_of_one_tensor() {
    let any: [(&str, Function); 23] = [
        ("exp", |x| x[0].exp()),
        ("exp2", |x| x[0].exp2()),
        ("expm1", |x| x[0].expm1()),
        ("sigmoid", |x| x[0].sigmoid()),
        ("tanh", |x| x[0].tanh()),
        ("sin", |x| x[0].sin()),
        ("cos", |x| x[0].cos()),
        ("tan", |x| (x[0] * 0.5).tan()),
        ("atan", |x| x[0].atan()),
        ("asin", |x| (x[0] * 0.5).asin()),
        ("acos", |x| (x[0] * 0.5).acos()),
        ("sinh", |x| x[0].sinh()),
        ("cosh", |x| x[0].cosh()),
        ("softplus", |x| x[0].softplus()),
        ("gelu", |x| x[0].gelu()),
        ("silu", |x| x[0].silu()),
        ("neg", |x| -x[0]),
        ("abs", |x| x[0].abs() * x[0]),
        ("square", |x| x[0].square()),
        ("relu", |x| x[0].relu() * x[0]),
        ("reciprocal", |x| x[0].reciprocal()),
        ("round", |x| x[0].floor() + x[0].ceil() + x[0].round() + x[0].trunc() + x[0].sign() + x[0]),
        ("clamp", |x| x[0].clamp(-1.0, 1.1) * x[0]),
    ];
    let x = numbers(&[2, 3], 1).requires_grad_(true);
    for (name, f) in any {
        check(name, f, &[&x]);
    }
    let positive: [(&str, Function); 12] = [
        ("log", |x| x[0].log()),
        ("log2", |x| x[0].log2()),
        ("log10", |x| x[0].log10()),
        ("log1p", |x| x[0].log1p()),
        ("sqrt", |x| x[0].sqrt()),
        ("rsqrt", |x| x[0].rsqrt()),
        ("pow 2", |x| x[0].pow(2)),
        ("pow 3", |x| x[0].pow(3)),
        ("pow 2.5", |x| x[0].pow(2.5)),
        ("pow -2", |x| x[0].pow(-2)),
        ("pow 1", |x| x[0].pow(1) * x[0]),
        ("a number to a power", |x| scalar(2.0).double().pow(x[0])),
    ];
    let x = numbers(&[2, 3], 2).abs().t().requires_grad_(true);
    for (name, f) in positive {
        check(name, f, &[&x]);
    }
}

#[test]
fn functions_of_two_tensors() {
    let functions: [(&str, Function); 15] = [
        ("add", |x| x[0] + x[1]),
        ("sub", |x| x[0] - x[1]),
        ("mul", |x| x[0] * x[1]),
        ("div", |x| x[0] / x[1]),
        ("number - x", |x| (3.0 - x[0]) * (2.0 / x[1])),
        ("remainder", |x| x[0] % x[1] * x[0]),
        ("pow", |x| x[0].abs().pow(x[1])),
        ("maximum", |x| x[0].maximum(x[1]) * x[0]),
        ("minimum", |x| x[0].minimum(x[1]) * x[1]),
        ("where", |x| where_cond(x[0].gt(x[1]), x[0] * x[1], x[1])),
        ("where with a number", |x| (x[0] * x[1]).where_cond(x[0].gt(0.0), 2.0)),
        ("clamp", |x| (x[0] * x[1]).clamp(x[1], None) + x[0].clamp(None, x[1]) * x[0]),
        ("clamp between", |x| x[0].clamp(x[1].abs() * -0.5, x[1].abs() * 0.5) * x[0]),
        ("the same", |x| x[0] * x[0] + x[1] / x[1].square()),
        ("f32 on the way", |x| (x[0].double() * x[1]).to(DType::F64)),
    ];
    let shapes: [(&[usize], &[usize]); 4] = [(&[2, 3], &[2, 3]), (&[2, 3], &[3]), (&[2, 1], &[1, 3]), (&[], &[2])];
    for (a, b) in shapes {
        let (a, b) = (numbers(a, 3).requires_grad_(true), numbers(b, 4).requires_grad_(true));
        for (name, f) in functions {
            check(name, f, &[&a, &b]);
        }
    }
}

#[test]
fn changes_in_place() {
    let functions: [(&str, Function); 12] = [
        ("add_", |x| {
            let y = x[0].clone();
            y.add_(x[1]);
            y.mul_(x[0]);
            y
        }),
        ("exp_", |x| {
            let y = x[0] * 1.0;
            y.exp_();
            y.sin_();
            y * x[1]
        }),
        ("a row", |x| {
            let y = x[0] * 2.0;
            y.i(0).mul_(x[1].i(1));
            y.square()
        }),
        ("a row that was taken before", |x| {
            let y = x[0] * 2.0;
            let row = y.i(0);
            y.mul_(x[1]);
            &row * &row
        }),
        ("a tensor that was alone", |x| {
            let y = zeros([2, 3]).double();
            let (row, column) = (y.i(1), y.i((.., 2)));
            row.copy_(x[0].i(0));
            column.copy_(x[1].i((.., 0)));
            y.square() + row
        }),
        ("a transposed tensor", |x| {
            let y = (x[0] * x[1]).t();
            y.i(1).add_(x[0].i((.., 0)));
            y.sin()
        }),
        ("a part of a part", |x| {
            let y = x[0] * x[1];
            let part = y.i((.., 1..));
            part.i(1).mul_(x[0].i((0, 1..)));
            part.square_();
            y
        }),
        ("fill_", |x| {
            let y = x[0] * x[1];
            y.i((0, ..)).fill_(2.0);
            y.i((1, 1)).zero_();
            y * x[0]
        }),
        ("+=", |x| {
            let mut y = x[0] * x[1];
            y += x[1];
            y *= 2.0;
            y /= x[0];
            y
        }),
        ("replaced by values", |x| {
            let y = x[0] * x[1];
            let before = &y * 1.0;
            y.copy_(ones([2, 3]));
            y * before
        }),
        ("where one tensor is both", |x| {
            let y = x[0] * 1.0;
            y.add_(y.t().t());
            y.i(0).mul_(y.i(1).clone());
            y * x[1]
        }),
        ("detached", |x| {
            let y = (x[0] * 0.0 + 2.0).detach();
            y.i(0).mul_(x[1].i(0));
            y.add_(x[0]);
            let view = y.i((.., 0));
            y.i((1, 0)).mul_(x[0].i((0, 0)));
            y + view.unsqueeze(1)
        }),
    ];
    let (a, b) = (numbers(&[2, 3], 5).requires_grad_(true), numbers(&[2, 3], 6).requires_grad_(true));
    for (name, f) in functions {
        check(name, f, &[&a, &b]);
    }
}

#[test]
fn reductions() {
    let functions: [(&str, Function); 40] = [
        ("sum", |x| x[0].sum() * x[0]),
        ("sum over a dimension", |x| x[0].sum_dim(1).square()),
        ("sum over two", |x| x[0].sum_keepdim([0, 2]).square()),
        ("mean", |x| x[0].mean().square()),
        ("mean over a dimension", |x| x[0].mean_dim(-1).square()),
        ("prod", |x| x[0].prod()),
        ("prod over a dimension", |x| x[0].prod_dim(1)),
        ("prod over two, kept", |x| x[0].prod_keepdim([0, 2])),
        ("prod with a zero", |x| (x[0] * x[0].ne(x[0].amax())).prod_dim(2)),
        ("prod with two zeros", |x| (x[0] * x[0].gt(0.0)).prod_dim([1, 2])),
        ("var", |x| x[0].var()),
        ("var over a dimension", |x| x[0].var_dim(1)),
        ("std", |x| x[0].std()),
        ("std over two", |x| x[0].std_keepdim([0, 2])),
        ("std of a population", |x| x[0].std_correction_dim(0, 2)),
        ("norm", |x| x[0].norm()),
        ("norm over a dimension", |x| x[0].norm_dim(2)),
        ("norm_p 1", |x| x[0].norm_p_dim(1, 1).square()),
        ("norm_p 3", |x| x[0].norm_p_keepdim(3, 1)),
        ("norm_p 1.5", |x| x[0].norm_p_dim(1.5, [0, 1])),
        ("norm_p inf", |x| x[0].norm_p_dim(f64::INFINITY, 1).square()),
        ("norm_p 0.5", |x| x[0].norm_p_dim(0.5, 1)),
        ("norm_p -1", |x| x[0].norm_p_dim(-1, 1)),
        ("max", |x| x[0].max().square()),
        ("min", |x| x[0].min().square()),
        ("amax", |x| x[0].amax_dim([0, 2]).square()),
        ("amin", |x| x[0].amin_keepdim(1).square()),
        ("max_dim", |x| x[0].max_dim(1).0.square()),
        ("min_keepdim", |x| x[0].min_keepdim(2).0.square()),
        ("logsumexp", |x| x[0].logsumexp(1)),
        ("logsumexp over two", |x| x[0].logsumexp_keepdim([0, 2])),
        ("softmax", |x| x[0].softmax(1)),
        ("softmax of the last", |x| x[0].softmax(-1)),
        ("log_softmax", |x| x[0].log_softmax(0)),
        ("cumsum", |x| x[0].cumsum(1).square()),
        ("cumprod", |x| x[0].cumprod(1)),
        ("cumprod with zeros", |x| (x[0] * x[0].gt(0.0)).cumprod(2)),
        ("sort", |x| x[0].sort_dim(1).0.square()),
        ("topk", |x| x[0].topk(2).0.square()),
        ("cumsum_", |x| {
            let y = x[0] * 2.0;
            y.cumsum_(0);
            y.cumprod_(1);
            y
        }),
    ];
    for x in [numbers(&[2, 3, 4], 7), numbers(&[4, 2, 3], 8).permute([1, 2, 0])] {
        let x = x.requires_grad_(true);
        for (name, f) in functions {
            check(name, f, &[&x]);
        }
    }
}

#[test]
fn products() {
    let shapes: [(&[usize], &[usize]); 11] = [
        (&[3], &[3]),
        (&[2, 3], &[3]),
        (&[3], &[3, 2]),
        (&[2, 3], &[3, 2]),
        (&[2, 2, 3], &[3, 2]),
        (&[2, 2, 3], &[3]),
        (&[3], &[2, 3, 2]),
        (&[2, 3], &[2, 3, 2]),
        (&[2, 1, 2, 3], &[2, 3, 2]),
        (&[1, 2, 3], &[2, 3, 1]),
        (&[2, 2, 2, 3], &[3, 1]),
    ];
    for (a, b) in shapes {
        let (a, b) = (numbers(a, 9).requires_grad_(true), numbers(b, 10).requires_grad_(true));
        check("matmul", |x| x[0].matmul(x[1]), &[&a, &b]);
    }
    let (a, b) = (numbers(&[2, 3], 11).requires_grad_(true), numbers(&[3, 4], 12).requires_grad_(true));
    let functions: [(&str, Function); 9] = [
        ("mm", |x| x[0].mm(x[1])),
        ("mv", |x| x[0].mv(x[1].i((.., 0)))),
        ("dot", |x| x[0].i(0).dot(x[1].i((.., 1)))),
        ("outer", |x| x[0].i(0).outer(x[1].i((.., 1)))),
        ("einsum of two", |x| einsum("ij,jk->ki", [x[0], x[1]])),
        ("einsum of one", |x| einsum("ij->j", x[0])),
        ("einsum of three", |x| einsum("ij,jk,ij->ik", [x[0], x[1], x[0]])),
        ("einsum of diagonals", |x| einsum("ii,jk->ik", [&x[0].matmul(x[0].t()), x[1]])),
        ("triangles", |x| x[0].matmul(x[1]).tril() + x[0].matmul(x[1]).triu().square()),
    ];
    for (name, f) in functions {
        check(name, f, &[&a, &b]);
    }
}

#[test]
fn shapes_and_indices() {
    let functions: [(&str, Function); 45] = [
        ("view", |x| x[0].view([3, 4]).square()),
        ("reshape of another order", |x| x[0].transpose(0, 2).reshape([4, 3]).square()),
        ("t", |x| x[0].i(0).t().square()),
        ("permute", |x| x[0].permute([2, 0, 1]).square()),
        ("movedim", |x| x[0].movedim(0, 2).square()),
        ("unsqueeze", |x| x[0].unsqueeze(1).squeeze_dim(1).square()),
        ("squeeze", |x| x[0].i((.., 0..1)).squeeze().square()),
        ("expand", |x| x[0].unsqueeze(0).expand([3, 2, 3, 2]).square()),
        ("flatten", |x| x[0].flatten().square()),
        ("flatten_dims", |x| x[0].flatten_dims(1, -1).square()),
        ("unflatten", |x| x[0].flatten().unflatten(0, [4, 3]).square()),
        ("repeat", |x| x[0].repeat([2, 1, 2]).square()),
        ("tile", |x| x[0].tile([2, 2]).square()),
        ("flip", |x| x[0].flip([0, 2]) * x[0]),
        ("select", |x| x[0].select(1, -1).square()),
        ("narrow", |x| x[0].narrow(1, 1, 2).square()),
        ("split", |x| x[0].split_dim(2, 1)[0].square()),
        ("chunk", |x| &x[0].chunk(2)[0] * &x[0].chunk(2)[1]),
        ("unbind", |x| &x[0].unbind_dim(1)[0] * &x[0].unbind_dim(1)[2]),
        ("diag", |x| x[0].i(0).diag().square().diag()),
        ("cat", |x| cat_dim([x[0], &x[0].square()], 1).square()),
        ("cat of one tensor twice", |x| cat([x[0], x[0]]).square()),
        ("stack", |x| stack_dim([x[0], &x[0].square()], 1).square()),
        ("hstack", |x| hstack([x[0], x[0]]) * 2.0),
        ("dstack", |x| dstack([x[0], x[0]]).square()),
        ("a number", |x| x[0].i((0, 1, 1)).square()),
        ("ranges and steps", |x| x[0].i((.., (..).step(2), 1..)).square()),
        ("an ellipsis and a new axis", |x| x[0].i((Ellipsis, NewAxis, 1)).square()),
        ("a list", |x| x[0].i((.., [2, 0, 2])).square()),
        ("two lists", |x| x[0].i(([0, 1, 0], [2, 0, 2])).square()),
        ("a list, a number and a range", |x| x[0].i(([0, 1, 1], 1.., 0)).square()),
        ("lists apart", |x| x[0].i(([0, 1], .., [1, 0])).square()),
        ("a mask", |x| x[0].i(x[0].gt(0.0)).square()),
        ("a mask of rows", |x| x[0].i(x[0].i((.., .., 0)).gt(0.0)).square()),
        ("index_select", |x| x[0].index_select(1, [2, 0, 2]).square()),
        ("gather", |x| x[0].gather(2, [[[0, 0], [1, 0], [1, 1]]]).square()),
        ("masked_select", |x| x[0].masked_select(x[0].i(0).gt(0.0)).square()),
        ("masked_fill", |x| x[0].masked_fill(x[0].gt(0.0), 2.0) * x[0]),
        ("masked_fill with a tensor", |x| x[0].masked_fill(x[0].gt(0.0), x[0].i((0, 0, 0))) * x[0]),
        ("index_put_ of a number", |x| {
            let y = x[0] * 2.0;
            y.index_put_((0, 1..), 3.0);
            y.square()
        }),
        ("index_put_ of a list", |x| {
            let y = x[0] * 2.0;
            y.index_put_((.., [2, 0]), x[0].i((.., ..2)) * 3.0);
            y.square()
        }),
        ("index_put_ of a row to several", |x| {
            let y = x[0] * 2.0;
            y.index_put_(([0, 1], [2, 0]), x[0].i((0, 0)));
            y.square()
        }),
        ("scatter_", |x| {
            let y = x[0] * 2.0;
            y.scatter_(1, [[[0, 2]], [[1, 1]]], x[0].square());
            y.square()
        }),
        ("index_copy_", |x| {
            let y = x[0] * 2.0;
            y.index_copy_(1, [2, 0], x[0].i((.., 1..)).square());
            y.square()
        }),
        ("masked_fill_ of a view", |x| {
            let y = x[0] * 2.0;
            y.i(0).masked_fill_(x[0].i(0).gt(0.0), x[0].sum());
            y.square()
        }),
    ];
    for x in [numbers(&[2, 3, 2], 13), numbers(&[3, 2, 2], 14).permute([1, 0, 2])] {
        let x = x.requires_grad_(true);
        for (name, f) in functions {
            if name != "view" || x.is_contiguous() {
                check(name, f, &[&x]);
            }
        }
    }
}

#[test]
fn a_leaf_can_be_frozen_and_thawed_through_any_handle() {
    let w = tensor![1.0, 2.0];
    let same = w.alias();
    let third = w.requires_grad_(true);
    for handle in [&w, &same, &third] {
        assert!(handle.requires_grad() && handle.is_leaf());
        handle.requires_grad_(false);
        for other in [&w, &same, &third] {
            assert!(!other.requires_grad() && !(other * 2.0).requires_grad());
        }
        handle.requires_grad_(true);
        for other in [&w, &same, &third] {
            other.zero_grad();
            (other * 2.0).sum().backward();
            assert_eq!(w.grad().to_vec::<f32>(), [2.0, 2.0]);
        }
    }
    let detached = third.detach().requires_grad_(true);
    (&detached * 3.0).sum().backward();
    assert_eq!(detached.grad().to_vec::<f32>(), [3.0, 3.0]);
    assert_eq!(w.grad().to_vec::<f32>(), [2.0, 2.0]);
}

#[test]
fn arrays_share_memory_with_tensors_that_gradients_ignore() {
    let w = tensor![1.0, 2.0].requires_grad_(true);
    let y = &w * 2;
    for x in [&w, &y] {
        assert_eq!(
            x.try_shared_array().err().map(|error| error.to_string()).as_deref(),
            Some(
                "shared_array: this tensor requires gradients, and changes of the array would go unnoticed; use x.detach().shared_array()"
            )
        );
    }
    // Values are given to anybody.
    assert_eq!(w.to_ndarray::<f32>(), ndarray::array![1.0, 2.0].into_dyn());
    assert_eq!(w.with_ndarray(|view: ndarray::ArrayViewD<f32>| view.sum()), 3.0);
    assert_eq!((w.to_vec::<f32>(), y.i(1).item::<f32>()), (vec![1.0, 2.0], 4.0));
    assert_eq!(y.into_ndarray::<f32>(), ndarray::array![2.0, 4.0].into_dyn());
    let array = w.detach().shared_array();
    assert_eq!(no_grad(|| w.shared_array().to_ndarray::<f32>()), array.to_ndarray::<f32>());
    array.with_mut(|mut view: ndarray::ArrayViewMutD<f32>| view[[0]] = 5.0);
    assert_eq!(w.to_vec::<f32>(), [5.0, 2.0]);

    // What asks for gradients later is one tensor, not the array's others.
    let x = ones([2]);
    let array = x.shared_array();
    let other = from_ndarray(&array).requires_grad_(true);
    x.requires_grad_(true);
    assert!(other.requires_grad() && !from_ndarray(&array).requires_grad());
}
