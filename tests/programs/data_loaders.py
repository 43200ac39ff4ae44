# sets of samples, samplers and loaders: batches, their order, and the random numbers they use
import torch
import numpy as np
from torch.utils.data import (
    DataLoader,
    Dataset,
    TensorDataset,
    Subset,
    random_split,
    ConcatDataset,
    IterableDataset,
    RandomSampler,
    SubsetRandomSampler,
    BatchSampler,
    SequentialSampler,
)
import torch.utils.data as data

torch.manual_seed(0)
x = torch.arange(12.0).reshape(6, 2)
y = torch.arange(6)
for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True):
    print(xb, yb)
print(torch.rand(2))


class Squares(Dataset):
    def __init__(self, n, transform=None):
        self.n, self.transform = n, transform

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError
        return {"x": float(i), "y": i * i, "name": f"no {i}", "t": torch.tensor([i]), "a": np.arange(2) * i}


loader = DataLoader(Squares(5), batch_size=2, drop_last=True)
print(len(loader), len(loader.dataset), loader.batch_size)
for i, batch in enumerate(loader):
    print(i, batch)
it = iter(DataLoader(Squares(5), 3, True, num_workers=0))
print(next(it)["y"])
print(next(it)["x"].dtype)
a, b = random_split(TensorDataset(x, y), [4, 2])
print(len(a), a.indices, b.indices, a[0], torch.rand(1))
p, q = random_split(range(10), [0.7, 0.3], generator=torch.Generator().manual_seed(42))
print(list(p), list(q))
both = TensorDataset(x) + TensorDataset(x * 2)
print(len(both), both[7], both[-1], Subset(both, [0, 8])[1])
print([b for b in BatchSampler(SequentialSampler(range(7)), 3, False)], len(BatchSampler(range(7), 3, True)))
print(list(RandomSampler(range(5))), list(RandomSampler(range(5), replacement=True, num_samples=7)))
print(list(SubsetRandomSampler([3, 5, 9])))


def collate(samples):
    return torch.stack([s[0] for s in samples]).sum(0), len(samples)


for out in DataLoader(TensorDataset(x, y), 5, collate_fn=collate):
    print(out)


class Stream(IterableDataset):
    def __iter__(self):
        for i in range(5):
            yield torch.tensor(i)


print(list(DataLoader(Stream(), batch_size=2)))
print(
    list(DataLoader(y, batch_size=4)), list(DataLoader([1, 2, 3])), list(DataLoader(list(zip(x, y)), batch_size=3))[0]
)
g = torch.Generator()
g.manual_seed(1)
print([b.tolist() for b in DataLoader(y, 2, shuffle=True, generator=g)], torch.rand(1))
print([b for b in DataLoader(y, batch_size=None)], isinstance(a, Dataset), type(loader), type(a))
print(list(DataLoader(y, batch_sampler=[[0, 1], [5]])))
for w in (
    lambda: DataLoader(y, shuffle=True, sampler=[1]),
    lambda: DataLoader(y, batch_size=0),
    lambda: Dataset()[0],
    lambda: random_split(y, [1, 2]),
    lambda: TensorDataset(x, y[:2]),
    lambda: next(iter(DataLoader([None]))),
    lambda: len(DataLoader(Stream())),
    lambda: list(DataLoader([(1, 2), (1,)], 2)),
    lambda: DataLoader(Stream(), shuffle=True),
):
    try:
        w()
    except Exception as e:
        print(type(e).__name__, e)
