//! The teacher's knowledge of the tensor library: the forms of its calls.

use crate::engine::imports;

pub use super::names::is_method;

/// Functions whose first argument is a shape.
pub const OF_A_SHAPE: [&str; 7] = ["rand", "randn", "zeros", "ones", "empty", "eye", "full"];
/// Methods whose only argument is a list of lengths or dimensions.
pub const WITH_A_LIST: [&str; 9] =
    ["reshape", "view", "permute", "expand", "repeat", "tile", "flip", "resize_", "movedim"];
/// Methods that reduce all elements to one, and have a `_dim` and a `_keepdim` form.
pub const REDUCTIONS: [&str; 15] = [
    "sum", "mean", "prod", "max", "min", "argmax", "argmin", "all", "any", "std", "var", "median", "norm", "amax",
    "amin",
];

/// Whether a function of the prelude returns a tensor.
pub fn makes_tensors(function: &str) -> bool {
    const NOT: [&str; 20] = [
        "manual_seed",
        "write_npy",
        "write_npz",
        "write_safetensors",
        "read_npz",
        "read_safetensors",
        "set_num_threads",
        "empty_cache",
        "no_grad",
        "enable_grad",
        "is_grad_enabled",
        "set_grad_enabled",
        "set_printoptions",
        "meshgrid",
        "meshgrid_xy",
        "gpu_is_available",
        "summary",
        "save",
        "load",
        "lu_unpack",
    ];
    is_function(function) && !NOT.contains(&function)
}

/// Whether the prelude has a function of this name.
pub fn is_function(name: &str) -> bool {
    imports::of_the_prelude().contains(name)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !matches!(name, "plot" | "picture" | "autograd" | "nn" | "optim" | "data" | "transforms")
}

/// Whether a tensor's method returns a tensor.
pub fn gives_a_tensor(method: &str) -> bool {
    !matches!(
        method,
        "item"
            | "tolist"
            | "numpy"
            | "to_vec"
            | "size"
            | "shape"
            | "numel"
            | "ndim"
            | "len"
            | "dtype"
            | "dim"
            | "stride"
            | "equal"
            | "allclose"
            | "max_dim"
            | "min_dim"
            | "sort"
            | "topk"
            | "backward"
            | "grad_fn"
            | "inspect_grad"
            | "is_leaf"
            | "register_hook"
            | "requires_grad"
            | "retain_grad"
            | "set_grad"
            | "zero_grad"
            | "element_size"
            | "nelement"
            | "ndimension"
            | "median_dim"
            | "median_keepdim"
            | "mode"
            | "kthvalue"
            | "unique_all"
            | "aminmax"
            | "cummax"
            | "cummin"
            | "frexp"
            | "split"
            | "chunk"
            | "unbind"
            | "hsplit"
            | "vsplit"
            | "dsplit"
            | "tensor_split"
            | "split_with_sizes"
    )
}
