"""Where custom Functions have corners: what may be returned, saved, marked; which errors there are."""

import torch
from torch.autograd import Function
class A(Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.foo = 3
        ctx.save_for_backward(x, y)
        print(ctx.needs_input_grad, ctx.saved_tensors, type(ctx), type(ctx).__name__, isinstance(ctx, Function))
        return x * y, 3
    @staticmethod
    def backward(ctx, g, h):
        print(g, h, ctx.foo, ctx.needs_input_grad)
        x, y = ctx.saved_tensors
        return g * y, g * x
x = torch.ones(3, requires_grad=True)
o = A.apply(x, torch.ones(3))
print(o, type(o[0].grad_fn), o[0].grad_fn.name(), o[0].grad_fn.next_functions, o[0].grad_fn.foo, o[0].grad_fn.saved_tensors)
o[0].sum().backward()
def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
t(lambda: o[0].grad_fn.saved_tensors)
t(lambda: o[0].grad_fn.nope)
t(lambda: A.forward)
t(lambda: A)
t(lambda: A.apply(x))
t(lambda: A.apply)
class B(Function):
    @staticmethod
    def forward(ctx, x): return x
    @staticmethod
    def backward(ctx, g): return g.new_ones(4)
b = B.apply(x); print(b is x, b._base is x, b._version)
t(lambda: b.sum().backward())
t(lambda: B.apply(x).mul_(2))
class C(Function):
    @staticmethod
    def forward(ctx, x): return x.view(-1)
    @staticmethod
    def backward(ctx, g): return g
t(lambda: C.apply(x).mul_(2))
class D(Function):
    @staticmethod
    def forward(ctx, x, k): return x * k
    @staticmethod
    def backward(ctx, g): return g, g
t(lambda: D.apply(x, 3).sum().backward())
class E(Function):
    @staticmethod
    def forward(x, k=2): return x * k
    @staticmethod
    def setup_context(ctx, inputs, output):
        print(inputs, output)
        ctx.k = inputs[1]
    @staticmethod
    def backward(ctx, g): return g * ctx.k, None
t(lambda: E.apply(x))
t(lambda: E.apply(x, k=3))
t(lambda: torch.autograd.grad(E.apply(x).sum(), x))
class F(Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def vjp(ctx, g): return g * 2
t(lambda: torch.autograd.grad(F.apply(x).sum(), x))
class G(F):
    @staticmethod
    def backward(ctx, g): return g
t(lambda: torch.autograd.grad(G.apply(x).sum(), x))
class H(Function):
    @staticmethod
    def forward(ctx, x): return [x * 2]
    @staticmethod
    def backward(ctx, g): return g
t(lambda: H.apply(x))
class I(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3
    @staticmethod
    def backward(ctx, a, b):
        print(a, b); return a
t(lambda: torch.autograd.grad(I.apply(x)[0].sum(), x))
with torch.no_grad():
    t(lambda: I.apply(x))
class J(Function):
    @staticmethod
    def forward(ctx, x): ctx.save_for_backward(x); return x.sum()
    @staticmethod
    def backward(ctx, g): return torch.ones(1, dtype=torch.float64)
t(lambda: torch.autograd.grad(J.apply(x), x))
class K(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp(); ctx.save_for_backward(y); return y
    @staticmethod
    def backward(ctx, g):
        y, = ctx.saved_tensors
        return g * y
z = torch.tensor(1., requires_grad=True)
y = K.apply(z)
t(lambda: y.grad_fn.saved_tensors)
g, = torch.autograd.grad(y, z, create_graph=True)
print(g, torch.autograd.grad(g, z))
y = K.apply(z); 
with torch.no_grad(): y.add_(1)
t(lambda: y.backward())
class L(Function):
    @staticmethod
    def forward(ctx, x): raise ValueError("in forward")
    @staticmethod
    def backward(ctx, g): raise ValueError("in backward")
t(lambda: L.apply(x))
class M(Function):
    @staticmethod
    def forward(ctx, x): return x.clone()
    @staticmethod
    def backward(ctx, g): raise ValueError("in backward")
t(lambda: M.apply(x).sum().backward())
print(M.apply(x), M.apply(torch.ones(2)), M.apply(torch.ones(2)).grad_fn)
t(lambda: M.nope)
t(lambda: Function.apply(x))
print(Function, torch.autograd.Function is Function, issubclass(M, Function), M.__name__)
class N(Function):
    @staticmethod
    def forward(ctx, x): return 2 * x
    def backward(ctx, g): 
        return 2 * g
n = N.apply(x); n.backward(torch.ones(3)); print(x.grad)
