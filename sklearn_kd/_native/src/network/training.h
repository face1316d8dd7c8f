/* Training steps of a network behind the cells of a TabularEncoder, for Python. */
#ifndef SKLEARN_KD_TRAINING_H
#define SKLEARN_KD_TRAINING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "../cpu.h"

#if HAVE_AVX2_BUILD

extern const char takes_gemm_doc[], cells_work_doc[], cells_forward_doc[],
    cells_backward_doc[], cells_learn_doc[];

PyObject *py_takes_gemm(PyObject *module, PyObject *capsule);
PyObject *py_cells_work(PyObject *module, PyObject *args);
PyObject *py_cells_forward(PyObject *module, PyObject *args);
PyObject *py_cells_backward(PyObject *module, PyObject *args);
PyObject *py_cells_learn(PyObject *module, PyObject *args);

#endif

#endif
