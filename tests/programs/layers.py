# the layers of torch.nn: what they print, hold, compute and refuse
import torch
import torch.nn as nn

torch.set_printoptions(precision=3, sci_mode=False)
signals = torch.randn(2, 4, 6, requires_grad=True)
images = torch.randn(2, 4, 6, 6, requires_grad=True)
volumes = torch.randn(1, 4, 5, 6, 6, requires_grad=True)
rows = torch.randn(3, 4, requires_grad=True)

cases = [
    (nn.BatchNorm1d(4), rows),
    (nn.BatchNorm1d(4, bias=False), signals),
    (nn.BatchNorm2d(4, momentum=None), images),
    (nn.BatchNorm2d(4, track_running_stats=False), images),
    (nn.BatchNorm3d(4, affine=False), volumes),
    (nn.InstanceNorm1d(4), signals),
    (nn.InstanceNorm2d(4, affine=True, track_running_stats=True), images),
    (nn.InstanceNorm1d(4), signals[0]),
    (nn.GroupNorm(2, 4), images),
    (nn.LayerNorm([6, 6]), images),
    (nn.RMSNorm(4), rows),
    (nn.Conv1d(4, 2, 3, padding=2, padding_mode="reflect"), signals),
    (nn.Conv2d(4, 2, 3, padding="same", padding_mode="circular"), images),
    (nn.Conv2d(4, 4, (3, 2), stride=2, groups=2, bias=False), images),
    (nn.Conv3d(4, 1, 2), volumes),
    (nn.MaxPool1d(2), signals),
    (nn.MaxPool2d((2, 3), 2, 1, ceil_mode=True), images),
    (nn.MaxPool3d(2), volumes),
    (nn.AvgPool1d(2), signals),
    (nn.AvgPool2d(3, 1, 1, count_include_pad=False), images),
    (nn.AvgPool3d(2), volumes),
    (nn.ZeroPad2d((1, 2, 0, 1)), images),
    (nn.ReflectionPad1d(2), signals),
    (nn.ReplicationPad2d(1), images),
    (nn.CircularPad1d(1), signals),
    (nn.ConstantPad1d(1, 3.5), signals),
    (nn.PReLU(4), rows),
    (nn.GLU(), rows),
    (nn.Hardshrink(), rows),
    (nn.Softshrink(0.3), rows),
    (nn.Hardsigmoid(), rows),
    (nn.Hardswish(), rows),
    (nn.Tanhshrink(), rows),
    (nn.Threshold(0.1, 20), rows),
    (nn.Softmin(1), rows),
    (nn.Softmax2d(), images),
    (nn.Unflatten(1, (2, 2)), rows),
]
for layer, x in cases:
    out = layer(x)
    print(layer, tuple(out.shape), out.grad_fn.name(), list(layer.state_dict()))
    (slope,) = torch.autograd.grad((out**3).sum(), x)
    print(out.detach().flatten()[:5], slope.flatten()[:5])
    layer.eval()
    print(layer(x).detach().flatten()[:5], [buffer.flatten()[:2] for buffer in layer.buffers()])

print(nn.Bilinear(2, 3, 4)(torch.ones(1, 2), torch.ones(1, 3)), nn.Bilinear(2, 3, 4, bias=False))
print(nn.CosineSimilarity()(rows, rows + 1), nn.PairwiseDistance(keepdim=True)(rows, rows + 1))
print(nn.MaxPool2d(2, return_indices=True)(torch.arange(16.0).reshape(1, 1, 4, 4)))

table = nn.Embedding(5, 3, padding_idx=0)
table(torch.tensor([[0, 1], [2, 2]])).sum().backward()
print(table, table.weight[0], table.weight.grad)
print(nn.Embedding.from_pretrained(torch.ones(2, 3)).weight, nn.Embedding(3, 2, max_norm=1.0))

for wrong in (
    lambda: nn.BatchNorm1d(4)(images),
    lambda: nn.BatchNorm2d(4)(signals),
    lambda: nn.BatchNorm1d(3)(rows),
    lambda: nn.BatchNorm1d(4)(rows[:1]),
    lambda: nn.InstanceNorm2d(4)(signals[0]),
    lambda: nn.GroupNorm(3, 4),
    lambda: nn.Conv2d(3, 4, 2, groups=2),
    lambda: nn.Threshold(1),
    lambda: nn.Threshold(),
    lambda: nn.GLU(1, 2),
    lambda: nn.Embedding(2, 3, padding_idx=2),
):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
