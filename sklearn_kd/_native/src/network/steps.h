/* What a step of the training does with the rows of a table. */
#ifndef SKLEARN_KD_STEPS_H
#define SKLEARN_KD_STEPS_H

#include "../cpu.h"
#include "network.h"

#if HAVE_AVX2_BUILD

/* What is learned. */
typedef struct {
    enum loss loss;
    const float *factor;          /* of each output, or NULL for ones */
    const float *gradient_factor; /* of the gradient of each output */
    double unit;                  /* what the loss is divided by */
} Goal;

/* What became of some steps. */
typedef struct {
    double total;   /* loss of each step times its rows */
    int n_steps;    /* that were taken: up to the first loss that is not finite */
    int are_inside; /* whether all cells were ones of their columns */
} Outcome;

/* Go through the steps; those without `steps` only compute the loss. */
Outcome go_through(Network *network, const Goal *goal, const Rows *table,
                   const int64_t *order, const int64_t *bounds, int n_steps,
                   const Step *steps);

/* Compute the outputs of rows, so many at a time; 0 if a cell is not one of its
 * column. */
int compute_outputs(Network *network, const Rows *table, float *outputs);

#endif

#endif
