//! Models, optimisers and loaders, from cell to cell.

use indoc::indoc;

use crate::notebook::Notebook;

/// A model of its own type, its data, and an optimiser, each in a cell.
fn begun() -> Notebook {
    let mut notebook = Notebook::open();
    notebook.ok("use tensorlib::prelude::*;\nmanual_seed(0);");
    notebook.ok("#[derive(Module)]\nstruct Network { hidden: nn::Linear, output: nn::Linear }\n\
         impl Forward for Network {\n    fn forward(&self, x: &Tensor) -> Tensor {\n        \
         self.output.forward(&self.hidden.forward(x).relu())\n    }\n}");
    notebook.ok("let model = Network { hidden: nn::Linear::new(4, 8), output: nn::Linear::new(8, 3) };\n\
         let (x, y) = (randn([32, 4]), randint(3, [32]));");
    notebook.ok("let optimizer = optim::Adam::new(model.parameters(), 0.05);");
    notebook.ok("fn train(model: &Network, optimizer: &optim::Adam, x: &Tensor, y: &Tensor) -> f64 {\n    \
         let loss = F::cross_entropy(&model.forward(x), y);\n    optimizer.zero_grad();\n    loss.backward();\n    \
         optimizer.step();\n    loss.item()\n}");
    notebook
}

#[test]
fn a_model_is_defined_trained_shown_and_used_in_cells_of_their_own() {
    let mut notebook = begun();
    notebook.ok("let first = train(&model, &optimizer, &x, &y);");
    notebook.ok("for _ in 0..30 { train(&model, &optimizer, &x, &y); }");
    notebook.gives("train(&model, &optimizer, &x, &y) < first / 2.0", "true");
    let shown = notebook.ok("model");
    let html = shown.result.as_ref().and_then(|data| data["text/html"].as_str()).unwrap_or_default();
    assert!(html.contains("67 parameters"), "{html}");
    assert_eq!(
        shown.text().unwrap(),
        "Network(\n  (hidden): Linear(in_features=4, out_features=8, bias=true)\n  \
         (output): Linear(in_features=8, out_features=3, bias=true)\n)"
    );
    // The lines of a lesson that asks for no particular device.
    notebook.ok("let device = if gpu_is_available() { Device::Gpu(0) } else { Device::Cpu };");
    notebook.ok("let model = model.to(device);\nlet x = x.to(device);");
    notebook.gives("no_grad(|| model.forward(&x)).size()", "[32, 3]");
    // A type can be defined anew; what was made of the old one goes.
    notebook.ok("#[derive(Module)]\nstruct Network { only: nn::Linear }\n\
         impl Forward for Network { fn forward(&self, x: &Tensor) -> Tensor { self.only.forward(x) } }");
    notebook.ok("let model = Network { only: nn::Linear::new(4, 3) };");
    notebook.gives("model.num_parameters()", "15");
}

#[test]
fn an_interrupt_in_the_middle_of_an_epoch_leaves_parameters_whole() {
    let mut notebook = begun();
    notebook.ok("let before = train(&model, &optimizer, &x, &y);");
    let request = notebook.start(indoc! {r#"
        for epoch in 0..1_000_000 {
            train(&model, &optimizer, &x, &y);
            if epoch == 20 { println!("begun"); }
        }"#});
    notebook.wait_for("stream", &request);
    notebook.interrupt();
    let error = notebook.finish(&request).error.expect("an interrupted cell fails");
    assert_eq!(error.name, "Interrupted");
    // All parameters have had the same number of steps, and training goes on.
    notebook.gives(
        "{ let state = optimizer.state_dict(); (1..4).all(|n| state[&format!(\"state.{n}.step\")[..]].equal(&state[\"state.0.step\"])) }",
        "true",
    );
    notebook.gives("train(&model, &optimizer, &x, &y) < before", "true");
}

#[test]
fn a_crash_in_a_training_cell_leaves_the_parameters_of_before() {
    let mut notebook = begun();
    notebook.ok("for _ in 0..5 { train(&model, &optimizer, &x, &y); }\nlet kept = model.hidden.weight.clone();");
    let error = notebook
        .fails("for epoch in 0..10 { train(&model, &optimizer, &x, &y); if epoch == 5 { std::process::abort() } }");
    assert_eq!(error.name, "Crash");
    notebook.gives("model.hidden.weight.equal(&kept)", "true");
    notebook.gives("optimizer.state_dict()[\"state.0.step\"].item::<i64>()", "5");
    notebook.gives("train(&model, &optimizer, &x, &y).is_finite()", "true");
}

#[test]
fn a_model_is_saved_and_loaded_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("model.safetensors");
    let file = file.to_str().expect("a path in Unicode");
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use tensorlib::prelude::*;
        let model = nn::sequential![nn::Linear::new(4, 8), nn::ReLU, nn::Linear::new(8, 3)];"});
    let before = notebook.ok("model.forward(&ones([1, 4])).detach()").text().unwrap().to_owned();
    notebook.ok(&format!("save(&model.state_dict(), {file:?})?;"));
    drop(notebook);
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use tensorlib::prelude::*;
        let model = nn::sequential![nn::Linear::new(4, 8), nn::ReLU, nn::Linear::new(8, 3)];"});
    notebook.ok(&format!("let state = load({file:?})?;\nmodel.load_state_dict(&state);"));
    notebook.gives("model.forward(&ones([1, 4])).detach()", &before);
    let error = notebook.fails("nn::sequential![nn::Linear::new(4, 9)].load_state_dict(&state);");
    assert!(
        error.message.contains("the state lacks") || error.message.contains("the model has no"),
        "{}",
        error.message
    );
}

#[test]
fn mistakes_of_learners_are_one_sentence() {
    let mut notebook = begun();
    let error =
        notebook.fails("nn::sequential![nn::Linear::new(784, 128), nn::ReLU].forward(&zeros([64, 1, 28, 28]));");
    assert!(
        error.message.contains(
            "layer 0: Linear(in_features=784, out_features=128, bias=true): linear: the input's last dimension is 28"
        ),
        "{}",
        error.message
    );
    assert!(error.message.contains("flatten_dims(1, -1)"), "{}", error.message);
    let error = notebook.fails("F::cross_entropy(&model.forward(&x), &y.float());");
    assert!(error.message.contains("cross_entropy"), "{}", error.message);
    let error = notebook.fails("F::cross_entropy(&model.forward(&x), &y + 1);");
    assert!(error.message.contains("cross_entropy") && error.message.contains('3'), "{}", error.message);
    let error = notebook.fails("optim::SGD::new(nn::ReLU.parameters(), 0.1);");
    assert!(error.message.contains("there are no parameters"), "{}", error.message);
    // A model moved into an optimiser.
    let error = notebook.fails("let wrong = optim::SGD::new(model, 0.1);");
    assert!(error.traceback.contains("model.parameters()"), "{}", error.traceback);
    // A field of which nobody can tell whether it is learned.
    let error = notebook.fails("#[derive(Module)]\nstruct Neuron { w: Tensor }");
    assert!(error.traceback.contains("nn::Parameter"), "{}", error.traceback);
}

#[test]
fn the_lessons_data_is_found_from_any_folder() {
    let mut notebook = Notebook::open();
    notebook.ok("use tensorlib::prelude::*;");
    notebook.gives("data::datasets::Mnist::bundled(data::Split::Test).len()", "2000");
    notebook.gives("data::DataLoader::new(data::datasets::FashionMnist::bundled(data::Split::Test), 100).len()", "10");
    // Whoever says where it is means it.
    let mut notebook = Notebook::open_with(|command| {
        command.env("TENSORLIB_DATA", "/nowhere");
    });
    notebook.ok("use tensorlib::prelude::*;");
    let error = notebook.fails("data::datasets::Mnist::bundled(data::Split::Test).len()");
    assert!(error.message.contains("TENSORLIB_DATA must name the folder notebooks/data"), "{}", error.message);
}
