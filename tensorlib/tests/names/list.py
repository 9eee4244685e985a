#!/usr/bin/env python3
"""Writes the names that people bring along: a file for each place they come from, a name a line.

    pip install torch==2.15.0 numpy
    python list.py

The names of torch and NumPy are read from these; those of matplotlib, Python, Rust and evcxr stand below. Left out is what
nobody types: internals among torch's functions, and what NumPy has for its own build, for dates and for its error states.
"""
import pathlib
import re
import types
import warnings

warnings.simplefilter("ignore")
import numpy
import torch
import torch.nn.functional

INTERNAL = re.compile(
    # Backends, quantised twins, forms for compilers.
    r"(batch_norm|cudnn|fake_quantize|fbgemm|fused|import_ir|miopen|mkldnn|native|parse|profiler|quantized|sym)_.*|.*_copy|"
    # States of the library.
    r".*(anomaly|autocast|deterministic|float32_matmul|flush_denormal|torch_function|vulkan_available|warn_always).*|"
    r"assert_int_or_pair|boolean_dispatch|choose_qparams_optimized|classproperty|compiled_with_cxx11_abi|cond|convolution|"
    r"embedding_renorm_|empty_quantized|fork|frobenius_norm|get_device_module|get_file_path|init_num_threads|"
    r"merge_type_from_type_comment|norm_except_dim|nuclear_norm|prepare_multiprocessing_environment|segment_reduce|"
    r"thread_safe_generator|unify_type_list|wait|while_loop|Optional"
)
OF_ITSELF = re.compile(
    r"asanyarray|asarray_chkfinite|asmatrix|base_repr|binary_repr|busday_.*|common_type|datetime_.*|format_float_.*|"
    r"(get|set)(buf|err).*|get_include|get_printoptions|info|is_busday|isdtype|isfortran|issubdtype|mask_indices|"
    r"min_scalar_type|mintypecode|nested_iters|show_.*|test|typename"
)
NOTHING = re.compile("(?!)")

# What is no function but is typed like one.
BESIDES = {
    "torch": """
        DoubleTensor FloatTensor Generator LongTensor autograd backends complex128 complex64 cuda distributions
        double e enable_grad fft finfo float float16 float32 float64 hub iinfo inf inference_mode int int16
        int32 int64 int8 jit linalg long mps nan newaxis nn no_grad onnx optim pi profiler quantization random
        set_grad_enabled sparse special testing uint16 uint32 uint64 uint8 utils
    """,
    "numpy": """
        bool_ c_ complex128 complex64 datetime64 e fft finfo float128 float16 float32 float64 iinfo inf int16
        int32 int64 int8 linalg longdouble mgrid nan newaxis object_ ogrid pi r_ random str_ uint16 uint32
        uint64 uint8 vectorize
    """,
    "numpy.random": "Generator RandomState",
}
BY_HAND = {
    "torch.nn": """
        Adam AdamW AdaptiveAvgPool2d AvgPool2d BCELoss BCEWithLogitsLoss BatchNorm1d BatchNorm2d Conv1d Conv2d
        Conv3d ConvTranspose2d CrossEntropyLoss DataLoader Dataset Dropout ELU Embedding Flatten GELU GRU
        GroupNorm HuberLoss Identity L1Loss LSTM LayerNorm LeakyReLU Linear LogSoftmax MSELoss MaxPool1d
        MaxPool2d Module ModuleList MultiheadAttention NLLLoss Parameter RMSprop RNN ReLU SGD Sequential SiLU
        Sigmoid Softmax Softplus Tanh TensorDataset Transformer TransformerEncoderLayer
    """,
    "matplotlib": """
        add_subplot annotate arrow axes axhline axis axvline bar barh boxplot cla clf close cmap colorbar
        contour contourf draw errorbar figure fill fill_between gca gcf grid heatmap hexbin hist hist2d hlines
        imread imsave imshow ioff ion label legend loglog matshow pause pcolor pcolormesh pie plot plot_surface
        polar quiver rcParams savefig scatter semilogx semilogy set_aspect set_title set_xlabel set_xlim
        set_ylabel set_ylim show stackplot stem step streamplot style subplot subplot_mosaic subplots suptitle
        text tight_layout title twinx use violinplot vlines xlabel xlim xticks ylabel ylim yticks
    """,
    "python": """
        abs all any bool copy deepcopy dir display divmod enumerate exit filter float format hash help id input
        int isinstance iter len list map max min next open pow print quit range repr reversed round set slice
        sort sorted str sum tuple type zip
    """,
    "rust": """
        as_slice elem_count exp_m1 first from_iter get into_iter is_empty iter last ln ln_1p map ncols new nrows
        powf powi push rank recip rem to_dtype to_scalar to_slice to_vec1 to_vec2
    """,
    "evcxr": "evcxr_display evcxr_figure evcxr_image evcxr_input evcxr_runtime",
}


def members(of):
    return [name for name in dir(of) if not name.startswith("_")]


def functions(of, left_out=NOTHING):
    of_a_function = lambda value: callable(value) and not isinstance(value, (type, types.ModuleType))
    return [name for name in members(of) if of_a_function(getattr(of, name)) and not left_out.fullmatch(name)]


LISTS = {
    "torch.Tensor": members(torch.Tensor),
    "torch": functions(torch, INTERNAL),
    "torch.nn.functional": functions(torch.nn.functional, INTERNAL),
    "torch.linalg": functions(torch.linalg, re.compile("common_notes")),
    "numpy.ndarray": members(numpy.ndarray),
    "numpy": functions(numpy, OF_ITSELF),
    "numpy.linalg": functions(numpy.linalg, OF_ITSELF),
    "numpy.random": functions(numpy.random, re.compile(".*bit_generator|test")),
} | {place: names.split() for place, names in BY_HAND.items()}

for place, names in LISTS.items():
    lines = sorted({*names, *BESIDES.get(place, "").split()})
    pathlib.Path(__file__).with_name(f"{place}.txt").write_text("".join(f"{name}\n" for name in lines))
