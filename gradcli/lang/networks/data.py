"""torch.utils.data: sets of samples, samplers, and the loader that makes batches of them.

Sources: torch/utils/data/{dataset,sampler,dataloader}.py, torch/utils/data/_utils/collate.py. The loader draws as many
random numbers as torch's, and in its order.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate, count, islice
from typing import Any, Final

import numpy as np

from gradcli.engine.public import functions
from gradcli.engine.random import Generator
from gradcli.engine.tensor import Tensor
from gradcli.lang.budget import bounded
from gradcli.lang.networks.module import made
from gradcli.lang.values.classes import Class
from gradcli.lang.values.table import type_of

# ---------------------------------------------------------------- samples


class Dataset:
    """What sets of samples derive from: they have `__getitem__`, and mostly `__len__`."""

    def __getitem__(self: Any, index: Any) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self: Any, other: Any) -> Any:
        return CLASSES["ConcatDataset"]([self, other])


class IterableDataset:
    """What sets derive from that give their samples one after the other: they have `__iter__`."""

    def __iter__(self: Any) -> Any:
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")


class TensorDataset:
    """The rows of several tensors, side by side."""

    def __init__(self: Any, *tensors: Any) -> None:
        if any(tensors[0].shape[0] != tensor.shape[0] for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.fields["tensors"] = tensors

    def __getitem__(self: Any, index: Any) -> Any:
        return tuple(tensor[index] for tensor in self.fields["tensors"])

    def __len__(self: Any) -> int:
        return len(self.fields["tensors"][0])


class Subset:
    """Some samples of a set, by their numbers."""

    def __init__(self: Any, dataset: Any, indices: Any) -> None:
        self.fields |= {"dataset": dataset, "indices": indices}

    def __getitem__(self: Any, idx: Any) -> Any:
        indices = self.fields["indices"]
        return self.fields["dataset"][[indices[each] for each in idx] if isinstance(idx, list) else indices[idx]]

    def __len__(self: Any) -> int:
        return len(self.fields["indices"])


class ConcatDataset:
    """Several sets, one after the other."""

    def __init__(self: Any, datasets: Any) -> None:
        datasets = list(bounded(datasets))
        if not datasets:
            raise AssertionError("datasets should not be an empty iterable")
        self.fields |= {"datasets": datasets, "cumulative_sizes": list(accumulate(map(len, datasets)))}

    def __len__(self: Any) -> int:
        size: int = self.fields["cumulative_sizes"][-1]
        return size

    def __getitem__(self: Any, idx: int) -> Any:
        sizes = self.fields["cumulative_sizes"]
        if idx < 0:
            if -idx > sizes[-1]:
                raise ValueError("absolute value of index should not exceed dataset length")
            idx += sizes[-1]
        place = bisect_right(sizes, idx)
        return self.fields["datasets"][place][idx - (sizes[place - 1] if place else 0)]


def random_split(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    """Parts of a set, drawn at random; lengths may be fractions of 1."""
    lengths = list(lengths)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        for number, fraction in enumerate(lengths):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {number} is not between 0 and 1")
        lengths = [math.floor(len(dataset) * fraction) for fraction in lengths]
        for number in range(len(dataset) - sum(lengths)):
            lengths[number % len(lengths)] += 1
    if sum(lengths) != len(dataset):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = functions["randperm"](sum(lengths), generator=generator).tolist()
    ends = accumulate(lengths)
    return [CLASSES["Subset"](dataset, order[end - length : end]) for end, length in zip(ends, lengths, strict=True)]


# ---------------------------------------------------------------- samplers


class Sampler:
    """What samplers derive from: they give the numbers of the samples."""


class SequentialSampler:
    """All, in their order."""

    def __init__(self: Any, data_source: Any) -> None:
        self.fields["data_source"] = data_source

    def __iter__(self: Any) -> Iterator[int]:
        return iter(range(len(self.fields["data_source"])))

    def __len__(self: Any) -> int:
        return len(self.fields["data_source"])


def _drawn_seed(generator: Any) -> int:
    seed: int = functions["empty"]((), dtype=functions["tensor"](0).dtype).random_(generator=generator).item()
    return seed


class RandomSampler:
    """All in random order, or as many as wanted, with replacement."""

    def __init__(
        self: Any, data_source: Any, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        if num_samples is not None and num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        self.fields |= {"data_source": data_source, "replacement": replacement, "generator": generator}
        self.fields["_num_samples"] = num_samples

    def __iter__(self: Any) -> Iterator[int]:
        fields = self.fields
        size, wanted, generator = len(fields["data_source"]), len(self), fields["generator"]
        if generator is None:
            generator = Generator().manual_seed(_drawn_seed(None))
        left = wanted
        while left > 0:
            if fields["replacement"]:
                drawn = functions["randint"](0, size, (min(32, left),), generator=generator)
            else:
                drawn = functions["randperm"](size, generator=generator)
            yield from drawn.tolist()[:left]
            left -= len(drawn)

    def __len__(self: Any) -> int:
        wanted: int | None = self.fields["_num_samples"]
        return len(self.fields["data_source"]) if wanted is None else wanted


class SubsetRandomSampler:
    """Some, in random order."""

    def __init__(self: Any, indices: Any, generator: Any = None) -> None:
        self.fields |= {"indices": indices, "generator": generator}

    def __iter__(self: Any) -> Iterator[Any]:
        indices = self.fields["indices"]
        for place in functions["randperm"](len(indices), generator=self.fields["generator"]).tolist():
            yield indices[place]

    def __len__(self: Any) -> int:
        return len(self.fields["indices"])


class BatchSampler:
    """The numbers of another sampler, several at a time."""

    def __init__(self: Any, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if type(batch_size) is not int or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.fields |= {"sampler": sampler, "batch_size": batch_size, "drop_last": drop_last}

    def __iter__(self: Any) -> Iterator[list[Any]]:
        numbers, size = iter(self.fields["sampler"]), self.fields["batch_size"]
        while batch := list(bounded(islice(numbers, size))):
            if len(batch) < size and self.fields["drop_last"]:
                return
            yield batch

    def __len__(self: Any) -> int:
        size: int = self.fields["batch_size"]
        whole, part = divmod(len(self.fields["sampler"]), size)
        return whole if self.fields["drop_last"] or not part else whole + 1


# ---------------------------------------------------------------- batches


def default_collate(batch: Any) -> Any:
    """One batch of samples: tensors are stacked, numbers become tensors, and lists, tuples and dicts go through."""
    first = batch[0]
    if isinstance(first, Tensor):
        return functions["stack"](batch)
    if isinstance(first, (np.ndarray, np.generic)):
        return functions["stack"]([functions["as_tensor"](each) for each in batch])
    if isinstance(first, float):
        return functions["tensor"](batch).double()
    if isinstance(first, int):
        return functions["tensor"](batch)
    if isinstance(first, str):
        return batch
    if isinstance(first, dict):
        return {key: default_collate([each[key] for each in batch]) for key in first}
    if isinstance(first, (list, tuple)):
        if any(len(each) != len(first) for each in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        if isinstance(first, tuple) and hasattr(first, "_make"):
            return first._make(columns)
        return columns
    raise TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type_of(first)!r}"
    )


def _as_it_is(sample: Any) -> Any:
    return functions["as_tensor"](sample) if isinstance(sample, np.ndarray) else sample


class DataLoader:
    """The samples of a set in batches. Workers, pinned memory and their kin change no number, and do nothing here."""

    def __init__(
        self: Any,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Any = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Any = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        in_turn = _is_iterable(dataset)
        _check_loader(in_turn, batch_size, shuffle, sampler, batch_sampler, drop_last)
        if batch_sampler is not None:
            batch_size = None
        if sampler is None:
            if shuffle:
                sampler = CLASSES["RandomSampler"](dataset, generator=generator)
            elif not in_turn:
                sampler = CLASSES["SequentialSampler"](dataset)
        if batch_size is not None and not in_turn:
            batch_sampler = CLASSES["BatchSampler"](sampler, batch_size, drop_last)
        by_batch = batch_sampler is not None or (in_turn and batch_size is not None)
        self.fields |= {"dataset": dataset, "batch_size": batch_size, "drop_last": drop_last, "sampler": sampler}
        self.fields |= {"batch_sampler": batch_sampler, "generator": generator, "num_workers": num_workers}
        self.fields |= {"collate_fn": collate_fn or (default_collate if by_batch else _as_it_is)}
        self.fields |= {"pin_memory": pin_memory, "timeout": timeout, "worker_init_fn": worker_init_fn}

    def __iter__(self: Any) -> Iterator[Any]:
        fields = self.fields
        _drawn_seed(fields["generator"])  # for the workers
        return _batches_in_turn(fields) if _is_iterable(fields["dataset"]) else _batches(fields)

    def __len__(self: Any) -> int:
        fields = self.fields
        if not _is_iterable(fields["dataset"]):
            return len(fields["batch_sampler"] if fields["batch_sampler"] is not None else fields["sampler"])
        size, batch = len(fields["dataset"]), fields["batch_size"] or 1
        return int(size // batch if fields["drop_last"] else math.ceil(size / batch))


def _check_loader(
    in_turn: bool, batch_size: Any, shuffle: Any, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
        if in_turn and value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and batch_sampler is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")


def _is_iterable(dataset: Any) -> bool:
    return isinstance(type_of(dataset), Class) and CLASSES["IterableDataset"].has(dataset)


def _batches(fields: dict[str, Any]) -> Iterator[Any]:
    dataset, collate = fields["dataset"], fields["collate_fn"]
    if fields["batch_sampler"] is None:
        for number in fields["sampler"]:
            yield collate(dataset[number])
    else:
        for numbers in fields["batch_sampler"]:
            yield collate([dataset[number] for number in numbers])


def _batches_in_turn(fields: dict[str, Any]) -> Iterator[Any]:
    samples, size, collate = iter(fields["dataset"]), fields["batch_size"], fields["collate_fn"]
    if size is None:
        yield from map(collate, samples)
        return
    for _ in count():
        batch = list(bounded(islice(samples, size)))
        if not batch or (len(batch) < size and fields["drop_last"]):
            return
        yield collate(batch)


def _made_of(base: Class | None, *sources: type[Any]) -> dict[str, Class]:
    place = {"Sampler": "sampler", "Loader": "dataloader"}
    return {
        source.__name__: made(
            source,
            base,
            "torch.utils.data." + next((to for end, to in place.items() if source.__name__.endswith(end)), "dataset"),
        )
        for source in sources
    }


_BASES: Final = _made_of(None, Dataset, Sampler)
CLASSES: Final[dict[str, Class]] = {
    **_BASES,
    **_made_of(_BASES["Dataset"], IterableDataset, TensorDataset, Subset, ConcatDataset),
    **_made_of(_BASES["Sampler"], SequentialSampler, RandomSampler, SubsetRandomSampler, BatchSampler),
    **_made_of(None, DataLoader),
}
FUNCTIONS: Final[tuple[Callable[..., Any], ...]] = (random_split, default_collate)


def members() -> dict[str, Any]:
    """torch.utils.data."""
    return {**CLASSES, **{function.__name__: function for function in FUNCTIONS}}
