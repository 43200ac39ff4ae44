"""Containers of modules and parameters: what can be put in, taken out, and how they look."""

import torch
from torch import nn


class Choice(nn.Module):
    def __init__(self):
        super().__init__()
        self.params = nn.ParameterDict({"two": nn.Parameter(torch.ones(2, 3)), "one": nn.Parameter(torch.zeros(3, 1))})
        self.params.update({"three": nn.Parameter(torch.ones(4))})
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(2)) for _ in range(2)])

    def forward(self, x, choice="two"):
        return x @ self.params[choice] * self.scales[0].sum()


choice = Choice()
print(choice)
print([name for name, _ in choice.named_parameters()], len(choice.params), "one" in choice.params)
choice.params["extra"] = torch.ones(1)
print(choice.params["extra"], list(choice.params.keys()))
print(choice(torch.ones(1, 2)))
del choice.params["three"]
print([(name, value.shape) for name, value in choice.params.items()])
print(choice.params.pop("extra"), choice.params.get("nothing"), choice.params.get("nothing", 3))
print(nn.ParameterDict([("x", nn.Parameter(torch.ones(1)))]), nn.ParameterDict())

scales = choice.scales
scales.append(torch.zeros(1))
scales.extend([nn.Parameter(torch.ones(5))])
scales[0] = nn.Parameter(torch.zeros(7))
print(scales, scales[1:], len(scales))

named = nn.ModuleDict({"first": nn.Linear(1, 2), "act": nn.ReLU()})
named.update({"last": nn.Identity()})
print(named, named.pop("act"), len(named))
del named["first"]
print(named)
named.clear()
print(named)

layers = nn.ModuleList([nn.Linear(1, 1), nn.ReLU(), nn.ReLU(), nn.ReLU()])
layers.insert(0, nn.Tanh())
layers += [nn.Sigmoid()]
print(layers, layers[1:3], layers[-1])
del layers[0]
print(len(layers + [nn.GELU()]), layers.pop(0), len(layers), nn.ModuleList())

net = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
net.append(nn.Tanh()).insert(0, nn.Identity())
print(net, net[0:2], len(net))
del net[1]
print(net + nn.Sequential(nn.ReLU()), net * 2, net.pop(0))
net.weight = nn.Parameter(torch.ones(1))
net.add_module("late", nn.ReLU())
del net.weight, net.late
print(net, hasattr(net, "weight"))

for attempt in (lambda: net[7], lambda: net + [nn.ReLU()], lambda: scales[9], lambda: scales.extend(3), lambda: net * 0):
    try:
        print(attempt())
    except (IndexError, TypeError, ValueError) as error:
        print(type(error).__name__, error)
