"""In-place operations and the errors that they lead to."""
import torch


def attempt(title, function):
    try:
        result = function()
    except RuntimeError as error:
        print("[%s] RuntimeError: %s" % (title, error))
    except (TypeError, ValueError) as error:
        print("[%s] %s: %s" % (title, type(error).__name__, error))
    else:
        print("[%s] fine: %r" % (title, result))
    finally:
        print("-" * 20)


def leaf():
    x = torch.ones(3, requires_grad=True)
    x += 1


def view_of_leaf():
    x = torch.ones(3, requires_grad=True)
    x[0] = 5.


def saved_and_changed():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y.pow(2)
    y.add_(1)
    z.sum().backward()


def saved_and_not_needed():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y + 3
    y.add_(1)
    z.sum().backward()
    return x.grad


def twice():
    x = torch.tensor(2., requires_grad=True)
    y = x ** 2
    y.backward()
    y.backward()


def no_graph():
    torch.ones(1).backward()


def not_scalar():
    (torch.ones(2, requires_grad=True) * 2).backward()


def wrong_gradient():
    (torch.ones(2, requires_grad=True) * 2).backward(torch.ones(3))


def integers():
    torch.tensor([1, 2, 3], requires_grad=True)


def numpy_of_leaf():
    torch.ones(1, requires_grad=True).numpy()


def sizes():
    return torch.ones(2, 3) + torch.ones(2, 2)


def unused():
    x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    return torch.autograd.grad(x * 2, (x, y))


def allowed():
    x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    return torch.autograd.grad(x * 2, (x, y), allow_unused=True)


def dtype():
    return torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.float64)


def item():
    return torch.ones(2).item()


def version():
    a = torch.ones(2)
    versions = [a._version]
    a.add_(1)
    versions.append(a._version)
    b = a[:1]
    b.mul_(2)
    versions += [a._version, b._version]
    with torch.no_grad():
        a.zero_()
    return versions + [a._version, a.detach()._version, a.data._version]


for name, function in [(f.__name__, f) for f in (
        leaf, view_of_leaf, saved_and_changed, saved_and_not_needed, twice, no_graph, not_scalar, wrong_gradient,
        integers, numpy_of_leaf, sizes, unused, allowed, dtype, item, version)]:
    attempt(name.replace("_", " "), function)
