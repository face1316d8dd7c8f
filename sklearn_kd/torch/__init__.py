"""What a torch student needs: the losses, a network and a fast loader.

Import it only where torch is installed; skorch is not needed.
"""

from sklearn_kd.torch.loader import TensorBatchLoader
from sklearn_kd.torch.loss import DistillationLoss
from sklearn_kd.torch.modules import TabularMLP

__all__ = ["DistillationLoss", "TabularMLP", "TensorBatchLoader"]
