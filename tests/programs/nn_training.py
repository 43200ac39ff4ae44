"""Training loops with torch.nn and torch.optim: XOR, regression, classification; saving and loading a state."""
import torch
from torch import nn
from torch import optim
import torch.nn.functional as F
from collections import OrderedDict


class XOR(nn.Module):
    def __init__(self, hidden=4, activation=nn.Tanh):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.act = activation()
        self.fc2 = nn.Linear(hidden, 1)

    def forward(self, x):
        return torch.sigmoid(self.fc2(self.act(self.fc1(x))))


torch.manual_seed(1)
inputs = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
targets = torch.tensor([[0.], [1.], [1.], [0.]])

model = XOR()
print(model)
criterion = nn.BCELoss()
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(200):
    optimizer.zero_grad()
    loss = criterion(model(inputs), targets)
    loss.backward()
    optimizer.step()
    if epoch % 50 == 0:
        print(f"Epoch {epoch}, Loss: {loss.item():.3f}")
print(model(inputs).detach().round().flatten().tolist())
print(optimizer.state_dict()["param_groups"][0]["betas"], len(optimizer.state))

# a schedule by hand
for group in optimizer.param_groups:
    group["lr"] *= 0.1
print(["%g" % g["lr"] for g in optimizer.param_groups])

# several groups, weight decay, nesterov
net = nn.Sequential(OrderedDict([
    ("first", nn.Linear(3, 5)),
    ("relu", nn.ReLU(inplace=True)),
    ("second", nn.Linear(5, 2, bias=False)),
]))
print(net)
print(net.first.in_features, net[2].weight.shape, "bias" in dict(net.second.named_parameters()))
opt = optim.SGD([
    {"params": net.first.parameters()},
    {"params": net.second.parameters(), "lr": 1e-2},
], lr=1e-1, momentum=0.9, nesterov=True, weight_decay=1e-4)
x = torch.linspace(-1, 1, 12).view(4, 3)
y = torch.tensor([0, 1, 1, 0])
for step in range(30):
    logits = net(x)
    loss = nn.CrossEntropyLoss()(logits, y)
    opt.zero_grad(set_to_none=False)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
    opt.step()
    if step % 10 == 0:
        print(step, "%.4f" % loss.item(), F.cross_entropy(logits, y).item() == loss.item())
print(net(x).argmax(dim=1))

# state
state = net.state_dict()
print(list(state.keys()), type(state).__name__)
other = nn.Sequential(OrderedDict([("first", nn.Linear(3, 5)), ("relu", nn.ReLU()), ("second", nn.Linear(5, 2, bias=False))]))
print(other.load_state_dict(state), torch.equal(other(x), net(x)))
try:
    nn.Linear(3, 4).load_state_dict(state)
except RuntimeError as e:
    print(e)


# initialization, apply, freezing, buffers
def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.constant_(m.weight, 0.5)
        if m.bias is not None:
            m.bias.data.fill_(0.01)


net.apply(init_weights)
print(net.first.weight[0], net.first.bias)
for p in net.first.parameters():
    p.requires_grad_(False)
print([name for name, p in net.named_parameters() if p.requires_grad])
print(sum(p.numel() for p in net.parameters()))


class RunningMean(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.scale = nn.Parameter(torch.ones(3))
        self.count = 0

    def forward(self, x):
        if self.training:
            self.count += 1
            self.mean += (x.mean(0) - self.mean) / self.count
        return (x - self.mean) * self.scale


norm = RunningMean()
norm(x), norm(x + 1)
norm.eval()
print(norm.mean, norm.training, norm(x).grad_fn, dict(norm.named_buffers()))
print(norm.state_dict())
print(repr(norm.scale), norm)
