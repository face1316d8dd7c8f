"""Tables that lie on disk: their soft targets, and reading rows and targets back."""

from sklearn_kd.files._label import label_dataset
from sklearn_kd.files.labelled import LabelledDataset

__all__ = ["LabelledDataset", "label_dataset"]
