"""The expressions by name; `expressions.rs` has the same.

What is unique up to signs only is compared by magnitudes, which have gradients of their own.
"""
import torch
from torch import linalg


def t(x):
    return x.transpose(-2, -1)


def eye(x, rows=None):
    return torch.eye(rows or x.shape[-1], dtype=x.dtype)


def hilbert(x):
    rows = torch.arange(x.shape[-2], dtype=x.dtype).unsqueeze(-1)
    return 1 / (rows + torch.arange(x.shape[-1], dtype=x.dtype) + 1)


# What is made of the first input before.
MADE = {
    "plain": lambda x: x,
    "symmetric": lambda x: (x + t(x)) / 2,
    "definite": lambda x: x @ t(x) / 8 + eye(x, x.shape[-2]),
    "hilbert": lambda x: hilbert(x) * (1 + x / 100),
    "graded": lambda x: x * 0.1 ** torch.arange(x.shape[-2], dtype=x.dtype).unsqueeze(-1),
    "one": lambda x: x[..., :1] @ x[..., :1, :],
    "rank_two": lambda x: x[..., :2] @ x[..., :2, :],
    "constant": lambda x: x.detach() * 0 + 1,
    "zero": lambda x: x * 0,
    "identity": lambda x: eye(x) + x * 0,
    "large": lambda x: x * 1e6,
    "small": lambda x: x * 1e-6,
    "half": lambda x: x / 16,
    "root": lambda x: linalg.cholesky(x @ t(x) / 8 + eye(x)),
    "dominant": lambda x: x / 8 + 3 * eye(x),
    "swapped": lambda x: x.flip(-2),
}


def svd(x, **options):
    u, s, v = torch.svd(x, **options)
    count = s.shape[-1]
    u, v = u[..., :count], v[..., :count]
    return (u * s.unsqueeze(-2)) @ t(v), s, u.abs(), v.abs()


def eigh(x, **options):
    values, vectors = linalg.eigh(x, **options)
    return (vectors * values.unsqueeze(-2)) @ t(vectors), values, vectors.abs()


def lu_unpack(x):
    lu, pivots = torch.lu(x)
    return torch.lu_unpack(lu, pivots)


def triangular(upper=True, transpose=False, unitriangular=False, left=True):
    def call(b, a):
        if left:
            return torch.triangular_solve(b, a, upper, transpose, unitriangular)[0]
        a = t(a) if transpose else a
        return linalg.solve_triangular(a, b, upper=upper != transpose, left=False, unitriangular=unitriangular)

    return call


CALLS = {
    "inverse": torch.inverse,
    "det": torch.det,
    "slogdet": lambda x: tuple(torch.slogdet(x)),
    "logdet": torch.logdet,
    "solve": linalg.solve,
    "lu": lambda x: tuple(torch.lu(x)),
    "lu_unpack": lambda x: lu_unpack(x)[1:],
    "permutation": lambda x: lu_unpack(x)[0],
    "lu_solve": lambda x, b: torch.lu_solve(b, *torch.lu(x)),
    "qr": lambda x: tuple(linalg.qr(x)),
    "qr_complete": lambda x: tuple(linalg.qr(x, mode="complete")),
    "q": lambda x: linalg.qr(x)[0],
    "r": lambda x: linalg.qr(x)[1],
    "svd": svd,
    "svd_full": lambda x: svd(x, some=False),
    "svdvals": linalg.svdvals,
    "right_vectors": lambda x: torch.svd(x)[2].abs(),
    "eigh": eigh,
    "eigh_upper": lambda x: eigh(x, UPLO="U"),
    "eigvalsh": linalg.eigvalsh,
    "eigenvectors": lambda x: linalg.eigh(x)[1].abs(),
    "cholesky": linalg.cholesky,
    "cholesky_upper": lambda x: linalg.cholesky(x, upper=True),
    "cholesky_solve": lambda l, b: torch.cholesky_solve(b, torch.tril(l)),
    "cholesky_solve_upper": lambda l, b: torch.cholesky_solve(b, t(torch.tril(l)), upper=True),
    "cholesky_inverse": lambda l: torch.cholesky_inverse(torch.tril(l)),
    "cholesky_inverse_upper": lambda l: torch.cholesky_inverse(t(torch.tril(l)), upper=True),
    "pinverse": linalg.pinv,
    "pinverse_rcond": lambda x: torch.pinverse(x, 0.1),
    "triangular_solve": lambda a, b: triangular()(b, a),
    "lower_solve": lambda a, b: triangular(upper=False)(b, a),
    "turned_solve": lambda a, b: triangular(transpose=True)(b, a),
    "unit_solve": lambda a, b: triangular(unitriangular=True)(b, a),
    "right_solve": lambda a, b: triangular(left=False)(b, a),
    "all_options_solve": lambda a, b: triangular(False, True, True, False)(b, a),
    "matrix_exp": torch.matrix_exp,
    "matrix_power_0": lambda x: torch.matrix_power(x, 0),
    "matrix_power_1": lambda x: torch.matrix_power(x, 1),
    "matrix_power_5": lambda x: torch.matrix_power(x, 5),
    "matrix_power_6": lambda x: torch.matrix_power(x, 6),
    "matrix_power_-3": lambda x: torch.matrix_power(x, -3),
    "matrix_rank": linalg.matrix_rank,
    "matrix_rank_rtol": lambda x: linalg.matrix_rank(x, rtol=0.1),
    "lstsq": lambda a, b: linalg.lstsq(a, b, driver="gelsd")[0],
}
SQUARE = [((3, 3), "plain"), ((1, 1), "plain"), ((2, 3, 3), "plain"), ((2, 2, 2, 2), "plain"), ((5, 5), "hilbert"), ((6, 6), "graded"),
          ((4, 4), "swapped")]
EMPTY = [((0, 0), "plain"), ((2, 0, 0), "plain")]
ANY = [((4, 4), "plain"), ((5, 3), "plain"), ((3, 5), "plain"), ((2, 4, 3), "plain"), ((2, 3, 4), "plain"), ((1, 1), "plain"), ((4, 1), "plain"),
       ((1, 4), "plain"), ((5, 5), "hilbert"), ((9, 2), "plain"), ((2, 9), "plain")]
FLAT = [((3, 0), "plain"), ((0, 3), "plain"), ((0, 0), "plain"), ((2, 0, 3), "plain"), ((0, 3, 2), "plain")]
SYMMETRIC = [((3, 3), "symmetric"), ((1, 1), "symmetric"), ((2, 4, 4), "symmetric"), ((5, 5), "definite")]
DEFINITE = [((3, 3), "definite"), ((1, 1), "definite"), ((2, 4, 4), "definite"), ((5, 5), "hilbert_definite")]
MADE["hilbert_definite"] = lambda x: (hilbert(x) + t(hilbert(x))) / 2 + x @ t(x) / 1e4
RIGHT = [((3, 3), (3, 2)), ((1, 1), (1, 1)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 1)), ((2, 1, 3, 3), (2, 3, 2)), ((3, 3), (3, 0)), ((0, 0), (0, 2))]


def shape(lengths):
    return "x".join(map(str, lengths))


def spec(lengths, seed, view="c"):
    return f"f64:{shape(lengths)}:{view}:{seed}"


def cases():
    """Each as what is called, what is made of the first input, and the inputs."""
    for call in ("inverse", "det", "slogdet", "logdet", "lu", "matrix_exp", "matrix_power_5"):
        for number, (lengths, made) in enumerate(SQUARE + EMPTY):
            if call == "matrix_exp" and made in ("plain", "swapped"):
                made = "half"
            yield call, made, [spec(lengths, number + 1)]
    for call in ("slogdet", "lu", "logdet"):
        yield call, "rank_two", [spec((3, 3), 4)]
    yield "det", "one", [spec((3, 3), 5)]
    yield "det", "zero", [spec((3, 3), 5)]
    yield "det", "large", [spec((2, 3, 3), 5, "t")]
    yield "slogdet", "small", [spec((2, 3, 3), 5, "t")]
    for made, seed in (("plain", 2), ("large", 3), ("zero", 4), ("identity", 5), ("symmetric", 6), ("small", 7)):
        yield "matrix_exp", "half" if made == "large" else made, [spec((4, 4), seed)]
    for power in ("0", "1", "6", "-3"):
        yield f"matrix_power_{power}", "dominant", [spec((2, 3, 3), 8)]
    for call in ("lu", "lu_unpack", "permutation"):
        for number, (lengths, made) in enumerate(ANY + FLAT):
            yield call, made, [spec(lengths, number + 3)]
    for left, right in RIGHT:
        for call in ("solve", "lu_solve", "triangular_solve", "lower_solve", "turned_solve", "unit_solve"):
            yield call, "dominant", [spec(left, 1), spec(right, 2)]
        for call in ("cholesky_solve", "cholesky_solve_upper"):
            yield call, "root", [spec(left, 1), spec(right, 2)]
    yield "solve", "plain", [spec((3, 3), 1), spec((3,), 2)]
    yield "solve", "plain", [spec((2, 3, 3), 1, "t"), spec((2, 3), 2)]
    yield "solve", "hilbert", [spec((5, 5), 1), spec((5, 2), 2)]
    yield "solve", "plain", [spec((3, 3), 1) + "!", spec((3,), 2)]
    yield "solve", "plain", [spec((3, 3), 1), spec((3, 2), 2, "t") + "!"]
    for call in ("right_solve", "all_options_solve"):
        yield call, "dominant", [spec((3, 3), 1), spec((2, 3), 2)]
        yield call, "dominant", [spec((2, 3, 3), 3), spec((4, 3), 4)]
    for number, (lengths, made) in enumerate(DEFINITE + EMPTY):
        yield "cholesky", made, [spec(lengths, number + 1)]
        yield "cholesky_upper", made, [spec(lengths, number + 1)]
        yield "cholesky_inverse", "root", [spec(lengths, number + 1)]
        yield "cholesky_inverse_upper", "root", [spec(lengths, number + 1)]
    for number, (lengths, made) in enumerate(ANY + FLAT):
        for call in ("qr", "q", "r", "svd", "svdvals", "pinverse", "matrix_rank", "right_vectors"):
            yield call, made, [spec(lengths, number + 11)]
        if lengths[-2] <= lengths[-1]:
            yield "qr_complete", made, [spec(lengths, number + 11)]
        yield "qr_complete", made, [spec(lengths, number + 11) + "!"]
        yield "svd_full", made, [spec(lengths, number + 11)]
    for made in ("rank_two", "one", "constant", "zero", "large"):
        for call in ("svdvals", "matrix_rank", "matrix_rank_rtol", "pinverse", "pinverse_rcond"):
            yield call, made, [spec((5, 4), 21) + ("" if call.startswith("pinverse") or made == "large" else "!")]
    for number, (lengths, made) in enumerate(SYMMETRIC + EMPTY):
        for call in ("eigh", "eigh_upper", "eigvalsh", "eigenvectors"):
            yield call, made, [spec(lengths, number + 31)]
    for made in ("identity", "zero", "constant"):
        yield "eigvalsh", made, [spec((4, 4), 35) + "!"]
    yield "eigvalsh", "identity", [spec((4, 4), 35)]
    for left, right in (((5, 3), (5, 2)), ((3, 5), (3,)), ((4, 4), (4, 1)), ((2, 5, 3), (2, 5, 1)), ((2, 5, 3), (2, 5))):
        yield "lstsq", "plain", [spec(left, 41), spec(right, 42)]
    yield "lstsq", "one", [spec((5, 3), 41), spec((5, 2), 42)]
