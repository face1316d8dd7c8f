/* The first layer of a network through the cells of a TabularEncoder.
 *
 * A row of an encoded table is `n_dense` numbers as they are, and a cell a column. The
 * ramps of a numeric column are decided by the cell of a value and by the share of the
 * cell that lies below it: all ramps before are 1, those after are 0. What a nominal
 * column is encoded as is decided by the cell of the level. So the product of encoded
 * rows and weights is a few vectors of a table a row, and the table is made of the
 * weights once a step; its gradients are added up by cells, and passed on to the weights
 * once a step.
 */
#ifndef SKLEARN_KD_CELLS_H
#define SKLEARN_KD_CELLS_H

#include <stddef.h>
#include <stdint.h>

/* How cells are encoded as inputs of the network. The columns with ramps come first,
 * and their cells; the last cell of each is a missing value's. */
typedef struct {
    int n_inputs, n_dense;        /* the dense ones are the first inputs */
    int n_ramp_columns, n_columns;
    int n_ramp_cells, n_cells;
    const int32_t *first;         /* first cell of each column, and n_cells */
    const int32_t *ramp_input;    /* input of the first ramp of each column of ramps */
    const int32_t *flag_input;    /* input that is 1 where it is missing, or -1 */
    const int32_t *entry;         /* first entry of each level cell, and their number */
    const int32_t *entry_input;   /* input of an entry, */
    const float *entry_value;     /* and what it is there */
} Plan;

/* Rows that are learned in one step. */
typedef struct {
    int n_rows;
    const uint16_t *cells;    /* (n_rows, n_columns) */
    const float *shares;      /* (n_rows, n_ramp_columns) */
    const float *dense;       /* (n_rows, n_dense) */
    const float *targets;     /* (n_rows, n_targets) */
    const float *weights;     /* (n_rows,), or NULL for ones */
} Rows;

/* The tables of the first layer, and which level cells the rows of a step have. */
typedef struct {
    float *ramps;       /* [block of units][cell][value and rise][unit] */
    float *levels;      /* [block of units][cell][unit] */
    int32_t *used;      /* level cells of the rows, in any order */
    uint8_t *is_used;   /* of each level cell */
    int n_used;
} Tables;

/* Units that are computed at once. */
#define UNITS 16

static inline int
n_blocks(int n_units)
{
    return (n_units + UNITS - 1) / UNITS;
}

/* Floats that the tables take. */
size_t ramp_table_size(const Plan *plan, int n_units);
size_t level_table_size(const Plan *plan, int n_units);

/* List the level cells of some rows; 0 if a cell is not one of its column. */
int find_cells(const Plan *plan, const Rows *rows, Tables *tables);

/* Add the intercept, and what cells give, to the product of the dense inputs with their
 * weights, in `out` (n_rows, n_units). The cells are those that were found last. */
void cells_forward(const Plan *plan, const Rows *rows, Tables *tables,
                   const float *weights, const float *intercept, int n_units,
                   float *out);

/* Write the gradient of the weights of what cells are encoded as to `gradient`,
 * (n_inputs, n_units), from that of the layer, `delta`. The tables are overwritten. */
void cells_backward(const Plan *plan, const Rows *rows, Tables *tables,
                    const float *delta, int n_units, float *gradient);

#endif
