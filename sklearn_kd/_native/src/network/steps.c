/* What a step of the training does with the rows of a table. */
#include "steps.h"

#if HAVE_AVX2_BUILD

#include <math.h>
#include <string.h>

/* Rows of a table that are gathered far ahead: they are on their way from memory then. */
#define AHEAD 8

/* Copy rows from all over a table to one place. */
static void
gather(const Network *network, const Rows *table, const int64_t *order, int n_rows,
       Rows *rows)
{
    const Plan *plan = &network->plan;
    size_t columns = plan->n_columns, ramps = plan->n_ramp_columns;
    size_t dense = plan->n_dense, targets = network->n_targets;
    *rows = network->gathered;
    rows->n_rows = n_rows;
    for (size_t to = 0; to < (size_t)n_rows; to++) {
        size_t from = order[to];
        if (to + AHEAD < (size_t)n_rows) {
            size_t next = order[to + AHEAD];
            __builtin_prefetch(table->cells + next * columns);
            __builtin_prefetch(table->shares + next * ramps);
            __builtin_prefetch(table->dense + next * dense);
            __builtin_prefetch(table->targets + next * targets);
        }
        memcpy((uint16_t *)rows->cells + to * columns, table->cells + from * columns,
               columns * sizeof(uint16_t));
        memcpy((float *)rows->shares + to * ramps, table->shares + from * ramps,
               ramps * sizeof(float));
        memcpy((float *)rows->dense + to * dense, table->dense + from * dense,
               dense * sizeof(float));
        memcpy((float *)rows->targets + to * targets, table->targets + from * targets,
               targets * sizeof(float));
        if (table->weights)
            ((float *)rows->weights)[to] = table->weights[from];
    }
    if (!table->weights)
        rows->weights = NULL;
}

/* Give rows that lie next to each other. */
static void
slice(const Network *network, const Rows *table, size_t from, int n_rows, Rows *rows)
{
    const Plan *plan = &network->plan;
    rows->n_rows = n_rows;
    rows->cells = table->cells + from * plan->n_columns;
    rows->shares = table->shares + from * plan->n_ramp_columns;
    rows->dense = table->dense + from * plan->n_dense;
    rows->targets = table->targets ? table->targets + from * network->n_targets : NULL;
    rows->weights = table->weights ? table->weights + from : NULL;
}

/* Compute the loss of rows, the mean over them, and its gradient by the outputs. */
static double
loss_of_step(const Network *network, const Goal *goal, const Rows *rows)
{
    int n_outputs = network->sizes[network->n_layers];
    float *outputs = outputs_of(network), *gradient = output_gradient_of(network);
    if (goal->factor)
        scale_rows(rows->n_rows, n_outputs, goal->factor, outputs);
    double weight = 1.0 / rows->n_rows;
    double value =
        loss_of_rows(goal->loss, rows, n_outputs, weight, outputs, gradient);
    if (goal->factor)
        scale_rows(rows->n_rows, n_outputs, goal->gradient_factor, gradient);
    return value / goal->unit;
}

Outcome
go_through(Network *network, const Goal *goal, const Rows *table, const int64_t *order,
           const int64_t *bounds, int n_steps, const Step *steps)
{
    Outcome outcome = {0, 0, 1};
    for (; outcome.n_steps < n_steps; outcome.n_steps++) {
        size_t from = bounds[outcome.n_steps];
        int n_rows = (int)(bounds[outcome.n_steps + 1] - from);
        Rows rows;
        if (order)
            gather(network, table, order + from, n_rows, &rows);
        else
            slice(network, table, from, n_rows, &rows);
        outcome.are_inside = find_cells(&network->plan, &rows, &network->tables);
        if (!outcome.are_inside)
            return outcome;
        forward(network, &rows);
        double value = loss_of_step(network, goal, &rows);
        outcome.total += value * n_rows;
        if (!isfinite(value))
            return outcome;
        if (steps) {
            backward(network, &rows);
            update(network, steps + outcome.n_steps);
        }
    }
    return outcome;
}

int
compute_outputs(Network *network, const Rows *table, float *outputs)
{
    size_t n_outputs = network->sizes[network->n_layers];
    for (int from = 0; from < table->n_rows; from += network->batch) {
        int left = table->n_rows - from;
        Rows rows;
        slice(network, table, from, left < network->batch ? left : network->batch, &rows);
        if (!find_cells(&network->plan, &rows, &network->tables))
            return 0;
        forward(network, &rows);
        memcpy(outputs + from * n_outputs, outputs_of(network),
               rows.n_rows * n_outputs * sizeof(float));
    }
    return 1;
}

#endif
