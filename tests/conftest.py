"""Settings that have to be there before SciPy is imported."""

import os

# scikit-learn's array API checks run only with it, and skip otherwise
os.environ.setdefault("SCIPY_ARRAY_API", "1")
