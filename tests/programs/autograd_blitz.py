"""torch.autograd in the 60 minute blitz, with a small model in the place of the pretrained one."""
import torch
from torch import nn, optim

torch.manual_seed(42)
model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 4, 8), nn.ReLU(), nn.Linear(8, 10))
data = torch.rand(1, 3, 4, 4)
labels = torch.rand(1, 10)

prediction = model(data) # forward pass

loss = (prediction - labels).sum()
loss.backward() # backward pass

optim = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
optim.step() #gradient descent
print(optim)

a = torch.tensor([2., 3.], requires_grad=True)
b = torch.tensor([6., 4.], requires_grad=True)
Q = 3*a**3 - b**2
external_grad = torch.tensor([1., 1.])
Q.backward(gradient=external_grad)
# check if collected gradients are correct
print(9*a**2 == a.grad)
print(-2*b == b.grad)

x = torch.rand(5, 5)
y = torch.rand(5, 5)
z = torch.rand((5, 5), requires_grad=True)

a = x + y
print(f"Does `a` require gradients?: {a.requires_grad}")
b = x + z
print(f"Does `b` require gradients?: {b.requires_grad}")

# Freeze all the parameters in the network
for param in model.parameters():
    param.requires_grad = False

model[3] = nn.Linear(8, 10)
# Optimize only the classifier
optimizer = torch.optim.SGD(model[3].parameters(), lr=1e-2, momentum=0.9)
print([(name, p.requires_grad) for name, p in model.named_parameters()])
out = model(data)
(out - labels).pow(2).sum().backward()
print([p.grad is None for p in model.parameters()])
before = model[3].weight.clone()
optimizer.step()
print((model[3].weight - before).abs().max() > 0, torch.allclose(before - 1e-2 * model[3].weight.grad, model[3].weight))
