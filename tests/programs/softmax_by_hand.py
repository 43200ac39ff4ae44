"""Softmax, log-softmax and cross-entropy by hand, with and without F."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def log_softmax(x):
    return x - x.exp().sum(-1).log().unsqueeze(-1)


def stable_log_softmax(x):
    return x - torch.logsumexp(x, dim=-1, keepdim=True)


def nll(input, target):
    return -input[range(target.shape[0]), target].mean()


def accuracy(out, yb):
    preds = torch.argmax(out, dim=1)
    return (preds == yb).float().mean()


torch.manual_seed(0)
weights = torch.randn(6, 3) / 6 ** 0.5
weights.requires_grad_()
bias = torch.zeros(3, requires_grad=True)


def model(xb):
    return log_softmax(xb @ weights + bias)


x_train = torch.rand(30, 6)
y_train = (x_train[:, :3].sum(1) > x_train[:, 3:].sum(1)).long() + (x_train[:, 0] > 0.5).long()
print(y_train.bincount(), y_train[:10])
bs = 10
preds = model(x_train[:bs])
print(preds[0].exp().sum(), preds.shape, f"{nll(preds, y_train[:bs]):.4f} {accuracy(preds, y_train[:bs]):.2f}")

lr, epochs, n = 0.5, 20, len(x_train)
for epoch in range(epochs):
    for i in range((n - 1) // bs + 1):
        start_i = i * bs
        end_i = start_i + bs
        xb, yb = x_train[start_i:end_i], y_train[start_i:end_i]
        loss = nll(model(xb), yb)
        loss.backward()
        with torch.no_grad():
            weights -= weights.grad * lr
            bias -= bias.grad * lr
            weights.grad.zero_()
            bias.grad.zero_()
    if epoch % 5 == 4:
        with torch.no_grad():
            out = model(x_train)
        print(epoch, "%.4f" % nll(out, y_train), "%.3f" % accuracy(out, y_train).item())

logits = x_train[:4] @ weights.detach() + bias.detach()
target = y_train[:4]
logits.requires_grad_()
by_hand = nll(log_softmax(logits), target)
builtin = F.cross_entropy(logits, target)
print(torch.allclose(by_hand, builtin), torch.allclose(F.log_softmax(logits, dim=-1), stable_log_softmax(logits)))
g1, = torch.autograd.grad(by_hand, logits)
g2, = torch.autograd.grad(builtin, logits)
formula = (logits.softmax(-1) - F.one_hot(target, 3)).detach() / len(target)
print(torch.allclose(g1, g2, atol=1e-6), torch.allclose(g2, formula, atol=1e-6))
big = torch.tensor([[1000., 0.]])
print(log_softmax(big), stable_log_softmax(big), F.softmax(big, dim=1))
print(builtin.grad_fn, F.nll_loss(F.log_softmax(logits, 1), target).grad_fn)
for reduction in ("none", "mean", "sum"):
    print(reduction, nn.CrossEntropyLoss(reduction=reduction)(logits, target).detach())
soft = torch.tensor([[0.5, 0.25, 0.25]] * 4)
print(F.cross_entropy(logits, soft).item() > 0, F.cross_entropy(logits, target, label_smoothing=0.1) > builtin)
