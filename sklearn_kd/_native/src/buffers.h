/* Arrays as they come from Python: C-contiguous, of a format and a number of axes. */
#ifndef SKLEARN_KD_BUFFERS_H
#define SKLEARN_KD_BUFFERS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Get an array, and check it; -1 with a ValueError or TypeError for another one.
 *
 * `formats` has a letter for each format that is taken, as the module struct names them
 * (l and L count as i, q, I or Q of the same size); NULL takes any. */
int get_array(PyObject *object, Py_buffer *view, const char *name, const char *formats,
              int n_axes, int is_written);

/* Release views; those that were never filled are left alone. */
void release_all(Py_buffer *views, int n_views);

#endif
