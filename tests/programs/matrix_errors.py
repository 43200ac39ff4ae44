"""What functions of matrices, samplers and overloads refuse, and what they say first where two things are wrong."""

import torch
from torch import linalg

ones, eye = torch.ones, torch.eye
square, tall = eye(3), ones(3, 2)
nan = float("nan")
pivots = torch.tensor([1, 2, 3], dtype=torch.int32)


def told(number, call):
    try:
        result = call()
    except Exception as error:
        print(number, type(error).__name__, error)
    else:
        parts = result if isinstance(result, tuple) else (result,)
        print(number, [(list(part.shape), part.dtype) for part in parts])


matrices = [
    ("vector", ones(3)),
    ("tall", tall),
    ("long", square.long()),
    ("half", square.half()),
    ("nan", square * nan),
    ("zeros", torch.zeros(3, 3)),
    ("empty", torch.zeros(0, 3)),
]
functions = [
    linalg.inv,
    linalg.det,
    linalg.slogdet,
    linalg.cholesky,
    torch.cholesky_inverse,
    linalg.svd,
    linalg.svdvals,
    linalg.pinv,
    linalg.eigh,
    linalg.eigvalsh,
    linalg.eig,
    linalg.qr,
    linalg.lu,
    linalg.lu_factor,
    linalg.lu_factor_ex,
    linalg.matrix_rank,
    linalg.cond,
    linalg.matrix_norm,
    linalg.vector_norm,
    linalg.matrix_exp,
    linalg.tensorinv,
    torch.logdet,
]
for function in functions:
    for name, matrix in matrices:
        told(name, lambda: function(matrix))
    told("number", lambda: function(3))

rights = [
    ("vector", ones(3)),
    ("two", ones(2, 2)),
    ("wide", ones(2, 3)),
    ("batch", ones(2, 3, 1)),
    ("double", square.double()),
]
lefts = [("vector", ones(3)), ("tall", tall), ("square", square), ("batch", square.expand(5, 3, 3)), ("long", square.long())]
systems = [
    linalg.solve,
    lambda a, b: linalg.solve(a, b, left=False),
    lambda a, b: linalg.solve_triangular(a, b, upper=True),
    lambda a, b: linalg.solve_triangular(a, b, upper=True, left=False),
    lambda a, b: torch.triangular_solve(b, a),
    lambda a, b: torch.cholesky_solve(b, a),
    lambda a, b: linalg.lu_solve(a, pivots, b),
    linalg.lstsq,
    linalg.vecdot,
    linalg.cross,
    torch.dist,
    torch.cdist,
    torch.trapezoid,
    torch.cumulative_trapezoid,
    torch.searchsorted,
    torch.cosine_similarity,
    torch.mv,
    lambda a, b: torch.addmm(square, a, b),
    lambda a, b: torch.baddbmm(square, a, b),
    lambda a, b: torch.addbmm(square, a, b),
]
for number, system in enumerate(systems):
    for first, a in lefts:
        for second, b in rights:
            told(f"{number} {first} {second}", lambda: system(a, b))

for p in (1, 1.0, 2, "fro", "nuc", 3, "foo", 3j):
    told(p, lambda: linalg.cond(tall, p))
    told(p, lambda: linalg.cond(square, p))
    told(p, lambda: linalg.matrix_norm(ones(3), p))
told("tolerance", lambda: linalg.pinv(square, "x"))
told("tolerance", lambda: linalg.matrix_rank(square, torch.tensor(1j)))

counts, floats = torch.arange(3), ones(3)
told("cauchy", lambda: counts.cauchy_())
told("log normal", lambda: counts.log_normal_())
told("geometric", lambda: (counts > 1).geometric_(0.5))
told("isin", lambda: torch.isin(counts > 1, 1))
told("index", lambda: torch.tensor(1.0)[-2])
told("eq", lambda: torch.eq(floats, "a"))
told("eq", lambda: floats.eq("a"))
told("bitwise_and", lambda: torch.bitwise_and(counts))
told("where", lambda: torch.where(counts > 1, "a", 1))
told("add", lambda: torch.add(floats))
told("rand", lambda: torch.rand())
told("narrow", lambda: floats.narrow(0, 1.5, 1))
told("linspace", lambda: torch.linspace(floats, 2, 3))
for kind in (torch.int64, torch.int32, torch.int8, torch.uint8, torch.bool, torch.float32, torch.float64):
    torch.manual_seed(0)
    print(torch.zeros(4).to(kind).random_())
print(torch.isin(1, counts), torch.linspace(torch.tensor(0.0), 1, 3), torch.ldexp(floats, torch.tensor([1.5, 2, 3])))
print(linalg.matrix_norm(torch.zeros(0, 3), 2), linalg.cond(torch.zeros(2, 0, 0)))
