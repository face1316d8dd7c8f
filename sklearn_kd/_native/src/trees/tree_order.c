/* The order in which the nodes of trees stand for a walk. */
#include "trees.h"

#include <stdint.h>
#include <stdlib.h>

#include "../buffers.h"

const char order_nodes_doc[] =
    "order_nodes(roots, left, right, place, children)\n--\n\n"
    "Number the nodes of trees breadth first, the two children of a node in sequence.\n\n"
    "Tree t has the nodes roots[t] to roots[t + 1]; left and right give children by\n"
    "their number in their tree, below 0 at a leaf; all are int32. The new number of\n"
    "each node is written to place, and the left child of each by the new numbers to\n"
    "children, of a leaf its own. It is a ValueError where that is no forest.";

/* Number the nodes of one tree; give what is wrong with it, or NULL. */
static const char *
order_tree(const int32_t *left, const int32_t *right, int32_t n_nodes, int32_t start,
           int32_t *queue, int32_t *place, int32_t *children)
{
    int32_t size = 1;
    for (int32_t i = 0; i < n_nodes; i++)
        place[i] = -1;
    queue[0] = 0;
    for (int32_t i = 0; i < size; i++) {
        int32_t old = queue[i];
        if (place[old] >= 0)
            return "A node of a tree has two parents.";
        place[old] = start + i;
        children[i] = start + i;
        if (left[old] < 0)
            continue;
        if (left[old] == 0 || left[old] >= n_nodes || right[old] <= 0
            || right[old] >= n_nodes || size + 2 > n_nodes)
            return "A child is no node of its tree.";
        children[i] = start + size;
        queue[size++] = left[old];
        queue[size++] = right[old];
    }
    return size == n_nodes ? NULL : "A node of a tree has no parent.";
}

PyObject *
order_nodes(PyObject *module, PyObject *args)
{
    static const char *const names[5] = {"roots", "left", "right", "place", "children"};
    PyObject *objects[5], *result = NULL;
    Py_buffer views[5] = {{0}};
    int32_t *queue = NULL;

    (void)module;
    if (!PyArg_ParseTuple(args, "OOOOO:order_nodes", objects, objects + 1, objects + 2,
                          objects + 3, objects + 4))
        return NULL;
    for (int k = 0; k < 5; k++)
        if (get_array(objects[k], views + k, names[k], "i", 1, k > 2))
            goto done;
    const int32_t *roots = views[0].buf, *left = views[1].buf, *right = views[2].buf;
    int32_t *place = views[3].buf, *children = views[4].buf;
    Py_ssize_t n_trees = views[0].shape[0] - 1, n_nodes = views[1].shape[0];
    const char *wrong = NULL;
    if (views[2].shape[0] != n_nodes || views[3].shape[0] != n_nodes
        || views[4].shape[0] != n_nodes || n_trees < 0 || roots[0] != 0
        || roots[n_trees] != n_nodes)
        wrong = "The arrays are not those of one forest.";
    queue = malloc(sizeof(int32_t) * (size_t)(n_nodes + 1));
    if (queue == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t t = 0; t < n_trees && wrong == NULL; t++) {
        int32_t start = roots[t], stop = roots[t + 1];
        if (start < 0 || stop <= start || stop > n_nodes)
            wrong = "A tree has no nodes.";
        else
            wrong = order_tree(left + start, right + start, stop - start, start, queue,
                               place + start, children + start);
    }
    if (wrong != NULL)
        PyErr_SetString(PyExc_ValueError, wrong);
    else
        result = Py_NewRef(Py_None);
done:
    free(queue);
    release_all(views, 5);
    return result;
}

const char rank_values_doc[] =
    "rank_values(values, columns, edges, edge_first, ranks)\n--\n\n"
    "Count for each value the edges of its column that are below it.\n\n"
    "values and edges are float64, columns and edge_first int32: edges hold those of all\n"
    "columns, sorted, and edge_first where each begins, and their number. The counts are\n"
    "written to ranks, uint16: no column may have more than 65535 edges.";

PyObject *
rank_values(PyObject *module, PyObject *args)
{
    static const struct {
        const char *name, *formats;
    } wanted[5] = {{"values", "d"}, {"columns", "i"}, {"edges", "d"},
                   {"edge_first", "i"}, {"ranks", "H"}};
    PyObject *objects[5], *result = NULL;
    Py_buffer v[5] = {{0}};

    (void)module;
    if (!PyArg_ParseTuple(args, "OOOOO:rank_values", objects, objects + 1, objects + 2,
                          objects + 3, objects + 4))
        return NULL;
    for (int k = 0; k < 5; k++)
        if (get_array(objects[k], v + k, wanted[k].name, wanted[k].formats, 1, k == 4))
            goto done;
    const double *values = v[0].buf, *edges = v[2].buf;
    const int32_t *columns = v[1].buf, *first = v[3].buf;
    uint16_t *ranks = v[4].buf;
    Py_ssize_t n_values = v[0].shape[0], n_columns = v[3].shape[0] - 1;
    int sound = v[1].shape[0] == n_values && v[4].shape[0] == n_values && n_columns >= 0
                && first[0] == 0 && first[n_columns] == v[2].shape[0];
    for (Py_ssize_t c = 0; sound && c < n_columns; c++)
        sound = first[c] <= first[c + 1] && first[c + 1] - first[c] <= UINT16_MAX;
    for (Py_ssize_t i = 0; sound && i < n_values; i++) {
        sound = columns[i] >= 0 && columns[i] < n_columns;
        if (sound) {
            const double *own = edges + first[columns[i]];
            size_t n_edges = (size_t)(first[columns[i] + 1] - first[columns[i]]);
            ranks[i] = rank_of(values[i], own, n_edges);
        }
    }
    if (!sound)
        PyErr_SetString(PyExc_ValueError, "The arrays are not those of one forest.");
    else
        result = Py_NewRef(Py_None);
done:
    release_all(v, 5);
    return result;
}
