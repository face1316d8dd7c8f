"""Which rows the teacher is asked about beside the labelled ones."""

from sklearn_kd.transfer._large import RowsInPlace, is_large, read_rows, take_rows
from sklearn_kd.transfer._munge import MungeSampler
from sklearn_kd.transfer._sampler import (
    SyntheticRows,
    check_transfer,
    draw_rows,
    makes_sparse,
    resolve_sampler,
)
from sklearn_kd.transfer._unlabeled import UnlabeledRows, check_unlabeled, stack_rows

__all__ = [
    "MungeSampler",
    "RowsInPlace",
    "SyntheticRows",
    "UnlabeledRows",
    "check_transfer",
    "check_unlabeled",
    "draw_rows",
    "is_large",
    "makes_sparse",
    "read_rows",
    "resolve_sampler",
    "stack_rows",
    "take_rows",
]
