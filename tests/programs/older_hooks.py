# what switches, handles and nodes look like; hooks on a module's last operator; the GPU that is not there
import torch
print(repr(torch.no_grad()), repr(torch.enable_grad()), repr(torch.set_grad_enabled(True)), repr(torch.inference_mode()), torch.autograd.set_detect_anomaly(False))
x=torch.ones(2,requires_grad=True)
y=x*2
n=y.grad_fn.next_functions[0][0]
print(type(n), n, n.name(), type(y.grad_fn), type(y.grad_fn).__name__, type(n).__name__, isinstance(n, type(n)), isinstance(n, type(y.grad_fn)))
print(x.register_hook(print))
for f in (lambda: x.cuda(), lambda: torch.nn.Linear(1,1).cuda(), lambda: x.cuda(0), lambda: x.to('cuda')):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
m=torch.nn.Linear(2, 1, bias=False)
print(m.register_forward_hook(lambda m, i, o: print(type(m).__name__, i, o.shape)))
h = m.register_backward_hook(lambda m, gi, go: print('bw', type(m).__name__, [g if g is None else g.shape for g in gi], go))
m(torch.ones(3, 2)).sum().backward()
h.remove()
m(torch.ones(3, 2)).sum().backward()
class Double(torch.nn.Module):
    def forward(self, x):
        return x * 2
d = Double()
d.register_backward_hook(lambda m, gi, go: (torch.full_like(gi[0], 5.),) + gi[1:])
d(y).sum().backward()
print(x.grad)
