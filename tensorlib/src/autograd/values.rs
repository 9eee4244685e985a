//! No operation gives a tensor away that is for use inside operations only: gradients would not find it.

use super::{History, backward, no_grad};
use crate::prelude::*;

/// The tensors that an operation gives.
trait Given {
    fn given(self) -> Vec<Tensor>;
}

impl Given for Tensor {
    fn given(self) -> Vec<Tensor> {
        vec![self]
    }
}

impl Given for (Tensor, Tensor) {
    fn given(self) -> Vec<Tensor> {
        vec![self.0, self.1]
    }
}

impl Given for Vec<Tensor> {
    fn given(self) -> Vec<Tensor> {
        self
    }
}

type Call = (&'static str, fn(&Tensor, &Tensor) -> Vec<Tensor>);

macro_rules! calls {
    ($x:ident $y:ident: $($call:expr;)*) => {
        &[$((stringify!($call), |$x, $y| { let _ = $y; Given::given($call) })),*]
    };
}

/// Of two matrices of the same shape, 3 by 3, with numbers between 0 and 1.
const CALLS: &[Call] = calls! { x y:
    x + y; x - y; x * y; x / y; x % y; -x; x + 1.0; 1.0 - x; x.alias() * y; x.alias() * 2.0; x.clone() + y;
    x.add(y); x.sub(y); x.mul(y); x.div(y); x.floor_divide(y); x.remainder(y); x.maximum(y); x.minimum(y); x.pow(y);
    x.pow(2); x.pow(0.5); x.pow(1); x.pow(0);
    x.exp(); x.exp2(); x.expm1(); x.log(); x.log2(); x.log10(); x.log1p(); x.sqrt(); x.rsqrt(); x.reciprocal();
    x.sigmoid(); x.tanh(); x.sin(); x.cos(); x.tan(); x.asin(); x.acos(); x.atan(); x.sinh(); x.cosh();
    x.floor(); x.ceil(); x.round(); x.trunc(); x.softplus(); x.gelu(); x.silu(); x.neg(); x.abs(); x.sign(); x.square();
    x.relu(); x.clamp(0.2, 0.8); x.clamp(y, None); x.clip(None, y);
    x.eq(y); x.ne(y); x.lt(y); x.le(y); x.gt(y); x.ge(y); x.logical_and(y); x.logical_or(y); x.logical_xor(y);
    x.logical_not(); x.isnan(); x.isinf(); x.isfinite(); x.isclose(y); !x.gt(y); x.gt(y) & x.lt(1.0); x.gt(y) | x.lt(1.0);
    where_cond(x.gt(y), x, y); x.where_cond(x.gt(y), y);
    x.sum(); x.sum_dim(0); x.sum_dim([0, 1]); x.sum_keepdim(1); x.mean(); x.mean_dim(0); x.mean_keepdim(1);
    x.prod(); x.prod_dim(0); x.prod_keepdim(1); x.var(); x.var_dim(0); x.var_keepdim(1); x.std(); x.std_dim(0);
    x.std_keepdim(1); x.var_correction(0); x.std_correction(0); x.norm(); x.norm_dim(0); x.norm_p(3); x.norm_p_dim(1, 0);
    x.max(); x.max_dim(0); x.max_keepdim(1); x.min(); x.min_dim(0); x.amax(); x.amax_dim(0); x.amax_keepdim(1); x.amin();
    x.argmax(); x.argmax_dim(0); x.argmax_keepdim(1); x.argmin(); x.any(); x.all();
    x.sort(); x.sort_dim(0); x.sort_descending(); x.argsort(); x.argsort_descending_dim(0); x.topk(2); x.topk_smallest_dim(2, 0);
    x.softmax(0); x.log_softmax(1); x.logsumexp(0); x.logsumexp_keepdim(1); x.cumsum(0); x.cumprod(1);
    x.sum_to_size([1, 3]); x.sum_to_size([3, 3]);
    x.matmul(y); x.mm(y); x.unsqueeze(0).bmm(y.unsqueeze(0)); x.mv(y.i(0)); x.i(0).dot(y.i(1)); x.i(0).outer(y.i(1));
    einsum("ij,jk->ik", [x, y]); einsum("ij->ji", x); einsum("ij->ij", x); einsum("ii->i", x);
    x.tril(); x.triu(); x.diag(); x.i(0).diag();
    x.t(); x.transpose(0, 1); x.permute([1, 0]); x.permute([0, 1]); x.movedim(0, 1); x.flip(0); x.squeeze(); x.squeeze_dim(0);
    x.unsqueeze(0); x.expand([2, 3, 3]); x.expand([3, 3]); x.repeat([2, 1]); x.tile([1, 1]); x.contiguous().view([9]);
    x.reshape([9]); x.reshape([3, 3]); x.flatten(); x.ravel(); x.flatten_dims(0, 1); x.unflatten(0, [1, 3]);
    x.contiguous().view_as(y); x.reshape_as(y); x.expand_as(y); x.contiguous(); x.clone(); x.alias(); x.detach();
    x.to(DType::F32); x.float(); x.double(); x.long(); x.int(); x.byte(); x.bool();
    cat([x, y]); cat_dim([x, y], 1); cat([x]); stack([x, y]); stack_dim([x, y], 1); hstack([x, y]); vstack([x, y]);
    dstack([x, y]); column_stack([x, y]);
    x.split(2); x.split_dim([1, 2], 1); x.chunk(2); x.chunk_dim(2, 1); x.unbind(); x.unbind_dim(1);
    x.i(0); x.i(1..); x.i((.., (..).step(2))); x.i((0, 1)); x.i(..); x.i(NewAxis); x.i([2, 0]); x.i(x.gt(0.5)); x.select(0, 1);
    x.narrow(1, 0, 2); x.index_select(0, [1, 1]); x.gather(0, [[0, 1, 2]]); x.masked_fill(x.gt(0.5), 0.0);
    x.masked_fill(x.gt(0.5), y.sum()); x.masked_select(x.gt(0.5)); x.nonzero();
    zeros_like(x); ones_like(x); full_like(x, 2.0); empty_like(x); rand_like(x); randn_like(x);
    [x, y].into_iter().sum::<Tensor>();
};

/// Changes in place: of a copy, and what they return is another handle on it.
const CHANGES: &[Call] = calls! { x y:
    x.add_(y); x.sub_(y); x.mul_(y); x.div_(y); x.pow_(2); x.remainder_(y); x.maximum_(y); x.exp_(); x.neg_(); x.square_();
    x.relu_(); x.clamp_(0.2, 0.8); x.clip_(y, None); x.eq_(y); x.logical_not_(); x.logical_and_(y); x.fill_(1.0); x.zero_();
    x.copy_(y); x.copy_(1.0); x.cumsum_(0); x.cumprod_(0); x.masked_fill_(x.gt(0.5), 0.0); x.index_put_(0, y.i(0));
    x.index_put_([0, 2], y.i(0)); x.scatter_(0, [[0, 1, 2]], y); x.index_copy_(0, [1], y.i(0..1)); x.alias().t_();
    x.alias().transpose_(0, 1); x.alias().unsqueeze_(0); x.alias().squeeze_(); x.alias().squeeze_dim_(0); x.alias().detach_();
};

fn matrices() -> (Tensor, Tensor) {
    let x = arange(9).float().reshape([3, 3]) * 0.1 + 0.05;
    (x.clone(), (x * 7.0).remainder(1.0))
}

fn check(name: &str, x: &Tensor, given: &[Tensor]) {
    for one in given {
        assert!(!matches!(one.history, History::Values), "{name}");
        // What becomes known of the memory, all plain tensors on it know.
        let is_detached = name.contains("detach");
        assert!(is_detached || !one.shares_memory(x) || !matches!(one.history, History::Detached(_)), "{name}");
    }
}

#[test]
fn operations_give_tensors_that_gradients_find() {
    let (x, y) = matrices();
    for (x, y) in [(x.alias(), y.alias()), (x.t(), y.t())] {
        for (name, call) in CALLS {
            let given = call(&x, &y);
            check(name, &x, &given);
            assert!(given.iter().all(|one| !one.requires_grad()), "{name}");
            check(name, &x, &no_grad(|| call(&x, &y)));
        }
        for (name, call) in CHANGES {
            let x = x.clone();
            check(name, &x, &call(&x, &y));
        }
    }
}

#[test]
fn recorded_operations_do_so_too() {
    let (x, y) = matrices();
    for (w, v) in [(x.clone(), y.clone()), (x.t().clone(), y.t().clone())] {
        let (w, v) = (w.requires_grad_(true), v.requires_grad_(true));
        for (name, call) in CALLS {
            let given = call(&w, &v);
            let values = call(&w.detach(), &v.detach());
            check(name, &w, &given);
            for one in no_grad(|| call(&w, &v)) {
                assert!(!matches!(one.history, History::Values), "{name}");
            }
            for (one, value) in given.iter().zip(&values) {
                assert!(one.size() == value.size() && one.dtype() == value.dtype(), "{name}");
                assert!(!one.requires_grad() || one.dtype().is_floating_point(), "{name}");
                if !one.requires_grad() {
                    continue;
                }
                for create_graph in [false, true] {
                    let pass = backward(&[one]).gradient(&[&ones_like(one)]).create_graph(create_graph);
                    let gradients = pass.retain_graph(true).allow_unused(true).grad(&[&w, &v]);
                    check(name, &w, &gradients);
                    assert!(create_graph || gradients.iter().all(|gradient| !gradient.requires_grad()), "{name}");
                }
                backward(&[one]).gradient(&[&ones_like(one)]).run();
            }
            for leaf in [&w, &v] {
                check(name, leaf, &leaf.try_grad().into_iter().collect::<Vec<_>>());
                leaf.zero_grad();
            }
        }
        for (name, call) in CHANGES {
            let x = &w * 1.0;
            check(name, &x, &call(&x, &v));
        }
    }
}
