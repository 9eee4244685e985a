//! Parameters of models in files: what `torch.save` and `torch.load` are used for.

use std::path::Path;

use super::state_dict::StateDict;
use super::{file, pth, safetensors};
use crate::error::{Result, file_error};

/// Saves the parameters of a model as a safetensors file, which [`load`] reads, and so do `safetensors.torch.load_file` and
/// the Hugging Face libraries.
///
/// The new file takes the place of an old one when it is complete: when the disk is full, or the program is stopped, the old
/// one is still there.
///
/// ```
/// use tensorlib::prelude::*;
///
/// # let folder = std::env::temp_dir().join(format!("tensorlib-save-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let path = folder.join("model.safetensors");
/// let state = StateDict::from([("0.weight", ones([2, 3])), ("0.bias", zeros([2]))]);
/// save(&state, &path)?;
/// assert!(load(&path)?["0.weight"].equal(ones([2, 3])));
/// # let error = save(&state, folder.join("model.pth")).unwrap_err().to_string();
/// # assert!(error.contains("safetensors"), "{error}");
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), tensorlib::Error>(())
/// ```
///
/// # Errors
/// When the file cannot be written, and when its name ends in `.pt` or `.pth`, since PyTorch would look for its own format
/// in it.
pub fn save(state: &StateDict, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if ["pt", "pth", "pkl"].contains(&ending.to_ascii_lowercase().as_str()) {
        return Err(file_error!(
            "save: {} has the name of a file in PyTorch's own format, and save writes safetensors; call it {}",
            path.display(),
            path.with_extension("safetensors").display()
        ));
    }
    let tensors: Vec<_> = state.iter().collect();
    let header = safetensors::Header::of(&tensors).map_err(|why| file_error!("save: {}: {why}", path.display()))?;
    file::replace(path, |file| header.write(&tensors, file))
        .map_err(|error| file_error!("save: cannot write {}: {error}", path.display()))
}

/// Loads the parameters of a model from a safetensors file, or from one that PyTorch's `torch.save` wrote, in the form of
/// today or of before PyTorch 1.6. What the file is, its content tells.
///
/// Of a file of PyTorch only dictionaries of tensors are read, as `torch.load(…, weights_only=True)` does: nothing in it is
/// run, and what asks for a function or a class is refused by name. Dictionaries and lists inside are flattened:
/// `checkpoint["model"]["0.weight"]` is `state["model.0.weight"]`, and [`section`](StateDict::section) takes such a part
/// out. Numbers in dictionaries (`{"epoch": 3}`) are tensors of rank 0; text, `None` and numbers in lists are left out.
/// Tensors that share memory in PyTorch share it here.
///
/// Elements of half precision (`float16`, `bfloat16`) become `f32`, those of `int8` and `int16` become `i32`.
///
/// # Errors
/// When the file cannot be read, is damaged, or holds something else. [`save`] has an example.
#[doc(alias = "load_file")]
pub fn load(path: impl AsRef<Path>) -> Result<StateDict> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|error| file_error!("load: cannot read {}: {error}", path.display()))?;
    decode(&bytes).map_err(|why| file_error!("load: {}: {why}", path.display()))
}

fn decode(bytes: &[u8]) -> Result<StateDict, String> {
    if pth::is_archive(bytes) {
        return pth::decode_archive(bytes);
    }
    if pth::is_older(bytes) {
        return pth::decode_older(bytes);
    }
    match bytes {
        [] => Err("the file is empty".into()),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Err("this is an array of NumPy's; use read_npy".into()),
        // A length, in front of a header of JSON.
        [_, _, _, _, _, _, _, _, b'{', ..] => safetensors::decode(bytes),
        _ => Err("this is neither a safetensors file nor one that torch.save wrote".into()),
    }
}
