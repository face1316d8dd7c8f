"""Synthetic and unlabelled rows, for which the teacher predicts soft targets."""

from sklearn_kd.transfer.checks import check_sampler
from sklearn_kd.transfer.munge import MungeSampler
from sklearn_kd.transfer.sampler import TransferSampler
from sklearn_kd.transfer.unlabeled import UnlabeledRows

__all__ = ["MungeSampler", "TransferSampler", "UnlabeledRows", "check_sampler"]
