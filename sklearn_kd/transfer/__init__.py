"""Which rows the teacher is asked about beside the labelled ones."""

from sklearn_kd.transfer._unlabeled import UnlabeledRows, check_unlabeled, stack_rows

__all__ = ["UnlabeledRows", "check_unlabeled", "stack_rows"]
