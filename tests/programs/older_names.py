"""What older courses call by names that torch still knows, and what a machine without CUDA answers them."""

import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")

print(torch.range(1, 4), torch.range(0, 1, 0.25), torch.range(3, 1, -1), torch.range(1, 3, dtype=torch.int64))
torch.random.manual_seed(1)
print(torch.rand(2), torch.random.initial_seed())
w = torch.empty(2, 3)
nn.init.constant(w, 0.3)
print(w)
print(nn.init.xavier_uniform(w), nn.init.normal(w, mean=0.0, std=1.0))


class Product(nn.Module):
    def forward(self, a, b):
        return a * b


product = Product()
handle = product.register_backward_hook(lambda module, inputs, outputs: print(module, inputs, outputs))
a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
product(a, b).backward()
handle.remove()
product(a, b).backward()
net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
net.register_backward_hook(lambda module, inputs, outputs: (inputs[0] * 0,))
net(torch.ones(1, 2)).sum().backward()
print(a.grad, net[0].weight.grad)

fc = nn.Linear(3, 2)
for attempt in (
    lambda: fc(torch.ones(2, 3).long()),
    lambda: torch.mm(torch.ones(2, 3).long(), torch.ones(3, 2)),
    lambda: product.register_full_backward_hook(print),
    lambda: torch.range(3, 1),
    lambda: torch.ones(1).cuda(),
    lambda: fc.cuda(),
):
    try:
        print(attempt())
    except (AssertionError, RuntimeError) as error:
        print(type(error).__name__, error)
print(nn.MSELoss().cuda(), type((a * 2).grad_fn.next_functions[0][0]))
