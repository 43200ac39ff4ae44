"""Classes as programs use them: operators, context managers, callables."""
import math
import torch


class Dual:
    """A dual number: forward-mode differentiation in forty lines."""
    created = 0

    def __init__(self, value, dot=0.0):
        self.value, self.dot = value, dot
        Dual.created += 1

    @classmethod
    def variable(cls, value):
        return cls(value, 1.0)

    @staticmethod
    def lift(other):
        return other if isinstance(other, Dual) else Dual(other)

    def __add__(self, other):
        other = Dual.lift(other)
        return Dual(self.value + other.value, self.dot + other.dot)

    __radd__ = __add__

    def __sub__(self, other):
        other = Dual.lift(other)
        return Dual(self.value - other.value, self.dot - other.dot)

    def __mul__(self, other):
        other = Dual.lift(other)
        return Dual(self.value * other.value, self.dot * other.value + self.value * other.dot)

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = Dual.lift(other)
        return Dual(self.value / other.value, (self.dot * other.value - self.value * other.dot) / other.value ** 2)

    def __pow__(self, n):
        return Dual(self.value ** n, n * self.value ** (n - 1) * self.dot)

    def __eq__(self, other):
        return isinstance(other, Dual) and (self.value, self.dot) == (other.value, other.dot)

    def __lt__(self, other):
        return self.value < Dual.lift(other).value

    def __repr__(self):
        return f"{type(self).__name__}({self.value:.4g}, {self.dot:.4g})"

    def sin(self):
        return Dual(math.sin(self.value), math.cos(self.value) * self.dot)


def f(x):
    return (x ** 3 + 2 * x) / (x + 1) * x.sin()


x = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
y = f(x)
y.backward()
d = f(Dual.variable(1.5))
print(d, "%.6f %.6f" % (y.item(), x.grad.item()), math.isclose(d.dot, x.grad.item()))
print(Dual.created, sorted([Dual(3), Dual(1), Dual(2)]), Dual(1) == Dual(1), Dual(1) != Dual(2), Dual(2) + 3)


class Timer:
    """A context manager that keeps a log."""

    def __init__(self, name, log):
        self.name, self.log = name, log

    def __enter__(self):
        self.log.append(f"enter {self.name}")
        return self

    def __exit__(self, exc_type, exc, tb):
        self.log.append(f"exit {self.name} {exc_type.__name__ if exc_type else None}")
        return exc_type is ZeroDivisionError


log = []
with Timer("outer", log) as outer, Timer("inner", log):
    log.append(outer.name)
    1 / 0
print(log)


class Chain:
    def __init__(self, *functions):
        self.functions = list(functions)

    def __call__(self, x):
        for function in self.functions:
            x = function(x)
        return x

    def __len__(self):
        return len(self.functions)

    def __getitem__(self, i):
        return self.functions[i]

    def __contains__(self, f):
        return f in self.functions

    def __iter__(self):
        yield from self.functions


chain = Chain(torch.sigmoid, torch.log, torch.neg)
w = torch.tensor([0.0, 2.0], requires_grad=True)
print(chain(w), len(chain), torch.log in chain, [g.__name__ for g in chain], chain[-1](torch.ones(1)))
chain(w).sum().backward()
print(w.grad, bool(Chain()))
