"""What a torch student needs: the losses, a network and a fast loader.

Import it only where torch is installed; skorch is not needed.
"""

from sklearn_kd.torch.loader import TensorBatchLoader
from sklearn_kd.torch.loss import DistillationLoss
from sklearn_kd.torch.modules import TabularMLP
from sklearn_kd.torch.regression import RegressionDistillationLoss

__all__ = [
    "DistillationLoss",
    "RegressionDistillationLoss",
    "TabularMLP",
    "TensorBatchLoader",
]
