"""The custom Functions of the notes on extending autograd."""
import torch
from torch.autograd import Function, gradcheck


class Exp(Function):
    @staticmethod
    def forward(ctx, i):
        result = i.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        result, = ctx.saved_tensors
        return grad_output * result


# Inherit from Function
class LinearFunction(Function):

    # Note that both forward and backward are @staticmethods
    @staticmethod
    # bias is an optional argument
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    # This function has only a single output, so it gets only one gradient
    @staticmethod
    def backward(ctx, grad_output):
        # This is a pattern that is very convenient - at the top of backward
        # unpack saved_tensors and initialize all gradients w.r.t. inputs to
        # None. Thanks to the fact that additional trailing Nones are
        # ignored, the return statement is simple even when the function has
        # optional inputs.
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if input.dtype == torch.float32:
            print("needs_input_grad:", ctx.needs_input_grad)

        # These needs_input_grad checks are optional and there only to
        # improve efficiency. If you want to make your code simpler, you can
        # skip them. Returning gradients for inputs that don't require it is
        # not an error.
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)

        return grad_input, grad_weight, grad_bias


class MulConstant(Function):
    @staticmethod
    def forward(tensor, constant):
        return tensor * constant

    @staticmethod
    def setup_context(ctx, inputs, output):
        # ctx is a context object that can be used to stash information
        # for backward computation
        tensor, constant = inputs
        ctx.constant = constant

    @staticmethod
    def backward(ctx, grad_output):
        # We return as many input gradients as there were arguments.
        # Gradients of non-Tensor arguments to forward must be None.
        return grad_output * ctx.constant, None


# Use it by calling the apply method:
x = torch.tensor([0.0, 1.0, 2.0], requires_grad=True)
output = Exp.apply(x)
print(output)
output.sum().backward()
print(x.grad)

# Alias it
linear = LinearFunction.apply
torch.manual_seed(3)
inputs = torch.rand(4, 3)
weight = torch.rand(2, 3, requires_grad=True)
bias = torch.zeros(2, requires_grad=True)
out = linear(inputs, weight, bias)
print(out.shape, out.requires_grad, out.grad_fn)
out.sum().backward()
print(weight.grad)
print(bias.grad)

no_bias = linear(inputs, weight)
no_bias.mean().backward()
print(weight.grad)

y = MulConstant.apply(x, 5)
y.backward(torch.ones_like(y))
print(x.grad, y)

# gradcheck takes a tuple of tensors as input, check if your gradient
# evaluated with these tensors are close enough to numerical
# approximations and returns True if they all verify this condition.
input = (torch.rand(5, 4, dtype=torch.double, requires_grad=True), torch.rand(3, 4, dtype=torch.double, requires_grad=False))
test = gradcheck(linear, input, eps=1e-6, atol=1e-4)
print(test)
print(gradcheck(Exp.apply, (torch.rand(3, dtype=torch.double, requires_grad=True),)))
