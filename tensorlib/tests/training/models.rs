//! The models of the runs.

use super::Task;
use tensorlib::functional as F;
use tensorlib::functional::Attention;
use tensorlib::prelude::*;

fn classified(model: nn::Sequential, x: Tensor, y: Tensor) -> Task {
    Task { model, loss: Box::new(move |model| F::cross_entropy(&model.forward(&x), &y)) }
}

pub fn mlp() -> Task {
    let model =
        nn::sequential![nn::Linear::new(20, 32), nn::ReLU, nn::Linear::new(32, 16), nn::Tanh, nn::Linear::new(16, 5)];
    classified(model, randn([64, 20]), randint(5, [64]))
}

pub fn lenet() -> Task {
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
    classified(model, rand([16, 1, 28, 28]), randint(10, [16]))
}

pub fn batch_norm() -> Task {
    let model = nn::sequential![
        nn::Conv2d::new(1, 4, 3),
        nn::BatchNorm2d::new(4),
        nn::ReLU,
        nn::Flatten::new(),
        nn::Dropout::new(0.3),
        nn::Linear::new(144, 8),
        nn::BatchNorm1d::new(8),
        nn::ReLU,
        nn::Linear::new(8, 3)
    ];
    classified(model, rand([16, 1, 8, 8]), randint(3, [16]))
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
        let [b, t, c] = size[..] else { panic!("needs [batch, length, width], not {size}") };
        let qkv = self.qkv.forward(&self.norm1.forward(x)).view([b, t, 3, self.heads, c / self.heads]);
        let qkv = qkv.permute([2, 0, 3, 1, 4]);
        let (q, k, v) = (qkv.i(0), qkv.i(1), qkv.i(2));
        let seen = F::scaled_dot_product_attention_with(&q, &k, &v, Attention::new().is_causal(true));
        let x = x + self.proj.forward(&seen.transpose(1, 2).reshape([b, t, c]));
        &x + self.down.forward(&self.up.forward(&self.norm2.forward(&x)).gelu())
    }
}

#[derive(Module)]
struct Gpt {
    tokens: nn::Embedding,
    places: nn::Embedding,
    blocks: Vec<Block>,
    norm: nn::LayerNorm,
    out: nn::Linear,
}

impl Forward for Gpt {
    fn forward(&self, x: &Tensor) -> Tensor {
        let mut x = self.tokens.forward(x) + self.places.forward(&arange(x.size()[1]));
        for block in &self.blocks {
            x = block.forward(&x);
        }
        self.out.forward(&self.norm.forward(&x))
    }
}

pub fn gpt() -> Task {
    let (symbols, context, width) = (20, 12, 16);
    let model = Gpt {
        tokens: nn::Embedding::new(symbols, width),
        places: nn::Embedding::new(context, width),
        blocks: (0..2).map(|_| Block::new(width, 4)).collect(),
        norm: nn::LayerNorm::new(width),
        out: nn::Linear::new(width, symbols),
    };
    let (x, y) = (randint(20, [4, 12]), randint(20, [4, 12]));
    Task {
        model: nn::sequential![model],
        loss: Box::new(move |model| F::cross_entropy(&model.forward(&x).flatten_dims(0, 1), y.flatten())),
    }
}

/// Names, letter by letter.
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

pub fn lstm() -> Task {
    let model = Names {
        embed: nn::Embedding::new(12, 8),
        lstm: nn::LSTM::new(8, 16).batch_first(true),
        out: nn::Linear::new(16, 12),
    };
    let (x, y) = (randint(12, [8, 6]), randint(12, [8, 6]));
    Task {
        model: nn::sequential![model],
        loss: Box::new(move |model| F::cross_entropy(&model.forward(&x).flatten_dims(0, 1), y.flatten())),
    }
}

pub fn encoder() -> Task {
    let layer = nn::TransformerEncoderLayer::new(16, 4).dim_feedforward(32).dropout(0.1).batch_first(true);
    // In the order of the Python: the encoder's layer is drawn first.
    let model = nn::sequential![nn::Linear::new(6, 16), layer, nn::Linear::new(16, 4)];
    let (x, y) = (randn([4, 7, 6]), randint(4, [4, 7]));
    Task { model, loss: Box::new(move |model| F::cross_entropy(&model.forward(&x).transpose(1, 2), &y)) }
}
