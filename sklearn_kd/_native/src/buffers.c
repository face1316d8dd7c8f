/* Arrays as they come from Python: C-contiguous, of a format and a number of axes. */
#include "buffers.h"

#include <string.h>

/* Name a format of native sizes by one letter; 0 for what has no such name. */
static char
letter_of(const Py_buffer *view)
{
    const char *format = view->format == NULL ? "B" : view->format;
    if (*format == '@' || *format == '=')
        format++;
    if (format[0] == '\0' || format[1] != '\0')
        return 0;
    if (*format == 'l')
        return view->itemsize == sizeof(int) ? 'i' : 'q';
    if (*format == 'L')
        return view->itemsize == sizeof(int) ? 'I' : 'Q';
    return *format;
}

int
get_array(PyObject *object, Py_buffer *view, const char *name, const char *formats,
          int n_axes, int is_written)
{
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (is_written ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, view, flags)) {
        view->obj = NULL;
        return -1;
    }
    char letter = letter_of(view);
    if (view->ndim != n_axes) {
        PyErr_Format(PyExc_ValueError, "%s has %d axes, expected %d.", name, view->ndim,
                     n_axes);
        return -1;
    }
    if (formats != NULL && (letter == 0 || strchr(formats, letter) == NULL)) {
        PyErr_Format(PyExc_ValueError, "%s has the format '%s', expected one of '%s'.",
                     name, view->format == NULL ? "B" : view->format, formats);
        return -1;
    }
    return 0;
}

void
release_all(Py_buffer *views, int n_views)
{
    for (int k = 0; k < n_views; k++)
        if (views[k].obj != NULL)
            PyBuffer_Release(views + k);
}
