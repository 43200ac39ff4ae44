# Locally disabling gradient computation
import torch

x = torch.tensor([1.], requires_grad=True)
with torch.no_grad():
    y = x * 2
print(y.requires_grad)


@torch.no_grad()
def doubler(x):
    return x * 2


z = doubler(x)
print(z.requires_grad, doubler.__name__)


@torch.no_grad
def tripler(x):
    return x * 3


print(tripler(x).requires_grad)

# factory function exception
with torch.no_grad():
    a = torch.rand(10, requires_grad=True)
print(a.requires_grad)

with torch.no_grad():
    with torch.enable_grad():
        y = x * 2
print(y.requires_grad)
y.backward()
print(x.grad)

is_train = False
with torch.set_grad_enabled(is_train):
    y = x * 2
print(y.requires_grad)
_ = torch.set_grad_enabled(True)
y = x * 2
print(y.requires_grad)
_ = torch.set_grad_enabled(False)
y = x * 2
print(y.requires_grad, torch.is_grad_enabled())
torch.set_grad_enabled(True)
print(torch.is_grad_enabled())


@torch.enable_grad()
def tracked(x, *, scale=1.0):
    return x * scale


with torch.no_grad():
    print(tracked(x, scale=3.), torch.is_grad_enabled())

with torch.inference_mode():
    y = x * x
print(y.requires_grad, y.is_inference(), x.is_inference(), torch.is_inference_mode_enabled())
try:
    print(y._version)
except RuntimeError as err:
    print("err:", err)


@torch.inference_mode()
def func(x):
    return x * x


out = func(x)
print(out.requires_grad)
try:
    (out * x).backward()
except RuntimeError as err:
    print("err:", err)

with torch.autograd.set_detect_anomaly(False):
    loss = (x ** 3).sum()
    loss.backward()
print(x.grad)

w = torch.ones(3, requires_grad=True)
model = lambda inp: (w * inp).sum()
for mode in (torch.enable_grad, torch.no_grad, torch.inference_mode):
    with mode():
        out = model(torch.arange(3.))
    print(mode.__name__, out.requires_grad, out.grad_fn is not None, out)
