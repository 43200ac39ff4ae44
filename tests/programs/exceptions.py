"""Raising, catching and reporting: what programs do about what goes wrong."""
import math
import torch


class GradientError(Exception):
    """A gradient is not what it should be."""

    def __init__(self, name, value, limit=1.0):
        super().__init__(f"gradient of {name} is {value:.2f}")
        self.name = name
        self.value = value
        self.limit = limit


class ExplodingGradient(GradientError):
    pass


class VanishingGradient(GradientError):
    def __str__(self):
        return f"{self.name} vanishes ({self.value:.1e} < {self.limit:g})"


def inspect(name, tensor):
    g = tensor.grad
    if g is None:
        raise ValueError("no gradient for {}".format(name))
    norm = g.norm().item()
    if math.isnan(norm) or norm > 100:
        raise ExplodingGradient(name, norm, limit=100)
    elif norm < 1e-4:
        raise VanishingGradient(name, norm, limit=1e-4)
    return norm


log = []
for name, start, f in [
    ("square", 3.0, lambda x: x ** 2),
    ("exp", 6.0, lambda x: x.exp()),
    ("sigmoid", 30.0, torch.sigmoid),
    ("constant", 1.0, lambda x: x.detach() + 0 * x.detach()),
    ("sqrt", 0.0, lambda x: x.sqrt() * 0),
]:
    x = torch.tensor(start, requires_grad=True)
    try:
        y = f(x)
        if y.requires_grad:
            y.backward()
        norm = inspect(name, x)
    except VanishingGradient as e:
        print("vanishing:", e, e.args)
    except GradientError as e:
        print(type(e).__name__, "->", e, e.limit, isinstance(e, Exception))
    except (ValueError, TypeError) as e:
        print("other:", repr(e))
    else:
        print("fine:", name, norm)
    finally:
        log.append(name)
print(log)


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


print(attempt(lambda: 1 / 0))
print(attempt(lambda: [1, 2][5]))
print(attempt(lambda: {"a": 1}["b"]))
print(attempt(lambda: int("x")))
print(attempt(lambda: float("1e")))
print(attempt(lambda: undefined_name))
print(attempt(lambda: None.grad))
print(attempt(lambda: (1, 2) + [3]))
print(attempt(lambda: len(5)))
print(attempt(lambda: "abc".missing()))
print(attempt(lambda: torch.ones(2).missing))
print(attempt(lambda: torch.missing(2)))
print(attempt(lambda: [1, 2, 3].remove(7)))
print(attempt(lambda: max([])))
print(attempt(lambda: next(iter([]))))
print(attempt(lambda: math.sqrt(-1)))
print(attempt(lambda: math.log(0)))
print(attempt(lambda a: a))
print(attempt(lambda: (lambda a, b: a)(1)))
print(attempt(lambda: sorted([1, "a"])))
print(attempt(lambda: iter(3)))
print(attempt(lambda: [*3]))
print(attempt(lambda: dict([1])))
print(attempt(lambda: "x" * "y"))
print(attempt(lambda: -"x"))
print(attempt(lambda: {[]: 1}))
print(attempt(lambda: isinstance(1, "int")))
print(attempt(lambda: range(1.5)))
print(attempt(lambda: torch.tensor([1, 2]).view(3)))
print(attempt(lambda: torch.ones(2, 3)[2]))
print(attempt(lambda: torch.tensor([[1, 2], [3]])))
print(attempt(lambda: bool(torch.ones(2))))
print(attempt(lambda: torch.ones(2).backward()))


def chained():
    try:
        raise KeyError("inner")
    except KeyError as e:
        raise RuntimeError("outer") from e


try:
    chained()
except RuntimeError as e:
    print(e, "caused by", repr(e.__cause__))


def cleanup():
    try:
        return "returned"
    finally:
        print("cleaned up")


print(cleanup())
while True:
    try:
        raise StopIteration("enough")
    except StopIteration as stop:
        print("stopped:", stop)
        break
try:
    assert torch.equal(torch.ones(2), torch.zeros(2)), "tensors differ"
except AssertionError as e:
    print("AssertionError:", e)
try:
    try:
        raise GradientError("w", 5)
    except GradientError as e:
        print("again:", e)
        raise
except Exception as e:
    print(type(e), e.name, e.value)
