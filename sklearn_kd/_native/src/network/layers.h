/* The layers behind the first, losses and the optimizer, on rows of float32. */
#ifndef SKLEARN_KD_LAYERS_H
#define SKLEARN_KD_LAYERS_H

#include <stddef.h>

#include "cells.h"

/* sgemm of BLAS, as Fortran calls it. */
typedef void (*Gemm)(char *, char *, int *, int *, int *, float *, float *, int *,
                     float *, int *, float *, float *, int *);

enum activation { RELU, IDENTITY, TANH, LOGISTIC };

enum loss { SOFTMAX, SQUARED };

/* Products of matrices by rows, written to `out` (n, m): left (n, k) times right (k, m);
 * left (k, n) turned times right (k, m); and left (n, k) times right (m, k) turned. */
void product(Gemm gemm, int n, int m, int k, const float *left, const float *right,
             float *out);
void product_of_turned(Gemm gemm, int n, int m, int k, const float *left,
                       const float *right, float *out);
void product_with_turned(Gemm gemm, int n, int m, int k, const float *left,
                         const float *right, float *out);

/* Add an intercept to each row, and multiply each unit by a factor. */
void add_to_rows(int n_rows, int n_units, const float *intercept, float *rows);
void scale_rows(int n_rows, int n_units, const float *factor, float *rows);

/* Sum rows. */
void sum_rows(int n_rows, int n_units, const float *rows, float *sums);

/* Apply an activation in place, and multiply a gradient by its derivative, which is
 * written in terms of the value. */
void activate(enum activation activation, size_t size, float *values);
void derive(enum activation activation, size_t size, const float *values, float *delta);

/* Give the weighted sum of the loss of rows, and write its gradient. The outputs are
 * overwritten. Row `r` has the weight `weight * weights[r]`. */
double loss_of_rows(enum loss loss, const Rows *rows, int n_outputs, double weight,
                    float *outputs, float *gradient);

/* The numbers of one step of AdamW: the learning rate and epsilon, with what corrects
 * the averages in them, and how much is kept of weights and of the averages. */
typedef struct {
    float rate, epsilon, kept, kept_mean, kept_square;
} Step;

/* Take a step on some parameters; only weights decay. */
void adamw(const Step *step, size_t size, int decays, const float *gradient,
           float *parameters, float *mean, float *square);

#endif
