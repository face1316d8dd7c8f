"""The nearest rows of each row, among which ``MungeSampler`` draws partners."""

import numpy as np
from sklearn.neighbors import KDTree

from sklearn_kd._compat import closest_rows

# Up to this many rows the search is exact; above, it is exact within cells.
_EXACT_ROWS = 20_000

# Most rows of a cell.
_CELL_ROWS = 4_096

# A tree is faster up to this many coordinates; above, all pairs are compared.
_TREE_WIDTH = 6

# How far apart it puts rows, in standard deviations: too little to change a neighbour.
_TIE_BREAKER = 1e-4

# Levels beyond that many are encoded by so many random signs.
_MOST_INDICATORS = 32

# About so many rows decide in which direction a part of the table is spread most.
_SPREAD_ROWS = 2_048

# Rows turned into coordinates at a time.
_CHUNK_ROWS = 16_384


def nearest_rows(numbers, codes, n_neighbors, rng):
    """Find the nearest other rows of each row.

    The squared distance is the sum of the squared differences of the numbers in
    standard deviations and of the number of levels that differ. A missing number stands
    at the mean and counts as one level more that differs from a present one.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numeric), float64
        Numbers, NaN where missing, none infinite.
    codes : ndarray of shape (n_rows, n_nominal), integer
        Levels, numbered from 0 without gaps.
    n_neighbors : int
        How many; all other rows where there are no more.
    rng : numpy.random.Generator
        For the cells of a large table, and for which of equally near rows are taken.

    Returns
    -------
    ndarray of shape (n_rows, min(n_neighbors, n_rows - 1)), intp
        Positions, nearest first, never the row's own; a single row is its own
        neighbour.
    """
    n_rows = len(numbers)
    if n_rows == 1:
        return np.zeros((1, 1), dtype=np.intp)
    n_neighbors = min(n_neighbors, n_rows - 1)
    space = _Space(numbers, codes, rng)
    if space.width == 0:  # all rows are equal: the next ones are as near as any
        steps = np.arange(1, n_neighbors + 1)
        return (np.arange(n_rows)[:, None] + steps) % n_rows
    neighbors = np.empty((n_rows, n_neighbors), dtype=np.intp)
    # a cell has to hold every row's neighbours with room to spare
    most = max(_CELL_ROWS, 4 * (n_neighbors + 1))
    for cell in _cells(space, n_rows, most, rng):
        neighbors[cell] = cell[_nearest(space.points(cell), n_neighbors, rng)]
    return neighbors


def _nearest(points, n_neighbors, rng):
    if points.shape[1] <= _TREE_WIDTH:
        tree = KDTree(points, leaf_size=30)
        found = tree.query(points, n_neighbors + 1, return_distance=False)
    else:
        # which of several rows at one distance it finds depends on the number of
        # threads: one more coordinate leaves none
        tie_breaker = _TIE_BREAKER * rng.standard_normal((len(points), 1))
        points = np.hstack([points, tie_breaker])
        found = closest_rows(points, n_neighbors + 1)
    others = found != np.arange(len(points))[:, None]
    # of many equal rows the row itself may not be among those found
    others[others.all(axis=1), 0] = False
    return found[others].reshape(len(points), n_neighbors)


def _cells(space, n_rows, most, rng):
    """Halve a large table along random directions until the parts are small."""
    pending = [np.arange(n_rows)]
    if n_rows <= _EXACT_ROWS:
        most = n_rows
    while pending:
        rows = pending.pop()
        if len(rows) <= most:
            yield rows
            continue
        along = space.project(rows, space.draw_direction(rows, rng))
        half = len(rows) // 2
        order = np.argpartition(along, half)
        # in order again: what lies together in memory is read together
        pending += [np.sort(rows[order[:half]]), np.sort(rows[order[half:]])]


class _Space:
    """Coordinates in which the distance of two rows is the straight one.

    They are made for the chosen rows: those of all rows would be the largest array
    of all where nominal columns have many levels.
    """

    def __init__(self, numbers, codes, rng):
        self.numbers = numbers
        self.codes = codes
        self.center, self.scale = _center_and_scale(numbers)
        self.gaps = np.flatnonzero(np.isnan(numbers).any(axis=0))
        n_levels = codes.max(axis=0, initial=-1) + 1
        self.tables = [_level_points(n, rng) for n in n_levels]
        self.width = numbers.shape[1] + len(self.gaps)
        self.width += sum(table.shape[1] for table in self.tables)

    def points(self, rows):
        """Coordinates of some rows, float64 of shape (len(rows), width)."""
        points = np.empty((len(rows), self.width))
        stop = self.numbers.shape[1]
        numbers = self.numbers[rows]
        points[:, stop : stop + len(self.gaps)] = np.isnan(numbers[:, self.gaps])
        with np.errstate(over="ignore"):
            numbers -= self.center
        numbers /= self.scale
        # no number is further from the mean than that
        most = np.sqrt(len(self.numbers))
        np.nan_to_num(numbers, copy=False, nan=0.0, posinf=most, neginf=-most)
        points[:, :stop] = numbers
        stop += len(self.gaps)
        for column, table in enumerate(self.tables):
            start, stop = stop, stop + table.shape[1]
            points[:, start:stop] = table[self.codes[rows, column]]
        return points

    def draw_direction(self, rows, rng):
        """Draw a random direction that leans to where some rows are spread most."""
        points = self.points(rows[:: max(1, len(rows) // _SPREAD_ROWS)])
        points -= points.mean(axis=0)
        direction = points.T @ (points @ rng.standard_normal(self.width))
        # none where the rows are all equal: any split is as good then
        return direction / (np.linalg.norm(direction) or 1.0)

    def project(self, rows, direction):
        """Coordinate of some rows along a direction."""
        along = np.empty(len(rows))
        for start in range(0, len(rows), _CHUNK_ROWS):
            part = slice(start, start + _CHUNK_ROWS)
            along[part] = self.points(rows[part]) @ direction
        return along


def _center_and_scale(numbers):
    """Mean and standard deviation of each column where it is present."""
    center = np.zeros(numbers.shape[1])
    scale = np.ones(numbers.shape[1])
    for column in range(numbers.shape[1]):
        values = numbers[:, column]
        values = values[~np.isnan(values)]
        if len(values) == 0:
            continue
        center[column] = values[0]
        if values.min() < values.max():
            # relative to the greatest, so that no square overflows
            greatest = np.abs(values).max()
            values = values / greatest
            center[column] = values.mean() * greatest
            scale[column] = (values.std() or 1.0) * greatest
    return center, scale


def _level_points(n_levels, rng):
    """One point a level, any two at distance 1 (with very many levels, about 1)."""
    if n_levels <= 1:
        return np.zeros((n_levels, 0))
    if n_levels == 2:
        return np.array([[0.0], [1.0]])
    if n_levels <= _MOST_INDICATORS:
        return np.eye(n_levels) * np.sqrt(0.5)
    signs = rng.integers(2, size=(n_levels, _MOST_INDICATORS)) * 2.0 - 1.0
    return signs / np.sqrt(2 * _MOST_INDICATORS)
