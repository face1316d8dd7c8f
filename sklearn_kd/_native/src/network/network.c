/* A network behind the cells of a TabularEncoder: its parameters and its memory. */
#include "network.h"

#include <string.h>

#include "../cpu.h"

#if HAVE_AVX2_BUILD

/* Parts of the memory begin at multiples of so many floats. */
#define ALIGNMENT 16

size_t
n_parameters(const Network *network)
{
    size_t size = 0;
    for (int layer = 0; layer < network->n_layers; layer++)
        size += ((size_t)network->sizes[layer] + 1) * network->sizes[layer + 1];
    return size;
}

/* Units of the layers before one, the input not counted. */
static size_t
units_before(const Network *network, int layer)
{
    size_t units = 0;
    for (int before = 0; before < layer; before++)
        units += network->sizes[before + 1];
    return units;
}

static float *
values_of(const Network *network, int layer)
{
    return network->layers + units_before(network, layer) * network->batch;
}

static float *
delta_of(const Network *network, int layer)
{
    return network->deltas + units_before(network, layer) * network->batch;
}

float *
outputs_of(const Network *network)
{
    return values_of(network, network->n_layers - 1);
}

float *
output_gradient_of(const Network *network)
{
    return delta_of(network, network->n_layers - 1);
}

/* Take the next part of the memory; with no memory, count what it would be. */
static float *
part(const Network *network, size_t *taken, size_t n_bytes)
{
    size_t begin = *taken, n_floats = (n_bytes + sizeof(float) - 1) / sizeof(float);
    *taken += (n_floats + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return network->work ? network->work + begin : NULL;
}

/* Part the memory, and give its size. */
static size_t
part_all(Network *network)
{
    const Plan *plan = &network->plan;
    size_t taken = 0, batch = network->batch, each = sizeof(float);
    size_t n_levels = plan->n_cells - plan->n_ramp_cells;
    size_t units = units_before(network, network->n_layers);
    int first_units = network->sizes[1];
    Tables *tables = &network->tables;
    tables->ramps = part(network, &taken, ramp_table_size(plan, first_units) * each);
    tables->levels = part(network, &taken, level_table_size(plan, first_units) * each);
    tables->used = (int32_t *)part(network, &taken, n_levels * sizeof(int32_t));
    tables->is_used = (uint8_t *)part(network, &taken, n_levels);
    network->layers = part(network, &taken, batch * units * each);
    network->deltas = part(network, &taken, batch * units * each);
    Rows *rows = &network->gathered;
    rows->cells =
        (uint16_t *)part(network, &taken, batch * plan->n_columns * sizeof(uint16_t));
    rows->shares = part(network, &taken, batch * plan->n_ramp_columns * each);
    rows->dense = part(network, &taken, batch * plan->n_dense * each);
    rows->targets = part(network, &taken, batch * network->n_targets * each);
    rows->weights = part(network, &taken, batch * each);
    return taken;
}

size_t
work_size(const Network *network)
{
    Network counted = *network;
    counted.work = NULL;
    return part_all(&counted);
}

void
part_work(Network *network)
{
    part_all(network);
    memset(network->tables.is_used, 0,
           network->plan.n_cells - network->plan.n_ramp_cells);
    network->tables.n_used = 0;
}

void
forward(Network *network, const Rows *rows)
{
    const int32_t *sizes = network->sizes;
    const float *weights = network->parameters;
    int n_rows = rows->n_rows, n_dense = network->plan.n_dense;
    float *values = values_of(network, 0);
    if (n_dense)
        product(network->gemm, n_rows, sizes[1], n_dense, rows->dense, weights, values);
    else
        memset(values, 0, (size_t)n_rows * sizes[1] * sizeof(float));
    cells_forward(&network->plan, rows, &network->tables, weights,
                  weights + (size_t)sizes[0] * sizes[1], sizes[1], values);
    for (int layer = 1; layer < network->n_layers; layer++) {
        activate(network->activation, (size_t)n_rows * sizes[layer], values);
        weights += ((size_t)sizes[layer - 1] + 1) * sizes[layer];
        float *next = values_of(network, layer);
        product(network->gemm, n_rows, sizes[layer + 1], sizes[layer], values, weights,
                next);
        add_to_rows(n_rows, sizes[layer + 1],
                    weights + (size_t)sizes[layer] * sizes[layer + 1], next);
        values = next;
    }
}

void
backward(Network *network, const Rows *rows)
{
    const int32_t *sizes = network->sizes;
    size_t place = n_parameters(network);
    int n_rows = rows->n_rows, n_dense = network->plan.n_dense;
    for (int layer = network->n_layers - 1; layer >= 0; layer--) {
        int n_inputs = sizes[layer], n_units = sizes[layer + 1];
        place -= ((size_t)n_inputs + 1) * n_units;
        const float *weights = network->parameters + place;
        float *gradient = network->gradient + place;
        float *delta = delta_of(network, layer);
        sum_rows(n_rows, n_units, delta, gradient + (size_t)n_inputs * n_units);
        if (layer == 0) {
            cells_backward(&network->plan, rows, &network->tables, delta, n_units,
                           gradient);
            product_of_turned(network->gemm, n_dense, n_units, n_rows, rows->dense, delta,
                              gradient);
        }
        else {
            const float *below = values_of(network, layer - 1);
            float *delta_below = delta_of(network, layer - 1);
            product_of_turned(network->gemm, n_inputs, n_units, n_rows, below, delta,
                              gradient);
            product_with_turned(network->gemm, n_rows, n_inputs, n_units, delta, weights,
                                delta_below);
            derive(network->activation, (size_t)n_rows * n_inputs, below, delta_below);
        }
    }
}

void
update(Network *network, const Step *step)
{
    size_t place = 0;
    for (int layer = 0; layer < network->n_layers; layer++) {
        size_t n_units = network->sizes[layer + 1];
        size_t sizes[] = {network->sizes[layer] * n_units, n_units};
        for (int part = 0; part < 2; part++) { /* weights, and the intercept */
            adamw(step, sizes[part], part == 0, network->gradient + place,
                  network->parameters + place, network->mean + place,
                  network->square + place);
            place += sizes[part];
        }
    }
}

#endif
