# recurrent layers and their cells: states, graphs, gradients, refusals
import torch
import torch.nn as nn

torch.set_printoptions(precision=3, sci_mode=False)


def graph(node, depth=0):
    if node is None or depth > 5:
        return "."
    return node.name() + "(" + ", ".join(graph(after, depth + 1) for after, _ in node.next_functions) + ")"


x = torch.randn(2, 5, 3, requires_grad=True)
for kind in (nn.RNN, nn.LSTM, nn.GRU):
    for options in (
        {},
        {"num_layers": 2, "batch_first": True},
        {"bidirectional": True, "bias": False},
        {"num_layers": 2, "bidirectional": True, "dropout": 0.5},
    ):
        layer = kind(3, 4, **options)
        out, state = layer(x)
        print(layer, tuple(out.shape), out.grad_fn.name())
        print(out[-1, -1], [each.shape for each in state])
        print(graph(out.grad_fn))
        (slope,) = torch.autograd.grad((out**2).sum(), x, retain_graph=True)
        print(slope[0])
        out.sum().backward()
        print([(name, round(p.grad.norm().item(), 2)) for name, p in layer.named_parameters()])
    print(kind(3, 4)(torch.randn(2, 3)))
    print(kind(3, 4).double()(torch.randn(2, 1, 3).double())[0])

print(nn.RNN(3, 4, nonlinearity="relu"))
for kind in (nn.RNNCell, nn.LSTMCell, nn.GRUCell):
    cell = kind(3, 4)
    state = cell(torch.randn(2, 3))
    print(cell, state)
    state = cell(torch.randn(2, 3), state)
    hidden = state[0] if kind is nn.LSTMCell else state
    print(graph(hidden.grad_fn))
    hidden.sum().backward()
    print(cell.weight_ih.grad, cell.bias_hh.grad)
    print(cell(torch.randn(3)))

lstm = nn.LSTM(3, 4)
out, (h, c) = lstm(x, (torch.randn(1, 5, 4), torch.randn(1, 5, 4)))
(slope,) = torch.autograd.grad(out.sum(), x, create_graph=True)
slope.pow(2).sum().backward()
print(lstm.weight_hh_l0.grad)

for wrong in (
    lambda: lstm(torch.randn(2, 1, 4)),
    lambda: lstm(torch.randn(2, 1, 3), (torch.randn(1, 2, 4), torch.randn(1, 1, 4))),
    lambda: lstm(x.double()),
    lambda: nn.RNN(3, 4)(torch.randn(2, 1, 3), torch.randn(1, 2, 4)),
    lambda: nn.RNN(3, 4)(torch.randn(2, 1, 3), torch.randn(2, 4)),
    lambda: nn.RNN(3, 4, nonlinearity="softplus"),
    lambda: nn.GRU(3, 4)(torch.randn(3)),
    lambda: nn.RNNCell(3, 4)(torch.randn(2, 3), torch.randn(2, 5)),
    lambda: nn.RNNCell(3, 4)(torch.randn(2, 3), torch.randn(3, 4)),
    lambda: nn.GRUCell(3, 4)(torch.randn(2, 2)),
    lambda: nn.LSTMCell(3, 4)(torch.randn(2, 2, 3)),
):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
