//! The speed of tensor operations, beside PyTorch's when a Python with PyTorch is there.
//!
//! `cargo bench -p tensorlib`, with the interpreter in `PYTHON` if it is not `python3`. Arguments are thread counts
//! (1 and 2 when none are given). Both sides run one after the other for each count; the ratio is PyTorch's time
//! divided by ours.

use std::collections::HashMap;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use tensorlib::prelude::*;

struct Row {
    name: &'static str,
    size: usize,
    microseconds: f64,
}

/// The median of seven runs of `inner` calls.
fn measure<T>(rows: &mut Vec<Row>, name: &'static str, size: usize, inner: usize, call: impl Fn() -> T) {
    black_box(call());
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..inner {
                black_box(call());
            }
            began.elapsed().as_secs_f64() * 1e6 / inner as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    rows.push(Row { name, size, microseconds: times[3] });
}

fn ours() -> Vec<Row> {
    let mut rows = Vec::new();
    for n in [64, 256, 512, 1024] {
        let (a, b) = (randn([n, n]), randn([n, n]));
        measure(&mut rows, "matmul", n, (200_000_000 / n.pow(3)).max(1), || a.matmul(&b));
    }
    for n in [6, 1000, 1_000_000, 16_000_000] {
        let (a, b) = (randn([n]), randn([n]));
        let inner = (2_000_000 / n).clamp(1, 20_000);
        measure(&mut rows, "add", n, inner, || &a + &b);
        measure(&mut rows, "add_", n, inner, || a.add_(&b));
        measure(&mut rows, "mul_scalar", n, inner, || &a * 2.0);
        measure(&mut rows, "exp", n, inner, || b.exp());
        measure(&mut rows, "sigmoid", n, inner, || b.sigmoid());
        measure(&mut rows, "sum", n, inner, || b.sum());
    }
    let m = randn([1000, 1000]);
    measure(&mut rows, "add_row_broadcast", 1000, 200, || &m + m.i(0));
    measure(&mut rows, "sum_dim1", 1000, 200, || m.sum_dim(1));
    measure(&mut rows, "softmax_dim1", 1000, 200, || m.softmax(1));
    measure(&mut rows, "transpose_contiguous", 1000, 200, || m.t().contiguous());
    measure(&mut rows, "add_transposed", 1000, 200, || &m + m.t());
    measure(&mut rows, "sum_dim0", 1000, 200, || m.sum_dim(0));
    let layers: Vec<(Tensor, Tensor)> = [(784, 128), (128, 64), (64, 10)]
        .into_iter()
        .map(|(from, to)| (randn([to, from]) * 0.05, randn([to])))
        .collect();
    let x = randn([1, 784]);
    let layer = |x: &Tensor, n: usize| x.matmul(layers[n].0.t()) + &layers[n].1;
    measure(&mut rows, "mlp_forward_batch1", 784, 1000, || {
        layer(&layer(&layer(&x, 0).relu(), 1).relu(), 2).log_softmax(1)
    });
    rows
}

/// PyTorch's microseconds by operation and size; nothing when there is no PyTorch.
fn torchs(threads: usize) -> HashMap<(String, usize), f64> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_string());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/torch_ops.py");
    let Ok(output) = Command::new(python).arg(script).arg(threads.to_string()).output() else {
        return HashMap::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let name = words.next()?.to_string();
            Some(((name, words.next()?.parse().ok()?), words.next()?.parse().ok()?))
        })
        .collect()
}

fn main() {
    let counts: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    for threads in if counts.is_empty() { vec![1, 2] } else { counts } {
        tensorlib::set_num_threads(threads);
        let rows = ours();
        let torch = torchs(threads);
        println!("\n| {threads} threads | size | µs | PyTorch µs | ratio |\n|---|--:|--:|--:|--:|");
        let mut logarithms = Vec::new();
        for Row { name, size, microseconds } in rows {
            match torch.get(&(name.to_string(), size)) {
                Some(theirs) => {
                    let ratio = theirs / microseconds;
                    logarithms.push(ratio.ln());
                    println!("| {name} | {size} | {microseconds:.3} | {theirs:.3} | {ratio:.2} |");
                }
                None => println!("| {name} | {size} | {microseconds:.3} | | |"),
            }
        }
        if logarithms.is_empty() {
            println!("\nNo PyTorch was found; name a Python that has it in PYTHON.");
        } else {
            let mean = (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp();
            println!("\nGeometric mean of {} ratios: {mean:.2}", logarithms.len());
        }
    }
}
