/* The order in which the nodes of trees stand for a walk. */
#include "trees.h"

#include <stdint.h>
#include <stdlib.h>

#include "buffers.h"

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
        for (int32_t i = start; i < stop; i++)
            place[i] = -1;
        queue[0] = start;
        for (int32_t i = 0; i < size; i++) {
            int32_t old = queue[i];
            if (place[old] >= 0) {
                PyErr_SetString(PyExc_ValueError, "A node of a tree has two parents.");
                goto done;
            }
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
