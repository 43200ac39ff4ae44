"""Numbers and tensors as text, in every way that programs write them."""
import torch

t = torch.tensor(3.14159265)
v = torch.tensor([1.0, 2.5, -3.25])
m = torch.arange(4.).view(2, 2)
g = torch.tensor([2.0], requires_grad=True)
loss = (g ** 2).sum()

print("%d %i %5d|%-5d|%05d" % (3, 4.7, 42, 42, 42))
print("%f %.2f %8.3f %e %g %G" % (t, t, t, t, 1e-7, 1e10))
print("%s and %r, 100%%, %c %x %o" % (v, "text", "z", 255, 8))
print("%(name)s=%(value).3f" % {"name": "loss", "value": loss.item()})
print("{} {} {}".format(t, v, loss))
print("{0} {1} {0!r} {2:.3f}".format("a", [1, 2], 0.5))
print("{:>10}|{:<10}|{:^10}|{:*^9}|{:+.1e}".format("right", "left", "mid", 7, 12345.678))
print("{name}: {value:,}; {items[1]}, {d[key]}".format(name="n", value=1234567, items=[10, 20], d={"key": "v"}))
print(f"{t} {t:.3f} {t.item():8.2f} {v} {m.tolist()}")
print(f"{loss=} {loss.item()=:.2f} {g.grad_fn=} {v[0].item() + 1 = }")
print(f"{'nested ' + f'{1 + 1}'!r:>15} {{braces}} {v.shape} {tuple(v.shape)} {v.dtype!s:>14}")
print(f"{0.1 + 0.2} {1e16} {1e-5} {123456789.0} {1/3:.10f} {float('inf')} {float('nan')} {-0.0}")
print(f"{1_000_000:,} {255:#x} {5:08b} {0.256:.1%} {True:d} {3:>{4 + 2}}|{'ab':.1}|{2.5:{'8.3f'}}")
print(str(1.0), repr(1e22), str(1e-7), 10 ** 15 * 1.0, 100000.0 ** 3, 7 // 2, -7 // 2, 7 % -3, 2 ** 0.5)
print([1.0, 2, "x", None, True], (1,), {}, {1: "a", "b": [t]}, set(), {3}, range(3), 1j, 2 + 3j)
print("a", "b", sep="-", end="!\n")
print(*v.tolist(), sep=", ")
print()
print("tab\tnew\\n", r"raw\n", 'single "double"', "it's", """three
lines""")

for i, (name, value) in enumerate(zip(["mean", "std", "max"], [v.mean(), v.std(), v.max()])):
    print("%d. %-5s %7.4f" % (i, name, value), end="; " if i < 2 else "\n")

table = [("lr", 0.1), ("momentum", 0.9), ("weight decay", 1e-4)]
width = max(len(k) for k, _ in table)
for k, val in table:
    print(k.ljust(width, "."), str(val).rjust(8))
print("=" * 20, "-".join(["x", "y", "z"]), "spam".upper(), "Title Case".swapcase(), " pad ".strip() + "|")
print("a,b,,c".split(","), "a b  c".split(), "k=v=w".partition("="), "x".join(map(str, range(4))))
print("grad_fn".startswith("grad"), "MulBackward0".replace("Backward0", ""), "abcabc".find("c"), "abc"[::-1])
print("layer1.weight".rsplit(".", 1), "0.5".isdigit(), "12".zfill(5), "ok")
print(torch.tensor(7), torch.tensor(True), torch.tensor([True, False]), torch.tensor([]), torch.tensor(1e10))
print(torch.tensor([1e-5, 1.0]), torch.tensor([1e5, 0.5]), torch.tensor([float("nan"), float("inf"), -1.0]))
print(torch.tensor([[1, 20], [300, 4]]), torch.tensor([1.0, 2.0]), torch.tensor([1.5, 1000.25]), sep="\n")
print(torch.zeros(2, 0), torch.ones(1, 2, 2), torch.tensor(2 + 1j), torch.tensor([0.5], dtype=torch.float16))
print(torch.arange(2000), torch.linspace(0, 1, 5), torch.tensor(-0.0))
print(g, loss, g * 1, g.detach(), [g], {"g": g})
torch.set_printoptions(precision=2)
print(v / 3, t)
torch.set_printoptions(profile="default")
print(v / 3, "%.3f" % float(v[0]), "%s" % None, "%s %s" % (True, [0.1]))
try:
    print("%d" % "x")
except TypeError as e:
    print(e)
try:
    print("{:d}".format(1.5))
except ValueError as e:
    print(e)
try:
    f"{v:.2f}"
except TypeError as e:
    print(e)
try:
    "%s %s" % (1,)
except TypeError as e:
    print(e)
try:
    "a" + 1
except TypeError as e:
    print(e)
