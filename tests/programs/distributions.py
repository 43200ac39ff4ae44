"""torch.distributions: draws that are torch's, densities that are differentiated."""

import torch
from torch import distributions
from torch.distributions import Bernoulli, Categorical, Normal, Uniform, kl_divergence
from torch.distributions.multinomial import Multinomial

torch.manual_seed(0)
print(Multinomial(100, torch.tensor([0.5, 0.5])).sample())
fair = Multinomial(10, torch.ones(6) / 6)
counts = fair.sample((4,))
print(fair, counts, counts.sum(1), fair.mean, fair.log_prob(counts)[:2])

loc, scale = torch.tensor([0.0, 1.0], requires_grad=True), torch.tensor(2.0, requires_grad=True)
normal = Normal(loc, scale)
print(normal, normal.mean, normal.variance, normal.batch_shape, normal.entropy())
print(normal.sample(), normal.sample((2,)).shape, normal.log_prob(torch.tensor(0.5)))
draws = normal.rsample((3,))
draws.pow(2).mean().backward()
print(draws, loc.grad, scale.grad)
loc.grad = None
(-normal.log_prob(torch.tensor([[1.0, 2.0], [3.0, 4.0]])).mean()).backward()
print(loc.grad, Normal(0.0, 1.0), Normal(0, 1).cdf(torch.tensor(1.0)), kl_divergence(Normal(0.0, 1.0), Normal(1.0, 2.0)))

policy = Categorical(logits=torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], requires_grad=True))
action = policy.sample()
print(policy, action, policy.log_prob(action), policy.entropy(), policy.probs)
print(Categorical(torch.tensor([1.0, 3.0])).sample((5,)), Categorical(probs=torch.tensor([1.0, 3.0])).probs)
coin = Bernoulli(torch.tensor([0.3, 0.9]))
print(coin, coin.sample(), coin.log_prob(torch.tensor([1.0, 0.0])), coin.mean, coin.stddev, Bernoulli(logits=torch.zeros(1)))
uniform = Uniform(-1.0, torch.tensor([1.0, 2.0]))
print(uniform, uniform.sample(), uniform.rsample((2,)), uniform.log_prob(torch.tensor([0.0, 1.0])), uniform.stddev)
for attempt in (
    lambda: distributions.Normal(0.0, -1.0),
    lambda: uniform.log_prob(torch.tensor([0.0, 3.0])),
    lambda: coin.log_prob(torch.tensor([0.5, 1.0])),
    lambda: policy.log_prob(torch.tensor([3, 0])),
    lambda: Categorical(),
):
    try:
        print(attempt())
    except ValueError as error:
        print(error)
