# attention with several heads, as a function and as a layer: masks, weights, graphs, gradients, inference, refusals
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_printoptions(precision=3, sci_mode=False)


def graph(node, depth=0):
    if node is None or depth > 8:
        return "."
    return node.name() + "(" + ", ".join(graph(after, depth + 1) for after, _ in node.next_functions) + ")"


def slopes(out, *inputs):
    found = torch.autograd.grad((out**2).sum(), inputs, allow_unused=True)
    return [None if g is None else round(g.norm().item(), 2) for g in found]


# scaled_dot_product_attention: one node for four dimensions, else step by step
q, k, v = (torch.randn(2, 2, n, 4, requires_grad=True) for n in (3, 5, 5))
allowed = torch.tensor([[True, True, False, False, True], [False] * 5, [True] * 5])
bias = torch.randn(3, 5, requires_grad=True)
for options in (
    {},
    {"is_causal": True, "scale": 0.3},
    {"attn_mask": allowed},
    {"attn_mask": bias.detach()},
    {"attn_mask": bias},
    {"dropout_p": 0.5},
):
    out = F.scaled_dot_product_attention(q, k, v, **options)
    print(list(options), out[0, 0], graph(out.grad_fn), slopes(out, q, k, v, bias), sep="\n")
    out = F.scaled_dot_product_attention(q[0], k[0], v[0], **options)
    print(out[0], graph(out.grad_fn), slopes(out, q, k, v, bias), sep="\n")
many = torch.randn(2, 4, 3, 4, requires_grad=True)
out = F.scaled_dot_product_attention(many, k, v, enable_gqa=True)
print(out[1, 3], slopes(out, many, k, v))
print(F.scaled_dot_product_attention(q[0, 0].half(), k[0, 0].half(), v[0, 0].half()).dtype)

# the layer
x = torch.randn(3, 2, 4, requires_grad=True)
memory = torch.randn(5, 2, 4)
later = torch.ones(3, 3).triu(1).bool()
padding = torch.tensor([[False, False, False, True, True], [False] * 5])
for options in (
    {},
    {"bias": False, "dropout": 0.5},
    {"add_bias_kv": True, "add_zero_attn": True},
    {"kdim": 3, "vdim": 5},
    {"batch_first": True},
):
    layer = nn.MultiheadAttention(4, 2, **options)
    print(layer, [(name, tuple(p.shape)) for name, p in layer.state_dict().items()])
    print(layer.out_proj.weight[0], sum(p.sum() for p in layer.parameters()))
    if "kdim" in options:
        calls = [(x, memory[..., :3], torch.randn(5, 2, 5), {"key_padding_mask": padding})]
    elif "batch_first" in options:
        calls = [(x.transpose(0, 1),) * 3 + ({"attn_mask": later, "need_weights": False},)]
    else:
        calls = [
            (x, x, x, {"attn_mask": later, "average_attn_weights": False}),
            (x, x, x, {"attn_mask": later, "need_weights": False, "is_causal": True}),
            (x, memory, memory, {"key_padding_mask": padding}),
            (x, memory, memory + 1, {"attn_mask": torch.randn(4, 3, 5), "need_weights": False}),
        ]
    for query, key, value, named in calls:
        out, weights = layer(query, key, value, **named)
        print(list(named), out, weights, graph(out.grad_fn), sep="\n")
        print(slopes(out, x, *layer.parameters()))
alone = x[:, 0]
out, weights = layer(alone, alone, alone)
print(out, weights)

# without gradients, torch has a kernel of its own
layer.eval()
batch = x.detach().transpose(0, 1)
with torch.no_grad():
    everything = torch.ones(3, 3).triu().bool()  # the first place attends to none
    print(layer(batch, batch, batch, attn_mask=everything, need_weights=False))
print(layer(batch, batch, batch, attn_mask=everything, need_weights=False)[0])

for wrong in (
    lambda: nn.MultiheadAttention(4, 3),
    lambda: nn.MultiheadAttention(0, 1),
    lambda: layer(alone, x, x),
    lambda: layer(x[None], x, x),
    lambda: layer(batch, batch, batch[:, :2]),
    lambda: layer(batch[..., :2], batch, batch),
    lambda: layer(batch, batch, batch, attn_mask=later[:2]),
    lambda: layer(batch, batch, batch, attn_mask=torch.zeros(3, 3, 3)),
    lambda: layer(batch, batch, batch, attn_mask=later.int()),
    lambda: layer(batch, batch, batch, key_padding_mask=padding),
    lambda: layer(batch, batch, batch, is_causal=True),
    lambda: F.scaled_dot_product_attention(q, k[0, 0, 0], v),
    lambda: F.scaled_dot_product_attention(q, k, v.double()),
    lambda: F.scaled_dot_product_attention(q, k, v, allowed.int()),
    lambda: F.scaled_dot_product_attention(q, k, v, allowed[0]),
    lambda: F.scaled_dot_product_attention(q[0], k[0], v[0], allowed, is_causal=True),
    lambda: F.scaled_dot_product_attention(many[:, :3], k, v, enable_gqa=True),
    lambda: F.scaled_dot_product_attention(q, k, v, dropout_p=1.5),
):
    try:
        print(wrong())
    except Exception as error:
        print(type(error).__name__, error)
