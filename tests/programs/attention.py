"""Scaled dot-product attention by hand, compared with a loop, with gradients."""
import math
import torch
import torch.nn.functional as F


def softmax(x, dim=-1):
    shifted = x - x.max(dim=dim, keepdim=True).values
    e = shifted.exp()
    return e / e.sum(dim=dim, keepdim=True)


def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, float("-inf"))
    weights = softmax(scores)
    return weights @ v, weights


def multi_head(x, wq, wk, wv, wo, heads=2):
    batch, length, dim = x.shape
    def split(t):
        return t.view(batch, length, heads, dim // heads).transpose(1, 2)
    mask = torch.tril(torch.ones(length, length))
    out, weights = attention(split(x @ wq), split(x @ wk), split(x @ wv), mask)
    return out.transpose(1, 2).contiguous().view(batch, length, dim) @ wo, weights


torch.manual_seed(0)
B, L, D = 1, 3, 4
x = torch.rand(B, L, D)
params = {name: (torch.rand(D, D) - 0.5).requires_grad_() for name in ["wq", "wk", "wv", "wo"]}
out, weights = multi_head(x, **params)
print(out.shape, weights.shape)
print(weights.detach())
print(weights.sum(-1))

loss = out.pow(2).mean()
loss.backward()
print(f"{loss.item():.5f}")
for name, p in params.items():
    print(f"{name}: norm {p.grad.norm():.4f}, mean {p.grad.mean().item():+.4f}")

# torch's own
q, k, v = torch.rand(2, 5, 4), torch.rand(2, 5, 4), torch.rand(2, 5, 4)
mine, _ = attention(q, k, v)
print(torch.allclose(mine, torch.softmax(q @ k.mT / 2, -1) @ v))
print(torch.allclose(softmax(q), F.softmax(q, dim=-1)))
rows = []
for i in range(5):
    w = torch.tensor([torch.dot(q[0, i], k[0, j]) / 2 for j in range(5)])
    w = w.exp() / w.exp().sum()
    rows.append(sum(w[j] * v[0, j] for j in range(5)))
print(torch.allclose(torch.stack(rows), mine[0], atol=1e-6))
einsum = torch.einsum("bij,bjd->bid", torch.einsum("bid,bjd->bij", q, k).div(2).softmax(-1), v)
print((einsum - mine).abs().max() < 1e-6)
