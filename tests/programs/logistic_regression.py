# Logistic regression by hand
import torch
import torch.nn.functional as F


def make_data(n, seed=42):
    """Two blobs; returns (features, labels)."""
    torch.manual_seed(seed)
    x0 = torch.randn(n, 2) + torch.tensor([-1.5, 0.0])
    x1 = torch.randn(n, 2) + torch.tensor([1.5, 1.0])
    features = torch.cat([x0, x1])
    labels = torch.cat([torch.zeros(n), torch.ones(n)])
    order = torch.randperm(2 * n)
    return features[order], labels[order]


def sigmoid(z):
    return 1 / (1 + torch.exp(-z))


def binary_cross_entropy(p, y, eps=1e-7):
    p = p.clamp(eps, 1 - eps)
    return -(y * p.log() + (1 - y) * torch.log(1 - p)).mean()


class LogisticRegression(object):
    def __init__(self, n_features, lr=0.5):
        self.w = torch.zeros(n_features, requires_grad=True)
        self.b = torch.zeros(1, requires_grad=True)
        self.lr = lr
        self.history = []

    def __call__(self, x):
        return sigmoid(x @ self.w + self.b)

    def parameters(self):
        return [self.w, self.b]

    def step(self):
        with torch.no_grad():
            for p in self.parameters():
                p -= self.lr * p.grad

    def zero_grad(self):
        for p in self.parameters():
            if p.grad is not None:
                p.grad.detach_()
                p.grad.zero_()

    def fit(self, x, y, epochs=100, verbose=True):
        for epoch in range(1, epochs + 1):
            loss = binary_cross_entropy(self(x), y)
            self.zero_grad()
            loss.backward()
            self.step()
            self.history.append(loss.item())
            if verbose and epoch % 20 == 0:
                accuracy = self.score(x, y)
                print(f"epoch {epoch:>3d}/{epochs}: loss={loss.item():.4f}, accuracy={accuracy:.1%}")
        return self

    @torch.no_grad()
    def score(self, x, y):
        predicted = (self(x) > 0.5).float()
        return (predicted == y).float().mean().item()


x, y = make_data(50)
print(x.shape, y.shape, y[:8], x.dtype)
model = LogisticRegression(2).fit(x, y)
print("weights:", [round(v, 3) for v in model.w.tolist()], "bias: %.3f" % model.b.item())
print("decreasing:", all(a >= b for a, b in zip(model.history, model.history[1:])))

# the same gradient with torch's functions
w = model.w.detach().clone().requires_grad_()
logits = x @ w + model.b.detach()
F.binary_cross_entropy_with_logits(logits, y).backward()
mine = torch.autograd.grad(binary_cross_entropy(model(x), y), model.w)[0]
print(torch.allclose(mine, w.grad, atol=1e-6), F.binary_cross_entropy(model(x), y).item() < 0.2)
print(model.__class__.__name__, isinstance(model, LogisticRegression), len(model.parameters()))
