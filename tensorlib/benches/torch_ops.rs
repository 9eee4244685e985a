//! The speed of tensor operations, beside PyTorch's when a Python with PyTorch is there.
//!
//! `cargo bench -p tensorlib`, with the interpreter in `PYTHON` if it is not `python3`. Arguments are thread counts
//! (1 and 2 when none are given). Both sides run one after the other for each count; the ratio is PyTorch's time
//! divided by ours.

mod beside_torch;

use beside_torch::Rows;
use tensorlib::prelude::*;

fn ours() -> Rows {
    let mut rows = Rows::default();
    for n in [64, 256, 512, 1024] {
        let (a, b) = (randn([n, n]), randn([n, n]));
        rows.measure("matmul", n, (200_000_000 / n.pow(3)).max(1), || a.matmul(&b));
    }
    for n in [6, 1000, 1_000_000, 16_000_000] {
        let (a, b) = (randn([n]), randn([n]));
        let inner = (2_000_000 / n).clamp(1, 20_000);
        rows.measure("add", n, inner, || &a + &b);
        rows.measure("add_", n, inner, || a.add_(&b));
        rows.measure("mul_scalar", n, inner, || &a * 2.0);
        rows.measure("exp", n, inner, || b.exp());
        rows.measure("sigmoid", n, inner, || b.sigmoid());
        rows.measure("sum", n, inner, || b.sum());
    }
    let m = randn([1000, 1000]);
    rows.measure("add_row_broadcast", 1000, 200, || &m + m.i(0));
    rows.measure("sum_dim1", 1000, 200, || m.sum_dim(1));
    rows.measure("softmax_dim1", 1000, 200, || m.softmax(1));
    rows.measure("transpose_contiguous", 1000, 200, || m.t().contiguous());
    rows.measure("add_transposed", 1000, 200, || &m + m.t());
    rows.measure("sum_dim0", 1000, 200, || m.sum_dim(0));
    let layers: Vec<(Tensor, Tensor)> = [(784, 128), (128, 64), (64, 10)]
        .into_iter()
        .map(|(from, to)| (randn([to, from]) * 0.05, randn([to])))
        .collect();
    let x = randn([1, 784]);
    let layer = |x: &Tensor, n: usize| x.matmul(layers[n].0.t()) + &layers[n].1;
    rows.measure("mlp_forward_batch1", 784, 1000, || layer(&layer(&layer(&x, 0).relu(), 1).relu(), 2).log_softmax(1));
    rows
}

fn main() {
    beside_torch::compare("torch_ops.py", ours);
}
