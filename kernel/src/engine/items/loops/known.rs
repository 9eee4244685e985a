//! Names of Rust's and the tensor library's methods, functions and types, by what they cost.

/// Methods that call a closure many times, or that start an iteration.
pub(super) const ITERATIONS: [&str; 10] =
    ["iter", "into_iter", "iter_mut", "chars", "bytes", "lines", "fold", "map", "for_each", "filter"];

/// The modules of the tensor library, as paths begin.
const MODULES: [&str; 12] = [
    "tensorlib",
    "nn",
    "optim",
    "data",
    "F",
    "functional",
    "plot",
    "picture",
    "autograd",
    "transforms",
    "datasets",
    "lr_scheduler",
];

/// Types of the tensor library that stand without a module in notebooks.
const TYPES: [&str; 26] = [
    "Tensor",
    "Parameter",
    "Buffer",
    "StateDict",
    "DataLoader",
    "TensorDataset",
    "ImageFolder",
    "ListDataset",
    "Subset",
    "ConcatDataset",
    "Mnist",
    "FashionMnist",
    "Csv",
    "Compose",
    "Sequential",
    "ModuleList",
    "Linear",
    "Conv2d",
    "Embedding",
    "LayerNorm",
    "BatchNorm2d",
    "Dropout",
    "SGD",
    "Adam",
    "AdamW",
    "LSTM",
];

/// Traits of the tensor library whose values are datasets, models or optimisers.
const TRAITS: [&str; 8] =
    ["Forward", "Module", "Layer", "Dataset", "Optimizer", "LrScheduler", "Transform", "IntoParameters"];

/// Types of the tensor library that are small values, or arrays of `ndarray`, whose code is compiled with the cell.
const PLAIN_TYPES: [&str; 10] =
    ["Device", "DType", "Size", "SharedArray", "Scalar", "Split", "Error", "Ellipsis", "NewAxis", "PrintOptions"];

/// Functions of the tensor library that stand without a module in notebooks.
const FUNCTIONS: [&str; 40] = [
    "arange",
    "bernoulli",
    "block_diag",
    "cartesian_prod",
    "cat",
    "cat_dim",
    "diag",
    "einsum",
    "empty",
    "empty_like",
    "eye",
    "from_literal",
    "from_ndarray",
    "from_slice",
    "from_vec",
    "full",
    "full_like",
    "hstack",
    "linspace",
    "load",
    "logspace",
    "meshgrid",
    "multinomial",
    "normal",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "save",
    "scalar",
    "stack",
    "stack_dim",
    "tensor",
    "vstack",
    "zeros",
    "zeros_like",
];

/// Methods of library values that give plain values without much work, and methods of collections: they are no
/// operations, whatever they are called on.
const CHEAP: [&str; 105] = [
    "alias",
    "and_then",
    "as_deref",
    "as_mut",
    "as_ref",
    "as_slice",
    "as_str",
    "borrow",
    "borrow_mut",
    "capacity",
    "class_index",
    "classes",
    "clear",
    "clone_from",
    "cloned",
    "contains_key",
    "copied",
    "count",
    "data_ptr",
    "describe",
    "device",
    "dim",
    "dtype",
    "element_size",
    "entry",
    "enumerate",
    "expect",
    "filter",
    "first",
    "get",
    "get_last_lr",
    "get_mut",
    "grad_fn",
    "hidden_size",
    "in_features",
    "input_size",
    "insert",
    "into_inner",
    "into_iter",
    "into_ndarray",
    "is_contiguous",
    "is_empty",
    "is_err",
    "is_leaf",
    "is_none",
    "is_ok",
    "is_some",
    "item",
    "iter",
    "iter_mut",
    "keys",
    "label",
    "last",
    "last_epoch",
    "last_mut",
    "len",
    "lock",
    "lr",
    "lrs",
    "map",
    "name",
    "names",
    "ndim",
    "ndimension",
    "nelement",
    "next",
    "num_layers",
    "numel",
    "ok",
    "or_insert",
    "out_features",
    "peek",
    "pop",
    "push",
    "push_back",
    "rank",
    "read",
    "remove",
    "replace",
    "requires_grad",
    "section",
    "set_lr",
    "shape",
    "shared_array",
    "size",
    "size_in_bytes",
    "storage",
    "storage_offset",
    "stride",
    "swap",
    "take",
    "text",
    "then",
    "to_ndarray",
    "to_vec",
    "try_grad",
    "try_item",
    "unwrap",
    "unwrap_or",
    "values",
    "version",
    "with",
    "with_mut",
    "with_ndarray",
    "write",
];

/// Methods and fields of library values, and functions, whose results are plain.
const MEASURES: [&str; 63] = [
    "allclose",
    "batch_size",
    "bundled",
    "class_index",
    "classes",
    "contains_key",
    "count",
    "data_ptr",
    "describe",
    "device",
    "dim",
    "dtype",
    "element_size",
    "equal",
    "extra_repr",
    "get_last_lr",
    "get_num_threads",
    "grad_fn",
    "hidden_size",
    "in_features",
    "input_size",
    "into_ndarray",
    "is_contiguous",
    "is_empty",
    "is_err",
    "is_leaf",
    "is_none",
    "is_ok",
    "is_some",
    "item",
    "keys",
    "last_epoch",
    "len",
    "lr",
    "lrs",
    "name",
    "names",
    "ndim",
    "ndimension",
    "nelement",
    "num_layers",
    "num_parameters",
    "num_samples",
    "numel",
    "out_features",
    "rank",
    "requires_grad",
    "shape",
    "shared_array",
    "size",
    "size_in_bytes",
    "storage_offset",
    "stride",
    "text",
    "to_ndarray",
    "to_string",
    "to_vec",
    "try_into_ndarray",
    "try_item",
    "version",
    "with",
    "with_mut",
    "with_ndarray",
];

/// Methods of iterators that call a closure for each element.
pub(super) const ADAPTORS: [&str; 27] = [
    "all",
    "any",
    "filter",
    "filter_map",
    "find",
    "find_map",
    "flat_map",
    "fold",
    "for_each",
    "inspect",
    "map",
    "map_while",
    "max_by",
    "max_by_key",
    "min_by",
    "min_by_key",
    "partition",
    "position",
    "reduce",
    "scan",
    "skip_while",
    "sum_by",
    "take_while",
    "try_fold",
    "try_for_each",
    "sorted_by",
    "sorted_by_key",
];

/// What a model of the notebook's own type can do because `Module` is derived for it.
const OF_MODELS: [&str; 14] = [
    "buffers",
    "eval",
    "float",
    "load_state_dict",
    "modules",
    "named_parameters",
    "num_parameters",
    "parameters",
    "requires_grad_",
    "state_dict",
    "to",
    "train",
    "visit",
    "zero_grad",
];

/// Functions of the tensor library that convert numbers one by one, in code that is compiled with the cell.
const CONVERSIONS: [&str; 5] = ["from_literal", "from_ndarray", "from_slice", "from_vec", "tensor"];

/// Methods that go over all of a plain collection or text: beside them a tensor operation is not the larger part.
const PASSES: [&str; 29] = [
    "collect",
    "concat",
    "contains",
    "contains_value",
    "dedup",
    "dedup_by_key",
    "drain",
    "extend",
    "extend_from_slice",
    "fill",
    "find",
    "insert_str",
    "join",
    "product",
    "repeat",
    "resize",
    "retain",
    "reverse",
    "rotate_left",
    "rotate_right",
    "rposition",
    "sort",
    "sort_by",
    "sort_by_key",
    "sort_unstable",
    "sort_unstable_by",
    "sort_unstable_by_key",
    "splice",
    "sum",
];

/// Methods of plain values that take constant time.
const CONSTANT: [&str; 62] = [
    "abs",
    "abs_diff",
    "as_bytes",
    "as_str",
    "atan2",
    "ceil",
    "checked_add",
    "checked_div",
    "checked_mul",
    "checked_sub",
    "clamp",
    "cos",
    "exp",
    "expect",
    "first",
    "floor",
    "from",
    "get",
    "hypot",
    "into",
    "is_ascii_digit",
    "is_empty",
    "is_finite",
    "is_nan",
    "is_none",
    "is_some",
    "item",
    "last",
    "len",
    "ln",
    "log10",
    "log2",
    "max",
    "max_by",
    "min",
    "ok",
    "pop",
    "pow",
    "powf",
    "powi",
    "push",
    "push_str",
    "rem_euclid",
    "round",
    "saturating_add",
    "saturating_sub",
    "signum",
    "sin",
    "sqrt",
    "swap",
    "tan",
    "tanh",
    "then_some",
    "to_owned",
    "to_string",
    "total_cmp",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "wrapping_add",
    "wrapping_mul",
    "wrapping_sub",
];

/// Functions that run a closure once, at once.
pub(super) const ONCE: [&str; 2] = ["no_grad", "enable_grad"];

/// Macros whose arguments are expressions.
pub(super) const FORMATTING: [&str; 12] = [
    "println",
    "print",
    "eprintln",
    "eprint",
    "format",
    "panic",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "dbg",
    "vec",
];

/// Macros that write a line: as much work as a small operation on tensors.
pub(super) const PRINTING: [&str; 2] = ["println", "eprintln"];

/// Macros of the tensor library: each makes a value of it.
pub(super) const LIBRARY_MACROS: [&str; 3] = ["tensor", "sequential", "transforms"];

pub(super) fn is_module(name: &str) -> bool {
    MODULES.contains(&name)
}

pub(super) fn is_type(name: &str) -> bool {
    TYPES.contains(&name)
}

pub(super) fn is_trait(name: &str) -> bool {
    TRAITS.contains(&name)
}

pub(super) fn is_plain_type(name: &str) -> bool {
    PLAIN_TYPES.contains(&name)
}

pub(super) fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

/// Whether a method of a library value computes.
pub(super) fn is_operation(method: &str) -> bool {
    !method.starts_with("is_") && !CHEAP.contains(&method)
}

/// Whether a function of the library computes in its own code.
pub(super) fn is_computation(function: &str) -> bool {
    !CONVERSIONS.contains(&function)
}

/// Whether a method, function or field of the library gives something plain.
pub(super) fn is_measure(name: &str) -> bool {
    name.starts_with("is_") || MEASURES.contains(&name)
}

/// Whether a method of a model of the notebook is one that the library has made.
pub(super) fn is_of_models(method: &str) -> bool {
    OF_MODELS.contains(&method)
}

/// Whether a method goes over all of what it is called on.
pub(super) fn is_pass(method: &str) -> bool {
    PASSES.contains(&method)
}

/// Whether a method takes constant time.
pub(super) fn is_constant(method: &str) -> bool {
    CONSTANT.contains(&method)
}
