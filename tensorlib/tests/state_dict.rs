//! Parameters by name, and the files that keep them.

use std::path::PathBuf;

use tensorlib::prelude::*;

/// A folder that goes away with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tensorlib-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn state() -> StateDict {
    StateDict::from([
        ("conv.weight", arange(6).float().view([3, 2]).t()),
        ("bn.num_batches_tracked", scalar(7)),
        ("bn.mask", tensor![true, false, true]),
        ("a.bias", tensor![0.5, -1.5; f64]),
    ])
}

fn same(one: &StateDict, other: &StateDict) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|((a, x), (b, y))| a == b && x.dtype() == y.dtype() && x.equal(y))
}

#[test]
fn what_is_saved_is_loaded_in_the_same_order() {
    let folder = Folder::new("order");
    let path = folder.file("model.safetensors");
    save(&state(), &path).unwrap();
    assert!(same(&load(&path).unwrap(), &state()));
    let names: Vec<String> = load(&path).unwrap().keys().map(str::to_string).collect();
    assert_eq!(names, ["conv.weight", "bn.num_batches_tracked", "bn.mask", "a.bias"]);
    save(&StateDict::new(), &path).unwrap();
    assert!(load(&path).unwrap().is_empty());
}

#[test]
fn two_names_of_one_tensor_are_saved_as_two_tensors() {
    let folder = Folder::new("tied");
    let path = folder.file("model.safetensors");
    let weight = randn([4, 3]);
    let tied = StateDict::from([("encoder", weight.alias()), ("decoder", weight.alias()), ("row", weight.i(1))]);
    assert!(tied["encoder"].shares_memory(&tied["decoder"]));
    save(&tied, &path).unwrap();
    let loaded = load(&path).unwrap();
    assert!(same(&loaded, &tied));
    assert!(!loaded["encoder"].shares_memory(&loaded["decoder"]));
}

#[test]
fn a_file_is_the_old_one_until_the_new_one_is_complete() {
    let folder = Folder::new("replace");
    let path = folder.file("model.safetensors");
    save(&state(), &path).unwrap();
    // A reader that had opened the old file still reads it: the new one is another.
    let old = std::fs::File::open(&path).unwrap();
    save(&StateDict::from([("w", zeros([1000]))]), &path).unwrap();
    let old = std::io::read_to_string(std::io::Read::take(old, 200)).unwrap_or_default();
    assert!(old.contains("bn.num_batches_tracked"), "{old}");
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "nothing is left beside it");
    let error = save(&state(), folder.file("no/such/folder.safetensors")).unwrap_err().to_string();
    assert!(error.starts_with("save: cannot write ") && error.contains("No such file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_still_leads_to_the_file() {
    let folder = Folder::new("link");
    let (path, link) = (folder.file("best.safetensors"), folder.file("latest.safetensors"));
    save(&state(), &path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    save(&StateDict::from([("w", zeros([1]))]), &link).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(load(&path).unwrap().contains_key("w"));
}

#[test]
fn a_name_of_pytorchs_own_format_is_refused_with_another() {
    let error = save(&state(), "/tmp/checkpoint.PTH").unwrap_err().to_string();
    assert_eq!(
        error,
        "save: /tmp/checkpoint.PTH has the name of a file in PyTorch's own format, and save writes safetensors; call it \
         /tmp/checkpoint.safetensors"
    );
}

#[test]
fn what_is_no_model_is_refused_in_words() {
    let folder = Folder::new("damaged");
    let path = folder.file("model.safetensors");
    let error = load(&path).unwrap_err().to_string();
    assert!(error.starts_with("load: cannot read ") && error.contains("No such file"), "{error}");
    save(&state(), &path).unwrap();
    let good = std::fs::read(&path).unwrap();
    for cut in 0..good.len() {
        std::fs::write(&path, &good[..cut]).unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.starts_with(&format!("load: {}: ", path.display())), "{error}");
    }
}

#[test]
fn gradients_stay_outside_and_memory_is_shared() {
    let weight = ones([2]).requires_grad_(true);
    let mut state = StateDict::from([("w", weight.alias())]);
    no_grad(|| weight.mul_(3.0));
    assert_eq!(state["w"].to_vec::<f32>(), [3.0, 3.0]);
    assert!(!state["w"].requires_grad());
    let kept = state.clone();
    no_grad(|| weight.mul_(2.0));
    assert_eq!((kept["w"].to_vec::<f32>(), state["w"].to_vec::<f32>()), (vec![3.0, 3.0], vec![6.0, 6.0]));
    let before = state.insert("w", zeros([1])).unwrap();
    assert!(before.shares_memory(&weight) && state.len() == 1);
}

#[test]
fn entries_keep_their_order_when_some_leave() {
    let mut state: StateDict = (0..5).map(|n| (format!("{n}.weight"), scalar(n))).collect();
    state.remove("1.weight").unwrap();
    state.extend([("1.weight", scalar(9)), ("4.weight", scalar(8))]);
    let values: Vec<(&str, i64)> = state.iter().map(|(name, x)| (name, x.item::<i64>())).collect();
    assert_eq!(values, [("0.weight", 0), ("2.weight", 2), ("3.weight", 3), ("4.weight", 8), ("1.weight", 9)]);
    assert_eq!(state.into_iter().map(|(name, _)| name).collect::<Vec<_>>()[3], "4.weight");
}

#[test]
fn a_name_that_is_not_there_is_answered_with_those_that_are() {
    let state = state();
    let of = |name: &str| state.try_index(name).unwrap_err().to_string();
    assert_eq!(
        of("conv.wieght"),
        "StateDict: no tensor is called \"conv.wieght\"; the nearest name is \"conv.weight\""
    );
    assert_eq!(
        of("fc"),
        "StateDict: no tensor is called \"fc\"; there are \"conv.weight\", \"bn.num_batches_tracked\", \"bn.mask\" and 1 more"
    );
    let two = StateDict::from([("0.weight", zeros([1])), ("2.weight", zeros([1]))]);
    assert_eq!(
        two.try_index("1.weight").unwrap_err().to_string(),
        "StateDict: no tensor is called \"1.weight\"; the nearest names are \"0.weight\" and \"2.weight\""
    );
    assert_eq!(
        StateDict::new().try_index("w").unwrap_err().to_string(),
        "StateDict: no tensor is called \"w\"; there are no tensors"
    );
    let panic = std::panic::catch_unwind(|| state["fc"].numel()).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().starts_with("StateDict: no tensor is called \"fc\""));
}

#[test]
fn it_is_shown_as_a_table() {
    assert_eq!(
        state().to_string(),
        "StateDict of 4 tensors, 12 numbers\n\
         conv.weight             [2, 3]  f32\n\
         bn.num_batches_tracked  []      i64\n\
         bn.mask                 [3]     bool\n\
         a.bias                  [2]     f64"
    );
    let many: StateDict = (0..1500).map(|n| (format!("{n}"), zeros([1]))).collect();
    let text = many.to_string();
    assert!(text.starts_with("StateDict of 1,500 tensors, 1,500 numbers\n0 "), "{text}");
    assert!(text.contains("\n… 1,410 more\n1480"), "{text}");
    assert_eq!(text.lines().count(), 92);
}
