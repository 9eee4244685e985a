"""Tensors made by a rule that Python and Rust share (see `source.rs`), so that cases need not write them out."""
import torch

DTYPES = {"f32": torch.float32, "f64": torch.float64, "i64": torch.int64, "i32": torch.int32, "u8": torch.uint8, "bool": torch.bool}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def values(dtype, count, seed, kind=None):
    """Elements of a kind, picked by a small linear generator, or in turn when the seed is 0. Without a kind: quarters from
    -5 to 5 for floats, -5 to 5 for whole numbers, 0 to 10 for bytes."""
    state, made = seed * 7919 + 17, []
    for number in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        n = state >> 16 if seed else number
        if kind is not None:
            made.append(kind[n % len(kind)])
            continue
        n %= 41
        if dtype in ("f32", "f64"):
            made.append((n - 20) / 4)
        elif dtype == "bool":
            made.append(n % 2 == 0)
        elif dtype == "u8":
            made.append(n % 11)
        else:
            made.append(n % 11 - 5)
    return made


class Source:
    """A tensor by rule. The view says how it lies in memory: c(ontiguous), t(ransposed last two dimensions), s(lice with
    step 2 of a longer last dimension), o(ffset into a longer first dimension), e(xpanded from a first length of 1),
    p(ositive: absolute value plus one), n (the third element is NaN). The kind is a pair of a name and its elements."""

    def __init__(self, dtype, shape, view="c", seed=1, kind=None):
        self.dtype = dtype
        self.spec = f"{dtype}:{'x'.join(map(str, shape))}:{view}:{seed}" + (f":{kind[0]}" if kind else "")
        stored = list(shape)
        if view == "t":
            stored[-1], stored[-2] = stored[-2], stored[-1]
        elif view == "s":
            stored[-1] = stored[-1] * 2
        elif view == "o":
            stored[0] = stored[0] + 2
        elif view == "e":
            stored[0] = 1
        count = 1
        for length in stored:
            count *= length
        elements = values(dtype, count, seed, kind[1] if kind else None)
        x = torch.tensor(elements, dtype=DTYPES[dtype]).reshape(stored)
        if view == "t":
            x = x.transpose(-1, -2)
        elif view == "s":
            x = x[..., ::2]
        elif view == "o":
            x = x[2:]
        elif view == "e":
            x = x.expand(shape)
        elif view == "p":
            x = x.abs() + 1
        elif view == "n":
            x.reshape(-1)[2] = float("nan")
        assert list(x.shape) == list(shape)
        self.tensor = x


def results(value):
    """The tensors that a call gave."""
    several = isinstance(value, (tuple, list)) or type(value).__module__ == "torch.return_types"
    return list(value) if several else [value]
