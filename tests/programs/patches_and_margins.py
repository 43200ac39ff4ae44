# Images taken apart into blocks and pixels, losses of margins, samples of classes
import torch, torch.nn as nn
torch.manual_seed(0)
x = torch.arange(16.).view(1,4,2,2).requires_grad_()
for m in (nn.PixelShuffle(2), nn.ChannelShuffle(2), nn.Unfold(2), nn.Unfold((2,1),padding=1), nn.MultiMarginLoss(margin=0.5), nn.MultiLabelSoftMarginLoss()):
    print(m)
y = nn.PixelShuffle(2)(x); print(y, nn.PixelUnshuffle(2)(y).equal(x), nn.ChannelShuffle(2)(x)[0,:,0,0])
u = nn.Unfold(2, padding=1)(x); print(u.shape, u.grad_fn); f = nn.Fold((2,2), 2, padding=1)(u); print(nn.Fold((2,2),2,padding=1), f, f.grad_fn)
f.sum().backward(); print(x.grad[0,0])
l = torch.randn(3,4,requires_grad=True); t = torch.tensor([1,0,3])
for w in (None, torch.tensor([1.,2.,3.,4.])):
    for p in (1,2):
        v = nn.MultiMarginLoss(p, 0.7, w)(l, t); v.backward(); print(v, l.grad); l.grad = None
print(nn.MultiLabelSoftMarginLoss()(l, (torch.rand(3,4)>.5).float()))
g = torch.nn.functional.gumbel_softmax(l, tau=0.7, hard=True); print(g, g.grad_fn); (g*torch.arange(4.)).sum().backward(); print(l.grad)
for bad in (lambda: nn.MultiMarginLoss(3), lambda: nn.PixelShuffle(3)(x), lambda: nn.Fold((3,3),2)(torch.ones(1,5,4)), lambda: nn.Unfold(5)(x), lambda: nn.Unfold(2.5)(x)):
    try: bad()
    except Exception as e: print(type(e).__name__, e)
print(torch.nn.functional.triplet_margin_with_distance_loss(l, l*2, -l, distance_function=lambda a,b: (a-b).abs().sum(-1)))
