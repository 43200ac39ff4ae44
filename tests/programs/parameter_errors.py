"""What torch says of arguments that are wrong names a Parameter as one."""

import torch

weight = torch.nn.Parameter(torch.ones(2))


def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


attempt(lambda: torch.cat(weight))
attempt(lambda: weight.view(weight))
attempt(lambda: torch.relu((weight,)))
attempt(lambda: weight.reshape(2, weight))
attempt(lambda: torch.zeros(weight))
attempt(lambda: torch.manual_seed(0) and weight.missing)
attempt(lambda: torch.cat(weight.detach()))
