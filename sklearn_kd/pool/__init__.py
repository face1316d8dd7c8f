"""What the student learns: the teacher alone, or pooled with models of the labels."""

from sklearn_kd.pool._fit import fit_pool
from sklearn_kd.pool.pool import OBJECTIVES, Pool, find_pool, pools_out_of_sample

__all__ = ["OBJECTIVES", "Pool", "find_pool", "fit_pool", "pools_out_of_sample"]
