"""First values of parameters: bounds, orthogonal matrices, zeros by the column, kernels that change nothing."""

import warnings

import torch
from torch import nn
from torch.nn import init

torch.set_printoptions(precision=3)
for shape, options in (
    ((2, 3), {}),
    ((4, 5), {"mean": 1.0, "std": 0.02, "a": 0.99, "b": 1.01}),
    ((20,), {"a": 0.0, "b": 0.1}),
    ((30,), {"a": 1.5, "b": 2.5}),
    ((6,), {"mean": -1.0, "std": 3.0, "a": -1.5, "b": -1.0}),
    ((0, 2), {}),
):
    w = torch.empty(shape)
    print(init.trunc_normal_(w, **options), w.numel() == 0 or bool((w.min() >= options.get("a", -2.0)) & (w.max() <= 2.5)))
print(init.trunc_normal_(torch.empty(3, dtype=torch.float64), 0.5), init.trunc_normal_(torch.empty(3).half(), b=0.25))
print(init.trunc_normal_(nn.Parameter(torch.zeros(2, 2)), std=0.1))
print(torch.rand(2))

for shape in ((3, 3), (2, 5), (5, 2), (3, 2, 2), (1, 4), (0, 3)):
    w = init.orthogonal_(torch.empty(shape), gain=2)
    rows = w.flatten(1) / 2
    small = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
    print(w, torch.allclose(small, torch.eye(len(small)), atol=1e-5))
layer = nn.Linear(3, 2)
print(init.orthogonal_(layer.weight) is layer.weight, layer.weight, torch.rand(2))

print(init.sparse_(torch.empty(5, 3), 0.5), init.sparse_(torch.empty(3, 2), sparsity=0.1, std=1.0))
print(init.sparse_(torch.empty(2, 2), 1.0), init.sparse_(torch.empty(2, 2), 0), torch.rand(2))

print(init.dirac_(torch.ones(2, 2, 3)), init.dirac_(torch.ones(4, 2, 1, 2), groups=2))
print(init.dirac_(torch.empty(2, 1, 1, 2, 3)), init.dirac_(torch.ones(0, 2, 3)).shape)
identity = nn.Conv1d(2, 2, 3, padding=1, bias=False)
init.dirac_(identity.weight)
print(identity(torch.arange(8.0).reshape(1, 2, 4)))

g = torch.Generator().manual_seed(5)
print(init.normal_(torch.empty(3), generator=g), init.uniform_(torch.empty(3), generator=g))
print(init.kaiming_normal_(torch.empty(2, 2), generator=g), init.xavier_uniform_(torch.empty(2, 2), generator=g))
print(init.trunc_normal_(torch.empty(2), generator=g), init.orthogonal_(torch.empty(2, 2), generator=g))
print(init.sparse_(torch.empty(3, 1), 0.3, generator=g), torch.rand(1))

warnings.filterwarnings("ignore")
print(init.orthogonal(torch.empty(2, 2)), init.sparse(torch.empty(2, 2), sparsity=0.5))
print(init.dirac(torch.empty(2, 2, 3)), init.trunc_normal_(torch.empty(2), mean=9.0, a=2.0, b=3.0))
w = torch.empty(3)
print(init.trunc_normal_(w)._version, init.trunc_normal_(w, a=0.0, b=0.1)._version)
for wrong in (
    lambda: init.orthogonal_(torch.empty(3)),
    lambda: init.sparse_(torch.empty(3), 0.1),
    lambda: init.sparse_(torch.empty(3, 3)),
    lambda: init.dirac_(torch.empty(3, 3)),
    lambda: init.dirac_(torch.empty(3, 3, 3), 2),
    lambda: init.dirac_(torch.empty(3, 3, 3), 0),
    lambda: init.trunc_normal_(torch.empty(2), a=3.0, b=2.0),
    lambda: init.trunc_normal_(torch.empty(2), std=0.0),
    lambda: init.trunc_normal_(torch.empty(2), sigma=0.0),
    lambda: init.trunc_normal_(torch.empty(2).long()),
    lambda: init.trunc_normal,
):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
