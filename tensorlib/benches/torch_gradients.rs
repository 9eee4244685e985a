//! The speed of operations together with their gradients, beside PyTorch's when a Python with PyTorch is there.
//!
//! `cargo bench -p tensorlib --bench torch_gradients`, with the interpreter in `PYTHON` if it is not `python3`. Arguments
//! are thread counts (1 and 2 when none are given).

mod beside_torch;

use beside_torch::Rows;
use tensorlib::prelude::*;

/// An operation, and the gradients of its operands for a gradient of ones.
fn there_and_back(
    rows: &mut Rows,
    name: &'static str,
    size: usize,
    inner: usize,
    leaves: &[Tensor],
    operation: impl Fn(&[Tensor]) -> Tensor,
) {
    leaves.iter().for_each(|leaf| drop(leaf.requires_grad_(true)));
    let ones = ones_like(&operation(leaves));
    rows.measure(name, size, inner, || {
        leaves.iter().for_each(Tensor::zero_grad);
        autograd::backward(&[&operation(leaves)]).gradient(&[&ones]).run();
    });
}

fn ours() -> Rows {
    let mut rows = Rows::default();
    for n in [64, 256, 512, 1024usize] {
        let inner = (50_000_000usize / (n * n * n)).max(1);
        there_and_back(&mut rows, "matmul", n, inner, &[randn([n, n]), randn([n, n])], |x| x[0].matmul(&x[1]));
    }
    for n in [6, 1000, 1_000_000] {
        let inner = (500_000 / n).clamp(2, 5000);
        let mut row = |name, leaves: &[Tensor], f: fn(&[Tensor]) -> Tensor| {
            there_and_back(&mut rows, name, n, inner, leaves, f);
        };
        row("add", &[randn([n]), randn([n])], |x| &x[0] + &x[1]);
        row("mul", &[randn([n]), randn([n])], |x| &x[0] * &x[1]);
        row("div", &[randn([n]), rand([n]) + 0.5], |x| &x[0] / &x[1]);
        row("mul_scalar", &[randn([n])], |x| &x[0] * 2.0);
        row("exp", &[randn([n])], |x| x[0].exp());
        row("log", &[rand([n]) + 0.5], |x| x[0].log());
        row("sigmoid", &[randn([n])], |x| x[0].sigmoid());
        row("tanh", &[randn([n])], |x| x[0].tanh());
        row("relu", &[randn([n])], |x| x[0].relu());
        row("gelu", &[randn([n])], |x| x[0].gelu());
        row("sum", &[randn([n])], |x| x[0].sum());
        row("mean", &[randn([n])], |x| x[0].mean());
    }
    let mut row = |name, leaves: &[Tensor], f: fn(&[Tensor]) -> Tensor| {
        there_and_back(&mut rows, name, 1000, 50, leaves, f);
    };
    let m = || randn([1000, 1000]);
    row("add_row_broadcast", &[m(), randn([1000])], |x| &x[0] + &x[1]);
    row("sum_dim1", &[m()], |x| x[0].sum_dim(1));
    row("sum_dim0", &[m()], |x| x[0].sum_dim(0));
    row("softmax_dim1", &[m()], |x| x[0].softmax(1));
    row("log_softmax_dim1", &[m()], |x| x[0].log_softmax(1));
    row("transpose_contiguous", &[m()], |x| x[0].t().contiguous());
    row("add_transposed", &[m()], |x| &x[0] + x[0].t());
    let w = scalar(1.0).requires_grad_(true);
    rows.measure("scalar_graph", 200, 200, || {
        w.zero_grad();
        let mut y = w.alias();
        for _ in 0..100 {
            y = &y * &w + 1.0;
        }
        y.backward();
    });
    rows
}

fn main() {
    beside_torch::compare("torch_gradients.py", ours);
}
