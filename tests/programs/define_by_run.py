"""An autograd of one's own, define-by-run over arrays, checked against torch's."""

import contextlib
import weakref
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch


class Config:
    enable_backprop = True


@contextlib.contextmanager
def using_config(name, value):
    before = Config.enable_backprop
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, before)


class Variable:
    __array_priority__ = 200

    def __init__(self, data, name=None):
        if not isinstance(data, np.ndarray):
            raise TypeError("{} is not supported".format(type(data)))
        self.data, self.name, self.grad, self.creator, self.generation = data, name, None, None, 0

    def __repr__(self):
        return f"variable({str(self.data)})"

    def backward(self):
        self.grad = np.ones_like(self.data)
        waiting, seen = [self.creator], {self.creator}
        while waiting:
            waiting.sort(key=lambda each: each.generation)
            function = waiting.pop()
            grads = function.backward(*[output().grad for output in function.outputs])
            for x, g in zip(function.inputs, grads if isinstance(grads, tuple) else (grads,)):
                x.grad = g if x.grad is None else x.grad + g
                if x.creator is not None and x.creator not in seen:
                    seen.add(x.creator)
                    waiting.append(x.creator)


class Function(ABC):
    calls = 0

    def __call__(self, *inputs):
        self.inputs = [x if isinstance(x, Variable) else Variable(np.asarray(x)) for x in inputs]
        output = Variable(np.asarray(self.forward(*[x.data for x in self.inputs])))
        type(self).calls += 1
        if Config.enable_backprop:
            self.generation = max(x.generation for x in self.inputs)
            output.creator, output.generation = self, self.generation + 1
            self.outputs = [weakref.ref(output)]
        return output

    @abstractmethod
    def forward(self, *xs): ...

    @abstractmethod
    def backward(self, g): ...


class Add(Function):
    def forward(self, a, b):
        return a + b

    def backward(self, g):
        return g, g


class Mul(Function):
    def forward(self, a, b):
        return a * b

    def backward(self, g):
        a, b = self.inputs
        return g * b.data, g * a.data


class Power(Function):
    def __init__(self, exponent):
        self.__exponent = exponent

    def forward(self, x):
        return x**self.__exponent

    def backward(self, g):
        return self.__exponent * self.inputs[0].data ** (self.__exponent - 1) * g


def setup():
    Variable.__add__ = Variable.__radd__ = lambda a, b: Add()(a, b)
    Variable.__mul__ = Variable.__rmul__ = lambda a, b: Mul()(a, b)
    Variable.__pow__ = lambda a, exponent: Power(exponent)(a)


class Optimizer(Enum):
    PLAIN = "plain"
    MOMENTUM = "momentum"


@dataclass(frozen=True)
class Settings:
    rate: float = 0.1
    steps: int = 5
    optimizer: Optimizer = Optimizer.MOMENTUM


setup()
try:
    Function()
except TypeError as error:
    print(error)
try:
    Variable(1.0)
except TypeError as error:
    print(error)

x, y = Variable(np.array(2.0), name="x"), Variable(np.array(3.0))
z = 2.0 * x**3 + x * y + np.array(1.0) * y
z.backward()
print(z, x.grad, y.grad, z.generation, [(kind.__name__, kind.calls) for kind in (Add, Mul, Power)])

a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
(2.0 * a**3 + a * b + b).backward()
print(a.grad, b.grad, float(x.grad) == a.grad.item(), float(y.grad) == b.grad.item())

with using_config("enable_backprop", False):
    print((x * y).creator, Config.enable_backprop)
print(Config.enable_backprop, hasattr(x, "creator"), "{0.name}={0.data:.1f}".format(x))

settings = Settings(rate=0.01)
velocity = 0.0
for step in range(settings.steps):
    x.grad = None
    loss = (x * x + -1.0) ** 2
    loss.backward()
    velocity = 0.9 * velocity + x.grad if settings.optimizer is Optimizer.MOMENTUM else x.grad
    x.data = x.data - settings.rate * velocity
    print(f"step {step}: loss {float(loss.data):.6f}, x {float(x.data):.6f}")
print(settings, settings == Settings(0.01))

total = x
for _ in range(300):
    total = total + x


def depth(variable):
    if variable.creator is None:
        return 0
    return 1 + max(depth(each) for each in variable.creator.inputs)


print(depth(total))
