# Lists, dicts, sets, comprehensions and generators full of tensors
import itertools
import torch
from collections import OrderedDict, defaultdict, namedtuple

torch.manual_seed(0)
params = {"w1": torch.ones(2, 3), "b1": torch.zeros(3), "w2": torch.full((3, 1), 2.0)}
for p in params.values():
    p.requires_grad_()

shapes = {name: tuple(p.shape) for name, p in params.items()}
print(shapes, sum(p.numel() for p in params.values()))
print([name for name in params if name.startswith("w")], {len(s) for s in shapes.values()})
print(sorted(params, key=lambda n: params[n].numel(), reverse=True), max(params, key=lambda n: params[n].sum().item()))

x = torch.tensor([[1., 2.], [3., 4.]])
out = ((x @ params["w1"] + params["b1"]) @ params["w2"]).sum()
grads = dict(zip(params, torch.autograd.grad(out, list(params.values()))))
for (name, p), (other, g) in zip(params.items(), grads.items()):
    assert name == other and p.shape == g.shape
    print(name, g.tolist())


def batches(data, size):
    """Yield the data in pieces."""
    for start in range(0, len(data), size):
        yield data[start:start + size]


def flatten(nested):
    for item in nested:
        if isinstance(item, (list, tuple)):
            yield from flatten(item)
        else:
            yield item


print([b.tolist() for b in batches(torch.arange(7), 3)])
print(list(flatten([1, [2, (3, [4, [torch.tensor(5)]])], 6])))
gen = batches(list("abcde"), 2)
print(next(gen), next(gen), list(gen), list(gen))

squares = (n * n for n in itertools.count())
print([next(squares) for _ in range(5)], list(itertools.takewhile(lambda n: n < 60, squares)))


def fibonacci():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


print(list(itertools.islice(fibonacci(), 10)))
a, *middle, z = range(6)
print(a, middle, z, [*middle, *"xy"], {**shapes, "extra": 1}["extra"])
(p, q), r = (1, [2, 3]), {"k": {"n": [0, {"deep": torch.eye(2)}]}}
print(p, q, r["k"]["n"][1]["deep"][0, 0].item())

matrix = [[i * 3 + j for j in range(3)] for i in range(3)]
print(matrix, list(zip(*matrix)), [row[::-1] for row in matrix[::2]], sum(matrix, []))
print([(i, j) for i in range(3) for j in range(i) if (i + j) % 2], {i % 3: i for i in range(7)})
print(list(map(lambda a, b: a * b, [1, 2, 3], [4, 5, 6])), list(filter(None, [0, 1, "", "a", None])))
print(list(enumerate("ab", start=1)), list(reversed([1, 2, 3])), any(n > 2 for n in q), all([]))

history = defaultdict(list)
for epoch in range(3):
    for key, value in (("loss", 1 / (epoch + 1)), ("acc", epoch / 2)):
        history[key].append(round(value, 2))
print(dict(history), len(history), "lr" in history)
Batch = namedtuple("Batch", ["x", "y"])
batch = Batch(torch.ones(1), y=torch.zeros(1))
print(batch, batch.x, batch[1], batch._fields)
layers = OrderedDict([("fc1", 3), ("fc2", 2)])
layers["fc3"] = 1
print(list(layers.items()), layers.pop("fc1"), layers)

stack = []
stack.append(1); stack.extend([2, 3]); stack.insert(0, 0)
print(stack, stack.pop(), stack.index(2), stack.count(1), stack[-1], stack[1:], len(stack))
stack += [9] * 2
del stack[0]
stack[0:1] = ["a", "b"]
print(stack, stack == ["a", "b", 2, 9, 9], stack is stack.copy())
d = dict(a=1, b=2)
d.update(c=3)
print(d.get("z", "none"), d.setdefault("y", []), d.pop("a"), list(d), d.items() == d.items(), "b" in d)
s = {1, 2, 3}
s.add(4); s.discard(1)
print(s | {9}, s & {2, 3}, s - {2}, s.symmetric_difference({2, 10}), s <= {2, 3, 4, 5}, frozenset([1]))
seen = set()
print([n for n in [3, 1, 3, 2, 1] if not (n in seen or seen.add(n))])
print(torch.stack([torch.tensor(float(n)) for n in range(3)]), torch.cat([p.detach().flatten() for p in params.values()]).shape)
print([t.item() for t in torch.tensor([1.5, 2.5])], [row.sum().item() for row in x], [i for i in x[0]])
print(any(t is params["w1"] for t in params.values()), params["w1"] in set(params.values()), len({params["w1"], params["w1"]}))
