/* Trees as arrays: the order of their nodes, ranks of thresholds, and the walk. */
#ifndef SKLEARN_KD_TREES_H
#define SKLEARN_KD_TREES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stddef.h>
#include <stdint.h>

extern const char order_nodes_doc[];
extern const char rank_values_doc[];
extern const char walk_trees_doc[];

PyObject *order_nodes(PyObject *module, PyObject *args);
PyObject *rank_values(PyObject *module, PyObject *args);
PyObject *walk_trees(PyObject *module, PyObject *args);

/* Count the edges below a value. */
static inline uint16_t
rank_of(double value, const double *edges, size_t n_edges)
{
    const double *at = edges;
    while (n_edges > 1) {
        size_t half = n_edges / 2;
        at += half & -(size_t)(at[half - 1] < value);
        n_edges -= half;
    }
    return (uint16_t)(at - edges + (n_edges == 1 && at[0] < value));
}

#endif
