//! Which cells of the lessons, and of notebooks written for evcxr, have hot loops.

use std::collections::BTreeSet;
use std::path::Path;

use soma_driver::evcxr::program::{SHOW_METHOD, words};
use soma_driver::variable_types::Types;

use crate::engine::items::{CellOf, Items, Statements};
use crate::engine::prepare::{Earlier, code_start, prepare_after};

/// A notebook of the repository.
struct Notebook {
    path: &'static str,
    /// Variables, with the types that the store reports for them. The other variables are plain.
    types: &'static [(&'static str, &'static str)],
    /// The cells, counted from 0 in the file, that have loops of their own, but no hot ones.
    cool: &'static [usize],
    /// The cells with loops of their own that have, or reach, hot ones.
    hot: &'static [usize],
}

const TENSOR: &str = "tensorlib::Tensor";
const SEQUENTIAL: &str = "tensorlib::nn::sequential::Sequential";
const MNIST: &str = "tensorlib::data::datasets::mnist::Mnist";
const FASHION: &str = "tensorlib::data::datasets::mnist::FashionMnist";
const FOLDER: &str = "tensorlib::data::datasets::folder::ImageFolder";
const LOADER: &str = "tensorlib::data::loader::DataLoader<tensorlib::data::datasets::mnist::Mnist, (tensorlib::Tensor, tensorlib::Tensor)>";
const BATCHES: &str = "tensorlib::data::loader::DataLoader<tensorlib::data::split::Subset<tensorlib::data::tensors::\
     TensorDataset>, std::vec::Vec<tensorlib::Tensor>>";

const NOTEBOOKS: [Notebook; 21] = [
    Notebook { path: "notebooks/en/00-start.ipynb", types: &[], cool: &[10, 14], hot: &[] },
    Notebook { path: "notebooks/en/01-tensors.ipynb", types: &[], cool: &[], hot: &[] },
    Notebook {
        path: "notebooks/en/02-a-picture-as-numbers.ipynb",
        types: &[
            ("images", TENSOR),
            ("labels", TENSOR),
            ("loader", LOADER),
            ("parameters", "std::vec::Vec<tensorlib::Tensor>"),
            ("reader", SEQUENTIAL),
            ("train", MNIST),
        ],
        cool: &[9, 11, 40, 44],
        hot: &[],
    },
    Notebook {
        path: "notebooks/en/03-learning.ipynb",
        types: &[
            ("b", TENSOR),
            ("criterion", "tensorlib::nn::loss::CrossEntropyLoss"),
            ("images", TENSOR),
            ("labels", TENSOR),
            ("loader", LOADER),
            ("model", SEQUENTIAL),
            ("optimizer", "tensorlib::optim::sgd::SGD"),
            ("right", TENSOR),
            ("train", MNIST),
            ("w", TENSOR),
            ("x", TENSOR),
            ("y", TENSOR),
        ],
        cool: &[20, 22, 26, 32, 44, 46],
        hot: &[],
    },
    Notebook {
        path: "notebooks/en/04-clothes.ipynb",
        types: &[
            ("images", TENSOR),
            ("labels", TENSOR),
            ("loader", LOADER),
            ("model", "crate::Classifier"),
            ("optimizer", "tensorlib::optim::adam::Adam"),
            ("scores", TENSOR),
            ("test", FASHION),
            ("test_images", TENSOR),
            ("test_labels", TENSOR),
            ("train", FASHION),
        ],
        cool: &[8, 17, 19, 21, 28],
        hot: &[],
    },
    Notebook {
        path: "notebooks/en/05-overfitting.ipynb",
        types: &[
            ("images", TENSOR),
            ("labels", TENSOR),
            ("live", "tensorlib::plot::live::Live"),
            ("model", SEQUENTIAL),
            ("optimizer", "tensorlib::optim::adam::Adam"),
            ("test", FASHION),
            ("test_loader", LOADER),
            ("train", "tensorlib::data::split::Subset<tensorlib::data::datasets::mnist::FashionMnist>"),
            ("train_loader", LOADER),
            ("valid", "tensorlib::data::split::Subset<tensorlib::data::datasets::mnist::FashionMnist>"),
            ("valid_loader", LOADER),
        ],
        cool: &[5, 17, 31, 35],
        hot: &[],
    },
    Notebook {
        path: "notebooks/en/06-saving-and-loading.ipynb",
        types: &[
            ("labels", TENSOR),
            ("loader", LOADER),
            ("model", "crate::Network"),
            ("optimizer", "tensorlib::optim::adam::Adam"),
            ("pictures", TENSOR),
            ("state", "tensorlib::io::state_dict::StateDict"),
            ("train", FASHION),
            ("x", TENSOR),
        ],
        cool: &[7, 32, 36],
        hot: &[],
    },
    Notebook {
        path: "notebooks/en/07-pictures-from-folders.ipynb",
        types: &[
            ("both", TENSOR),
            ("folder", FOLDER),
            ("second", SEQUENTIAL),
            ("test", FOLDER),
            ("test_y", TENSOR),
            ("views", "std::vec::Vec<tensorlib::Tensor>"),
            ("votes", TENSOR),
            ("x", TENSOR),
        ],
        cool: &[13, 17, 21, 23, 25, 27, 33, 37],
        hot: &[],
    },
    Notebook {
        path: "notebooks/en/08-transfer.ipynb",
        types: &[
            ("device", "tensorlib::device::Device"),
            ("features", "crate::Features"),
            ("head", "tensorlib::nn::linear::Linear"),
            ("model", "crate::Classifier"),
            ("p", TENSOR),
            ("test", FOLDER),
            ("test_x", TENSOR),
            ("test_y", TENSOR),
            ("train", FOLDER),
            ("train_x", TENSOR),
            ("train_y", TENSOR),
            ("x", TENSOR),
        ],
        cool: &[5, 9, 19, 23, 26, 28, 30],
        hot: &[],
    },
    Notebook {
        path: "notebooks/en/09-convolutions.ipynb",
        types: &[
            ("boot", TENSOR),
            ("image", TENSOR),
            ("kernel", TENSOR),
            ("model", SEQUENTIAL),
            ("patch", TENSOR),
            ("test", FASHION),
        ],
        cool: &[9, 28, 37],
        hot: &[],
    },
    Notebook { path: "tests/notebooks/arrays.ipynb", types: &[], cool: &[], hot: &[9, 13, 14] },
    Notebook {
        path: "tests/notebooks/basics.ipynb",
        types: &[],
        cool: &[14, 42, 48, 49],
        hot: &[9, 12, 13, 18, 20, 22, 33, 36, 38, 46, 47, 54],
    },
    Notebook { path: "tests/notebooks/commands.ipynb", types: &[], cool: &[], hot: &[] },
    Notebook { path: "tests/notebooks/display.ipynb", types: &[], cool: &[], hot: &[16, 37] },
    Notebook { path: "tests/notebooks/errors.ipynb", types: &[], cool: &[13, 26], hot: &[15] },
    Notebook { path: "tests/notebooks/plots.ipynb", types: &[], cool: &[6], hot: &[3, 8, 10, 11, 12] },
    Notebook { path: "tests/notebooks/running.ipynb", types: &[], cool: &[5], hot: &[14, 15, 16, 18, 22, 26, 30] },
    Notebook { path: "tests/notebooks/tour.ipynb", types: &[], cool: &[7], hot: &[9, 11, 17, 18, 24] },
    Notebook {
        path: "tests/notebooks/types.ipynb",
        types: &[
            ("hand", "[crate::Card; 2]"),
            ("leaf", "std::rc::Rc<crate::Node>"),
            ("parsed", "crate::Vector"),
            ("root", "std::rc::Rc<crate::Node>"),
            ("stack", "crate::Stack<f64>"),
            ("velocity", "crate::Vector"),
            ("zoo", "std::vec::Vec<std::boxed::Box<dyn crate::Animal>>"),
        ],
        cool: &[19],
        hot: &[5, 20, 25, 30, 32, 33, 35, 38, 47],
    },
    Notebook {
        path: "notebooks/en/10-sequences.ipynb",
        types: &[
            ("embed", "tensorlib::nn::embedding::Embedding"),
            ("model", "crate::Speller"),
            ("shares", TENSOR),
            ("train_loader", BATCHES),
            ("valid_loader", BATCHES),
        ],
        cool: &[9],
        hot: &[3, 5, 7, 15, 19, 21, 23, 25, 26, 28, 30],
    },
    Notebook {
        path: "notebooks/en/11-attention.ipynb",
        types: &[
            ("maps", "std::vec::Vec<tensorlib::Tensor>"),
            ("model", "crate::Gpt"),
            ("seen", TENSOR),
            ("tokens", TENSOR),
            ("train", TENSOR),
            ("valid", TENSOR),
            ("last", TENSOR),
        ],
        cool: &[20],
        hot: &[10, 12, 22, 24, 28, 30, 32, 34],
    },
];

/// The cells of a notebook, or nothing where a cell is text.
fn cells(path: &str) -> Vec<Option<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let notebook: serde_json::Value = serde_json::from_str(&text).expect("a notebook is JSON");
    let cells = notebook["cells"].as_array().expect("a notebook has cells").iter();
    cells
        .map(|cell| {
            let lines = cell["source"].as_array().expect("a source has lines").iter();
            let source = lines.map(|line| line.as_str().expect("a line is text")).collect();
            (cell["cell_type"] == "code").then_some(source)
        })
        .collect()
}

/// Whether a cell with these variables is hot, and whether it has loops of its own; it is run then.
fn run(items: &mut Items, place: usize, code: &str, variables: &[(&str, &str)]) -> (bool, bool) {
    let cell = prepare_after(code, Earlier { items: Some(items), ..Earlier::default() });
    let types = variables.iter().map(|(name, ty)| ((*name).to_owned(), Some((*ty).to_owned())));
    let types: Types = types.filter(|(name, _)| cell.words.contains(name)).collect();
    let statements = Statements { code: &code[code_start(code)..], types: &types, repeats: cell.repeats };
    let own = CellOf { place, id: None, items: &cell.items };
    let named = types.values().flatten().flat_map(|ty| words(ty)).map(str::to_owned);
    let shows = cell.shown.iter().map(|_| SHOW_METHOD.to_owned());
    let words: BTreeSet<String> = named.chain(cell.words.iter().cloned()).chain(shows).collect();
    let is_hot = items.for_cell(&own, &words, &statements, false).has_hot_loops;
    items.learn(&own);
    (is_hot, cell.repeats.loops)
}

#[test]
fn loops_of_notebooks_are_hot_where_optimising_helps() {
    let mut wrong = Vec::new();
    for notebook in &NOTEBOOKS {
        let mut items = Items::default();
        for (place, code) in cells(notebook.path).iter().enumerate() {
            let Some(code) = code else { continue };
            let (is_hot, has_loops) = run(&mut items, place, code, notebook.types);
            let listed = (notebook.hot.contains(&place), notebook.cool.contains(&place));
            if listed != (has_loops && is_hot, has_loops && !is_hot) {
                let is = if is_hot { "hot" } else { "cool" };
                wrong.push(format!("{} {place} is {is}, with loops of its own: {has_loops}", notebook.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn loops_of_the_tests_of_cells_are_hot_where_optimising_helps() {
    let types = [
        ("w", TENSOR),
        ("x", TENSOR),
        ("y", TENSOR),
        ("model", "crate::Network"),
        ("optimizer", "tensorlib::optim::adam::Adam"),
    ];
    let earlier = [
        "use tensorlib::prelude::*;",
        "#[derive(Module)]\nstruct Network { hidden: nn::Linear, output: nn::Linear }\n\
         impl Forward for Network { fn forward(&self, x: &Tensor) -> Tensor { \
         self.output.forward(&self.hidden.forward(x).relu()) } }",
        "fn train(model: &Network, optimizer: &optim::Adam, x: &Tensor, y: &Tensor) -> f64 { \
         let loss = F::cross_entropy(&model.forward(x), y); optimizer.zero_grad(); loss.backward(); \
         optimizer.step(); loss.item() }",
    ];
    let is_hot = |cell: &str| {
        let mut items = Items::default();
        for (place, code) in earlier.iter().enumerate() {
            run(&mut items, place, code, &types);
        }
        run(&mut items, earlier.len(), cell, &types).0
    };
    for cell in [
        "for _ in 0..30 { train(&model, &optimizer, &x, &y); }",
        "for epoch in 0..1_000_000 { train(&model, &optimizer, &x, &y); if epoch == 20 { println!(\"begun\"); } }",
        "let mut y = w.alias();\nfor _ in 0..200 { y = y.matmul(&w) * 1e-3; }",
        "let loss = y.sum();\nfor _ in 0..1000 { autograd::backward(&[&loss]).retain_graph(true).run(); }",
        "for i in 0..200_000 { println!(\"{i}\"); }",
        "for i in 0..3 { println!(\"{}\", i + 1); }",
    ] {
        assert!(!is_hot(cell), "{cell}");
    }
    for cell in [
        "loop {}",
        "loop { std::hint::black_box(1); }",
        "for number in 1..32 { unsafe { signal(number, 1) }; }",
        "for client in std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap().incoming() { client.unwrap(); }",
        "std::thread::spawn(move || { for n in questions { tell.send(n + 1).unwrap(); } });",
        "(1..4).all(|n| state[n].equal(&first)) && names.iter().any(|name| name.is_empty())",
    ] {
        assert!(is_hot(cell), "{cell}");
    }
}

#[test]
fn the_names_of_tensors_decide() {
    let with = |variables: &[(&str, &str)], cell: &str| {
        let mut items = Items::default();
        run(&mut items, 0, "use tensorlib::prelude::*;", &[]);
        run(&mut items, 1, cell, variables).0
    };
    let x = [("x", TENSOR)];
    for (cell, is_hot) in [
        ("for i in 0..n { s += x.len() * i; }", true),
        ("for i in 0..n { s = s + &x * 2.0; }", false),
        ("for i in 0..n { if i % 100 == 0 { x.add_(1.0); } s += i; }", true),
        ("for i in 0..n { if i % 2 == 0 { continue; } x.add_(1.0); }", true),
        ("for i in 0..n { if i == 9 { break; } x.add_(1.0); }", false),
        ("'a: for i in 0..n { for j in [1, 2] { if i % j == 1 { continue 'a; } } x.add_(1.0); }", true),
        ("for i in 0..n { x.i((.., (..).step(2))).sum(); }", false),
        ("for x in 0..n { s += x * 2; }", true),
        ("let n = x.sum().item::<f64>();\nfor i in 0..1_000_000 { s += n * 2.0; }", true),
        ("for i in 0..n { x.add_(1.0); v.sort(); }", true),
        ("for i in 0..n { for j in 0..i { s += j; } x.add_(1.0); }", true),
        ("for i in 0..n { for j in [1, 2] { s += j; } x.add_(1.0); }", false),
        ("let a = x.to_ndarray::<f64>();\nfor i in 0..n { s += a[[i, 0]] * 2.0; }", true),
        ("for v in x.to_vec::<f64>() { s += v; }", true),
        ("for i in 0..n { let v = x.to_vec::<f64>(); s += v[i]; }", true),
        ("let s: f64 = losses.iter().sum();", true),
        ("let total: f64 = [1.5, 2.5, 4.0].iter().sum();", false),
        ("let rows: Vec<Tensor> = (0..n).map(|i| &x * i).collect();", false),
        ("let rows: Vec<f64> = (0..n).map(|i| i * 2.0).collect();", true),
        ("no_grad(|| { for i in 0..n { x.sub_(x.grad() * 0.1); } });", false),
        ("let f = |t: &Tensor| t * 2.0;\nfor i in 0..n { f(&x); }", false),
        ("let f = |t: f64| t * 2.0;\nfor i in 0..n { s += f(1.0); }", true),
        ("fn fib(n: u64) -> u64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }", true),
        ("fn fact(n: u64) -> u64 { if n < 2 { 1 } else { n * fact(n - 1) } }", false),
        ("struct S { a: Vec<u8>, b: Vec<u8> }\nimpl S { fn new() -> S { S { a: Vec::new(), b: Vec::new() } } }", false),
    ] {
        assert_eq!(with(&x, cell), is_hot, "{cell}");
    }
    // Without the library its names mean nothing.
    let mut items = Items::default();
    assert!(run(&mut items, 0, "for i in 0..n { let y = zeros(i); }", &[]).0);
    // What a variable is decides, not what it is called.
    assert!(with(&[("x", "std::vec::Vec<f64>")], "for i in 0..n { s += x[i] * 2.0; }"));
    assert!(!with(&[("xs", "std::vec::Vec<tensorlib::Tensor>")], "for x in &xs { s += x.len(); }"));
    assert!(with(&[("a", "tensorlib::interop::array::SharedArray")], "for i in 0..n { s += a[i] * 2.0; }"));
}
