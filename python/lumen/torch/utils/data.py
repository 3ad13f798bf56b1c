"""Data sets and batches of them."""

import itertools
import math

from .. import _values
from .._tensor import Tensor, _call


class Dataset:
    """Samples by position."""

    def __getitem__(self, index):
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other):
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Samples one after another."""

    def __iter__(self):
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")


class TensorDataset(Dataset):
    """Rows of tensors of one length."""

    def __init__(self, *tensors):
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self):
        return self.tensors[0].size(0)


class ConcatDataset(Dataset):
    """Data sets one after another."""

    def __init__(self, datasets):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __len__(self):
        return self.cumulative_sizes[-1]

    def __getitem__(self, index):
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        for dataset in self.datasets:
            if index < len(dataset):
                return dataset[index]
            index -= len(dataset)
        raise IndexError("list index out of range")


class Subset(Dataset):
    """Some samples of a data set."""

    def __init__(self, dataset, indices):
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.dataset[[self.indices[k] for k in index]]
        return self.dataset[self.indices[index]]

    def __len__(self):
        return len(self.indices)


def random_split(dataset, lengths, generator=None):
    """A data set's samples in random order, cut into parts of these lengths or fractions."""
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        sizes = []
        for k, fraction in enumerate(lengths):
            if fraction < 0 or fraction > 1:
                raise ValueError(f"Fraction at index {k} is not between 0 and 1")
            sizes.append(math.floor(len(dataset) * fraction))
        for k in range(len(dataset) - sum(sizes)):
            sizes[k % len(sizes)] += 1
        lengths = sizes
    if sum(lengths) != len(dataset):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    named = {} if generator is None else {"generator": generator}
    order = _call("randperm", (sum(lengths),), named).tolist()
    ends = list(itertools.accumulate(lengths))
    return [Subset(dataset, order[end - size : end]) for end, size in zip(ends, lengths, strict=True)]


class Sampler:
    """An order of positions."""

    def __iter__(self):
        raise NotImplementedError


class SequentialSampler(Sampler):
    """Positions as they stand."""

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class RandomSampler(Sampler):
    """Positions shuffled at each pass."""

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        if replacement or num_samples is not None:
            raise NotImplementedError("lumen.torch: RandomSampler with replacement= or num_samples=")
        self.data_source, self.generator = data_source, generator

    def __iter__(self):
        generator = self.generator
        if generator is None:
            # A seed from the process's stream, as PyTorch draws one for each pass.
            drawn = int(_call("empty", ((),), {"dtype": _values.int64}).random_().item())
            generator = _values.Generator()
            generator.manual_seed(drawn)
        yield from _call("randperm", (len(self.data_source),), {"generator": generator}).tolist()

    def __len__(self):
        return len(self.data_source)


class BatchSampler(Sampler):
    """Positions in groups."""

    def __init__(self, sampler, batch_size, drop_last):
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self):
        positions = iter(self.sampler)
        while batch := list(itertools.islice(positions, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self):
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (1 if rest and not self.drop_last else 0)


def default_collate(batch):
    """Samples as one: tensors stacked, numbers as a tensor, tuples and dicts part by part."""
    first = batch[0]
    if isinstance(first, Tensor):
        return _call("stack", (batch,), {})
    if hasattr(first, "__array__") and hasattr(first, "dtype"):
        from .._tensor import _from_numbers

        return _call("stack", ([_from_numbers(one, None) for one in batch],), {})
    if isinstance(first, float):
        return _values._torch.tensor(batch, _values.float64)
    if isinstance(first, int):
        return _values._torch.tensor(batch, None)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, dict):
        return {key: default_collate([one[key] for one in batch]) for key in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(parts) for parts in zip(*batch, strict=True)))
    if isinstance(first, (tuple, list)):
        if any(len(one) != len(first) for one in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return [default_collate(parts) for parts in zip(*batch, strict=True)]
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "
        f"{type(first)}"
    )


class DataLoader:
    """Batches of a data set, in this process."""

    def __init__(
        self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None,
        pin_memory=False, drop_last=False, timeout=0, worker_init_fn=None, multiprocessing_context=None,
        generator=None, *, prefetch_factor=None, persistent_workers=False,
    ):  # fmt: skip
        workers = {
            "num_workers": num_workers, "pin_memory": pin_memory, "timeout": timeout,
            "worker_init_fn": worker_init_fn, "multiprocessing_context": multiprocessing_context,
            "prefetch_factor": prefetch_factor, "persistent_workers": persistent_workers,
        }  # fmt: skip
        for name, value in workers.items():
            if value:
                raise NotImplementedError(
                    f"lumen.torch: DataLoader({name}={value!r}); samples are read in this process"
                )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
            )
        self.dataset, self.batch_size, self.drop_last, self.generator = (
            dataset,
            batch_size,
            drop_last,
            generator,
        )
        self.collate_fn = default_collate if collate_fn is None else collate_fn
        self._iterable = isinstance(dataset, IterableDataset)
        if self._iterable:
            if shuffle or sampler is not None or batch_sampler is not None:
                raise ValueError(
                    "DataLoader with IterableDataset: expected unspecified shuffle and sampler options"
                )
            self.sampler = self.batch_sampler = None
            return
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.sampler = sampler
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler

    def _seed(self):
        """The draw that PyTorch makes at each pass for its workers, so that the stream stays the same as there."""
        named = {} if self.generator is None else {"generator": self.generator}
        _call("empty", ((),), {"dtype": _values.int64}).random_(**named)

    def __iter__(self):
        self._seed()
        if self._iterable:
            return self._of_stream()
        return self._of_positions()

    def _of_stream(self):
        samples = iter(self.dataset)
        if self.batch_size is None:
            yield from samples
            return
        while batch := list(itertools.islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.collate_fn(batch)

    def _of_positions(self):
        if self.batch_sampler is None:
            for position in self.sampler:
                yield self.dataset[position]
            return
        for positions in self.batch_sampler:
            yield self.collate_fn([self.dataset[position] for position in positions])

    def __len__(self):
        if self._iterable:
            whole, rest = divmod(len(self.dataset), self.batch_size or 1)
            return whole + (1 if rest and not self.drop_last else 0)
        return len(self.batch_sampler if self.batch_sampler is not None else self.sampler)
