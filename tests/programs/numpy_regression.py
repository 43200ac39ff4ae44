"""Fit a line to noisy data: numpy for the data, Variables for the gradients (an old tutorial)."""
import numpy as np
import torch
from torch.autograd import Variable

np.random.seed(42)
x_values = [i for i in range(11)]
x_train = np.array(x_values, dtype=np.float32)
x_train = x_train.reshape(-1, 1)
y_values = [2 * i + 1 for i in x_values]
y_train = np.array(y_values, dtype=np.float32)
y_train = y_train.reshape(-1, 1)
print(x_train.shape, y_train[:3].tolist(), x_train.dtype)


class linearRegression(torch.nn.Module):
    def __init__(self, inputSize, outputSize):
        super(linearRegression, self).__init__()
        self.linear = torch.nn.Linear(inputSize, outputSize)

    def forward(self, x):
        out = self.linear(x)
        return out


inputDim = 1        # takes variable 'x'
outputDim = 1       # takes variable 'y'
learningRate = 0.01
epochs = 100

torch.manual_seed(0)
model = linearRegression(inputDim, outputDim)
if torch.cuda.is_available():
    model.cuda()
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=learningRate)

for epoch in range(epochs):
    # Converting inputs and labels to Variable
    if torch.cuda.is_available():
        inputs = Variable(torch.from_numpy(x_train).cuda())
        labels = Variable(torch.from_numpy(y_train).cuda())
    else:
        inputs = Variable(torch.from_numpy(x_train))
        labels = Variable(torch.from_numpy(y_train))
    optimizer.zero_grad()
    outputs = model(inputs)
    loss = criterion(outputs, labels)
    loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        print('epoch {}, loss {:.4f}'.format(epoch, loss.item()))

with torch.no_grad():  # we don't need gradients in the testing phase
    predicted = model(Variable(torch.from_numpy(x_train))).data.numpy()
    print(predicted.round(2).ravel())

# least squares in numpy
noisy = y_train + np.random.normal(0, 0.5, y_train.shape).astype(np.float32)
A = np.hstack([x_train, np.ones_like(x_train)])
solution = np.linalg.solve(A.T @ A, A.T @ noisy)
print(solution.ravel().round(3), np.abs(A @ solution - noisy).mean().round(3))
w = torch.zeros(2, 1, requires_grad=True)
At, yt = torch.tensor(A), torch.tensor(noisy)
for _ in range(2000):
    l = ((At @ w - yt) ** 2).mean()
    g, = torch.autograd.grad(l, w)
    w = (w - 0.01 * g).detach().requires_grad_()
print(np.allclose(w.detach().numpy(), solution, atol=1e-2))
