//! Files that PyTorch wrote (`make.py`, beside this), read by `load`.

use std::path::PathBuf;

use tensorlib::prelude::*;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pth").join(name)
}

fn refused(name: &str) -> String {
    let error = load(file(name)).unwrap_err().to_string();
    error.strip_prefix(&format!("load: {}: ", file(name).display())).expect("the sentence names the file").to_string()
}

fn expected() -> StateDict {
    let table = arange(12).float().view([3, 4]).div(2.0);
    let mut state = StateDict::from([
        ("whole", table.alias()),
        ("tied", table.alias()),
        ("transposed", table.t()),
        ("row", table.i(1)),
        ("steps", table.i((.., (1..).step(2)))),
        ("expanded", tensor![2.5].expand([2, 3])),
        ("parameter", tensor![1.0, -1.0]),
        ("empty", zeros([0, 3])),
        ("number", scalar(7)),
    ]);
    let types = [
        ("f64", DType::F64),
        ("i32", DType::I32),
        ("u8", DType::U8),
        ("f16", DType::F32),
        ("bf16", DType::F32),
        ("i8", DType::I32),
        ("i16", DType::I32),
        ("bool", DType::Bool),
    ];
    state.extend(types.map(|(name, dtype)| (name, tensor![0, 1, 100].to(dtype))));
    state
}

#[track_caller]
fn compare(name: &str) {
    let (state, expected) = (load(file(name)).unwrap(), expected());
    assert_eq!(state.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (key, tensor) in &state {
        assert_eq!(tensor.dtype(), expected[key].dtype(), "{key}");
        assert_eq!(tensor.stride(), expected[key].stride(), "{key}");
        assert!(tensor.equal(&expected[key]), "{key}: {tensor}");
    }
    for key in ["tied", "transposed", "row", "steps"] {
        assert!(state["whole"].shares_memory(&state[key]), "{key}");
    }
    state["whole"].i(0).fill_(9.0);
    assert_eq!(state["transposed"].i((.., 0)).to_vec::<f32>(), [9.0; 4]);
}

#[test]
fn both_forms_hold_views_shared_memory_and_every_type() {
    compare("state.pth");
    compare("older.pth");
}

#[test]
fn newer_protocols_are_read() {
    assert_eq!(load(file("protocol4.pth")).unwrap()["w"].to_vec::<f32>(), [1.0, 2.0]);
}

#[test]
fn a_checkpoint_is_flattened() {
    let state = load(file("checkpoint.pth")).unwrap();
    assert_eq!(state["epoch"].item::<i64>(), 3);
    assert_eq!((state["best"].item::<f64>(), state["best"].dtype()), (0.25, DType::F64));
    assert!(state["done"].item::<bool>());
    assert_eq!(state["pair.1"].to_vec::<i64>(), [2]);
    assert!(["name", "none", "history.0", "large"].iter().all(|name| !state.contains_key(name)));
    let model = state.section("model");
    assert_eq!(
        model.keys().collect::<Vec<_>>(),
        [
            "0.weight",
            "0.bias",
            "1.weight",
            "1.bias",
            "1.running_mean",
            "1.running_var",
            "1.num_batches_tracked",
            "2.weight",
            "2.bias"
        ]
    );
    assert_eq!(model["0.weight"].size(), [2, 3]);
    assert_eq!(model["1.num_batches_tracked"].item::<i64>(), 1);
    assert_eq!(state["optimizer.state.0.step"].item::<f32>(), 1.0);
    assert_eq!(state["optimizer.state.0.exp_avg"].size(), [2, 3]);
    assert_eq!(state["optimizer.param_groups.0.lr"].item::<f64>(), 0.01);
}

#[test]
fn what_is_no_state_dict_is_refused_by_name() {
    let only = "only state dicts are read: save model.state_dict() in PyTorch";
    assert_eq!(refused("module.pth"), format!("the pickle asks for torch.nn.modules.container.Sequential; {only}"));
    assert_eq!(refused("arguments.pth"), format!("the pickle asks for argparse.Namespace; {only}"));
    assert_eq!(refused("tensor.pth"), "the file holds a tensor, not a state dict; save model.state_dict() in PyTorch");
    assert_eq!(
        refused("complex.pth"),
        "elements of PyTorch's type ComplexFloat have no counterpart; convert to float32, float64, int64, int32, uint8 or \
         bool before saving"
    );
    assert_eq!(refused("make.py"), "this is neither a safetensors file nor one that torch.save wrote");
}

#[test]
fn a_file_that_is_cut_is_refused_in_words() {
    let path = std::env::temp_dir().join(format!("tensorlib-cut-{}.pth", std::process::id()));
    for name in ["state.pth", "older.pth"] {
        let whole = std::fs::read(file(name)).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let error = load(&path).unwrap_err().to_string();
            assert!(error.starts_with(&format!("load: {}: ", path.display())), "{cut}: {error}");
        }
    }
    std::fs::remove_file(&path).unwrap();
}
