"""Loops, conditions, scopes, main guard: the small print of a program."""
import torch

LEARNING_RATE = 0.1
steps_taken = 0


def step(w, *, lr=None, clip=None, verbose=False):
    """One step; returns the new weight and whether it was clipped."""
    global steps_taken
    lr = LEARNING_RATE if lr is None else lr
    loss = (w - 1) ** 2
    loss.backward()
    clipped = False
    with torch.no_grad():
        g = w.grad
        if clip is not None and abs(g) > clip:
            g = g.sign() * clip
            clipped = True
        w -= lr * g
        w.grad = None
    steps_taken += 1
    if verbose:
        print("\tw = %.4f%s" % (w.item(), " (clipped)" if clipped else ""))
    return w, clipped


def train(start, max_steps=20, tolerance=1e-2, **options):
    w = torch.tensor(float(start), requires_grad=True)
    for n in range(1, max_steps + 1):
        w, clipped = step(w, **options)
        if clipped:
            continue
        if abs(w.item() - 1) < tolerance:
            break
    else:
        n = None
    return w, n


def classify(value):
    if value is None:
        return "gave up"
    elif value < 10:
        return "fast"
    elif 10 <= value < 15:
        return "fair"
    else:
        return "slow"


def collatz(n):
    length = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        length += 1
    return length


def main():
    for start in (5, -3.5, 1):
        for options in ({}, {"lr": 0.4}, {"clip": 1.0}, {"lr": 1.0}):
            w, n = train(start, **options)
            settings = ", ".join(f"{k}={v}" for k, v in options.items()) or "default"
            print(f"{start!s:>5} [{settings:^9}] -> {w.item():+.4f} {classify(n)}{f' after {n}' if n else ''}")
    train(2, max_steps=2, verbose=True, clip=0.5)
    print(steps_taken, LEARNING_RATE)

    print({n: collatz(n) for n in (1, 7, 27)})
    primes = []
    candidate = 2
    while len(primes) < 10:
        for p in primes:
            if candidate % p == 0:
                break
        else:
            primes.append(candidate)
        candidate += 1
    print(primes)

    total = 0
    for i in range(10):
        if i % 2:
            continue
        for j in range(i):
            if j > 3:
                break
            total += j
        pass
    print(total, i, j)

    x = 5
    def inner():
        x = 6
        def innermost():
            nonlocal x
            x += 1
            return x
        return innermost() + x
    print(inner(), x)

    flags = [torch.tensor(0.), torch.tensor(1.), [], [0], "", "0", 0.0, None, torch.tensor(False)]
    print([bool(f) for f in flags], not flags[0], flags[2] or "empty", flags[3] and "full")
    y = torch.tensor([1., -2., 3.])
    while y.norm() < 100:
        y = y * 2
    print(y, (y > 0).all().item(), bool((y > 0).any()))
    a = b = torch.zeros(2)
    a += 1
    print(b, a is b)
    a = a + 1
    print(b, a is b)
    a, b = b, a
    print(a, b, a is not b)
    i = 10
    squares = [i for i in range(3)]
    print(i, squares, 1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, True + True, 3 and 0 or "x")
    print(0.1 + 0.2 == 0.3, abs(0.1 + 0.2 - 0.3) < 1e-9, round(2.5), round(-1.5), round(2.675, 2), int(-3.7), divmod(17, 5))
    print(type(3), type(3.0), type("s"), type([]), type(None), type(main), type(torch.ones(1)), type(torch.float32))
    print(7 / 2, 7 // 2, 2 ** 10, 2 ** -1, 10 % 3, 0b101, 0xff, 1_000, 1e3, 5 & 3, 5 | 3, 1 << 4, ~5)


if __name__ == "__main__":
    main()
