"""Results written into tensors that are there already: out=."""

import warnings

import torch

warnings.simplefilter("ignore")  # of chain_matmul, which is deprecated

x = torch.rand(5, 3)
y = torch.ones(5, 3)
result = torch.empty(5, 3)
torch.add(x, y, out=result)
print(torch.equal(result, x + y), result._version)

m = torch.arange(6.0).reshape(2, 3)
r = torch.zeros(2, 3)
print(torch.add(m, 1, alpha=2, out=r) is r, r)
print(torch.exp(m, out=torch.zeros(2, 3, dtype=torch.float64)))
print(torch.mm(m, torch.ones(3, 3), out=r))
print(torch.matmul(m, torch.ones(3, 3), out=torch.empty(0)))
print(torch.sum(m, 0, out=torch.zeros(3)))
print(torch.cat([m, m], out=torch.empty(0)))
print(torch.stack([m, m], 1, out=torch.empty(0)))
print(torch.eq(m, m, out=r))
print(torch.where(m > 2, m, -m, out=r))
print(torch.max(m, 0, out=(torch.zeros(3), torch.zeros(3, dtype=torch.int64))))
values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
torch.sort(m, descending=True, out=(values, indices))
print(values, indices)
print(torch.ones(2, 2, out=r), torch.arange(3, out=torch.empty(0)), torch.full((2, 3), 7, out=r))
print(torch.add(m, 1, out=None))

grid = torch.zeros(4, 3)
torch.mul(m, 10, out=grid[1:3])
print(grid)
print(torch.neg(m, out=m) is m, m)

w = torch.ones(2, 3, requires_grad=True)
with torch.no_grad():
    torch.sub(w, 0.5, out=w)
print(w)
print(torch.eq(w, 0.5, out=r))

sq = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
into = torch.zeros(2, 2)
print(torch.tensordot(sq, sq, dims=1, out=into) is into, into)
print(torch.chain_matmul(sq, sq, sq, out=into) is into, into)

attempts = [
    lambda: torch.add(w, 1, out=r),
    lambda: torch.add(m, 1, out=w),
    lambda: torch.sum(w, 0, out=torch.zeros(3)),
    lambda: torch.add(m, 1j, out=r),
    lambda: torch.add(m, 1, out=torch.zeros(2, 3, dtype=torch.int64)),
    lambda: torch.add(m[:, :2], 1, out=torch.ones(1).expand(2, 2)),
    lambda: torch.add(m[:1], 1, out=m[0]),
    lambda: torch.relu(m, out=r),
    lambda: m.add(1, out=r),
    lambda: torch.max(m, 0, out=r),
    lambda: torch.chain_matmul(sq, sq, out=1),
    lambda: torch.tensordot(sq, 1, dims=([0], [1])),
    lambda: torch.tensordot(sq, sq, dims=([0], 1)),
    lambda: torch.tensordot(sq, sq, dims=torch.tensor([0, 1])),
]
for attempt in attempts:
    try:
        print(attempt())
    except (RuntimeError, TypeError) as error:
        print(type(error).__name__, error)
