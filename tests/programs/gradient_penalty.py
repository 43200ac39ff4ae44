"""A gradient penalty (create_graph=True), as in WGAN-GP, and double backpropagation."""
import torch
from torch import nn, autograd


class Critic(nn.Module):
    def __init__(self, dim=2, hidden=8):
        super(Critic, self).__init__()
        self.main = nn.Sequential(
            nn.Linear(dim, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.Tanh(),
            nn.Linear(hidden, 1),
        )

    def forward(self, x):
        return self.main(x).view(-1)


def gradient_penalty(critic, real, fake, device="cpu"):
    alpha = torch.rand(real.size(0), 1, device=device)
    interpolates = alpha * real + ((1 - alpha) * fake)
    interpolates = autograd.Variable(interpolates, requires_grad=True)
    d_interpolates = critic(interpolates)
    gradients = autograd.grad(outputs=d_interpolates, inputs=interpolates,
                              grad_outputs=torch.ones(d_interpolates.size(), device=device),
                              create_graph=True, retain_graph=True, only_inputs=True)[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


torch.manual_seed(2)
critic = Critic()
print(critic)
real = torch.randn(6, 2)
fake = torch.randn(6, 2) + 2
gp = gradient_penalty(critic, real, fake)
print("%.4f" % gp.item(), gp.requires_grad, gp.grad_fn.name())
gp.backward()
for name, p in critic.named_parameters():
    print(f"{name:>12} {str(tuple(p.shape)):>8} {'none' if p.grad is None else format(p.grad.norm().item(), '.4f')}")

optimizer = torch.optim.Adam(critic.parameters(), lr=5e-3, betas=(0.5, 0.9))
for step in range(20):
    optimizer.zero_grad()
    penalty = gradient_penalty(critic, real, fake)
    loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        print("step %2d  loss %+.3f  penalty %.3f" % (step, loss.item(), penalty.item()))

# the Jacobian norm of a function, differentiated
x = torch.tensor([0.3, -0.7], requires_grad=True)
y = torch.stack([x[0] ** 2 * x[1], x.prod().exp()])
total = 0
for yi in y:
    g, = autograd.grad(yi, x, create_graph=True)
    total = total + g.pow(2).sum()
total.backward()
print(total, x.grad)

# what happens without create_graph
g, = autograd.grad((x ** 3).sum(), x)
print(g.requires_grad, g.grad_fn)
try:
    g.sum().backward()
except RuntimeError as e:
    print("RuntimeError:", e)
