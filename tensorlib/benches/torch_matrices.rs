//! The speed of decompositions of matrices, beside PyTorch's when a Python with PyTorch is there: in double and in single
//! precision.
//!
//! `cargo bench -p tensorlib --bench torch_matrices`, with arguments as for `torch_ops`.

mod beside_torch;

use beside_torch::Rows;
use tensorlib::prelude::*;

fn ours() -> Rows {
    let mut rows = Rows::default();
    for n in [8usize, 64, 256] {
        let count = |cost: usize| (cost / n.pow(3)).clamp(1, 2000);
        let x = randn([n, n]).double();
        let definite = x.matmul(x.t()) + eye(n).double();
        let (single, single_definite) = (x.float(), definite.float());
        let b = randn([n, n]).double();
        rows.measure("inverse", n, count(30_000_000), || x.inverse());
        rows.measure("solve", n, count(30_000_000), || x.solve(&b));
        rows.measure("det", n, count(60_000_000), || x.det());
        rows.measure("cholesky", n, count(60_000_000), || definite.cholesky());
        rows.measure("qr", n, count(30_000_000), || x.qr());
        rows.measure("eigh", n, count(10_000_000), || definite.eigh());
        rows.measure("svd", n, count(5_000_000), || x.svd());
        rows.measure("matrix_exp", n, count(10_000_000), || x.matrix_exp());
        rows.measure("inverse_f32", n, count(30_000_000), || single.inverse());
        rows.measure("cholesky_f32", n, count(60_000_000), || single_definite.cholesky());
        rows.measure("eigh_f32", n, count(10_000_000), || single_definite.eigh());
        rows.measure("svd_f32", n, count(5_000_000), || single.svd());
    }
    rows
}

fn main() {
    beside_torch::compare("torch_matrices.py", ours);
}
