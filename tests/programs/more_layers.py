# transposed convolutions, pooling to a size, dropout of channels, losses of distances
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_printoptions(precision=3, sci_mode=False)
img = torch.randn(2, 4, 6, 6, requires_grad=True)
sig = torch.randn(2, 4, 6, requires_grad=True)
vol = torch.randn(1, 4, 5, 6, 6, requires_grad=True)
for m, x in (
    (nn.ConvTranspose1d(4, 2, 3, padding=1), sig),
    (nn.ConvTranspose2d(4, 2, 3, 2, output_padding=1, bias=False), img),
    (nn.ConvTranspose3d(4, 2, 2), vol),
    (nn.AdaptiveAvgPool1d(4), sig),
    (nn.AdaptiveAvgPool1d(1), sig),
    (nn.AdaptiveAvgPool2d((4, None)), img),
    (nn.AdaptiveAvgPool2d(1), img),
    (nn.AdaptiveAvgPool3d(2), vol),
    (nn.Dropout(0.3), sig),
    (nn.Dropout1d(0.3), sig),
    (nn.Dropout2d(), img),
    (nn.Dropout3d(), vol),
    (nn.Dropout1d(), sig[0]),
):
    y = m(x)
    print(m, y.shape, y.grad_fn.name())
    (g,) = torch.autograd.grad((y**3).sum(), x, create_graph=True)
    print(y.detach().flatten()[:6], g.detach().flatten()[:6], torch.autograd.grad(g.sum(), x)[0].flatten()[:4])
up = nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1)
print(up(F.max_pool2d(img, 2), output_size=img.size()).shape, up.eval())
a, b, c = (torch.randn(4, 3, requires_grad=True) for _ in range(3))
t = torch.tensor([1.0, -1, 1, 1])
for red in ("mean", "none", "sum"):
    for loss in (
        F.margin_ranking_loss(a[:, 0], b[:, 0], t, margin=0.5, reduction=red),
        nn.TripletMarginLoss(reduction=red)(a, b, c),
        F.triplet_margin_loss(a, b, c, swap=True, reduction=red),
        nn.HingeEmbeddingLoss(reduction=red)(a[:, 0], t),
        nn.CosineEmbeddingLoss(0.1, reduction=red)(a, b, t),
        nn.SoftMarginLoss(reduction=red)(a[:, 0], t),
        nn.PoissonNLLLoss(reduction=red)(a, b.detach().abs()),
        F.poisson_nll_loss(a.exp(), b.detach().abs() * 2, log_input=False, full=True, reduction=red),
        nn.GaussianNLLLoss(reduction=red)(a, b, c**2),
        F.gaussian_nll_loss(a, b, (c**2)[:, :1], full=True, reduction=red),
    ):
        print(
            loss,
            [
                g if g is None else g.flatten()[:4]
                for g in torch.autograd.grad(loss.sum(), [a, b, c], allow_unused=True)
            ],
        )
print(nn.MarginRankingLoss(), nn.GaussianNLLLoss())
for f in (
    lambda: up(img, output_size=(3, 3)),
    lambda: nn.Dropout2d(2),
    lambda: F.triplet_margin_loss(a, b, c, margin=0),
    lambda: F.gaussian_nll_loss(a, b, -c.abs()),
    lambda: F.margin_ranking_loss(a, b, t),
    lambda: nn.ConvTranspose2d(4, 2, 3)(img[:, :3]),
    lambda: F.adaptive_avg_pool2d(sig[0], 2),
):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
