"""A custom Function whose forward and backward are numpy (from the tutorial on extensions with numpy)."""
import numpy as np
import torch
from torch.autograd import Function
from torch.autograd import gradcheck


class NumpyTanhShrink(Function):
    @staticmethod
    def forward(ctx, input, scale):
        array = input.detach().numpy()
        result = array - np.tanh(scale * array)
        ctx.save_for_backward(input)
        ctx.scale = scale
        return input.new_tensor(result)

    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        array = input.detach().numpy()
        slope = 1 - ctx.scale * (1 - np.tanh(ctx.scale * array) ** 2)
        return grad_output * torch.from_numpy(slope), None


class SortedCumsum(Function):
    """Permute, sum, permute back: numpy's argsort in both directions."""

    @staticmethod
    def forward(ctx, x):
        array = x.numpy()
        order = np.argsort(array, kind="stable")
        inverse = np.empty_like(order)
        inverse[order] = np.arange(len(order))
        ctx.order, ctx.inverse = order, inverse
        return torch.from_numpy(np.cumsum(array[order])[inverse])

    @staticmethod
    def backward(ctx, g):
        g = g.numpy()[ctx.order]
        summed = np.cumsum(g[::-1])[::-1]
        return torch.as_tensor(summed[ctx.inverse].copy())


np.random.seed(3)
x = torch.from_numpy(np.random.uniform(-2, 2, (2, 3))).requires_grad_()
y = NumpyTanhShrink.apply(x, 0.5)
print(y)
y.sum().backward()
print(x.grad)
print(gradcheck(lambda t: NumpyTanhShrink.apply(t, 1.5), (x,), eps=1e-6, atol=1e-4))

v = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64, requires_grad=True)
out = SortedCumsum.apply(v)
print(out)
(out * torch.tensor([1.0, 10.0, 100.0], dtype=torch.float64)).sum().backward()
print(v.grad, gradcheck(SortedCumsum.apply, (v,)))
print(out.grad_fn, np.allclose(out.detach().numpy(), [6, 1, 3]))
