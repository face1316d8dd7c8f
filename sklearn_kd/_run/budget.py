"""Where a table has so many columns or classes that work has to be bounded."""

#: A table is wide where it has more columns than that, and fewer rows a column.
FEW_COLUMNS, ROWS_A_COLUMN = 100, 10

#: Up to FEW_COLUMNS numeric columns have trained components, and up to MOST_TRAINED
#: where there are so many rows a column: the first layer would be most of the work.
MOST_TRAINED, ROWS_A_TRAINED_COLUMN = 256, 192

#: Values (rows times columns) and probabilities (rows times classes) that are enough
#: for the synthetic rows of a wide table, and of a table with many classes.
WIDE_VALUES, MOST_TARGETS = 10_000_000, 30_000_000

#: Boosting costs a tree a class and round: above so many classes there is no small
#: booster, and the default ensemble has no boosting.
MANY_BOOSTED, MANY_CLASSES = 10, 30

#: Numbers that the leaves of a forest may hold: one a class, some .4 leaves a row.
_LEAF_VALUES = 50_000_000

#: Values of synthetic rows that can be drawn, labelled and learned from in a second, a
#: busy one; and rows that any time limit has to do for.
VALUES_A_SECOND, FEWEST_ROWS = 500_000, 200


#: Trees times rows that are asked for synthetic rows: about what training costs; that
#: many for the first number of rows, below which students lose much, and any number
#: for the second.
TREES_A_FIT, MANY_TREES_A_FIT = 180_000_000, 1_200_000_000
ROWS_OF_MANY_TREES, ROWS_OF_MOST_TREES = 120_000, 60_000


def is_wide(n_rows, n_columns):
    """Return whether a table has over 100 columns, and less than 10 rows for each."""
    return n_columns > FEW_COLUMNS and n_rows < ROWS_A_COLUMN * n_columns


def automatic_bins(n_rows, n_columns):
    """Give the number of trained components of each numeric column.

    It is 512 divided by the number of columns that vary, but 8 to 32; None for none.
    """
    few_rows = n_rows < ROWS_A_TRAINED_COLUMN * n_columns
    if n_columns > MOST_TRAINED or (n_columns > FEW_COLUMNS and few_rows):
        return None
    return min(max(512 // max(n_columns, 1), 8), 32)


def most_synthetic(n_rows, n_columns, n_classes=2, seconds=None):
    """Return how many synthetic rows a student can be trained on in reasonable time.

    Parameters
    ----------
    n_rows, n_columns, n_classes : int
        Of the labelled table.
    seconds : float or None, default=None
        A time limit.

    Returns
    -------
    int
        No fewer than 10 a labelled row in a wide table, and 2 where there are many
        classes; under a time limit no fewer than 200.
    """
    most = max(MOST_TARGETS // n_classes, 2 * n_rows)
    if is_wide(n_rows, n_columns):
        most = min(most, max(WIDE_VALUES // n_columns, 10 * n_rows))
    if seconds is not None:
        most = min(most, affordable_rows(n_columns, seconds))
    return most


def most_for_trees(n_trees):
    """Return how many synthetic rows a teacher of so many trees predicts; None for all.

    Asking then costs no more than training, or the rows are 120 000, or 60 000.
    """
    if not n_trees:
        return None
    fewest = min(ROWS_OF_MANY_TREES, MANY_TREES_A_FIT // n_trees)
    return max(TREES_A_FIT // n_trees, fewest, ROWS_OF_MOST_TREES)


def affordable_rows(n_columns, seconds):
    """Return how many rows can be handled within a time limit, at least 200."""
    return max(int(seconds * VALUES_A_SECOND / n_columns), FEWEST_ROWS)


def affordable_trees(n_rows, n_classes, wanted):
    """Give how many trees, each for all classes, fit into memory: 0 to `wanted`.

    A leaf holds a number for each class, and there are about 0.4 leaves a row. Up to 30
    classes all fit.
    """
    if n_classes <= MANY_CLASSES:
        return wanted
    return min(int(_LEAF_VALUES / (0.4 * n_rows * n_classes)), wanted)
