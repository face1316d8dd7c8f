"""A small real data set that ships with the package."""

from sklearn_kd.datasets._adult import load_adult

__all__ = ["load_adult"]
