"""What torch.autograd.Function says when it is used wrongly."""
import torch
from torch.autograd import Function


class SinCos(Function):
    @staticmethod
    def forward(ctx, x):
        s, c = x.sin(), x.cos()
        ctx.save_for_backward(s, c)
        return s, c

    @staticmethod
    def backward(ctx, gs, gc):
        s, c = ctx.saved_tensors
        return gs * c - gc * s


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 3

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return 3 * x ** 2 * g


a = torch.ones(2, requires_grad=True)
x = torch.tensor([0.0, 1.0], requires_grad=True)
t = torch.tensor([2.0], requires_grad=True)
p = torch.tensor(1., requires_grad=True)
q = torch.tensor(2., requires_grad=True)


class Forgetful(Function):
    @staticmethod
    def forward(ctx, x, y):
        return x + y

    @staticmethod
    def backward(ctx, g):
        return g


class WrongShape(Function):
    @staticmethod
    def forward(ctx, x):
        return x.sum()

    @staticmethod
    def backward(ctx, g):
        return torch.ones(7)


class Nothing(Function):
    pass


class NoBackward(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2


for attempt in (
    lambda: Forgetful.apply(p, q).backward(),
    lambda: WrongShape.apply(a).backward(),
    lambda: Nothing.apply(p),
    lambda: NoBackward.apply(p).backward(),
    lambda: SinCos.apply(),
    lambda: SinCos.forward(p),
    lambda: SinCos.apply(x)[0].grad_fn.nothing,
):
    try:
        print("result:", attempt())
    except Exception as e:
        print(type(e).__name__, "-", e)

fn = Cube.apply(t).grad_fn
print(fn.name(), fn.saved_tensors, fn.next_functions[0][0].variable is t, fn.needs_input_grad, Cube.__name__)
