"""The devices of this machine, and a data set with several targets."""

import pytest
import torch

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
on_each_device = pytest.mark.parametrize("device", DEVICES)


class Rows(torch.utils.data.Dataset):
    def __init__(self, X, targets):
        self.X, self.targets = X, targets

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        return self.X[i], {name: values[i] for name, values in self.targets.items()}
