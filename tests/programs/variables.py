# An old tutorial: Variables, FloatTensors and %-formatting
import torch
from torch.autograd import Variable

tensor = torch.FloatTensor([[1,2],[3,4]])            # build a tensor
variable = Variable(tensor, requires_grad=True)      # build a variable, usually for compute gradients

print(tensor)       # [torch.FloatTensor of size 2x2]
print(variable)     # [torch.FloatTensor of size 2x2]

# till now the tensor and variable seem the same.
# However, the variable is a part of the graph, it's a part of the auto-gradient.

t_out = torch.mean(tensor*tensor)       # x^2
v_out = torch.mean(variable*variable)   # x^2
print(t_out)
print(v_out)    # 7.5

v_out.backward()    # backpropagation from v_out
# v_out = 1/4 * sum(variable*variable)
# the gradients w.r.t the variable, d(v_out)/d(variable) = 1/4*2*variable = variable/2
print(variable.grad)

print(variable)     # this is data in variable format
print(variable.data)    # this is data in tensor format

x = Variable(torch.ones(2, 2), requires_grad = True)
print("x = %s" % x)
print("x.data.type() = %s, type(x) = %s" % (x.data.type(), type(x)))
print(x.creator if False else x.grad_fn)
y = x + 2
z = y * y * 3
out = z.mean()
out.backward()
print("dout/dx = %s" % (x.grad.data,))
x.grad.data.zero_()
print(x.grad)

k = Variable(torch.Tensor([0, 1, 2, 3]), requires_grad=False)
k = k.type(torch.FloatTensor)
print(k.type(), k.data.long().type(), torch.LongTensor([1, 2]), torch.ByteTensor([1, 0]), torch.DoubleTensor(2).zero_())
print(torch.IntTensor([3]).type(), k.is_cuda, isinstance(k, Variable), isinstance(k, torch.FloatTensor))

w1 = Variable(torch.Tensor([1.0, 2.0, 3.0]), requires_grad=True)
d = torch.mean(w1)
d.backward()
print(w1.grad)
w1.data.sub_(0.1 * w1.grad.data)
w1.grad.data.zero_()
print(w1, w1.grad.data)

x_data = [1.0, 2.0, 3.0]
y_data = [2.0, 4.0, 6.0]

w = Variable(torch.Tensor([1.0]),  requires_grad=True)  # Any random value

# our model forward pass
def forward(x):
    return x * w

# Loss function
def loss(x, y):
    y_pred = forward(x)
    return (y_pred - y) * (y_pred - y)

# Before training
print("predict (before training)",  4, forward(4).data[0])

# Training loop
for epoch in range(10):
    for x_val, y_val in zip(x_data, y_data):
        l = loss(x_val, y_val)
        l.backward()
        if epoch % 3 == 0:
            print("\tgrad: ", x_val, y_val, w.grad.data[0])
        w.data = w.data - 0.01 * w.grad.data

        # Manually zero the gradients after updating weights
        w.grad.data.zero_()

    print("progress:", epoch, l.data[0])

# After training
print("predict (after training)",  4, forward(4).data[0])
print("predict (after training) %d %.3f" % (4, forward(4).item()))
