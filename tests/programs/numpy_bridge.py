# The numpy bridge: shared memory, dtypes, printing
import numpy as np
import torch

data = [[1, 2], [3, 4]]
x_data = torch.tensor(data)
np_array = np.array(data)
x_np = torch.from_numpy(np_array)
print(x_data, x_np, np_array.dtype)

x_ones = torch.ones_like(x_data)  # retains the properties of x_data
print(f"Ones Tensor: \n {x_ones} \n")

t = torch.ones(5)
print(f"t: {t}")
n = t.numpy()
print(f"n: {n}")
t.add_(1)
print(f"t: {t}")
print(f"n: {n}")

n = np.ones(5)
t = torch.from_numpy(n)
np.add(n, 1, out=n)
print(f"t: {t}")
print(f"n: {n}")

a = torch.tensor([1.0, 2.0], requires_grad=True)
try:
    a.numpy()
except RuntimeError as e:
    print(e)
print(a.detach().numpy(), (a * 2).detach().numpy().sum(), type(a.detach().numpy()))
print(a.tolist(), np.array(a.tolist()), a.detach().numpy().dtype, a.double().detach().numpy().dtype)

b = np.linspace(0, 1, 5)
print(b, b.shape, b.mean(), b.sum(), b.reshape(-1, 1).shape, b[1:3], b[::-1], b > 0.5)
print(np.arange(6).reshape(2, 3), np.zeros((2, 2)), np.eye(2), np.ones(3, dtype=np.float32))
print(np.array([1.5, 2]), np.array([1, 2]) * 2.0, np.array([True, False]), np.pi, np.exp(1.0), np.sqrt(16))
print(np.dot([1, 2], [3, 4]), np.array([[1, 2]]).T, np.concatenate([b[:1], b[-1:]]), np.max(b), b.argmax())
print(torch.tensor(np.array([1.0, 2.0])), torch.tensor(np.float32(1.5)), torch.as_tensor(b), torch.Tensor(np.array([1, 2])))
print(isinstance(b, np.ndarray), isinstance(t, np.ndarray), b.dtype == np.float64, np.allclose(b, t[:5].numpy() / 2))
x = torch.tensor(np.linspace(-1, 1, 3), requires_grad=True)
y = (x ** 2).sum()
y.backward()
print(x.grad, x.grad.numpy(), np.gradient(np.array([1., 4., 9., 16.])))
np.random.seed(1)
r = np.random.rand(2, 2)
print(r, np.random.randint(0, 10, 5), np.random.randn(2), np.random.uniform(-1, 1, 2), sep="\n")
print(np.random.normal(size=3), np.random.permutation(4), np.random.choice([1, 2, 3], 2))
print(np.where(r > 0.4, 1, 0), r.astype(np.float32), r.round(2), np.float64(3.0), r.size, r.ndim, len(r))
