/* The walk of rows down trees.
 *
 * Eight rows at a time go down a tree, so that the loads of one do not wait for those
 * of another. Nodes stand breadth first, the right child behind the left one, and a leaf
 * leads to itself: a step has no branch, and all eight rows go on until none moves.
 */
#include "trees.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../buffers.h"

/* Rows that go down a tree side by side. */
#define LANES 8

/* Rows of a block, which one tree after the other reads. Few stay in the cache, and many
 * use a tree for longer that is large: as many as it has nodes, times this number. */
#define FEWEST_ROWS 1024
#define MOST_ROWS 8192
#define ROWS_PER_NODE 4

/* What kinds of columns say: missing values go left; numbers are categories. */
#define MISSING_LEFT 1
#define CATEGORICAL 2

/* Codes of what is missing and of a category that is in no set, the rank of a leaf, and
 * the most edges that a column may have. */
#define MISSING 65535
#define ELSEWHERE 65534
#define LEAF 65535
#define MOST_EDGES 65534

/* Rows are read as codes of 16 bits: how many thresholds of a column are below a number.
 * A number is at most the threshold of rank r where its code is at most r, exactly. */
typedef struct {
    uint16_t rank;
    uint16_t column;
    int32_t left; /* the right child is the next; of a leaf its own position */
} node;

/* What a leaf adds to an output. */
typedef struct {
    double value;
    int32_t output;
    int32_t unused;
} entry;

typedef struct {
    const node *nodes;
    const int32_t *set_of;    /* where the set of each node begins, or -1; may be NULL */
    const int32_t *first;     /* where the entries of each node begin; one more */
    const entry *entries;
    const uint32_t *sets;     /* twice the number of words, odd where what is missing is
                               * a member, and the words */
    const int32_t *roots;     /* where each tree begins; one more */
    const int32_t *sources;   /* of each column of codes, that of the rows */
    const uint8_t *kinds;     /* and what it says */
    const double *edges;      /* thresholds of each column of the rows, in order */
    const int32_t *edge_first; /* where they begin; one more */
    Py_ssize_t n_trees, n_nodes, n_entries, n_words, n_sources, n_edges, n_columns,
        n_outputs;
} forest;

/* Return whether a walk stays inside the arrays, and comes to an end. */
static int
is_sound(const forest *trees)
{
    if (trees->roots[0] != 0 || trees->roots[trees->n_trees] != trees->n_nodes
        || trees->first[0] != 0 || trees->first[trees->n_nodes] != trees->n_entries
        || trees->edge_first[0] != 0
        || trees->edge_first[trees->n_columns] != trees->n_edges)
        return 0;
    for (Py_ssize_t c = 0; c < trees->n_columns; c++) {
        int32_t length = trees->edge_first[c + 1] - trees->edge_first[c];
        if (length < 0 || length > MOST_EDGES)
            return 0;
    }
    for (Py_ssize_t c = 0; c < trees->n_sources; c++)
        if (trees->sources[c] < 0 || trees->sources[c] >= trees->n_columns)
            return 0;
    for (Py_ssize_t e = 0; e < trees->n_entries; e++)
        if (trees->entries[e].output < 0 || trees->entries[e].output >= trees->n_outputs)
            return 0;
    for (Py_ssize_t t = 0; t < trees->n_trees; t++) {
        int32_t start = trees->roots[t], stop = trees->roots[t + 1];
        if (start < 0 || stop <= start || stop > trees->n_nodes)
            return 0;
        for (int32_t i = start; i < stop; i++) {
            const node *one = trees->nodes + i;
            int32_t set = trees->set_of == NULL ? -1 : trees->set_of[i];
            if (trees->first[i] > trees->first[i + 1]
                || one->column >= trees->n_sources)
                return 0;
            if (one->left == i ? one->rank != LEAF || set >= 0
                               : one->left < i || one->left >= stop - 1)
                return 0;
            if (set >= 0
                && (set >= trees->n_words
                    || trees->sets[set] / 2 >= (size_t)(trees->n_words - set)))
                return 0;
        }
    }
    return 1;
}

/* Write the code of a category, that of something missing where it is no category. */
static inline uint16_t
code_of(double category)
{
    if (!(category > -1))
        return MISSING;
    return category < ELSEWHERE ? (uint16_t)category : ELSEWHERE;
}

/* Write rows as codes, one row behind the other. */
static void
encode(const forest *trees, const void *rows, int is_single, size_t n_rows,
       uint16_t *codes)
{
    size_t stride = (size_t)trees->n_sources, width = (size_t)trees->n_columns;
    for (size_t c = 0; c < stride; c++) {
        size_t source = (size_t)trees->sources[c];
        int kind = trees->kinds[c];
        const double *edges = trees->edges + trees->edge_first[source];
        size_t n_edges = (size_t)trees->edge_first[source + 1]
                         - (size_t)trees->edge_first[source];
        uint16_t missing = kind & MISSING_LEFT ? 0 : MISSING;
        for (size_t r = 0; r < n_rows; r++) {
            double value = is_single ? ((const float *)rows)[r * width + source]
                                     : ((const double *)rows)[r * width + source];
            uint16_t code;
            if (kind & CATEGORICAL)
                code = code_of(value);
            else if (value != value)
                code = missing;
            else
                code = rank_of(value, edges, n_edges);
            codes[r * stride + c] = code;
        }
    }
}

/* Return whether a set has a category. */
static inline int
is_member(const uint32_t *set, uint32_t code)
{
    if (code == MISSING)
        return set[0] & 1;
    return code / 32 < set[0] / 2 && (set[1 + code / 32] >> (code % 32)) & 1;
}

/* Send the rows of all lanes down one tree: at[] holds its root, and then leaves. */
static inline void
descend(const forest *trees, const uint16_t *const *rows, int32_t *at,
        const int categories)
{
    int32_t moved;
    do {
        moved = 0;
        for (int k = 0; k < LANES; k++) {
            const node *one = trees->nodes + at[k];
            uint16_t code = rows[k][one->column];
            int32_t right = code > one->rank;
            if (categories && trees->set_of[at[k]] >= 0)
                right = !is_member(trees->sets + trees->set_of[at[k]], code);
            int32_t next = one->left + right;
            moved |= next ^ at[k];
            at[k] = next;
        }
    } while (moved);
}

/* Add what the leaves of one tree hold for some rows of a block to their totals. */
static void
walk_tree(const forest *trees, Py_ssize_t tree, const uint16_t *codes,
          const int32_t *chosen, int n_chosen, double *totals)
{
    size_t stride = (size_t)trees->n_sources, n_outputs = (size_t)trees->n_outputs;
    for (int begin = 0; begin < n_chosen; begin += LANES) {
        int n_lanes = n_chosen - begin < LANES ? n_chosen - begin : LANES;
        int32_t at[LANES];
        const uint16_t *rows[LANES];
        for (int k = 0; k < LANES; k++) {
            at[k] = trees->roots[tree];
            rows[k] = codes + stride * (size_t)chosen[begin + (k < n_lanes ? k : 0)];
        }
        if (trees->set_of != NULL)
            descend(trees, rows, at, 1);
        else
            descend(trees, rows, at, 0);
        for (int k = 0; k < n_lanes; k++) {
            double *total = totals + n_outputs * (size_t)chosen[begin + k];
            for (int32_t e = trees->first[at[k]]; e < trees->first[at[k] + 1]; e++)
                total[trees->entries[e].output] += trees->entries[e].value;
        }
    }
}

static int
walk_rows(const forest *trees, const Py_buffer *rows, const uint8_t *skipped,
          double *totals)
{
    size_t n_outputs = (size_t)trees->n_outputs, n_rows = (size_t)rows->shape[0];
    size_t n_bytes = ((size_t)trees->n_trees + 7) / 8;
    size_t most = MOST_ROWS;
    if (trees->n_trees > 0)
        most = ROWS_PER_NODE * (size_t)(trees->n_nodes / trees->n_trees);
    most = most > MOST_ROWS ? MOST_ROWS : most < FEWEST_ROWS ? FEWEST_ROWS : most;
    size_t n_blocks = (n_rows + most - 1) / most; /* of about the same size */
    most = n_blocks ? (n_rows + n_blocks - 1) / n_blocks : 1;
    uint16_t *codes = malloc((most * (size_t)trees->n_sources + 1) * sizeof(uint16_t));
    int32_t *chosen = malloc((most + 1) * sizeof(int32_t));
    if (codes == NULL || chosen == NULL) {
        free(codes);
        free(chosen);
        return -1;
    }
    for (size_t begin = 0; begin < n_rows; begin += most) {
        size_t n_block = n_rows - begin < most ? n_rows - begin : most;
        const char *from = (const char *)rows->buf
                           + begin * (size_t)(rows->shape[1] * rows->itemsize);
        encode(trees, from, rows->itemsize == sizeof(float), n_block, codes);
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
            walk_tree(trees, t, codes, chosen, n_chosen, totals + begin * n_outputs);
        }
    }
    free(codes);
    free(chosen);
    return 0;
}

const char walk_trees_doc[] =
    "walk_trees(rows, columns, trees, leaves, categories, skipped, totals)\n--\n\n"
    "Add what the leaves of all trees hold for each row to its totals.\n\n"
    "rows: float32 or float64, (n_rows, n_columns).\n"
    "columns: sources and kinds of the columns of codes (int32 and uint8), and of each\n"
    "column of the rows the edges (float64) and where they begin (int32).\n"
    "trees: the nodes (of 8 bytes: rank, column and left child), and where each tree\n"
    "begins (int32, with the number of nodes behind them).\n"
    "leaves: where the entries of each node begin (int32), and these (of 16 bytes: a\n"
    "float64 to be added, and the int32 number of an output).\n"
    "categories: None, or where the set of each node begins (int32), and sets (uint32).\n"
    "skipped: uint8, (n_rows, ceil(n_trees / 8)), bits of trees to leave out, or None.\n"
    "totals: float64, (n_rows, n_outputs), changed.";

PyObject *
walk_trees(PyObject *module, PyObject *args)
{
    enum {
        ROWS, SOURCES, KINDS, EDGES, EDGE_FIRST, NODES, ROOTS, FIRST, ENTRIES,
        SET_OF, SETS, SKIPPED, TOTALS, N
    };
    static const struct {
        const char *name, *formats;
        int n_axes, is_written;
    } wanted[N] = {
        {"rows", "fd", 2, 0},      {"sources", "i", 1, 0},  {"kinds", "B", 1, 0},
        {"edges", "d", 1, 0},      {"edge_first", "i", 1, 0}, {"nodes", NULL, 1, 0},
        {"roots", "i", 1, 0},      {"first", "i", 1, 0},    {"entries", NULL, 1, 0},
        {"set_of", "i", 1, 0},     {"sets", "I", 1, 0},
        {"skipped", "B", 2, 0},    {"totals", "d", 2, 1},
    };
    PyObject *o[N], *categories, *result = NULL;
    Py_buffer v[N] = {{0}};
    int failed;

    (void)module;
    o[SET_OF] = o[SETS] = Py_None;
    if (!PyArg_ParseTuple(args, "O(OOOO)(OO)(OO)OOO:walk_trees", o + ROWS, o + SOURCES,
                          o + KINDS, o + EDGES, o + EDGE_FIRST, o + NODES, o + ROOTS,
                          o + FIRST, o + ENTRIES, &categories, o + SKIPPED,
                          o + TOTALS))
        return NULL;
    if (categories != Py_None
        && !PyArg_ParseTuple(categories, "OO:categories", o + SET_OF, o + SETS))
        return NULL;
    for (int k = 0; k < N; k++)
        if (o[k] != Py_None
            && get_array(o[k], v + k, wanted[k].name, wanted[k].formats,
                         wanted[k].n_axes, wanted[k].is_written))
            goto done;
    for (int k = 0; k < N; k++)
        if (o[k] == Py_None && k != SET_OF && k != SETS && k != SKIPPED) {
            PyErr_Format(PyExc_ValueError, "%s must be an array.", wanted[k].name);
            goto done;
        }
    forest trees = {
        .nodes = v[NODES].buf,
        .set_of = v[SET_OF].buf,
        .first = v[FIRST].buf,
        .entries = v[ENTRIES].buf,
        .sets = v[SETS].buf,
        .roots = v[ROOTS].buf,
        .sources = v[SOURCES].buf,
        .kinds = v[KINDS].buf,
        .edges = v[EDGES].buf,
        .edge_first = v[EDGE_FIRST].buf,
        .n_trees = v[ROOTS].shape[0] - 1,
        .n_nodes = v[NODES].shape[0],
        .n_entries = v[ENTRIES].shape[0],
        .n_words = v[SETS].buf == NULL ? 0 : v[SETS].shape[0],
        .n_sources = v[SOURCES].shape[0],
        .n_edges = v[EDGES].shape[0],
        .n_columns = v[ROWS].shape[1],
        .n_outputs = v[TOTALS].shape[1],
    };
    if (v[NODES].itemsize != sizeof(node) || trees.n_trees < 0
        || v[FIRST].shape[0] != trees.n_nodes + 1
        || v[ENTRIES].itemsize != sizeof(entry)
        || v[KINDS].shape[0] != trees.n_sources
        || v[EDGE_FIRST].shape[0] != trees.n_columns + 1
        || (trees.set_of != NULL
            && (trees.sets == NULL || v[SET_OF].shape[0] != trees.n_nodes))
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
