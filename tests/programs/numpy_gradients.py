"""A two-layer network in numpy with hand-written gradients, beside autograd."""
import numpy as np
import torch

np.random.seed(0)
N, D_in, H, D_out = 8, 5, 4, 2
x = np.random.randn(N, D_in)
y = np.random.randn(N, D_out)
w1 = np.random.randn(D_in, H)
w2 = np.random.randn(H, D_out)

tx, ty = torch.from_numpy(x), torch.from_numpy(y)
tw1 = torch.tensor(w1, requires_grad=True)
tw2 = torch.tensor(w2, requires_grad=True)

learning_rate = 1e-3
for t in range(50):
    # Forward pass: compute predicted y
    h = x.dot(w1)
    h_relu = np.maximum(h, 0)
    y_pred = h_relu.dot(w2)

    # Compute and print loss
    loss = np.square(y_pred - y).sum()
    if t % 10 == 0:
        print(t, "%.4f" % loss)

    # Backprop to compute gradients of w1 and w2 with respect to loss
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.T.dot(grad_y_pred)
    grad_h_relu = grad_y_pred.dot(w2.T)
    grad_h = grad_h_relu.copy()
    grad_h[h < 0] = 0
    grad_w1 = x.T.dot(grad_h)

    # the same with autograd
    tloss = (tx.mm(tw1).clamp(min=0).mm(tw2) - ty).pow(2).sum()
    tloss.backward()
    if t == 0:
        print(np.allclose(grad_w1, tw1.grad.numpy()), np.allclose(grad_w2, tw2.grad), abs(loss - tloss.item()) < 1e-9)

    # Update weights
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2
    with torch.no_grad():
        tw1 -= learning_rate * tw1.grad
        tw2 -= learning_rate * tw2.grad
        tw1.grad.zero_()
        tw2.grad.zero_()

print(np.allclose(w1, tw1.detach().numpy()), w1.shape, w1.dtype, np.abs(w1 - tw1.detach().numpy()).max() < 1e-12)
print(np.round(w2, 3))
print(tw2.detach().numpy().round(3))
