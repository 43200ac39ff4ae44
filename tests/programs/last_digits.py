"""Sums, means and losses, to the digits that item() shows: they depend on the order of the additions."""

import torch

torch.manual_seed(3)
for count in (3, 5, 7, 8, 10, 16, 31, 32, 100, 101, 300, 511, 1000):
    x, y = torch.rand(count), torch.rand(count)
    loss = torch.nn.functional.mse_loss(x, y)
    print(count, x.sum().item(), x.mean().item(), loss.item(), (x - y).abs().mean().item(), x.double().sum().item())

for shape in ((10, 1), (7, 3), (10, 4), (20, 5), (33, 12), (6, 40), (3, 4, 5), (2, 30, 2)):
    table = torch.rand(shape)
    for dim in range(len(shape)):
        print(shape, dim, [total.item() for total in table.sum(dim).flatten()[:3]])
    bias = torch.zeros(shape[-1], requires_grad=True)
    ((table + bias) * table).sum().backward()
    print(shape, [slope.item() for slope in bias.grad[:4]])

print(torch.exp(torch.tensor([12.0, 8.0, 9.0, 10.0, 11.0])))
print([value.item() for value in torch.tanh(torch.linspace(-2, 2, 9))])
print([value.item() for value in torch.sigmoid(torch.linspace(-2, 2, 9))])
