//! Writes a page with every rendering, once on white and once on black: `cargo run --example gallery -- FOLDER`.
//!
//! The page is for looking at: after a change to a table, a picture or a plot, open `light.html` and `dark.html`.

use std::fmt::Write as _;
use std::path::Path;

use tensorlib::picture::{self, Activation, Diagram};
use tensorlib::plot;
use tensorlib::prelude::*;
use tensorlib::render::{to_html, to_html_shaded, to_text};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    manual_seed(7);
    let body = format!("{}{}{}", tables(), figures("Pictures", &pictures()), figures("Plots", &plots()));
    for (name, paper, ink) in [("light", "#ffffff", "#1b1b1b"), ("dark", "#111111", "#e4e4e4")] {
        let page = format!(
            "<!doctype html>\n<meta charset=\"utf-8\">\n<title>tensorlib: {name}</title>\n\
             <body style=\"background:{paper};color:{ink};font:14px system-ui,sans-serif;margin:1.5em\">\n{body}</body>\n"
        );
        std::fs::write(folder.join(format!("{name}.html")), page)?;
    }
    println!("wrote light.html and dark.html to {}", folder.display());
    Ok(())
}

fn tables() -> String {
    let tensors = [
        ("a matrix", rand([3, 2])),
        ("one number", full((), 3.5)),
        ("a vector", arange(6)),
        ("sizes that differ", tensor![[1e-6, 1.0, -20000.0], [f64::NAN, f64::INFINITY, 0.0]]),
        ("booleans", tensor![[true, false], [false, true]]),
        ("no elements", zeros([0, 3])),
        ("slices", rand([2, 3, 4])),
        ("many slices", arange(100_000).reshape([10, 10, 20, 50])),
        ("large", randn([1000, 500])),
    ];
    let mut html = String::from("<h2>Tables</h2>\n");
    for (name, tensor) in &tensors {
        let _ = write!(html, "<h3>{name}</h3>\n{}", to_html(tensor));
    }
    let _ = write!(html, "<h3>shaded</h3>\n{}", to_html_shaded(&randn([6, 8])));
    let _ = write!(html, "<h3>text</h3>\n<pre>{}</pre>\n", to_text(&randn([40, 40])));
    html
}

fn small() -> nn::Sequential {
    nn::sequential![nn::Linear::new(3, 4), nn::ReLU, nn::Linear::new(4, 2), nn::Softmax::new(1)]
}

fn wide() -> nn::Sequential {
    nn::sequential![
        nn::Linear::new(784, 128),
        nn::ReLU,
        nn::Dropout::new(0.2),
        nn::Linear::new(128, 10),
        nn::LogSoftmax::new(1)
    ]
}

fn convolutional() -> nn::Sequential {
    nn::sequential![
        nn::Conv2d::new(1, 6, 5),
        nn::BatchNorm2d::new(6),
        nn::ReLU,
        nn::MaxPool2d::new(2),
        nn::Conv2d::new(6, 16, 5),
        nn::ReLU,
        nn::MaxPool2d::new(2),
        nn::Flatten::new(),
        nn::Linear::new(256, 10)
    ]
}

fn words() -> nn::Sequential {
    nn::sequential![nn::Embedding::new(65, 32), nn::TransformerEncoderLayer::new(32, 4), nn::Linear::new(32, 65)]
}

fn deep() -> nn::Sequential {
    let mut model = nn::Sequential::new();
    for _ in 0..20 {
        model.push(nn::Linear::new(32, 32));
        model.push(nn::Tanh);
    }
    model
}

fn pictures() -> Vec<Diagram> {
    vec![
        picture::neuron([0.5, -1.2], [0.8, 0.3], 0.1),
        picture::neuron_with(randn([3]), randn([3]), -0.4, Activation::Tanh),
        picture::neuron_with(randn([12]), randn([12]), 0.7, Activation::Relu),
        picture::network([randn([3, 2]), randn([2, 1])]),
        picture::network_with_bias([randn([3, 2]), randn([2, 1])], [randn([2]), randn([1])]),
        picture::network_with_bias([randn([4, 4]), randn([4, 3])], [randn([4]), randn([3])]),
        picture::network([randn([784, 128]), randn([128, 64]), randn([64, 10])]),
        picture::network(&small()),
        picture::network_on(&small(), &tensor![[0.5, -1.2, 2.0]]),
        picture::network_on(&wide(), &blob(14.0, 10.0).reshape([1, 784])),
        picture::network(&convolutional()),
        picture::network_on(&convolutional(), &blob(14.0, 10.0).reshape([1, 1, 28, 28])),
        picture::network_on(&words(), &(arange(24).reshape([2, 12]))),
        picture::network(&deep()),
        picture::tensor_ranks([rand([4]), rand([3, 4]), rand([3, 3, 4])]),
        picture::tensor_ranks_named(&[("标量", &full((), 0.5)), ("向量", &randn([20])), ("矩阵", &randn([30, 4]))]),
        picture::matmul_shapes(zeros([2, 3]), zeros([3, 4])),
        picture::matmul_shapes(zeros([2, 3]), zeros([2, 3])),
        picture::matmul_shapes(zeros([5, 2, 30]), zeros([30, 4])),
        picture::matmul_shapes(zeros([4, 3]), zeros([3])),
        neuron_loss(),
        network_loss(),
        attention(),
        picture::graph(&(0..500).fold(ones([2]).requires_grad_(true), |y, _| (y * 0.9).tanh() + 0.1)),
        recurrent(200),
    ]
}

/// A neuron's loss after `backward`.
fn neuron_loss() -> Diagram {
    let (w, b) = (tensor![0.5, -1.0].requires_grad_(true), scalar(0.1).requires_grad_(true));
    let (x, y) = (tensor![[2.0, 3.0], [1.0, -1.0], [0.5, 0.25]], tensor![1.0, 0.0, 1.0]);
    let p = (x.matmul(&w) + &b).sigmoid();
    p.retain_grad();
    let loss = -(&y * p.log() + (1 - &y) * (1 - &p).log()).mean();
    loss.backward();
    picture::graph(&loss)
}

/// The loss of a network of three layers after `backward`.
fn network_loss() -> Diagram {
    let layer = |inputs: i64, outputs: i64| {
        ((randn([inputs, outputs]) * 0.05).requires_grad_(true), zeros([outputs]).requires_grad_(true))
    };
    let (images, labels) = (randn([64, 784]), randint(10, [64, 1]));
    let [(w1, b1), (w2, b2), (w3, b3)] = [layer(784, 128), layer(128, 64), layer(64, 10)];
    let hidden = ((images.matmul(&w1) + &b1).relu().matmul(&w2) + &b2).relu();
    let loss = -(hidden.matmul(&w3) + &b3).log_softmax(1).gather(1, &labels).mean();
    loss.backward();
    picture::graph(&loss)
}

fn attention() -> Diagram {
    let words = randn([10, 32]);
    let [q, k, v] = [(); 3].map(|()| words.matmul(randn([32, 32]).requires_grad_(true)));
    let weights = (q.matmul(k.t()) / 32_f64.sqrt()).softmax(-1);
    picture::graph(&(weights.matmul(&v) + &q).mean())
}

/// What stays of a recurrent network after many steps: more than can be drawn.
fn recurrent(steps: usize) -> Diagram {
    let (wx, wh) = (randn([3, 4]).requires_grad_(true), randn([4, 4]).requires_grad_(true));
    let h = (0..steps).fold(zeros([1, 4]), |h, _| (randn([1, 3]).matmul(&wx) + h.matmul(&wh)).tanh());
    picture::graph(&h.sum())
}

fn plots() -> Vec<Diagram> {
    let x = linspace(-3.0, 3.0, 200);
    let epochs = arange(40);
    let falling = |rate: f64| (-rate * &epochs).exp() + 0.1;
    let (across, down) =
        (linspace(0.0, 1.0, 64).expand([48, 64]), linspace(0.0, 1.0, 48).unsqueeze(1).expand([48, 64]));
    let image = stack([&across, &down, &(1.0 - &across)]);
    let plots = [
        plot::line((&epochs, falling(0.15)))
            .name("training")
            .line((&epochs, falling(0.1)))
            .name("validation")
            .title("Loss"),
        plot::line((&x, x.sigmoid())).x_label("z").y_label("σ(z)"),
        plot::scatter(randn([300]), randn([300]))
            .name("class 0")
            .scatter(&(randn([300]) + 3.0), randn([300]))
            .name("class 1"),
        plot::histogram(randn([5000]), 30).title("5000 normal numbers"),
        plot::bar(["cat", "dog", "bird", "fish", "a very long name"], [0.5, 0.25, -0.125, 0.06, 0.3]),
        plot::heat_map(randn([5, 7])).title("Weights"),
        plot::heat_map(randn([60, 90])),
        plot::imshow(&image).title("[3, 48, 64]"),
        plot::imshow(rand([28, 28])),
        plot::image_grid(rand([8, 1, 14, 14]), 4).title("A batch"),
    ];
    plots.iter().map(plot::Plot::draw).chain(of_training()).collect()
}

/// What is looked at while a model learns.
fn of_training() -> Vec<Diagram> {
    let mut live = plot::Live::new(["train", "valid"]).epochs(30);
    let mut complete = plot::Live::new(["train", "valid"]).epochs(30).title("Training");
    for epoch in 0..30 {
        let loss = 2.0 * (-0.15 * f64::from(epoch)).exp() + 0.1;
        complete.push([loss, loss + 0.004 * f64::from(epoch)]);
        if epoch < 12 {
            live.push([loss, loss + 0.1]);
        }
    }
    let labels = arange(1000) % 10;
    let taken = where_cond(rand([1000]).lt(0.85), &labels, (&labels * 3 + 1) % 10);
    let clothes =
        ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];
    let few =
        plot::confusion_matrix([0, 1, 2, 2, 0, 1], [0, 1, 2, 1, 0, 1], ["cat", "dog", "bird"]).title("Few classes");
    let many = plot::confusion_matrix(arange(5000) % 60, arange(5000) * 61 % 60, 0..60);
    let blobs = (0..18).map(|i| blob(f64::from(i % 6) * 4.0 + 4.0, f64::from(i / 6) * 6.0 + 6.0)).collect::<Vec<_>>();
    let batch = stack(&blobs);
    let (labels_of_batch, predicted) = (arange(18) % 10, where_cond(arange(18).eq(7), scalar(2), arange(18) % 10));
    let kernels = nn::Conv2d::new(3, 16, 7);
    vec![
        live.draw(),
        complete.draw(),
        few.draw(),
        plot::confusion_matrix(&taken, &labels, clothes).title("Fashion-MNIST").draw(),
        many.draw(),
        plot::images(&batch).names(clothes).labels(&labels_of_batch).predicted(&predicted).title("Predictions").draw(),
        plot::images(&batch).draw(),
        plot::images(&kernels.weight).title("Kernels of a convolution").draw(),
        plot::images(rand([140, 5, 5])).draw(),
        plot::images(rand([3, 3, 16, 24])).labels(["sea", "a rather long name of an image", "sky"]).draw(),
    ]
}

/// A bright spot in a dark image of 28 by 28.
fn blob(x: f64, y: f64) -> Tensor {
    let from = |middle: f64| (arange(28) - middle).pow(2) / -12.0;
    (from(y).unsqueeze(1) + from(x)).exp()
}

/// The pictures as images, which is how front ends show them: nothing of the page reaches into them.
fn figures(heading: &str, diagrams: &[Diagram]) -> String {
    let mut html = format!("<h2>{heading}</h2>\n");
    for diagram in diagrams {
        let address: String = diagram.svg().bytes().map(|b| format!("%{b:02x}")).collect();
        let _ = writeln!(
            html,
            "<img alt=\"\" src=\"data:image/svg+xml,{address}\" style=\"margin:6px;vertical-align:top\">"
        );
    }
    html
}
