"""What the operations of the cases are in PyTorch; `operation.rs` and `expression.rs` have the same names for tensorlib."""
import operator
from functools import reduce

import torch
from torch.nn import functional

UNARY = """exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal sigmoid tanh sin cos tan asin acos atan sinh cosh floor ceil
round trunc softplus gelu silu neg abs sign square relu""".split()
BINARY = "add sub mul div remainder pow maximum minimum".split()

INDEX = {
    "first": lambda x: x[0],
    "last": lambda x: x[-1],
    "element": lambda x: x[1, 2],
    "column": lambda x: x[:, 1],
    "tail": lambda x: x[:, 1:],
    "steps": lambda x: x[::2, 1::2],
    "beyond": lambda x: x[1:100, -2:],
    "none": lambda x: x[2:2],
    "ellipsis": lambda x: x[..., 0],
    "newaxis": lambda x: x[:, None, 1:],
    "mask": lambda x: x[x > 0],
    "row_mask": lambda x: x[torch.tensor([True, False, True])],
    "column_mask": lambda x: x[:, torch.tensor([True, False, True, True])],
    "list": lambda x: x[[2, 0]],
    "again": lambda x: x[[0, 2, 0, 0]],
    "list_column": lambda x: x[:, [2, 0, -1, 2]],
    "pairs": lambda x: x[[0, 2, 0], [1, -1, 1]],
    "grid": lambda x: x[torch.tensor([[0], [2]]), torch.tensor([1, 3])],
    "number_list": lambda x: x[1, [0, 2, 0]],
    "range_list": lambda x: x[1:, [3, 3]],
    "apart": lambda x: x[[0, 1, 1], :, [1, 0, 1]],
    "between": lambda x: x[:, [0, 2], 1:],
    "plane_mask": lambda x: x[torch.tensor([[True, False, True], [False, True, False]])],
}
# What a part of a matrix [3, 4] is: all but `flat`, which needs it contiguous, are views however it lies in memory.
# What `split`, `chunk` and `unbind` give, PyTorch does not let anyone change in place.
PARTS = {
    "whole": lambda x: x,
    "row": lambda x: x[0],
    "column": lambda x: x[:, 1],
    "steps": lambda x: x[::2, 1::2],
    "row_part": lambda x: x[1][1:3],
    "element": lambda x: x[2, 3],
    "transposed": lambda x: x.t(),
    "flat": lambda x: x.view(-1),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "unsqueezed": lambda x: x.unsqueeze(1),
    "permuted": lambda x: x.permute(1, 0)[1:],
    "unflattened": lambda x: x.unflatten(1, (2, 2))[:, 1],
}


def with_(target, call):
    """The target, after something was done to it in place."""
    call(target)
    return target


def cumulative(x, name, dims, **options):
    """PyTorch's prod takes one dimension."""
    for dim in sorted((dim % x.ndim for dim in dims), reverse=True):
        x = getattr(x, name)(dim, **options)
    return x


def limit(text):
    return None if text == "None" else text


def plain(x, index):
    """The tensor beside an index in PyTorch's own functions, which write neither numbers nor other types."""
    return x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=index.dtype)


def put(x, name, value):
    """`x[…] = value` for the indices that INDEX reads."""
    keys = {
        "first": 0, "tail": (slice(None), slice(1, None)), "steps": (slice(0, None, 2), slice(1, None, 2)), "ellipsis": (Ellipsis, 0),
        "list": [2, 0], "list_column": (slice(None), [2, 0]), "pairs": ([0, 2], [1, -1]), "mask": x.detach() > 0,
        "row_mask": torch.tensor([True, False, True]), "grid": (torch.tensor([[0], [2]]), torch.tensor([1, 3])), "number_list": (1, [0, 2]),
    }
    x[keys[name]] = value
    return x


def gelu_network(x, w, b):
    return functional.gelu(x @ w + b)


def layer_norm(x):
    centred = x - x.mean(-1, keepdim=True)
    return centred / (x.var(-1, keepdim=True, correction=0) + 0.125).sqrt()


def recurrent(x, w):
    state = torch.zeros_like(x[0])
    states = []
    for row in x.unbind():
        state = torch.tanh(row + state @ w)
        states.append(state)
    return torch.stack(states)


def accumulated(x, y):
    total = torch.zeros(4, dtype=x.dtype)
    for row in x:
        total += row * y
    return total


def relay(x, y):
    """One part changes another."""
    z = x.clone()
    z[0].mul_(y)
    z[1].add_(z[0])
    z[:, 2].sub_(z[:, 0])
    return z


def before_and_after(x, y):
    """A view made before its base changed, and one made after it."""
    z = x * 1
    before = z[1]
    z.mul_(y)
    return [before, z[1], before * z[0]]


def views_of_views(x, y):
    z = x * 1
    a = z.t()
    b = a[1:]
    b.mul_(y)
    return [z, a, b]


def two_views(x, y):
    z = x * 1
    a, b = z[0], z[:, 0]
    a.mul_(y)
    b.add_(1)
    a.add_(b.sum())
    return [z, b]


def rows_written(x, y):
    z = torch.zeros(2, 4, dtype=x.dtype)
    z[0] = x * y
    z[1] = x.exp()
    return z


def frozen_part(x, y):
    with torch.no_grad():
        factor = x * y
    return x * factor + y


def view_before_gradient(x, y):
    """A part of zeros, taken before they get a gradient."""
    z = torch.zeros(3, 4, dtype=x.dtype)
    before = z[1]
    z.add_(x)
    return before * y


def sibling_views(x, y):
    z = torch.zeros(3, 4, dtype=x.dtype)
    row = z[1]
    row.add_(y)
    column = z[:, 1]
    z.add_(x)
    column.mul_(2)
    return [row, column, z]


def changed_without_gradient(x, y):
    z = x * 1
    with torch.no_grad():
        z.mul_(2)
    return z * y


def swapped_by_views(x):
    z = x * 1
    first = z[0].clone()
    z[0] = z[1]
    z[1] = first
    return z.cumsum(0)


def mixed_in_place(x, y):
    z = x.abs() + 1
    z.mul_(y).div_(y + 3)
    z[1:].mul_(y)
    return z.sub_(y).div_(z.detach() + 3)


def written_to_parts(x, y):
    z = x * 1
    z[1:].masked_fill_(torch.tensor([True, False, False, True]), -1)
    z.t()[[0, 2]] = y[:3]
    z[0].clamp_(-0.5, 0.5)
    z[2].cumsum_(0)
    z[:2].scatter_(1, torch.tensor([[1], [3]]), y[:2].unsqueeze(1))
    return z


EXPRESSIONS = {
    # One tensor several times.
    "square_by_mul": lambda x: x * x,
    "twice": lambda x: x + x,
    "nothing": lambda x: x - x,
    "cube_by_mul": lambda x: x * x * x,
    "over_itself": lambda x: (x + 1) / (x * x + 1),
    "self_power": lambda x: x**x,
    "gram": lambda x: x @ x.t(),
    "squared_matrix": lambda x: x @ x,
    "self_outer": lambda x: torch.einsum("i,j->ij", x, x),
    "joined_with_itself": lambda x: torch.cat([x, x * 2, x]),
    "stacked_with_itself": lambda x: torch.stack([x, x], 1),
    "chosen_from_itself": lambda x: torch.where(x > 0, x, x.exp() - 1),
    "limited_by_itself": lambda x: x.clamp(x * 0.5, x * 2),
    "symmetric": lambda x: x + x.t(),
    "diamond": lambda x: (lambda y: y.sin() * y + y)(x.exp()),
    "lattice": lambda x: (lambda y: (lambda z: z * y + z)(y + x))(x * x),
    "unused_parts": lambda x: (x.unbind()[1], x.max(0).values)[0],
    # Temporaries, whose memory Rust may use again.
    "chain": lambda x: -((x * 2 + 1).tanh() - 3) / 4,
    "exp_plus": lambda x: x.exp() + 1,
    "exp_times": lambda x: x.exp() * 2,
    "exp_by_sin": lambda x: x.exp() * x.sin(),
    "sigmoid_by_tanh": lambda x: x.sigmoid() / x.cosh(),
    "tanh_minus": lambda x: 1 - x.tanh(),
    "product_of_sums": lambda x: (x + 1) * (x - 2) * (x + 3),
    "number_over": lambda x: 1 / (1 + (-x).exp()),
    "remainder_of": lambda x: (x * 3) % 2,
    "power_of": lambda x: (x * x + 1) ** 1.5 * 2,
    "temporary_power": lambda x: (x.exp() + 1) ** (x.sin() + 2),
    "root_of_sum": lambda x: (x.square().sum(1) + 1).sqrt(),
    "maximum_of": lambda x: (x * 2).maximum(x + 1) + 1,
    # Formulas that lessons have.
    "logistic_loss": lambda x, y: (functional.softplus(x) - x * y.sigmoid()).mean(),
    "mean_squared": lambda x, y: (x - y).square().mean(),
    "cross_entropy": lambda x: -x.log_softmax(1).gather(1, torch.tensor([[1], [0], [3]])).mean(),
    "entropy": lambda x: -(x.softmax(1) * x.log_softmax(1)).sum(1),
    "softmax_by_hand": lambda x: (lambda e: e / e.sum(1, keepdim=True))((x - x.max(1, keepdim=True).values.detach()).exp()),
    "standardized": lambda x: (x - x.mean(0)) / x.std(0),
    "layer_norm": layer_norm,
    "unit_rows": lambda x: x / x.norm(dim=1, keepdim=True),
    "attention": lambda q, k, v: torch.softmax(q @ k.transpose(-2, -1) / 2, -1) @ v,
    "linear": lambda x, w, b: x @ w.t() + b,
    "network": lambda x, w, b: torch.relu(x @ w + b),
    "gelu_network": gelu_network,
    "recurrent": recurrent,
    "distances": lambda x, y: (x[:, None] - y).square().sum(-1).sqrt(),
    "polynomial": lambda x, y: sum(y[k] * x**k for k in range(4)),
    "penalty": lambda x: x.abs().sum() + x.square().sum() / 2,
    "tanh_fifty_times": lambda x: reduce(lambda y, _: torch.tanh(y * 1.25), range(50), x),
    "sum_of_rows": lambda x: sum(x.unbind()),
    "geometric_mean": lambda x: x.abs().log().mean().exp(),
    # Gradients that stop.
    "detached_factor": lambda x: x * x.detach(),
    "detached_view": lambda x: x[1:] * x.detach()[:-1],
    "without_gradient": frozen_part,
    "from_whole_numbers": lambda x: x * x.to(torch.int64),
    "from_places": lambda x: x.sum(1) * x.argmax(1),
    "comparison": lambda x: x * (x > 0),
    # Changes in place.
    "accumulated": accumulated,
    "relay": relay,
    "before_and_after": before_and_after,
    "views_of_views": views_of_views,
    "two_views": two_views,
    "rows_written": rows_written,
    "view_before_gradient": view_before_gradient,
    "sibling_views": sibling_views,
    "changed_without_gradient": changed_without_gradient,
    "changed_under_detach": lambda x, y: with_(x * 1, lambda z: z.detach().mul_(2)) * y,
    "contiguous_in_place": lambda x, y: with_(x * 1, lambda z: z.contiguous().mul_(y)),
    "reshaped_in_place": lambda x, y: with_((x * 1).contiguous(), lambda z: z.reshape(4, 3).add_(y[1:])),
    "same_type_in_place": lambda x, y: with_(x * 1, lambda z: z.to(x.dtype).mul_(y)),
    "row_copied": lambda x: with_(x * 1, lambda z: z[0].copy_(z[1])).cumprod(0),
    "swapped_by_views": swapped_by_views,
    "twice_in_place": lambda x, y: (x * 1).mul_(y).mul_(y).div_(y + 3),
    "mixed_in_place": mixed_in_place,
    "written_to_parts": written_to_parts,
    "no_rows_in_place": lambda x, y: with_(x * 1, lambda z: z[2:2].mul_(y)),
    "copy_in_place": lambda x, y: with_(x * 1, lambda z: z[[0, 2]].mul_(y)) + x[[0, 2, 1]].mul_(y),
    "plus_assigned": lambda x, y: with_(x * 2, lambda z: operator.iadd(z, y)),
    "assigned_part": lambda x, y: with_(x.sin(), lambda z: operator.imul(z[1:], y)),
    "chain_in_place": lambda x: (x * 2).add_(1).sin_().mul_(3).neg_(),
    "sqrt_in_place": lambda x: (x * x + 1).sqrt_() * 2,
    "copied_over": lambda x, y: with_(x.sin(), lambda z: z.copy_(y)) * y,
    "filled_then_added": lambda x, y: torch.zeros_like(y).add_(x).mul_(y),
    "swapped_rows": lambda x: with_(x.clone(), lambda z: z.__setitem__([0, 1], x[[1, 0]])),
    "masked_then_softmax": lambda x: x.masked_fill(torch.ones_like(x).tril() == 0, float("-inf")).softmax(-1),
    "written_where_positive": lambda x, y: with_(x * 1, lambda z: z.__setitem__(z > 0, y)),
    "turned_in_place": lambda x: with_(x * 2, lambda z: z.t_().unsqueeze_(0)) * x.t(),
    "doubled_in_place": lambda x: with_(x * 1, lambda z: z.add_(z)) * x,
    "upper_zeroed": lambda x: with_(x.sin(), lambda z: z[0, 1:].zero_()) + x.exp(),
}


def in_place(target, name, others):
    """An operation in place by its name, with a tensor or a number."""
    if name == "gelu_" or name == "softplus_" or name == "silu_":
        return target.copy_(getattr(functional, name[:-1])(target.clone()))
    if name.removesuffix("_") in UNARY or name == "zero_":
        return getattr(target, name)()
    if name in ("maximum_", "minimum_"):
        return target.copy_(getattr(torch, name[:-1])(target.clone(), plain(others[0], target)))
    return getattr(target, name)(*others)


def number_first(name, number, x):
    if name == "rremainder":  # Of a plain number PyTorch has no gradient.
        return torch.remainder(plain(number, x), x)
    return getattr(operator, {"rdiv": "truediv"}.get(name, name[1:]))(number, x)


def reduction(name, x, args):
    """All elements, some dimensions, or these kept with length 1."""
    keep = name.endswith("_keepdim")
    stem = name.removesuffix("_keepdim").removesuffix("_dim")
    whole = stem == name
    if stem in ("norm_p", "var_correction", "std_correction"):
        by, dims = args[0], None if whole else args[1:]
        if stem == "norm_p":
            return torch.linalg.vector_norm(x, float(by), dims, keepdim=keep)
        return getattr(torch, stem[:3])(x, dims, correction=by, keepdim=keep)
    if stem == "norm":
        return torch.linalg.vector_norm(x, 2, None if whole else args, keepdim=keep)
    if whole:
        return getattr(torch, stem)(x)
    if stem == "prod":
        return cumulative(x, "prod", args, keepdim=keep)
    if stem in ("max", "min"):
        return getattr(torch, stem)(x, args[0], keepdim=keep).values
    return getattr(torch, stem)(x, args, keepdim=keep)


REDUCTIONS = "sum prod mean var std norm norm_p var_correction std_correction amax amin max min".split()

CALLS = {
    # Along a dimension.
    "logsumexp": lambda x, *dims: torch.logsumexp(x, dims),
    "logsumexp_keepdim": lambda x, *dims: torch.logsumexp(x, dims, keepdim=True),
    "cumsum": lambda x, dim: x.cumsum(dim),
    "cumprod": lambda x, dim: x.cumprod(dim),
    "softmax": lambda x, dim: x.softmax(dim),
    "log_softmax": lambda x, dim: x.log_softmax(dim),
    "sort": lambda x, dim: torch.sort(x, dim=dim, stable=True).values,
    "sort_descending": lambda x, dim: torch.sort(x, dim=dim, descending=True, stable=True).values,
    "topk": lambda x, k, dim: torch.topk(x, k, dim).values,
    "topk_smallest": lambda x, k, dim: torch.topk(x, k, dim, largest=False).values,
    # Products.
    "matmul": torch.matmul,
    "mm": torch.mm,
    "bmm": torch.bmm,
    "mv": torch.mv,
    "dot": torch.dot,
    "outer": torch.outer,
    # Limits and choice.
    "clamp": lambda x, low, high: x.clamp(limit(low), limit(high)),
    "clamp_tensors": lambda x, low, high: torch.clamp(x, low, high),
    "clamp_low": lambda x, low: torch.clamp(x, min=low),
    "clamp_high": lambda x, high: torch.clamp(x, max=high),
    "where_cond": torch.where,
    "where_number": lambda condition, x, number: torch.where(condition, x, number),
    "number_where": lambda condition, x, number: torch.where(condition, number, x),
    "maximum_number": lambda x, number: torch.maximum(x, plain(number, x)),
    "minimum_number": lambda x, number: torch.minimum(x, plain(number, x)),
    # Shapes.
    "view": lambda x, *shape: x.view(shape),
    "view_as": lambda x, y: x.view_as(y) * y,
    "reshape": lambda x, *shape: x.reshape(shape),
    "reshape_as": lambda x, y: x.reshape_as(y) * y,
    "t": lambda x: x.t(),
    "transpose": lambda x, a, b: x.transpose(a, b),
    "permute": lambda x, *dims: x.permute(dims),
    "movedim": lambda x, a, b: x.movedim(a, b),
    "unsqueeze": lambda x, dim: x.unsqueeze(dim),
    "squeeze": lambda x: x.squeeze(),
    "squeeze_dim": lambda x, *dims: x.squeeze(dims),
    "expand": lambda x, *shape: x.expand(shape),
    "expand_as": lambda x, y: x.expand_as(y) * y,
    "flatten": lambda x: x.flatten(),
    "flatten_dims": lambda x, a, b: x.flatten(a, b),
    "unflatten": lambda x, dim, *shape: x.unflatten(dim, shape),
    "flip": lambda x, *dims: x.flip(dims),
    "repeat": lambda x, *times: x.repeat(times),
    "tile": lambda x, *times: x.tile(times),
    "contiguous": lambda x: x.contiguous(),
    "clone": lambda x: x.clone(),
    "alias": lambda x: x.view_as(x),
    "tril": lambda x: x.tril(),
    "triu": lambda x: x.triu(),
    "diag": lambda x: x.diag(),
    # Parts and joins.
    "select": lambda x, dim, at: x.select(dim, at),
    "narrow": lambda x, dim, start, length: x.narrow(dim, start, length),
    "split": lambda x, *sizes: x.split(sizes if len(sizes) > 1 else sizes[0]),
    "split_dim": lambda x, dim, *sizes: x.split(sizes if len(sizes) > 1 else sizes[0], dim),
    "chunk": lambda x, count: x.chunk(count),
    "chunk_dim": lambda x, dim, count: x.chunk(count, dim),
    "unbind": lambda x: x.unbind(),
    "unbind_dim": lambda x, dim: x.unbind(dim),
    "cat": lambda *x: torch.cat(x),
    "stack": lambda *x: torch.stack(x),
    "hstack": lambda *x: torch.hstack(x),
    "vstack": lambda *x: torch.vstack(x),
    "dstack": lambda *x: torch.dstack(x),
    "column_stack": lambda *x: torch.column_stack(x),
    # Positions.
    "i": lambda x, name: INDEX[name](x),
    "index_select": lambda x, index, dim: x.index_select(dim, index),
    "gather": lambda x, index, dim: x.gather(dim, index),
    "masked_select": lambda x, mask: x.masked_select(mask),
    "masked_fill": lambda x, mask, value: x.masked_fill(mask, value),
    # Written to a clone.
    "masked_fill_": lambda x, mask, value: x.clone().masked_fill_(mask, value),
    "index_put_": lambda x, *rest: put(x.clone(), rest[-1], rest[0]),
    "scatter_": lambda x, index, *rest: x.clone().scatter_(rest[-1], index, rest[0]),
    "index_copy_": lambda x, index, source, dim: x.clone().index_copy_(dim, index, source),
    "cumsum_": lambda x, dim: x.clone().cumsum_(dim),
    "cumprod_": lambda x, dim: x.clone().cumprod_(dim),
    "clamp_": lambda x, low, high: x.clone().clamp_(limit(low), limit(high)),
    # Other types.
    "to": lambda x, dtype: x.to({"f32": torch.float32, "f64": torch.float64}[dtype]),
    "float": lambda x: x.float(),
    "double": lambda x: x.double(),
    "there_and_back": lambda x: x.double().float() * x,
}


def result(op, x, args):
    """What an operation gives for its inputs and arguments: a tensor or several."""
    if op in CALLS:
        return CALLS[op](*x, *args)
    if op == "cat_dim" or op == "stack_dim":
        return getattr(torch, op[:-4])(x, args[0])
    if op == "einsum":
        return torch.einsum(args[0], *x)
    if op == "expression":
        return EXPRESSIONS[args[0]](*x)
    # In place: a part of a clone, then all of it or the part; a clone, then a part that was taken before; a part of zeros.
    if op == "in_part":
        y = x[0].clone()
        in_place(PARTS[args[0]](y), args[1], list(x[1:]) + list(args[2:]))
        return y
    if op == "in_part_seen":
        y = x[0].clone()
        part = PARTS[args[0]](y)
        in_place(part, args[1], list(x[1:]) + list(args[2:]))
        return [part, y]
    if op == "in_base":
        y = x[0].clone()
        part = PARTS[args[0]](y)
        in_place(y, args[1], list(x[1:]) + list(args[2:]))
        return part
    if op == "in_zeros":
        y = torch.zeros(3, 4, dtype=x[0].dtype)
        in_place(PARTS[args[0]](y), args[1], x)
        return y
    stem = op.removesuffix("_keepdim").removesuffix("_dim")
    if stem in REDUCTIONS:
        return reduction(op, x[0], args)
    if op in UNARY:
        return getattr(functional if op in ("gelu", "silu", "softplus") else torch, op)(x[0])
    if op in BINARY:
        return getattr(torch, op)(x[0], x[1] if len(x) > 1 else args[0])
    if op.startswith("r") and op[1:] in BINARY:
        return number_first(op, args[0], x[0])
    if op.endswith("_"):
        return in_place(x[0].clone(), op, list(x[1:]) + list(args))
    raise ValueError(f"operation {op}")
