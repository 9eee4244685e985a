//! The time of one step of training, beside PyTorch's when a Python with PyTorch is there: eight models with the shapes of the
//! lessons, written as a learner writes them.
//!
//! `cargo bench -p tensorlib --bench torch_training`, with the interpreter in `PYTHON` if it is not `python3`. Arguments are
//! thread counts (1 and 2 when none are given); `memory` measures the memory of a step at its peak instead. The size is the number of examples in a batch.

mod beside_torch;

use beside_torch::Rows;
use tensorlib::functional::{self as F, Attention};
use tensorlib::optim::Optimizer;
use tensorlib::prelude::*;

fn trained<M: Forward>(
    rows: &mut Rows,
    (name, size, inner): (&'static str, usize, usize),
    model: &M,
    optimizer: &dyn Optimizer,
    loss_of: impl Fn(&M) -> Tensor,
) {
    rows.measure(name, size, inner, || {
        optimizer.zero_grad();
        loss_of(model).backward();
        optimizer.step();
    });
}

fn mlp(rows: &mut Rows, row: (&'static str, usize, usize), make: fn(Vec<Tensor>) -> Box<dyn Optimizer>) {
    let model = nn::sequential![
        nn::Linear::new(784, 256),
        nn::ReLU,
        nn::Linear::new(256, 128),
        nn::ReLU,
        nn::Linear::new(128, 64),
        nn::ReLU,
        nn::Linear::new(64, 10)
    ];
    let (x, y) = (rand([row.1, 784]), randint(10, [row.1]));
    let optimizer = make(model.parameters());
    trained(rows, row, &model, &*optimizer, |model| F::cross_entropy(&model.forward(&x), &y));
}

fn cnn(rows: &mut Rows, batch: usize, inner: usize) {
    let model = nn::sequential![
        nn::Conv2d::new(1, 6, 5).padding(2),
        nn::ReLU,
        nn::MaxPool2d::new(2),
        nn::Conv2d::new(6, 16, 5),
        nn::ReLU,
        nn::MaxPool2d::new(2),
        nn::Flatten::new(),
        nn::Linear::new(400, 120),
        nn::ReLU,
        nn::Linear::new(120, 84),
        nn::ReLU,
        nn::Linear::new(84, 10)
    ];
    let (x, y) = (rand([batch, 1, 28, 28]), randint(10, [batch]));
    let optimizer = optim::SGD::new(model.parameters(), 0.01).momentum(0.9);
    let loss = |model: &nn::Sequential| F::cross_entropy(&model.forward(&x), &y);
    trained(rows, ("cnn_sgd", batch, inner), &model, &optimizer, loss);
}

#[derive(Module)]
struct Names {
    embed: nn::Embedding,
    lstm: nn::LSTM,
    out: nn::Linear,
}

impl Forward for Names {
    fn forward(&self, x: &Tensor) -> Tensor {
        let (y, _) = self.lstm.forward(&self.embed.forward(x));
        self.out.forward(&y)
    }
}

fn lstm(rows: &mut Rows, batch: usize, inner: usize) {
    let model = Names {
        embed: nn::Embedding::new(28, 32),
        lstm: nn::LSTM::new(32, 128).batch_first(true),
        out: nn::Linear::new(128, 28),
    };
    let (x, y) = (randint(28, [batch, 16]), randint(28, [batch, 16]));
    let optimizer = optim::Adam::new(model.parameters(), 1e-3);
    let loss = |model: &Names| F::cross_entropy(&model.forward(&x).flatten_dims(0, 1), y.flatten());
    trained(rows, ("lstm_adam", batch, inner), &model, &optimizer, loss);
}

#[derive(Module)]
struct Block {
    heads: usize,
    norm1: nn::LayerNorm,
    norm2: nn::LayerNorm,
    qkv: nn::Linear,
    proj: nn::Linear,
    up: nn::Linear,
    down: nn::Linear,
}

impl Block {
    fn new(width: usize, heads: usize) -> Block {
        Block {
            heads,
            norm1: nn::LayerNorm::new(width),
            norm2: nn::LayerNorm::new(width),
            qkv: nn::Linear::new(width, 3 * width),
            proj: nn::Linear::new(width, width),
            up: nn::Linear::new(width, 4 * width),
            down: nn::Linear::new(4 * width, width),
        }
    }
}

impl Forward for Block {
    fn forward(&self, x: &Tensor) -> Tensor {
        let size = x.size();
        let (b, t, c) = (size[0], size[1], size[2]);
        let qkv = self.qkv.forward(&self.norm1.forward(x)).view([b, t, 3, self.heads, c / self.heads]);
        let qkv = qkv.permute([2, 0, 3, 1, 4]).unbind();
        let seen = F::scaled_dot_product_attention_with(&qkv[0], &qkv[1], &qkv[2], Attention::new().is_causal(true));
        let x = x + self.proj.forward(&seen.transpose(1, 2).reshape([b, t, c]));
        &x + self.down.forward(&self.up.forward(&self.norm2.forward(&x)).gelu())
    }
}

#[derive(Module)]
struct Gpt {
    tokens: nn::Embedding,
    places: nn::Embedding,
    blocks: nn::Sequential,
    norm: nn::LayerNorm,
    out: nn::Linear,
}

impl Gpt {
    fn new(symbols: usize, context: usize, width: usize) -> Gpt {
        let mut blocks = nn::Sequential::new();
        (0..4).for_each(|_| blocks.push(Block::new(width, 4)));
        Gpt {
            tokens: nn::Embedding::new(symbols, width),
            places: nn::Embedding::new(context, width),
            blocks,
            norm: nn::LayerNorm::new(width),
            out: nn::Linear::new(width, symbols),
        }
    }
}

impl Forward for Gpt {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.tokens.forward(x) + self.places.forward(&arange(x.size()[1]));
        self.out.forward(&self.norm.forward(&self.blocks.forward(&x)))
    }
}

fn gpt(rows: &mut Rows, batch: usize, inner: usize) {
    let model = Gpt::new(65, 64, 64);
    let (x, y) = (randint(65, [batch, 64]), randint(65, [batch, 64]));
    let optimizer = optim::AdamW::new(model.parameters(), 1e-3);
    let loss = |model: &Gpt| F::cross_entropy(&model.forward(&x).flatten_dims(0, 1), y.flatten());
    trained(rows, ("gpt_adamw", batch, inner), &model, &optimizer, loss);
}

fn forward_alone(rows: &mut Rows, inner: usize) {
    let model = nn::sequential![
        nn::Linear::new(784, 128),
        nn::ReLU,
        nn::Linear::new(128, 64),
        nn::ReLU,
        nn::Linear::new(64, 10)
    ];
    let x = rand([1, 784]);
    rows.measure("mlp_forward", 1, inner, || no_grad(|| model.forward(&x)));
}

fn ours() -> Rows {
    manual_seed(0);
    let mut rows = Rows::default();
    mlp(&mut rows, ("mlp_sgd", 64, 50), |p| Box::new(optim::SGD::new(p, 0.01).momentum(0.9)));
    mlp(&mut rows, ("mlp_adam", 64, 50), |p| Box::new(optim::Adam::new(p, 1e-3)));
    mlp(&mut rows, ("mlp_adam", 512, 10), |p| Box::new(optim::Adam::new(p, 1e-3)));
    cnn(&mut rows, 64, 10);
    lstm(&mut rows, 32, 10);
    gpt(&mut rows, 16, 3);
    forward_alone(&mut rows, 500);
    let w = scalar(1.0).requires_grad_(true);
    rows.measure("scalar_graph", 200, 50, || {
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
    beside_torch::compare("torch_training.py", ours);
}
