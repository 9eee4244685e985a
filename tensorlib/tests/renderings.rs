//! What every rendering keeps to, whatever it shows, and the markup of each kind as a snapshot.

use roxmltree::Document;
use tensorlib::picture::{self, Activation, Diagram};
use tensorlib::plot;
use tensorlib::prelude::*;
use tensorlib::render::{to_html, to_html_shaded};

/// One picture of each kind, from values that are the same everywhere.
fn pictures() -> Vec<(&'static str, Diagram)> {
    let ramp = |count: usize| from_vec((0..count).map(|i| (i * 7 % 11) as f32 / 5.0 - 1.0).collect::<Vec<_>>());
    let matrix = |rows: usize, columns: usize| ramp(rows * columns).reshape([rows as i64, columns as i64]);
    let two_layers = [&matrix(3, 2), &matrix(2, 1)];
    vec![
        ("neuron", picture::neuron(tensor![0.5, -1.2], tensor![0.8, 0.3], 0.1)),
        ("neuron_wide", picture::neuron_with(ramp(12), ramp(12), -0.5, Activation::Relu)),
        ("network", picture::network(two_layers)),
        ("network_with_bias", picture::network_with_bias(two_layers, [&ramp(2), &ramp(1)])),
        ("network_wide", picture::network([&matrix(784, 128), &matrix(128, 10)])),
        ("tensor_ranks", picture::tensor_ranks([&ramp(4), &matrix(3, 4), &ramp(36).reshape([3, 3, 4])])),
        ("tensor_ranks_folded", picture::tensor_ranks_named(&[("标量", &full((), 0.5)), ("矩阵", &matrix(30, 20))])),
        ("matmul_shapes", picture::matmul_shapes(zeros([2, 3]), zeros([3, 4]))),
        ("matmul_shapes_misfit", picture::matmul_shapes(zeros([2, 3]), zeros([2, 3]))),
        ("matmul_shapes_batch", picture::matmul_shapes(zeros([5, 2, 30]), zeros([30]))),
        ("network_model", picture::network(&linear(&[(3, "ReLU"), (2, "Softmax")], &ramp))),
        ("network_model_on", picture::network_on(&linear(&[(3, "ReLU"), (2, "Softmax")], &ramp), &matrix(2, 3))),
        ("network_blocks", picture::network(&convolutional(&ramp))),
        ("network_blocks_on", picture::network_on(&convolutional(&ramp), &matrix(6, 6).reshape([1, 1, 6, 6]))),
        ("network_custom", picture::network(&Custom::new(&ramp))),
        ("network_custom_on", picture::network_on(&Custom::new(&ramp), &matrix(1, 3))),
        ("network_folded", picture::network(&Repeated { layers: (0..60).map(|_| nn::Dropout::new(0.5)).collect() })),
        ("graph", cross_entropy()),
        ("graph_shared", shared(&ramp(4).reshape([2, 2]))),
        ("graph_network", trained(&matrix(5, 30), [&matrix(30, 20), &matrix(20, 3)])),
        ("graph_leaf", picture::graph(&ramp(2).requires_grad_(true))),
        ("graph_chain", picture::graph(&(0..100).fold(ramp(2).requires_grad_(true), |y, _| (y * 0.5).tanh()))),
        ("graph_folded", recurrent(&matrix(2, 2), 300)),
        ("graph_operands", picture::graph(&cat(vec![&ramp(3).requires_grad_(true); 3]).sum())),
    ]
}

/// Fills parameters with values that are the same everywhere.
fn filled<M: Module>(model: M, ramp: &dyn Fn(usize) -> Tensor) -> M {
    for parameter in model.parameters() {
        no_grad(|| parameter.copy_(ramp(parameter.numel()).reshape(&parameter.size()[..])));
    }
    model
}

/// Linear layers with activations, from 3 inputs.
fn linear(layers: &[(usize, &str)], ramp: &dyn Fn(usize) -> Tensor) -> nn::Sequential {
    let mut model = nn::Sequential::new();
    let mut inputs = 3;
    for (outputs, activation) in layers {
        model.push(nn::Linear::new(inputs, *outputs));
        match *activation {
            "ReLU" => model.push(nn::ReLU),
            _ => model.push(nn::Softmax::new(1)),
        }
        inputs = *outputs;
    }
    filled(model, ramp)
}

fn convolutional(ramp: &dyn Fn(usize) -> Tensor) -> nn::Sequential {
    let model = nn::sequential![
        nn::Conv2d::new(1, 2, 3),
        nn::BatchNorm2d::new(2),
        nn::ReLU,
        nn::MaxPool2d::new(2),
        nn::Flatten::new(),
        nn::Linear::new(8, 3)
    ];
    filled(model, ramp)
}

/// A model with functions between its layers, of which its fields tell nothing.
#[derive(Module)]
struct Custom {
    hidden: nn::Linear,
    output: nn::Linear,
}

impl Custom {
    fn new(ramp: &dyn Fn(usize) -> Tensor) -> Custom {
        filled(Custom { hidden: nn::Linear::new(3, 2), output: nn::Linear::new(2, 1) }, ramp)
    }
}

impl Forward for Custom {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.hidden.forward(x).tanh())
    }
}

/// A model of many layers and a parameter of its own.
#[derive(Module)]
struct Repeated {
    layers: Vec<nn::Dropout>,
}

/// A neuron's loss after `backward`, with the gradient of its output.
fn cross_entropy() -> Diagram {
    let (w, b) = (tensor![0.5, -1.0].requires_grad_(true), scalar(0.1).requires_grad_(true));
    let (x, y) = (tensor![[2.0, 3.0], [1.0, -1.0], [0.5, 0.25]], tensor![1.0, 0.0, 1.0]);
    let p = (x.matmul(&w) + &b).sigmoid();
    p.retain_grad();
    let loss = -(&y * p.log() + (1 - &y) * (1 - &p).log()).mean();
    loss.backward();
    picture::graph(&loss)
}

/// A value that is used in several places, near and far.
fn shared(x: &Tensor) -> Diagram {
    let x = x.exp().requires_grad_(true);
    let e = x.log();
    picture::graph(&((&e * 2).tanh().sin() * (&e + 1) + &e - &x).sum())
}

fn trained(x: &Tensor, weights: [&Tensor; 2]) -> Diagram {
    let [w1, w2] = weights.map(|w| (w * 0.1).requires_grad_(true));
    let [b1, b2] = [&w1, &w2].map(|w| zeros([w.size()[1]]).requires_grad_(true));
    let scores = ((x.matmul(&w1) + &b1).relu().matmul(&w2) + &b2).log_softmax(1);
    let loss = -scores.i((.., 0)).mean();
    loss.backward();
    picture::graph(&loss)
}

fn recurrent(w: &Tensor, steps: usize) -> Diagram {
    let (wx, wh) = (w.clone().requires_grad_(true), w.clone().requires_grad_(true));
    let x = tensor![[0.5, -0.5]];
    let h = (0..steps).fold(zeros([1, 2]), |h, _| (x.matmul(&wx) + h.matmul(&wh)).tanh());
    picture::graph(&h.sum())
}

fn live(epochs: Option<usize>) -> plot::Live {
    let mut live = plot::Live::new(["train", "valid"]).epochs(epochs.unwrap_or(9)).title("Loss");
    for loss in [0.9, 0.5, 0.25] {
        live.push([loss, loss + 0.125]);
    }
    live
}

fn plots() -> Vec<(&'static str, Diagram)> {
    let x = arange(6);
    let y = tensor![3.0, 1.0, 2.0, f64::NAN, 0.5, 0.25];
    let lines = plot::line((&x, &y)).name("a < b").scatter(&x, &x).name("points").title("Two & more").x_label("epoch");
    vec![
        ("plot_series", lines.draw()),
        ("plot_histogram", plot::histogram(tensor![1.0, 2.0, 2.0, 3.0, 9.0], 4).draw()),
        ("plot_bar", plot::bar(["cat", "dog", "\"bird\""], tensor![0.5, -0.25, 1.0]).draw()),
        ("plot_bar_turned", plot::bar((0..14).map(|i| format!("a long name {i}")), arange(14)).draw()),
        ("plot_heat_map", plot::heat_map(tensor![[1.0, -2.0, 0.5], [0.0, f64::NAN, 4.0]]).draw()),
        (
            "plot_heat_map_named",
            plot::heat_map(arange(6).reshape([2, 3]))
                .x_names(["I", "am", "a name that does not fit"])
                .y_names(["dog", "<cat>"])
                .draw(),
        ),
        (
            "plot_contour",
            plot::contour(linspace(-2, 2, 9), linspace(-1, 1, 5), linspace(0, 3, 45).reshape([5, 9]).square())
                .line(([-1.5, 0.0, 1.0], [0.75, 0.25, -0.5]))
                .title("A valley")
                .draw(),
        ),
        ("plot_imshow", plot::imshow(tensor![[0.0, 0.5], [1.0, 0.25]]).draw()),
        ("plot_image_grid", plot::image_grid(zeros([3, 3, 2, 2]), 2).draw()),
        ("plot_columns", plot::line(arange(8).reshape([4, 2])).names(["train", "valid"]).draw()),
        ("plot_live", live(Some(5)).draw()),
        ("plot_live_complete", live(Some(3)).draw()),
        ("plot_confusion", plot::confusion_matrix([0, 1, 1, 2, 2], [0, 1, 2, 2, 0], ["cat", "<dog>", "bird"]).draw()),
        (
            "plot_confusion_many",
            plot::confusion_matrix(arange(40), arange(40), (0..40).map(|i| format!("class {i}"))).draw(),
        ),
        (
            "plot_images",
            plot::images(arange(12).reshape([3, 2, 2]) / 12.0)
                .names(["cat", "a \"dog\" of a long name"])
                .labels([0, 1, 1])
                .predicted([0, 1, 0])
                .title("Animals")
                .draw(),
        ),
        ("plot_images_many", plot::images(zeros([130, 1, 2, 3])).draw()),
    ]
}

#[test]
fn diagrams_have_the_markup_of_their_snapshots() {
    for (name, diagram) in pictures().into_iter().chain(plots()) {
        insta::assert_snapshot!(name, format!("{diagram}\n\n{}", diagram.svg()));
    }
}

#[test]
fn diagrams_are_valid_titled_and_self_contained() {
    for (name, diagram) in pictures().into_iter().chain(plots()) {
        let document = Document::parse(diagram.svg()).unwrap_or_else(|e| panic!("{name} is not XML: {e}"));
        let svg = document.root_element();
        assert_eq!(svg.attribute("role"), Some("img"), "{name}");
        let title = svg.first_element_child().expect("a title");
        assert_eq!(title.tag_name().name(), "title", "{name}");
        assert_eq!(title.text(), svg.attribute("aria-label"), "{name}");
        for node in document.descendants().filter(|n| n.is_element()) {
            let tag = node.tag_name().name();
            assert!(!["script", "style", "foreignObject", "a", "use"].contains(&tag), "{name}: <{tag}>");
            for attribute in node.attributes() {
                let (key, value) = (attribute.name(), attribute.value());
                assert!(!["id", "class", "style"].contains(&key) && !key.starts_with("on"), "{name}: {key}");
                assert!(key != "href" || value.starts_with("data:image/png;base64,"), "{name}: {value}");
                assert!(!value.contains("NaN") && !value.contains("inf"), "{name}: {key}={value}");
            }
        }
    }
}

#[test]
fn the_same_values_give_the_same_bytes() {
    assert_eq!(pictures(), pictures());
    assert_eq!(plots(), plots());
}

#[test]
fn diagrams_are_legible_at_400_pixels() {
    // Letters of 9 pixels are the least that can be read; names in small circles may be a little less.
    for (name, diagram) in pictures().into_iter().chain(plots()) {
        let document = Document::parse(diagram.svg()).expect("valid XML");
        let width: f64 = document.root_element().attribute("width").and_then(|w| w.parse().ok()).expect("a width");
        let scale = 400.0 / width;
        for text in document.descendants().filter(|n| n.has_tag_name(("http://www.w3.org/2000/svg", "text"))) {
            let fine = text.ancestors().filter_map(|n| n.attribute("transform")).any(|t| t.contains("scale(0.1)"));
            let size: f64 = text.attribute("font-size").and_then(|s| s.parse().ok()).expect("a font size");
            let size = if fine { size / 10.0 } else { size };
            assert!(size * scale >= 8.0, "{name}: `{}` is {:.1} px high", text.text().unwrap_or(""), size * scale);
        }
    }
}

#[test]
fn drawing_survives_values_that_cannot_be_drawn() {
    let odd = tensor![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308];
    let tiny = tensor![5e-324, -5e-324, 0.0, 0.0];
    for x in [&odd, &tiny, &odd.to(DType::F64), &zeros([4])] {
        let diagrams = [
            picture::neuron(x, x, f64::NAN),
            picture::network([&x.reshape([2, 2])]),
            picture::tensor_ranks([x]),
            plot::line((x, x)).scatter(x, x).draw(),
            plot::histogram(x, 3).draw(),
            plot::bar(["a", "b", "c", "d"], x).draw(),
            plot::heat_map(x.reshape([2, 2])).draw(),
            plot::imshow(x.reshape([2, 2])).draw(),
            plot::images(x.reshape([1, 2, 2])).scale_each(true).draw(),
            plot::images(x.reshape([1, 1, 2, 2])).draw(),
            with_weights(x, [4, 1]),
            with_weights(x, [2, 2]),
        ];
        for diagram in diagrams {
            assert!(Document::parse(diagram.svg()).is_ok());
            assert!(!diagram.svg().contains("=\"NaN") && !diagram.svg().contains("=\"inf"), "{}", diagram.svg());
        }
    }
    let empty = zeros([0]);
    assert!(Document::parse(plot::line((&empty, &empty)).draw().svg()).is_ok());
    assert!(Document::parse(plot::histogram(&empty, 3).draw().svg()).is_ok());
}

/// A model with these weights, that is given them.
fn with_weights(x: &Tensor, [inputs, outputs]: [usize; 2]) -> Diagram {
    let layer = nn::Linear::new(inputs, outputs);
    no_grad(|| layer.weight.copy_(x.reshape([outputs as i64, inputs as i64])));
    picture::network_on(&layer, &x.to(DType::F32).reshape([-1, inputs as i64]))
}

#[test]
fn a_line_takes_all_that_holds_values() {
    let values = vec![1.0, 2.0, 4.0];
    let line = |plot: plot::Plot| plot.draw().text().to_owned();
    let expected = "line of 3 values from 1 to 4";
    assert_eq!(line(plot::line(&values)), expected);
    assert_eq!(line(plot::line(&values[..])), expected);
    assert_eq!(line(plot::line([1.0f32, 2.0, 4.0])), expected);
    assert_eq!(line(plot::line(vec![1u8, 2, 4])), expected);
    assert_eq!(line(plot::line(tensor![1, 2, 4])), expected);
    assert_eq!(line(plot::line(values.iter().map(|&v| scalar(v)).collect::<Vec<_>>())), expected);
    assert_eq!(line(plot::line([&scalar(1.0), &scalar(2.0).requires_grad_(true), &full([1], 4.0)])), expected);
    assert_eq!(line(plot::line(1..=4)), "line of 4 values from 1 to 4");
    assert_eq!(line(plot::line((.., &values))), expected);
    assert_eq!(line(plot::plot((1..=3, &values)).line(&values)), format!("{expected}; {expected}"));
    assert_eq!(
        line(plot::line((&values, tensor![[1, 2], [3, 4], [5, 6]]))),
        "line “0” of 3 values from 1 to 5; line “1” of 3 values from 2 to 6"
    );
}

/// The sentence of a panic.
fn sentence(body: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(body).expect_err("a panic");
    payload.downcast_ref::<String>().expect("a sentence").clone()
}

#[test]
fn what_cannot_be_plotted_gets_one_sentence() {
    let said = |body: fn()| sentence(body);
    assert_eq!(
        said(|| drop(plot::line((&tensor![1, 2], [1, 2, 3])))),
        "line: x and y must have as many values, but their shapes are [2] and [3]"
    );
    assert_eq!(
        said(|| drop(plot::line(rand([2, 40])))),
        "line: give a vector, or a matrix of 1 to 30 columns; the shape is [2, 40]"
    );
    assert_eq!(
        said(|| drop(plot::line(vec![scalar(1.0), ones([3])]))),
        "plot: of a list of tensors each must be one number, but the shape of number 1 is [3]; draw it by itself, or join them with cat or stack"
    );
    assert_eq!(
        said(|| drop(plot::line([1.0]).names(["a", "b"]))),
        "names: give one name for each series; there are 1 series and 2 names"
    );
    assert_eq!(
        said(|| drop(plot::confusion_matrix([0, 1], [0], ["a", "b"]))),
        "confusion_matrix: give one prediction for each label; there are 2 predictions and 1 labels"
    );
    assert_eq!(
        said(|| drop(plot::confusion_matrix([0, 1], [0, 2], ["a", "b"]))),
        "confusion_matrix: labels has 2 at position 1, but there are 2 names, for the classes 0 to 1"
    );
    assert_eq!(
        said(|| drop(plot::confusion_matrix([0.5], [0], ["a"]))),
        "confusion_matrix: predicted has 0.5 at position 0; classes are whole numbers from 0"
    );
    assert_eq!(
        said(|| drop(plot::confusion_matrix(zeros([0]), zeros([0]), ["a"]))),
        "confusion_matrix: there is nothing to count; give at least one prediction and its label"
    );
    assert_eq!(
        said(|| drop(plot::images(zeros([2, 2, 2])).labels([0]))),
        "images: labels must be one for each image; there are 2 images and 1 labels"
    );
    assert_eq!(
        said(|| drop(plot::images(zeros([1, 2, 2])).labels([4]).names(["a"]))),
        "images: labels has 4 at position 0, but there are 1 names, for the classes 0 to 0"
    );
    assert_eq!(
        said(|| drop(plot::images(zeros([4])))),
        "images: a batch of images is [N, H, W] or [N, C, H, W]; the shape is [4]"
    );
    assert_eq!(
        said(|| plot::Live::new(["train", "valid"]).push([0.5])),
        "Live: give one value for each line (train, valid), not 1"
    );
}

#[test]
fn a_model_at_work_is_left_as_it_was() {
    let model = nn::sequential![nn::Linear::new(3, 4), nn::Dropout::new(0.5), nn::BatchNorm1d::new(4)];
    let before = model.state_dict().clone();
    let drawn = picture::network_on(&model, &rand([2, 3]));
    assert!(model.is_training());
    assert!(before.iter().all(|(name, tensor)| model.state_dict()[name].equal(tensor)));
    assert!(drawn.text().contains("2: BatchNorm1d") && drawn.text().contains("→ [2, 4]"), "{drawn}");
    let error = picture::try_network_on(&model, &rand([2, 5])).expect_err("an error").to_string();
    assert!(error.starts_with("layer 0: Linear(in_features=3, out_features=4, bias=true): "), "{error}");
}

#[test]
fn models_that_share_layers_or_have_none_are_drawn() {
    let shared = std::sync::Arc::new(nn::Conv1d::new(2, 2, 1));
    let model = nn::sequential![shared.clone(), shared];
    let drawn = picture::network_on(&model, &rand([1, 2, 3]));
    assert!(drawn.text().contains("1: Conv1d(2, 2, kernel_size=(1,), stride=(1,)), the same again"), "{drawn}");
    let error = picture::try_network(&nn::Sequential::new()).expect_err("an error").to_string();
    assert_eq!(error, "network: the model has no layers; its fields are what is drawn");
    assert!(picture::network(&nn::ReLU).text().starts_with("ReLU: 1 layer, 0 parameters"));
    assert!(picture::network(&nn::Bilinear::new(2, 3, 4)).text().contains("28 parameters"));
}

#[test]
fn plots_of_many_values_stay_small() {
    let x = linspace(0.0, 1.0, 300_000);
    let y = from_vec((0..300_000).map(|i| (i * 7919_i64 % 10_007) as f32).collect::<Vec<_>>());
    assert!(plot::line((&x, &y)).draw().svg().len() < 100_000);
    assert!(plot::scatter(&x, &y).draw().svg().len() < 4_000_000);
    assert!(plot::imshow(zeros([3, 2000, 2000])).draw().svg().len() < 1_200_000);
}

#[test]
fn tables_have_the_markup_of_their_snapshots() {
    let slices = arange(24).reshape([2, 3, 4]);
    let tables = [
        ("table_matrix", to_html(&tensor![[0.5, -1.0], [100.25, 3.0]])),
        ("table_number", to_html(&full((), 3.5))),
        ("table_vector", to_html(&tensor![true, false, true])),
        ("table_slices", to_html(&slices)),
        ("table_folded", to_html(&arange(3000).reshape([100, 30]))),
        ("table_empty", to_html(&zeros([0, 3]))),
        ("table_gradients", to_html(&(tensor![0.5; f64].requires_grad_(true) * 2))),
        ("table_shaded", to_html_shaded(&tensor![[1.0, -0.5], [0.0, f64::NAN]])),
    ];
    for (name, html) in tables {
        insta::assert_snapshot!(name, html);
    }
}

/// Tensors of all ranks, of every dtype, small and vast, with the longest values there are.
fn many_tensors() -> Vec<Tensor> {
    let shapes: [&[usize]; 16] = [
        &[],
        &[1],
        &[0],
        &[5, 0, 3],
        &[7],
        &[100_000_000],
        &[1, 1],
        &[20, 12],
        &[21, 13],
        &[1_000_000, 1_000_000],
        &[3, 20, 12],
        &[100, 28, 28],
        &[64, 3, 224, 224],
        &[2, 2, 2, 2, 2, 2, 2, 2, 2],
        &[9, 1, 9, 1, 9, 1, 9, 1],
        &[1; 400],
    ];
    let values = [
        full((), -1.234_567e-30),
        from_vec(vec![f64::MIN_POSITIVE * -1.5]).view(()),
        from_vec(vec![i64::MIN]).view(()),
        from_vec(vec![i32::MIN]).view(()),
        from_vec(vec![255u8]).view(()),
        from_vec(vec![false]).view(()),
    ];
    values.iter().flat_map(|value| shapes.iter().map(move |&shape| value.expand(shape))).collect()
}

#[test]
fn tables_stay_below_20_kilobytes() {
    for tensor in many_tensors() {
        for html in [to_html(&tensor), to_html_shaded(&tensor)] {
            assert!(html.len() <= 20_000, "{} {}: {} bytes", tensor.dtype(), tensor.size(), html.len());
        }
    }
}

#[test]
fn tables_are_well_formed_and_say_what_their_headers_head() {
    for tensor in many_tensors() {
        let html = to_html_shaded(&tensor);
        let document = Document::parse(&html).unwrap_or_else(|e| panic!("{}: {e}", tensor.size()));
        for node in document.descendants().filter(|n| n.is_element()) {
            match node.tag_name().name() {
                "table" => {
                    let first = node.first_element_child().expect("a caption");
                    assert_eq!(first.tag_name().name(), "caption");
                }
                "th" => assert!(matches!(node.attribute("scope"), Some("row" | "col"))),
                "script" | "style" => panic!("no script and no style sheet"),
                _ => {}
            }
        }
        let text: String = document.descendants().filter_map(|n| n.text()).collect();
        assert!(text.contains(tensor.dtype().name()));
    }
}

#[test]
fn the_points_of_numbers_stand_below_each_other() {
    let html = to_html(&tensor![[1.5, -20.0], [0.125, 3.0]]);
    let document = Document::parse(&html).expect("well-formed");
    let cells = document.descendants().filter(|n| n.has_tag_name("td") && n.text().is_some());
    let after_point: Vec<usize> = cells
        .map(|cell| {
            assert_eq!(cell.attribute("align"), Some("right"));
            cell.text().and_then(|text| text.split_once('.')).expect("a point").1.len()
        })
        .collect();
    assert_eq!(after_point, [4, 4, 4, 4]);
}

#[test]
fn wrong_shapes_get_one_sentence() {
    let message = |result: tensorlib::Result<Diagram>| result.expect_err("an error").to_string();
    let two = ones([2]);
    assert_eq!(
        message(picture::try_neuron(&two, ones([3]), 0.0, Activation::Sigmoid)),
        "neuron: inputs and weights must have as many numbers, but their shapes are [2] and [3]"
    );
    assert_eq!(
        message(picture::try_network([ones([3, 2]), ones([3, 1])])),
        "network: weights 1 has 2 outputs, but weights 2 takes 3 inputs; its shape is [3, 1]"
    );
    assert_eq!(message(picture::try_network(Vec::<Tensor>::new())), "network: give at least one weight matrix");
    assert_eq!(
        message(picture::try_graph(&two)),
        "graph: this tensor was not made from one that requires gradients; ask for them with w.requires_grad_(true) before the computation, outside no_grad"
    );
    assert_eq!(
        message(picture::try_network_with_bias([ones([3, 2])], [ones([3])])),
        "network: bias 1 has 3 values, but weights 1 has 2 outputs"
    );
}

#[test]
fn tables_say_what_gradients_know() {
    let w = ones([2, 2, 2]).requires_grad_(true);
    assert!(to_html(&w).contains("<b>[2, 2, 2]</b> f32, requires_grad=true</div>"));
    assert!(to_html(&(&w * 2)).contains("f32, grad_fn=&lt;MulBackward0&gt;"));
    assert!(to_html(&zeros([0]).requires_grad_(true)).contains("f32, requires_grad=true, no elements"));
    let is_told = |x: &Tensor| to_html(x).contains("grad");
    assert!(!is_told(&w.detach()) && !is_told(&no_grad(|| &w * 2)) && !is_told(&ones([2])));
}

#[test]
fn graphs_have_names_of_any_kind_and_survive_odd_values() {
    use tensorlib::autograd::{Context, Function};
    struct Odd;
    impl Function for Odd {
        fn forward(&self, _: &mut Context, inputs: &[&Tensor]) -> Tensor {
            inputs[0].clone()
        }
        fn backward(&self, _: &Context, gradient: &Tensor) -> Vec<Option<Tensor>> {
            vec![Some(gradient.alias())]
        }
        fn name(&self) -> &'static str {
            "<一个函数> & with a name that is much too long for a box"
        }
    }
    let x = tensor![f64::NAN, f64::INFINITY, -1e-300; f64].requires_grad_(true);
    let empty = zeros([0, 3]).requires_grad_(true);
    let y = Odd.apply(&[&x]);
    y.sum().backward();
    empty.sum().backward();
    for value in [&y, &x, &empty, &empty.sum()] {
        let diagram = picture::graph(value);
        assert!(Document::parse(diagram.svg()).is_ok());
        assert!(!diagram.svg().contains("=\"NaN") && !diagram.svg().contains("=\"inf"), "{}", diagram.svg());
    }
    assert!(picture::graph(&y).svg().contains("&lt;一个函数&gt; &amp; with a name"));
}

#[test]
fn graphs_of_any_size_are_drawn_at_once() {
    let x = ones([2]).requires_grad_(true);
    let chain = (0..300_000).fold(&x * 2, |y, _| y * 1.0001);
    for diagram in [recurrent(&eye(2), 50_000), picture::graph(&chain)] {
        assert!(diagram.svg().len() < 60_000 && diagram.text().lines().count() < 100, "{diagram}");
    }
    assert!(recurrent(&eye(2), 20_000).text().contains("… 79,977 more operations"));
}
