# max, min and sum of Python among tensors: gradient clipping, hinges, running extremes
import torch

t = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
print(max(t[0], t[1]), max(t[0], 2.0), min(1.0, t[0]), max(t[0], 0), max(0, t[1] - 5), max(t[0], t[1], t[2]))
print(max(t, key=lambda value: -value), max([t[0], t[1]]), min(t.tolist()), sum([t[0], t[1]]), sum(t, 1.0))
loss = max(0, 1 - t[1] * 0.5)
loss.backward()
print(loss, t.grad)
best = float("inf")
for step in range(4):
    value = torch.tensor([4.0, 2.0, 3.0, 1.5])[step]
    best = min(best, value)
    print(step, best, min(best, 2))
total_norm = torch.norm(t.grad)
coefficient = min(1.0, 0.1 / (total_norm + 1e-6))
t.grad.mul_(coefficient)
print(coefficient, t.grad)
try:
    print(max(t[0], "a"))
except TypeError as error:
    print(error)
