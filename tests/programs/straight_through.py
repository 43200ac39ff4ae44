"""Gradients that are not the derivative: straight-through estimator, gradient reversal, clipping in backward."""
import torch
from torch.autograd import Function


class RoundSTE(Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, g):
        return g


class Binarize(Function):
    """sign(x) forward; hard tanh backward."""

    @staticmethod
    def forward(ctx, x, threshold=1.0):
        ctx.save_for_backward(x)
        ctx.threshold = threshold
        return x.sign()

    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        inside = (x.abs() <= ctx.threshold).to(grad_output.dtype)
        return grad_output * inside, None


class GradientReversal(Function):
    @staticmethod
    def forward(ctx, x, lambda_):
        ctx.lambda_ = lambda_
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.neg() * ctx.lambda_, None


class ClipGradient(Function):
    @staticmethod
    def forward(ctx, x, limit):
        ctx.limit = limit
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        return g.clamp(-ctx.limit, ctx.limit), None


def grad_reverse(x, lambda_=1.0):
    return GradientReversal.apply(x, lambda_)


x = torch.tensor([-1.6, -0.4, 0.2, 0.5, 1.5, 2.7], requires_grad=True)

y = RoundSTE.apply(x)
print(y)
(y * torch.arange(1., 7.)).sum().backward()
print("round:", x.grad)

x.grad = None
y = Binarize.apply(x)
print(y)
y.sum().backward()
print("sign: ", x.grad)

for lambda_ in (1.0, 0.5):
    x.grad = None
    grad_reverse(x, lambda_).pow(2).sum().backward()
    print("reversed by %.1f:" % lambda_, x.grad)

x.grad = None
z = ClipGradient.apply(x, 1.0)
(z ** 3).sum().backward()
print("clipped:", x.grad)
print(z.grad_fn, isinstance(z.grad_fn, torch.autograd.Function), z.grad_fn.limit)

# the trick without a Function
hard = (x > 0).float()
soft = torch.sigmoid(x)
st = hard - soft.detach() + soft
x.grad = None
st.sum().backward()
print(st)
print("trick:", x.grad)
