/* Trees as arrays: their nodes in the order for a walk, and the walk itself.
 *
 * Eight rows at a time go down a tree, so that the loads of one do not wait for those
 * of another. Nodes stand breadth first, the right child behind the left one, and a leaf
 * leads to itself: a step has no branch, and all eight rows go on until none moves.
 */
#include "trees.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffers.h"

/* Rows that go down a tree side by side. */
#define LANES 8

/* Rows of a block, which stay in the cache while one tree after the other reads them,
 * and the numbers that they may have in all. */
#define BLOCK_ROWS 1024
#define BLOCK_NUMBERS 32768

/* What flags of a node say: missing values go left; its threshold is the place of a set
 * of categories. */
#define MISSING_LEFT 1
#define CATEGORICAL 2

typedef struct {
    double threshold;   /* of a leaf infinite */
    int32_t column;     /* of a leaf the number of columns: rows end with a zero there */
    int32_t left;       /* the right child is the next; of a leaf its own position */
} node;

typedef struct {
    const node *nodes;
    const uint8_t *flags;       /* one a node; NULL where all are 0 */
    const int32_t *first;       /* where the entries of each node begin; one more */
    const int32_t *outputs;     /* of each entry of a leaf, which output it adds to */
    const double *values;       /* and what it adds */
    const uint32_t *sets;       /* of each set the number of words, and its words */
    const int32_t *roots;       /* where each tree begins; one more */
    Py_ssize_t n_trees, n_nodes, n_entries, n_words, n_columns, n_outputs;
    int has_categories;
} forest;

const char order_nodes_doc[] =
    "order_nodes(roots, left, right, place)\n--\n\n"
    "Number the nodes of trees breadth first, the two children of a node in sequence.\n\n"
    "Tree t has the nodes roots[t] to roots[t + 1]; left and right give children by\n"
    "their number among all nodes, below 0 at a leaf; all are int32. The new number of\n"
    "each node is written to place. It is a ValueError where that is no forest.";

PyObject *
order_nodes(PyObject *module, PyObject *args)
{
    PyObject *objects[4];
    Py_buffer views[4] = {{0}};
    PyObject *result = NULL;
    int32_t *queue = NULL;

    (void)module;
    if (!PyArg_ParseTuple(args, "OOOO:order_nodes", objects, objects + 1, objects + 2,
                          objects + 3))
        return NULL;
    if (get_array(objects[0], views, "roots", "i", 1, 0)
        || get_array(objects[1], views + 1, "left", "i", 1, 0)
        || get_array(objects[2], views + 2, "right", "i", 1, 0)
        || get_array(objects[3], views + 3, "place", "i", 1, 1))
        goto done;
    const int32_t *roots = views[0].buf, *left = views[1].buf, *right = views[2].buf;
    int32_t *place = views[3].buf;
    Py_ssize_t n_trees = views[0].shape[0] - 1, n_nodes = views[1].shape[0];
    if (views[2].shape[0] != n_nodes || views[3].shape[0] != n_nodes || n_trees < 0
        || roots[0] != 0 || roots[n_trees] != n_nodes) {
        PyErr_SetString(PyExc_ValueError, "The arrays are not those of one forest.");
        goto done;
    }
    queue = malloc(sizeof(int32_t) * (size_t)(n_nodes ? n_nodes : 1));
    if (queue == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t t = 0; t < n_trees; t++) {
        int32_t start = roots[t], stop = roots[t + 1], size = 1;
        if (stop <= start || stop > n_nodes) {
            PyErr_SetString(PyExc_ValueError, "A tree has no nodes.");
            goto done;
        }
        queue[0] = start;
        for (int32_t i = 0; i < size; i++) {
            int32_t old = queue[i];
            place[old] = start + i;
            if (left[old] < 0)
                continue;
            if (left[old] <= start || left[old] >= stop || right[old] <= start
                || right[old] >= stop || size + 2 > stop - start) {
                PyErr_SetString(PyExc_ValueError, "A child is no node of its tree.");
                goto done;
            }
            queue[size++] = left[old];
            queue[size++] = right[old];
        }
        if (size != stop - start) {
            PyErr_SetString(PyExc_ValueError, "A node of a tree has no parent.");
            goto done;
        }
    }
    result = Py_NewRef(Py_None);
done:
    free(queue);
    release_all(views, 4);
    return result;
}

/* Return whether a walk stays inside the arrays, and comes to an end. */
static int
is_sound(forest *trees)
{
    if (trees->roots[0] != 0 || trees->roots[trees->n_trees] != trees->n_nodes)
        return 0;
    if (trees->first[0] != 0 || trees->first[trees->n_nodes] != trees->n_entries)
        return 0;
    for (Py_ssize_t e = 0; e < trees->n_entries; e++)
        if (trees->outputs[e] < 0 || trees->outputs[e] >= trees->n_outputs)
            return 0;
    for (Py_ssize_t t = 0; t < trees->n_trees; t++) {
        int32_t start = trees->roots[t], stop = trees->roots[t + 1];
        if (start < 0 || stop <= start || stop > trees->n_nodes)
            return 0;
        for (int32_t i = start; i < stop; i++) {
            const node *one = trees->nodes + i;
            int flags = trees->flags ? trees->flags[i] : 0;
            if (trees->first[i] > trees->first[i + 1])
                return 0;
            if (one->left == i) {
                if (one->column != trees->n_columns || flags || !isinf(one->threshold)
                    || one->threshold < 0)
                    return 0;
                continue;
            }
            if (one->left <= i || one->left >= stop - 1 || one->column < 0
                || one->column >= trees->n_columns)
                return 0;
            if (!(flags & CATEGORICAL))
                continue;
            trees->has_categories = 1;
            double at = one->threshold;
            if (!(at >= 0 && at < (double)trees->n_words) || at != floor(at)
                || trees->sets[(size_t)at] >= (size_t)trees->n_words - (size_t)at)
                return 0;
        }
    }
    return 1;
}

/* Return whether a category is in a set; one that is no number is in none. */
static inline int
is_member(const uint32_t *set, double category)
{
    if (!(category > -1 && category < 32.0 * set[0]))
        return 0;
    uint32_t code = (uint32_t)category;
    return (set[1 + code / 32] >> (code % 32)) & 1;
}

/* Send the rows of all lanes down one tree: at[] holds its root, and then leaves.
 *
 * Rows with missing values need `missing`, and trees with sets `categories`. */
static inline void
descend(const forest *trees, const double *const *rows, int32_t *at, const int missing,
        const int categories)
{
    int32_t moved;
    do {
        moved = 0;
        for (int k = 0; k < LANES; k++) {
            const node *one = trees->nodes + at[k];
            double value = rows[k][one->column];
            int32_t right = !(value <= one->threshold);
            if (missing || categories) {
                int flags = trees->flags ? trees->flags[at[k]] : 0;
                if (categories && (flags & CATEGORICAL))
                    right = !is_member(trees->sets + (size_t)one->threshold, value);
                if (value != value)
                    right = !(flags & MISSING_LEFT);
            }
            int32_t next = one->left + right;
            moved |= next ^ at[k];
            at[k] = next;
        }
    } while (moved);
}

/* Add what the leaves of one tree hold for some rows of a block to their totals. */
static void
walk_tree(const forest *trees, Py_ssize_t tree, const double *block, int missing,
          const int32_t *chosen, int n_chosen, double *totals)
{
    size_t stride = (size_t)trees->n_columns + 1;
    for (int begin = 0; begin < n_chosen; begin += LANES) {
        int n_lanes = n_chosen - begin < LANES ? n_chosen - begin : LANES;
        int32_t at[LANES];
        const double *rows[LANES];
        for (int k = 0; k < LANES; k++) {
            at[k] = trees->roots[tree];
            rows[k] = block + stride * (size_t)chosen[begin + (k < n_lanes ? k : 0)];
        }
        if (trees->has_categories)
            descend(trees, rows, at, 1, 1);
        else if (missing)
            descend(trees, rows, at, 1, 0);
        else
            descend(trees, rows, at, 0, 0);
        for (int k = 0; k < n_lanes; k++) {
            double *total = totals + (size_t)trees->n_outputs * chosen[begin + k];
            for (int32_t e = trees->first[at[k]]; e < trees->first[at[k] + 1]; e++)
                total[trees->outputs[e]] += trees->values[e];
        }
    }
}

/* Copy rows to a block, each with a zero behind it; return whether one is missing. */
static int
copy_block(const void *rows, int is_single, size_t n_rows, size_t n_columns,
           double *block)
{
    int missing = 0;
    for (size_t r = 0; r < n_rows; r++) {
        double *to = block + r * (n_columns + 1);
        if (is_single) {
            const float *from = (const float *)rows + r * n_columns;
            for (size_t c = 0; c < n_columns; c++)
                to[c] = from[c];
        } else {
            memcpy(to, (const double *)rows + r * n_columns, n_columns * sizeof(double));
        }
        for (size_t c = 0; c < n_columns; c++)
            missing |= to[c] != to[c];
        to[n_columns] = 0;
    }
    return missing;
}

static int
walk_rows(const forest *trees, const Py_buffer *rows, const uint8_t *skipped,
          double *totals)
{
    size_t n_columns = (size_t)trees->n_columns, n_rows = (size_t)rows->shape[0];
    size_t n_bytes = ((size_t)trees->n_trees + 7) / 8;
    size_t most = BLOCK_NUMBERS / (n_columns + 1);
    if (most > BLOCK_ROWS)
        most = BLOCK_ROWS;
    if (most < LANES)
        most = LANES;
    double *block = malloc(most * (n_columns + 1) * sizeof(double));
    int32_t *chosen = malloc(most * sizeof(int32_t));
    if (block == NULL || chosen == NULL) {
        free(block);
        free(chosen);
        return -1;
    }
    int is_single = rows->itemsize == sizeof(float);
    for (size_t begin = 0; begin < n_rows; begin += most) {
        size_t n_block = n_rows - begin < most ? n_rows - begin : most;
        const char *from = (const char *)rows->buf
                           + begin * n_columns * (size_t)rows->itemsize;
        int missing = copy_block(from, is_single, n_block, n_columns, block);
        int n_chosen = (int)n_block;
        for (int r = 0; r < n_chosen; r++)
            chosen[r] = r;
        for (Py_ssize_t t = 0; t < trees->n_trees; t++) {
            if (skipped != NULL) { /* bits as numpy.packbits sets them */
                n_chosen = 0;
                for (size_t r = 0; r < n_block; r++) {
                    chosen[n_chosen] = (int32_t)r;
                    uint8_t bits = skipped[(begin + r) * n_bytes + (size_t)t / 8];
                    n_chosen += !((bits >> (7 - t % 8)) & 1);
                }
            }
            walk_tree(trees, t, block, missing, chosen, n_chosen,
                      totals + begin * (size_t)trees->n_outputs);
        }
    }
    free(block);
    free(chosen);
    return 0;
}

const char walk_trees_doc[] =
    "walk_trees(rows, nodes, flags, first, outputs, values, sets, roots, skipped,"
    " totals)\n--\n\n"
    "Add what the leaves of all trees hold for each row to its totals.\n\n"
    "rows: float32 or float64, (n_rows, n_columns). nodes: of 16 bytes, a threshold, a\n"
    "column and the left child. flags: uint8, one a node, or None. first: int32, where\n"
    "the entries of each node begin, and their number. outputs and values: int32 and\n"
    "float64, one an entry. sets: uint32 or None. roots: int32, where each tree begins,\n"
    "and the number of nodes. skipped: uint8, (n_rows, ceil(n_trees / 8)), bits of the\n"
    "trees to leave out, or None. totals: float64, (n_rows, n_outputs), changed.";

PyObject *
walk_trees(PyObject *module, PyObject *args)
{
    enum { ROWS, NODES, FLAGS, FIRST, OUTPUTS, VALUES, SETS, ROOTS, SKIPPED, TOTALS, N };
    PyObject *o[N], *result = NULL;
    Py_buffer v[N] = {{0}};
    int failed;

    (void)module;
    if (!PyArg_ParseTuple(args, "OOOOOOOOOO:walk_trees", o, o + 1, o + 2, o + 3, o + 4,
                          o + 5, o + 6, o + 7, o + 8, o + 9))
        return NULL;
    if (get_array(o[ROWS], v + ROWS, "rows", "fd", 2, 0)
        || get_array(o[NODES], v + NODES, "nodes", NULL, 1, 0)
        || (o[FLAGS] != Py_None && get_array(o[FLAGS], v + FLAGS, "flags", "B", 1, 0))
        || get_array(o[FIRST], v + FIRST, "first", "i", 1, 0)
        || get_array(o[OUTPUTS], v + OUTPUTS, "outputs", "i", 1, 0)
        || get_array(o[VALUES], v + VALUES, "values", "d", 1, 0)
        || (o[SETS] != Py_None && get_array(o[SETS], v + SETS, "sets", "I", 1, 0))
        || get_array(o[ROOTS], v + ROOTS, "roots", "i", 1, 0)
        || (o[SKIPPED] != Py_None
            && get_array(o[SKIPPED], v + SKIPPED, "skipped", "B", 2, 0))
        || get_array(o[TOTALS], v + TOTALS, "totals", "d", 2, 1))
        goto done;
    forest trees = {
        .nodes = v[NODES].buf,
        .flags = v[FLAGS].buf,
        .first = v[FIRST].buf,
        .outputs = v[OUTPUTS].buf,
        .values = v[VALUES].buf,
        .sets = v[SETS].buf,
        .roots = v[ROOTS].buf,
        .n_trees = v[ROOTS].shape[0] - 1,
        .n_nodes = v[NODES].shape[0],
        .n_entries = v[OUTPUTS].shape[0],
        .n_words = o[SETS] == Py_None ? 0 : v[SETS].shape[0],
        .n_columns = v[ROWS].shape[1],
        .n_outputs = v[TOTALS].shape[1],
    };
    if (v[NODES].itemsize != sizeof(node) || trees.n_trees < 0
        || v[FIRST].shape[0] != trees.n_nodes + 1
        || v[VALUES].shape[0] != trees.n_entries
        || (o[FLAGS] != Py_None && v[FLAGS].shape[0] != trees.n_nodes)
        || !is_sound(&trees)) {
        PyErr_SetString(PyExc_ValueError, "The arrays are not those of one forest.");
        goto done;
    }
    if (v[TOTALS].shape[0] != v[ROWS].shape[0]
        || (o[SKIPPED] != Py_None
            && (v[SKIPPED].shape[0] != v[ROWS].shape[0]
                || v[SKIPPED].shape[1] != (trees.n_trees + 7) / 8))) {
        PyErr_SetString(PyExc_ValueError, "There must be as many totals as rows.");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = walk_rows(&trees, v + ROWS, v[SKIPPED].buf, v[TOTALS].buf);
    Py_END_ALLOW_THREADS
    result = failed ? PyErr_NoMemory() : Py_NewRef(Py_None);
done:
    release_all(v, N);
    return result;
}
