/* The module sklearn_kd._native._core: the table of its functions.
 *
 * It keeps to the limited API of CPython 3.11, so that one build serves all later
 * versions. Arrays come in through the buffer protocol; see buffers.h.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "cpu.h"
#include "network/training.h"
#include "trees/trees.h"

static PyObject *
has_avx2(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyBool_FromLong(cpu_has_avx2());
}

/* As in sklearn_kd/_native/__init__.py. */
#define INTERFACE 2

static PyMethodDef functions[] = {
    {"has_avx2", has_avx2, METH_NOARGS,
     "Return whether functions for AVX2 and FMA were built and run on this machine."},
#if HAVE_AVX2_BUILD /* to be called only where has_avx2() */
    {"takes_gemm", py_takes_gemm, METH_O, takes_gemm_doc},
    {"cells_work", py_cells_work, METH_VARARGS, cells_work_doc},
    {"cells_forward", py_cells_forward, METH_VARARGS, cells_forward_doc},
    {"cells_backward", py_cells_backward, METH_VARARGS, cells_backward_doc},
    {"cells_learn", py_cells_learn, METH_VARARGS, cells_learn_doc},
#endif
    {"order_nodes", order_nodes, METH_VARARGS, order_nodes_doc},
    {"rank_values", rank_values, METH_VARARGS, rank_values_doc},
    {"walk_trees", walk_trees, METH_VARARGS, walk_trees_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_doc = "Compiled functions; NumPy code in the package does the same.",
    .m_size = 0,
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddIntConstant(module, "INTERFACE", INTERFACE) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
