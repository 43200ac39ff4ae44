"""Recomputing instead of saving: checkpointing as a custom Function."""
import torch


def detach_variable(inputs):
    out = []
    for inp in inputs:
        if not isinstance(inp, torch.Tensor):
            out.append(inp)
            continue
        x = inp.detach()
        x.requires_grad = inp.requires_grad
        out.append(x)
    return tuple(out)


class CheckpointFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, run_function, *args):
        ctx.run_function = run_function
        ctx.inputs = []
        ctx.tensor_indices = []
        tensor_inputs = []
        for i, arg in enumerate(args):
            if torch.is_tensor(arg):
                tensor_inputs.append(arg)
                ctx.tensor_indices.append(i)
                ctx.inputs.append(None)
            else:
                ctx.inputs.append(arg)
        ctx.save_for_backward(*tensor_inputs)
        with torch.no_grad():
            outputs = run_function(*args)
        return outputs

    @staticmethod
    def backward(ctx, *args):
        inputs = list(ctx.inputs)
        tensor_indices = ctx.tensor_indices
        tensors = ctx.saved_tensors
        for i, idx in enumerate(tensor_indices):
            inputs[idx] = tensors[i]
        detached_inputs = detach_variable(tuple(inputs))
        with torch.enable_grad():
            outputs = ctx.run_function(*detached_inputs)
        if isinstance(outputs, torch.Tensor):
            outputs = (outputs,)
        outputs_with_grad = []
        args_with_grad = []
        for i in range(len(outputs)):
            if torch.is_tensor(outputs[i]) and outputs[i].requires_grad:
                outputs_with_grad.append(outputs[i])
                args_with_grad.append(args[i])
        if len(outputs_with_grad) == 0:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        torch.autograd.backward(outputs_with_grad, args_with_grad)
        grads = tuple(inp.grad if isinstance(inp, torch.Tensor) else None for inp in detached_inputs)
        return (None,) + grads


def checkpoint(function, *args):
    return CheckpointFunction.apply(function, *args)


calls = {"block": 0}


def block(x, w, power=2):
    calls["block"] += 1
    return torch.tanh(x @ w) ** power


torch.manual_seed(0)
x = torch.rand(4, 3, requires_grad=True)
w = torch.rand(3, 3, requires_grad=True)

block(x, w).sum().backward()
expected = x.grad, w.grad
x.grad = w.grad = None
calls["block"] = 0

out = checkpoint(block, x, w)
print(out.grad_fn, calls)
out.sum().backward()
print(calls, torch.equal(x.grad, expected[0]), torch.equal(w.grad, expected[1]))

out = checkpoint(block, x, w, 3)
print(out.shape, out.requires_grad)
out.mean().backward()
print(calls)


def two_outputs(a, b):
    return a * b, (a + b).detach()


p, q = torch.tensor(2., requires_grad=True), torch.tensor(3., requires_grad=True)
s, t = checkpoint(two_outputs, p, q)
print(s, t)
s.backward()
print(p.grad, q.grad)
try:
    checkpoint(lambda a: a.detach(), p).backward()
except RuntimeError as err:
    print("RuntimeError:", err)
