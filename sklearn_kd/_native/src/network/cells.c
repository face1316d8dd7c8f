/* The first layer of a network through the cells of a TabularEncoder; see cells.h. */
#include "cells.h"

#include <string.h>

#include "vectors.h"

#if HAVE_AVX2_BUILD

/* Bytes of the tables of columns that are gone through together: they stay in the
 * nearest cache while all rows read them. */
#define NEAR_BYTES 24576

#define PAIR (2 * UNITS) /* floats of a ramp cell: its value, and its rise */

size_t
ramp_table_size(const Plan *plan, int n_units)
{
    return (size_t)n_blocks(n_units) * plan->n_ramp_cells * PAIR;
}

size_t
level_table_size(const Plan *plan, int n_units)
{
    return (size_t)n_blocks(n_units) * (plan->n_cells - plan->n_ramp_cells) * UNITS;
}

int
find_cells(const Plan *plan, const Rows *rows, Tables *tables)
{
    int n_columns = plan->n_columns, inside = 1;
    while (tables->n_used)
        tables->is_used[tables->used[--tables->n_used]] = 0;
    for (int row = 0; row < rows->n_rows; row++) {
        const uint16_t *cells = rows->cells + (size_t)row * n_columns;
        for (int column = 0; column < n_columns; column++)
            inside &= cells[column] >= plan->first[column] &&
                      cells[column] < plan->first[column + 1];
        if (!inside)
            return 0;
        for (int column = plan->n_ramp_columns; column < n_columns; column++) {
            int cell = cells[column] - plan->n_ramp_cells;
            if (!tables->is_used[cell]) {
                tables->is_used[cell] = 1;
                tables->used[tables->n_used++] = cell;
            }
        }
    }
    return 1;
}

/* The last of the columns, from one on, whose tables fit into the near cache. */
static int
near_columns(const Plan *plan, int from)
{
    int most = NEAR_BYTES / (PAIR * (int)sizeof(float)), to = from + 1;
    while (to < plan->n_ramp_columns &&
           plan->first[to + 1] - plan->first[from] <= most)
        to++;
    return to;
}

/* Sum the weights of the ramps before each cell, and keep that of its own ramp. */
FOR_AVX2 static void
build_ramps(const Plan *plan, const float *weights, int n_units, int width, float *table)
{
    for (int column = 0; column < plan->n_ramp_columns; column++) {
        int last = plan->first[column + 1] - 1;
        const float *own = weights + (size_t)plan->ramp_input[column] * n_units;
        __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
        for (int cell = plan->first[column]; cell < last; cell++) {
            __m256 rise_low = load_some(own, width);
            __m256 rise_high = load_some(own + 8, width - 8);
            _mm256_storeu_ps(table, low);
            _mm256_storeu_ps(table + 8, high);
            _mm256_storeu_ps(table + 16, rise_low);
            _mm256_storeu_ps(table + 24, rise_high);
            low = _mm256_add_ps(low, rise_low);
            high = _mm256_add_ps(high, rise_high);
            own += n_units;
            table += PAIR;
        }
        memset(table, 0, PAIR * sizeof(float));
        if (plan->flag_input[column] >= 0)
            memcpy(table, weights + (size_t)plan->flag_input[column] * n_units,
                   width * sizeof(float));
        table += PAIR;
    }
}

/* Add up the weights of what each level that occurs is encoded as. */
FOR_AVX2 static void
build_levels(const Plan *plan, const Tables *tables, const float *weights, int n_units,
             int width, float *table)
{
    for (int place = 0; place < tables->n_used; place++) {
        int cell = tables->used[place];
        __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
        for (int entry = plan->entry[cell]; entry < plan->entry[cell + 1]; entry++) {
            const float *own = weights + (size_t)plan->entry_input[entry] * n_units;
            __m256 value = _mm256_set1_ps(plan->entry_value[entry]);
            low = _mm256_fmadd_ps(value, load_some(own, width), low);
            high = _mm256_fmadd_ps(value, load_some(own + 8, width - 8), high);
        }
        _mm256_storeu_ps(table + (size_t)cell * UNITS, low);
        _mm256_storeu_ps(table + (size_t)cell * UNITS + 8, high);
    }
}

/* Add the intercept and the vectors of the levels to the units of a block. */
FOR_AVX2 static void
add_levels(const Plan *plan, const Rows *rows, const float *table,
           const float *intercept, int n_units, int width, float *out)
{
    __m256 start_low = load_some(intercept, width);
    __m256 start_high = load_some(intercept + 8, width - 8);
    table -= (size_t)plan->n_ramp_cells * UNITS;
    for (int row = 0; row < rows->n_rows; row++, out += n_units) {
        const uint16_t *cells = rows->cells + (size_t)row * plan->n_columns;
        __m256 low = _mm256_add_ps(start_low, load_some(out, width));
        __m256 high = _mm256_add_ps(start_high, load_some(out + 8, width - 8));
        for (int column = plan->n_ramp_columns; column < plan->n_columns; column++) {
            const float *vector = table + (size_t)cells[column] * UNITS;
            low = _mm256_add_ps(low, _mm256_loadu_ps(vector));
            high = _mm256_add_ps(high, _mm256_loadu_ps(vector + 8));
        }
        store_some(out, low, width);
        store_some(out + 8, high, width - 8);
    }
}

/* Add the values and the rises of some columns to the units of a block. */
FOR_AVX2 static void
add_ramps(const Plan *plan, const Rows *rows, const float *table, int from, int to,
          int n_units, int width, float *out)
{
    for (int row = 0; row < rows->n_rows; row++, out += n_units) {
        const uint16_t *cells = rows->cells + (size_t)row * plan->n_columns;
        const float *shares = rows->shares + (size_t)row * plan->n_ramp_columns;
        __m256 low = load_some(out, width), high = load_some(out + 8, width - 8);
        /* two chains of additions, so that one need not wait for the other */
        __m256 rise_low = _mm256_setzero_ps(), rise_high = _mm256_setzero_ps();
        for (int column = from; column < to; column++) {
            const float *pair = table + (size_t)cells[column] * PAIR;
            __m256 share = _mm256_set1_ps(shares[column]);
            low = _mm256_add_ps(low, _mm256_loadu_ps(pair));
            high = _mm256_add_ps(high, _mm256_loadu_ps(pair + 8));
            rise_low = _mm256_fmadd_ps(share, _mm256_loadu_ps(pair + 16), rise_low);
            rise_high = _mm256_fmadd_ps(share, _mm256_loadu_ps(pair + 24), rise_high);
        }
        store_some(out, _mm256_add_ps(low, rise_low), width);
        store_some(out + 8, _mm256_add_ps(high, rise_high), width - 8);
    }
}

FOR_AVX2 void
cells_forward(const Plan *plan, const Rows *rows, Tables *tables, const float *weights,
              const float *intercept, int n_units, float *out)
{
    int n_level_cells = plan->n_cells - plan->n_ramp_cells;
    for (int block = 0; block < n_blocks(n_units); block++) {
        int begin = block * UNITS;
        int width = n_units - begin < UNITS ? n_units - begin : UNITS;
        float *ramps = tables->ramps + (size_t)block * plan->n_ramp_cells * PAIR;
        float *levels = tables->levels + (size_t)block * n_level_cells * UNITS;
        build_ramps(plan, weights + begin, n_units, width, ramps);
        build_levels(plan, tables, weights + begin, n_units, width, levels);
        add_levels(plan, rows, levels, intercept + begin, n_units, width, out + begin);
        for (int from = 0, to; from < plan->n_ramp_columns; from = to) {
            to = near_columns(plan, from);
            add_ramps(plan, rows, ramps, from, to, n_units, width, out + begin);
        }
    }
}

/* Add up the gradients of some rows by the cells of some columns of ramps. */
FOR_AVX2 static void
sum_ramps(const Plan *plan, const Rows *rows, float *table, int from, int to,
          const float *delta, int n_units, int width)
{
    for (int row = 0; row < rows->n_rows; row++, delta += n_units) {
        const uint16_t *cells = rows->cells + (size_t)row * plan->n_columns;
        const float *shares = rows->shares + (size_t)row * plan->n_ramp_columns;
        __m256 low = load_some(delta, width), high = load_some(delta + 8, width - 8);
        for (int column = from; column < to; column++) {
            float *pair = table + (size_t)cells[column] * PAIR;
            __m256 share = _mm256_set1_ps(shares[column]);
            _mm256_storeu_ps(pair, _mm256_add_ps(_mm256_loadu_ps(pair), low));
            _mm256_storeu_ps(pair + 8, _mm256_add_ps(_mm256_loadu_ps(pair + 8), high));
            _mm256_storeu_ps(pair + 16,
                             _mm256_fmadd_ps(share, low, _mm256_loadu_ps(pair + 16)));
            _mm256_storeu_ps(pair + 24,
                             _mm256_fmadd_ps(share, high, _mm256_loadu_ps(pair + 24)));
        }
    }
}

/* Add up the gradients of all rows by the levels of all columns. */
FOR_AVX2 static void
sum_levels(const Plan *plan, const Rows *rows, float *table, const float *delta,
           int n_units, int width)
{
    table -= (size_t)plan->n_ramp_cells * UNITS;
    for (int row = 0; row < rows->n_rows; row++, delta += n_units) {
        const uint16_t *cells = rows->cells + (size_t)row * plan->n_columns;
        __m256 low = load_some(delta, width), high = load_some(delta + 8, width - 8);
        for (int column = plan->n_ramp_columns; column < plan->n_columns; column++) {
            float *sum = table + (size_t)cells[column] * UNITS;
            _mm256_storeu_ps(sum, _mm256_add_ps(_mm256_loadu_ps(sum), low));
            _mm256_storeu_ps(sum + 8, _mm256_add_ps(_mm256_loadu_ps(sum + 8), high));
        }
    }
}

/* Pass the sums of the cells on to the weights: a ramp gets those of all cells above. */
FOR_AVX2 static void
pass_ramps(const Plan *plan, const float *table, int n_units, int width, float *gradient)
{
    for (int column = 0; column < plan->n_ramp_columns; column++) {
        int first = plan->first[column], missing = plan->first[column + 1] - 1;
        const float *pair = table + (size_t)missing * PAIR;
        if (plan->flag_input[column] >= 0)
            memcpy(gradient + (size_t)plan->flag_input[column] * n_units, pair,
                   width * sizeof(float));
        int last = plan->ramp_input[column] + missing - first;
        float *own = gradient + (size_t)last * n_units;
        __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
        for (int cell = missing - 1; cell >= first; cell--) {
            own -= n_units;
            pair -= PAIR;
            store_some(own, _mm256_add_ps(low, _mm256_loadu_ps(pair + 16)), width);
            store_some(own + 8, _mm256_add_ps(high, _mm256_loadu_ps(pair + 24)),
                       width - 8);
            low = _mm256_add_ps(low, _mm256_loadu_ps(pair));
            high = _mm256_add_ps(high, _mm256_loadu_ps(pair + 8));
        }
    }
}

/* Pass the sums of levels that occur on to the weights of what they are encoded as. */
FOR_AVX2 static void
pass_levels(const Plan *plan, const Tables *tables, const float *table, int n_units,
            int width, float *gradient)
{
    for (int place = 0; place < tables->n_used; place++) {
        int cell = tables->used[place];
        __m256 low = _mm256_loadu_ps(table + (size_t)cell * UNITS);
        __m256 high = _mm256_loadu_ps(table + (size_t)cell * UNITS + 8);
        for (int entry = plan->entry[cell]; entry < plan->entry[cell + 1]; entry++) {
            float *own = gradient + (size_t)plan->entry_input[entry] * n_units;
            __m256 value = _mm256_set1_ps(plan->entry_value[entry]);
            store_some(own, _mm256_fmadd_ps(value, low, load_some(own, width)), width);
            store_some(own + 8,
                       _mm256_fmadd_ps(value, high, load_some(own + 8, width - 8)),
                       width - 8);
        }
    }
}

/* Clear the gradient of all inputs that entries have: many levels may add to one. */
static void
clear_entries(const Plan *plan, int n_units, float *gradient)
{
    int n_entries = plan->entry[plan->n_cells - plan->n_ramp_cells];
    int from = plan->n_inputs, to = 0;
    for (int place = 0; place < n_entries; place++) {
        int input = plan->entry_input[place];
        from = input < from ? input : from;
        to = input >= to ? input + 1 : to;
    }
    if (from < to)
        memset(gradient + (size_t)from * n_units, 0,
               (size_t)(to - from) * n_units * sizeof(float));
}

FOR_AVX2 void
cells_backward(const Plan *plan, const Rows *rows, Tables *tables, const float *delta,
               int n_units, float *gradient)
{
    int n_level_cells = plan->n_cells - plan->n_ramp_cells;
    clear_entries(plan, n_units, gradient);
    for (int block = 0; block < n_blocks(n_units); block++) {
        int begin = block * UNITS;
        int width = n_units - begin < UNITS ? n_units - begin : UNITS;
        float *ramps = tables->ramps + (size_t)block * plan->n_ramp_cells * PAIR;
        float *levels = tables->levels + (size_t)block * n_level_cells * UNITS;
        memset(ramps, 0, (size_t)plan->n_ramp_cells * PAIR * sizeof(float));
        for (int place = 0; place < tables->n_used; place++)
            memset(levels + (size_t)tables->used[place] * UNITS, 0,
                   UNITS * sizeof(float));
        sum_levels(plan, rows, levels, delta + begin, n_units, width);
        pass_levels(plan, tables, levels, n_units, width, gradient + begin);
        for (int from = 0, to; from < plan->n_ramp_columns; from = to) {
            to = near_columns(plan, from);
            sum_ramps(plan, rows, ramps, from, to, delta + begin, n_units, width);
        }
        pass_ramps(plan, ramps, n_units, width, gradient + begin);
    }
}

#endif
