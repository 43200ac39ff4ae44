"""A small multi-layer perceptron built of plain classes: XOR."""
import torch


class Module:
    """What all layers have in common."""

    def __init__(self):
        self.training = True

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)

    def forward(self, *args):
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def parameters(self):
        for value in self.__dict__.values():
            if isinstance(value, torch.Tensor) and value.requires_grad:
                yield value
            elif isinstance(value, Module):
                yield from value.parameters()
            elif isinstance(value, (list, tuple)):
                for item in value:
                    if isinstance(item, Module):
                        yield from item.parameters()

    def zero_grad(self):
        for p in self.parameters():
            p.grad = None


class Linear(Module):
    count = 0

    def __init__(self, n_in, n_out, bias=True):
        super().__init__()
        bound = 1 / n_in ** 0.5
        self.weight = torch.empty(n_out, n_in).uniform_(-bound, bound).requires_grad_()
        self.bias = torch.empty(n_out).uniform_(-bound, bound).requires_grad_() if bias else None
        Linear.count += 1

    def forward(self, x):
        out = x @ self.weight.t()
        return out if self.bias is None else out + self.bias

    def __repr__(self):
        return "Linear({}, {}, bias={})".format(*self.weight.shape[::-1], self.bias is not None)


class Tanh(Module):
    def forward(self, x):
        return x.tanh()

    def __repr__(self):
        return "Tanh()"


class Sequential(Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, index):
        return self.layers[index]

    def __iter__(self):
        return iter(self.layers)

    def __repr__(self):
        lines = [f"  ({i}): {layer!r}" for i, layer in enumerate(self)]
        return "Sequential(\n" + "\n".join(lines) + "\n)"


class SGD:
    def __init__(self, params, lr=0.1, momentum=0.0):
        self.params = list(params)
        self.lr, self.momentum = lr, momentum
        self.velocity = {p: torch.zeros_like(p) for p in self.params}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            v = self.velocity[p]
            v.mul_(self.momentum).add_(p.grad)
            p.sub_(self.lr * v)


torch.manual_seed(123)
X = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
Y = torch.tensor([[0.], [1.], [1.], [0.]])

net = Sequential(Linear(2, 8), Tanh(), Linear(8, 1))
print(net)
print(len(net), net[0], sum(p.numel() for p in net.parameters()), Linear.count)
optimizer = SGD(net.parameters(), lr=0.1, momentum=0.9)

for step in range(301):
    loss = ((net(X) - Y) ** 2).mean()
    net.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"{step:4d} {loss.item():.4f}")

with torch.no_grad():
    for x, y, out in zip(X, Y, net(X)):
        print([int(v) for v in x], "->", round(out.item(), 1), "expected", int(y))

try:
    Module()(1)
except NotImplementedError as e:
    print(repr(e))
