# Hooks on modules: looking at activations and gradients
import torch
import torch.nn as nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 1))
activations = {}


def get_activation(name):
    def hook(model, input, output):
        activations[name] = output.detach()
    return hook


handles = [layer.register_forward_hook(get_activation(f"{i}.{type(layer).__name__}")) for i, layer in enumerate(model)]
x = torch.tensor([[1.0, -1.0]], requires_grad=True)
out = model(x)
for name, value in activations.items():
    print(name, value)
for h in handles:
    h.remove()


def hook_fn(m, i, o):
    print(m)
    print("------------Input Grad------------")
    for grad in i:
        try:
            print(grad.shape)
        except AttributeError:
            print("None found for Gradient")
    print("------------Output Grad------------")
    for grad in o:
        try:
            print(grad.shape)
        except AttributeError:
            print("None found for Gradient")
    print("\n")


for layer in model:
    layer.register_full_backward_hook(hook_fn)
out = model(x)
print(out.grad_fn)
out.sum().backward()
print(x.grad)


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor

    def extra_repr(self):
        return f"factor={self.factor}"


scale = Scale(3)
scale.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
scale.register_forward_hook(lambda module, args, output: output - 1)
print(scale, scale(torch.tensor([1., 2.])))

# gradients of weights by tensor hooks
lin = nn.Linear(2, 1)
lin.weight.register_hook(lambda g: print("weight grad:", g))
lin.bias.register_hook(lambda g: g * 0)
lin(torch.ones(4, 2)).mean().backward()
print(lin.weight.grad, lin.bias.grad)
