"""Settings that have to be there before SciPy is imported."""

import importlib.util
import os

# scikit-learn's array API checks run only with it, and skip otherwise
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# callbacks came with scikit-learn 1.9
if importlib.util.find_spec("sklearn.callback") is None:
    collect_ignore = ["test_callbacks.py"]
