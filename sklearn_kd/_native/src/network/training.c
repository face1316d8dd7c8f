/* Training steps of a network behind the cells of a TabularEncoder, for Python.
 *
 * What comes from Python is checked here: sizes and formats of arrays, that indices
 * of inputs, rows and cells lie inside. What runs long has released the GIL.
 */
#include "training.h"

#if HAVE_AVX2_BUILD

#include <string.h>

#include "../buffers.h"
#include "network.h"
#include "steps.h"

/* The arrays of one call. */
enum { MOST_ARRAYS = 24 };
typedef struct {
    Py_buffer views[MOST_ARRAYS];
    int n_views;
} Arrays;

/* Take one more array; NULL, with an exception set, if it is not such a one. Its number
 * of items goes to `size` where that is not NULL, and is compared with what
 * is expected, where `expected` is not negative. */
static void *
take(Arrays *arrays, PyObject *object, const char *name, const char *format, int n_axes,
     int is_written, Py_ssize_t expected, Py_ssize_t *size)
{
    Py_buffer *view = &arrays->views[arrays->n_views++];
    if (get_array(object, view, name, format, n_axes, is_written))
        return NULL;
    Py_ssize_t n_items = view->len / view->itemsize;
    if (expected >= 0 && n_items != expected) {
        PyErr_Format(PyExc_ValueError, "%s has %zd items, expected %zd.", name, n_items,
                     expected);
        return NULL;
    }
    if (size)
        *size = n_items;
    static char nothing; /* an array without items may have no memory */
    return view->buf ? view->buf : &nothing;
}

static int
refuse(const char *message)
{
    PyErr_SetString(PyExc_ValueError, message);
    return -1;
}

static int
refuse_other_than_tuple(PyObject *given)
{
    if (PyTuple_Check(given))
        return 0;
    PyErr_SetString(PyExc_TypeError, "Parts of a network and rows come as tuples.");
    return -1;
}

/* Check that numbers rise from zero. */
static int
rises(const int32_t *numbers, Py_ssize_t size)
{
    if (size < 1 || numbers[0] != 0)
        return 0;
    for (Py_ssize_t place = 1; place < size; place++)
        if (numbers[place] < numbers[place - 1])
            return 0;
    return 1;
}

/* Read how cells are encoded. */
static int
take_plan(Arrays *arrays, PyObject *given, Plan *plan)
{
    PyObject *first, *ramp_input, *flag_input, *entry, *entry_input, *entry_value;
    Py_ssize_t n_columns, n_ramp_columns, n_levels, n_entries;
    if (!cpu_has_avx2())
        return refuse("This machine has no AVX2.");
    if (refuse_other_than_tuple(given) ||
        !PyArg_ParseTuple(given, "OOOOOOii", &first, &ramp_input, &flag_input, &entry,
                          &entry_input, &entry_value, &plan->n_inputs, &plan->n_dense))
        return -1;
    if (!(plan->first = take(arrays, first, "first", "i", 1, 0, -1, &n_columns)) ||
        !(plan->ramp_input =
              take(arrays, ramp_input, "ramp_input", "i", 1, 0, -1, &n_ramp_columns)) ||
        !(plan->flag_input =
              take(arrays, flag_input, "flag_input", "i", 1, 0, n_ramp_columns, NULL)) ||
        !(plan->entry = take(arrays, entry, "entry", "i", 1, 0, -1, &n_levels)) ||
        !(plan->entry_input =
              take(arrays, entry_input, "entry_input", "i", 1, 0, -1, &n_entries)) ||
        !(plan->entry_value =
              take(arrays, entry_value, "entry_value", "f", 1, 0, n_entries, NULL)))
        return -1;
    n_columns--;
    n_levels--;
    if (!rises(plan->first, n_columns + 1) || !rises(plan->entry, n_levels + 1) ||
        n_ramp_columns > n_columns || plan->entry[n_levels] != n_entries)
        return refuse("first and entry must rise from 0 to the number of all.");
    plan->n_columns = (int)n_columns;
    plan->n_ramp_columns = (int)n_ramp_columns;
    plan->n_cells = plan->first[n_columns];
    plan->n_ramp_cells = plan->first[n_ramp_columns];
    if (plan->n_cells > 65536 || plan->n_cells - plan->n_ramp_cells != n_levels)
        return refuse("There must be at most 65536 cells, and an entry a level cell.");
    if (plan->n_inputs < 0 || plan->n_dense < 0 || plan->n_dense > plan->n_inputs)
        return refuse("n_dense must lie between 0 and n_inputs.");
    int from = plan->n_dense, to = plan->n_inputs, inside = 1;
    for (int column = 0; column < n_ramp_columns; column++) {
        int n_ramps = plan->first[column + 1] - plan->first[column] - 1;
        int input = plan->ramp_input[column], flag = plan->flag_input[column];
        inside &= n_ramps >= 0 && input >= from && input <= to - n_ramps;
        inside &= flag == -1 || (flag >= from && flag < to);
    }
    for (int place = 0; place < n_entries; place++)
        inside &= plan->entry_input[place] >= from && plan->entry_input[place] < to;
    return inside ? 0 : refuse("Inputs of cells must lie between n_dense and n_inputs.");
}

/* Read the sizes of the layers. */
static int
take_sizes(Arrays *arrays, PyObject *given, Network *network)
{
    Py_ssize_t n_sizes;
    network->sizes = take(arrays, given, "sizes", "i", 1, 0, -1, &n_sizes);
    if (!network->sizes)
        return -1;
    network->n_layers = (int)n_sizes - 1;
    if (n_sizes < 2 || network->sizes[0] != network->plan.n_inputs)
        return refuse("sizes must begin with n_inputs, and have an output.");
    for (Py_ssize_t place = 1; place < n_sizes; place++)
        if (network->sizes[place] < 1)
            return refuse("sizes of layers must be at least 1.");
    if (network->batch < 1 || network->n_targets < 0)
        return refuse("batch must be at least 1, and n_targets at least 0.");
    return 0;
}

/* The type of SciPy's sgemm, where it counts in int. */
static const char GEMM[] = "void (char *, char *, int *, int *, int *, ";

static int
is_gemm(PyObject *capsule)
{
    if (!PyCapsule_CheckExact(capsule))
        return 0;
    const char *name = PyCapsule_GetName(capsule);
    return name && strncmp(name, GEMM, sizeof(GEMM) - 1) == 0 &&
           strstr(name, "cython_blas_s *");
}

/* Read a network; one that only computes outputs has None for the last but `work`. */
static int
take_network(Arrays *arrays, PyObject *given, Network *network)
{
    PyObject *plan, *sizes, *gemm, *parameters, *gradient, *mean, *square, *work;
    int activation;
    if (refuse_other_than_tuple(given) ||
        !PyArg_ParseTuple(given, "OOiiiOOOOOO", &plan, &sizes, &network->n_targets,
                          &network->batch, &activation, &gemm, &parameters, &gradient,
                          &mean, &square, &work) ||
        take_plan(arrays, plan, &network->plan) || take_sizes(arrays, sizes, network))
        return -1;
    if (activation < RELU || activation > LOGISTIC)
        return refuse("There is no such activation.");
    network->activation = activation;
    if (!is_gemm(gemm))
        return refuse("gemm must be the capsule of sgemm in scipy.linalg.cython_blas.");
    network->gemm = (Gemm)PyCapsule_GetPointer(gemm, PyCapsule_GetName(gemm));
    Py_ssize_t size = (Py_ssize_t)n_parameters(network);
    Py_ssize_t memory = (Py_ssize_t)work_size(network);
    int learns = gradient != Py_None;
    network->parameters =
        take(arrays, parameters, "parameters", "f", 1, learns, size, NULL);
    network->work = take(arrays, work, "work", "f", 1, 1, memory, NULL);
    if (!network->parameters || !network->work)
        return -1;
    part_work(network);
    network->gradient = NULL;
    if (!learns)
        return 0;
    if (!(network->gradient = take(arrays, gradient, "gradient", "f", 1, 1, size, NULL)) ||
        !(network->mean = take(arrays, mean, "mean", "f", 1, 1, size, NULL)) ||
        !(network->square = take(arrays, square, "square", "f", 1, 1, size, NULL)))
        return -1;
    return 0;
}

/* Refuse a network that has no room for a gradient. */
static int
refuse_to_learn(const Network *network)
{
    return network->gradient ? 0 : refuse("This network only computes outputs.");
}

/* Read rows: cells, shares and dense inputs. */
static int
take_rows(Arrays *arrays, PyObject *given, const Network *network, Rows *rows)
{
    PyObject *cells, *shares, *dense;
    const Plan *plan = &network->plan;
    if (refuse_other_than_tuple(given) ||
        !PyArg_ParseTuple(given, "OOO", &cells, &shares, &dense))
        return -1;
    Py_buffer *view = &arrays->views[arrays->n_views];
    if (!(rows->cells = take(arrays, cells, "cells", "H", 2, 0, -1, NULL)))
        return -1;
    Py_ssize_t n_rows = view->shape[0];
    if (view->shape[1] != plan->n_columns || n_rows > INT32_MAX)
        return refuse("cells must have a column for each of the plan.");
    if (!(rows->shares = take(arrays, shares, "shares", "f", 2, 0,
                              n_rows * plan->n_ramp_columns, NULL)) ||
        !(rows->dense =
              take(arrays, dense, "dense", "f", 2, 0, n_rows * plan->n_dense, NULL)))
        return -1;
    rows->n_rows = (int)n_rows;
    rows->targets = rows->weights = NULL;
    return 0;
}

static int
refuse_cells(void)
{
    return refuse("Every cell must be one of its column, and every row one of the table.");
}

/* Read rows of one step, whose cells are looked at. */
static int
take_step_rows(Arrays *arrays, PyObject *given, Network *network, Rows *rows)
{
    if (take_rows(arrays, given, network, rows))
        return -1;
    if (rows->n_rows > network->batch)
        return refuse("There are more rows than a step may have.");
    return find_cells(&network->plan, rows, &network->tables) ? 0 : refuse_cells();
}

static int
take_goal(Arrays *arrays, PyObject *given, const Network *network, Goal *goal)
{
    PyObject *factor, *gradient_factor;
    int loss, n_outputs = network->sizes[network->n_layers];
    if (refuse_other_than_tuple(given) ||
        !PyArg_ParseTuple(given, "iOOd", &loss, &factor, &gradient_factor, &goal->unit))
        return -1;
    if (loss != SOFTMAX && loss != SQUARED)
        return refuse("There is no such loss.");
    if (network->n_targets != n_outputs)
        return refuse("These losses have a target for each output.");
    goal->loss = loss;
    goal->factor = goal->gradient_factor = NULL;
    if (factor == Py_None)
        return 0;
    goal->factor = take(arrays, factor, "factor", "f", 1, 0, n_outputs, NULL);
    if (!goal->factor)
        return -1;
    goal->gradient_factor =
        take(arrays, gradient_factor, "gradient_factor", "f", 1, 0, n_outputs, NULL);
    return goal->gradient_factor ? 0 : -1;
}

/* Read the targets of rows, and their weights, if there are any. */
static int
take_targets(Arrays *arrays, PyObject *targets, PyObject *weights,
             const Network *network, Rows *rows)
{
    Py_ssize_t n_rows = rows->n_rows;
    rows->targets =
        take(arrays, targets, "targets", "f", 2, 0, n_rows * network->n_targets, NULL);
    if (!rows->targets)
        return -1;
    if (weights == Py_None)
        return 0;
    rows->weights = take(arrays, weights, "weights", "f", 1, 0, n_rows, NULL);
    return rows->weights ? 0 : -1;
}

/* Check the bounds of steps, and that rows in an order are rows of the table. */
static int
check_order(const Network *network, const int64_t *order, Py_ssize_t n_order,
            const int64_t *bounds, Py_ssize_t n_bounds, Py_ssize_t n_rows)
{
    int inside = n_bounds >= 1 && bounds[0] >= 0 && bounds[n_bounds - 1] <= n_order;
    for (Py_ssize_t place = 1; place < n_bounds; place++)
        inside &= bounds[place] > bounds[place - 1] &&
                  bounds[place] - bounds[place - 1] <= network->batch;
    if (!inside)
        return refuse("bounds must rise, by at most the rows of a step.");
    for (int64_t place = bounds[0]; order && place < bounds[n_bounds - 1]; place++)
        inside &= order[place] >= 0 && order[place] < n_rows;
    return inside ? 0 : refuse_cells();
}

static const Step *
take_steps(Arrays *arrays, PyObject *given, Py_ssize_t n_steps)
{
    Py_ssize_t n_numbers = n_steps * (Py_ssize_t)(sizeof(Step) / sizeof(float));
    return take(arrays, given, "steps", "f", 2, 0, n_numbers, NULL);
}

const char takes_gemm_doc[] =
    "Return whether a capsule of scipy.linalg.cython_blas is an sgemm of plain ints.";

PyObject *
py_takes_gemm(PyObject *module, PyObject *capsule)
{
    (void)module;
    return PyBool_FromLong(is_gemm(capsule));
}

const char cells_work_doc[] =
    "cells_work(plan, sizes, n_targets, batch): floats of memory that a network needs.";

PyObject *
py_cells_work(PyObject *module, PyObject *args)
{
    Arrays arrays = {.n_views = 0};
    Network network = {.work = NULL};
    PyObject *plan, *sizes, *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "OOii", &plan, &sizes, &network.n_targets,
                         &network.batch) &&
        !take_plan(&arrays, plan, &network.plan) && !take_sizes(&arrays, sizes, &network))
        result = PyLong_FromSize_t(work_size(&network));
    release_all(arrays.views, arrays.n_views);
    return result;
}

const char cells_forward_doc[] =
    "cells_forward(network, rows, outputs): compute the outputs of rows.";

PyObject *
py_cells_forward(PyObject *module, PyObject *args)
{
    Arrays arrays = {.n_views = 0};
    Network network = {.work = NULL};
    Rows rows;
    PyObject *given, *given_rows, *outputs, *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "OOO", &given, &given_rows, &outputs) &&
        !take_network(&arrays, given, &network) &&
        !take_rows(&arrays, given_rows, &network, &rows)) {
        Py_ssize_t size = (Py_ssize_t)rows.n_rows * network.sizes[network.n_layers];
        float *out = take(&arrays, outputs, "outputs", "f", 2, 1, size, NULL);
        if (out) {
            int are_inside;
            Py_BEGIN_ALLOW_THREADS
            are_inside = compute_outputs(&network, &rows, out);
            Py_END_ALLOW_THREADS
            if (are_inside)
                result = Py_NewRef(Py_None);
            else
                refuse_cells();
        }
    }
    release_all(arrays.views, arrays.n_views);
    return result;
}

const char cells_backward_doc[] =
    "cells_backward(network, rows, gradient, step): take a step by the gradient of the\n"
    "outputs that cells_forward has just computed for the same rows, those of one step.";

PyObject *
py_cells_backward(PyObject *module, PyObject *args)
{
    Arrays arrays = {.n_views = 0};
    Network network = {.work = NULL};
    Rows rows;
    PyObject *given, *given_rows, *gradient, *given_step, *result = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "OOOO", &given, &given_rows, &gradient, &given_step) &&
        !take_network(&arrays, given, &network) && !refuse_to_learn(&network) &&
        !take_step_rows(&arrays, given_rows, &network, &rows)) {
        Py_ssize_t size = (Py_ssize_t)rows.n_rows * network.sizes[network.n_layers];
        const float *from = take(&arrays, gradient, "gradient", "f", 2, 0, size, NULL);
        const Step *step = from ? take_steps(&arrays, given_step, 1) : NULL;
        if (step) {
            Py_BEGIN_ALLOW_THREADS
            memcpy(output_gradient_of(&network), from, size * sizeof(float));
            backward(&network, &rows);
            update(&network, step);
            Py_END_ALLOW_THREADS
            result = Py_NewRef(Py_None);
        }
    }
    release_all(arrays.views, arrays.n_views);
    return result;
}

const char cells_learn_doc[] =
    "cells_learn(network, rows, targets, weights, order, bounds, goal, steps): take a\n"
    "step for the rows between each two bounds, in an order (None: as they lie), or only\n"
    "compute the loss where steps is None. Give the sum of loss times rows, and the\n"
    "number of steps: fewer than asked for where a loss is not finite.";

PyObject *
py_cells_learn(PyObject *module, PyObject *args)
{
    Arrays arrays = {.n_views = 0};
    Network network = {.work = NULL};
    Rows table;
    Goal goal;
    PyObject *given, *rows, *targets, *weights, *given_order, *given_bounds, *given_goal,
        *given_steps, *result = NULL;
    Py_ssize_t n_order, n_bounds;
    const int64_t *order = NULL, *bounds;
    const Step *steps = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOOOOOOO", &given, &rows, &targets, &weights,
                          &given_order, &given_bounds, &given_goal, &given_steps) ||
        take_network(&arrays, given, &network) ||
        take_rows(&arrays, rows, &network, &table) ||
        take_targets(&arrays, targets, weights, &network, &table) ||
        take_goal(&arrays, given_goal, &network, &goal))
        goto done;
    n_order = table.n_rows;
    if (given_order != Py_None &&
        !(order = take(&arrays, given_order, "order", "q", 1, 0, -1, &n_order)))
        goto done;
    bounds = take(&arrays, given_bounds, "bounds", "q", 1, 0, -1, &n_bounds);
    if (!bounds || check_order(&network, order, n_order, bounds, n_bounds, table.n_rows))
        goto done;
    if (given_steps != Py_None &&
        (refuse_to_learn(&network) ||
         !(steps = take_steps(&arrays, given_steps, n_bounds - 1))))
        goto done;
    Outcome outcome;
    Py_BEGIN_ALLOW_THREADS
    outcome =
        go_through(&network, &goal, &table, order, bounds, (int)(n_bounds - 1), steps);
    Py_END_ALLOW_THREADS
    if (outcome.are_inside)
        result = Py_BuildValue("di", outcome.total, outcome.n_steps);
    else
        refuse_cells();
done:
    release_all(arrays.views, arrays.n_views);
    return result;
}

#endif
