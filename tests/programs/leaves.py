# Which tensors are leaves, which require a gradient, and which have one after backward?
import torch

a = torch.tensor([1., 2.], requires_grad=True)
b = torch.tensor([3., 4.])
c = a * b
d = c.detach()
e = c.clone()
f = a.view(2, 1)
g = b + 1
h = (c.sum() + e.mean()) ** 2

tensors = {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g, "h": h}

header = ["name", "is_leaf", "requires_grad", "grad_fn", "shape"]
print(" | ".join(f"{title:^14}" for title in header))
print("-+-".join(["-" * 14] * len(header)))
for name, t in tensors.items():
    fn = type(t.grad_fn).__name__ if t.grad_fn is not None else None
    print(f"{name:<14} | {str(t.is_leaf):>14} | {t.requires_grad!s:>14} | {fn!s:>14} | {tuple(t.shape)!r:>14}")

h.backward()
print()
for name, t in tensors.items():
    if t.is_leaf:
        print(f"{name}.grad = {t.grad}")

print(a.grad.is_leaf, a.grad.requires_grad, a.grad_fn is None)
print(d.data_ptr() == c.data_ptr(), e.data_ptr() == c.data_ptr(), f.data_ptr() == a.data_ptr())
print(f._base is a, f._is_view(), a._is_view(), f._version, id(f._base) == id(a))
print(c.output_nr, h.dim(), h.ndim, a.element_size(), a.nelement(), a.storage_offset(), f.stride())
print(a.dtype, a.device, a.layout, a.is_contiguous(), a.is_floating_point(), a.is_sparse)
print(hash(a) == hash(a), a in [a], any(t is a for t in tensors.values()))

new = torch.zeros_like(a)
print(new.requires_grad, torch.zeros_like(a, requires_grad=True).is_leaf)
new.requires_grad = True
print(new, new.requires_grad_(False), new.is_leaf)
print(a.new_tensor([1, 2]), a.new_zeros(2, 2), a.new_ones(1), a.new_full((2,), 7.))
print([t.is_leaf for t in (a.cpu(), a.float(), a.double(), a.to("cpu"), a.to(torch.float64), a[0], a.view(-1))])
try:
    c.requires_grad = False
except RuntimeError as error:
    print(error)
