/* Trees as arrays: their nodes in the order for a walk, and the walk itself. */
#ifndef SKLEARN_KD_TREES_H
#define SKLEARN_KD_TREES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern const char order_nodes_doc[];
extern const char walk_trees_doc[];

PyObject *order_nodes(PyObject *module, PyObject *args);
PyObject *walk_trees(PyObject *module, PyObject *args);

#endif
