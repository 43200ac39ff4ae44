# transformers: layers, stacks, masks, an encoder that learns, a decoder that copies, inference
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_printoptions(precision=3, sci_mode=False)


def norms(module):
    return [(name, round(p.grad.norm().item(), 2)) for name, p in module.named_parameters() if p.grad is not None]


later = nn.Transformer.generate_square_subsequent_mask(3)
print(later)
padding = torch.tensor([[False, False, True], [False, False, False]])

# layers
x, memory = torch.randn(3, 2, 4, requires_grad=True), torch.randn(5, 2, 4)
for options in (
    {},
    {"norm_first": True, "activation": "gelu"},
    {"activation": nn.GELU(), "bias": False},
    {"activation": torch.tanh, "dropout": 0.0, "layer_norm_eps": 0.1},
):
    encoder = nn.TransformerEncoderLayer(4, 2, 6, **options)
    decoder = nn.TransformerDecoderLayer(4, 2, 6, **options)
    print(encoder, decoder, encoder.activation_relu_or_gelu)
    print(encoder(x, src_mask=later, src_key_padding_mask=padding.float() * -9))
    out = decoder(x, memory, tgt_mask=later, tgt_is_causal=True)
    print(out)
    out.pow(2).sum().backward()
    print(norms(decoder))

# an encoder that learns to tell the larger of two neighbours
torch.manual_seed(1)


class Teller(nn.Module):
    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(torch.randn(6, 8) * 0.1)
        self.enter = nn.Linear(1, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(8), enable_nested_tensor=False)
        self.leave = nn.Linear(8, 1)

    def forward(self, numbers, mask=None):
        return self.leave(self.encoder(self.enter(numbers.unsqueeze(-1)) + self.place, mask)).squeeze(-1)


teller = Teller()
print(teller, sum(p.numel() for p in teller.parameters()))
optimizer = torch.optim.Adam(teller.parameters(), lr=0.01)
numbers = torch.randn(16, 6)
wanted = (numbers > numbers.roll(1, 1)).float()
for step in range(12):
    loss = F.binary_cross_entropy_with_logits(teller(numbers), wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 4 == 3:
        print(f"{step} {loss.item():.3f}")
teller.eval()
with torch.no_grad():
    print(teller(numbers[:2]))

# stacks are copies of a layer
layer = nn.TransformerEncoderLayer(4, 2, 6, batch_first=True)
stack = nn.TransformerEncoder(layer, 2)
first, second = stack.layers
print(stack.use_nested_tensor, torch.equal(first.linear1.weight, second.linear1.weight), first is second)
batch = torch.randn(2, 3, 4)
stack.eval()
print(stack(batch, src_key_padding_mask=padding))
with torch.no_grad():
    print(stack(batch, src_key_padding_mask=~padding))  # not behind the others: nothing is left out
    print(layer.eval()(batch, src_mask=torch.eye(3)))


class Half(nn.TransformerEncoderLayer):
    def _ff_block(self, x):
        return super()._ff_block(x) / 2


print(nn.TransformerEncoder(Half(4, 2, 6, dropout=0.0, batch_first=True), 2)(batch))

# the whole: a decoder that copies what the encoder has read
torch.manual_seed(2)
model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
print(model, len(model.state_dict()))
table, read = nn.Embedding(5, 8), nn.Linear(8, 5)
optimizer = torch.optim.Adam([*model.parameters(), *table.parameters(), *read.parameters()], lr=0.02)
words = torch.randint(1, 5, (8, 3))
shifted = torch.cat([torch.zeros(8, 1, dtype=torch.long), words[:, :-1]], 1)
for step in range(16):
    scores = read(model(table(words), table(shifted), tgt_mask=later))
    loss = F.cross_entropy(scores.reshape(-1, 5), words.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 4 == 3:
        print(f"{step} {loss.item():.3f}")
print(norms(model.decoder)[:4])
copied = model.load_state_dict(model.state_dict())
print(copied)

for wrong in (
    lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"),
    lambda: nn.TransformerEncoderLayer(4, 3),
    lambda: model(table(words), table(shifted)[:2]),
    lambda: model(table(words)[..., :4], table(shifted)),
    lambda: layer(batch, is_causal=True),
    lambda: layer.train()(batch, is_causal=True),
    lambda: nn.TransformerEncoder(nn.Linear(2, 2), 1, enable_nested_tensor=False)(batch),
):
    try:
        print(wrong())
    except Exception as error:
        print(type(error).__name__, error)
