/* A network behind the cells of a TabularEncoder: its parameters and its memory. */
#ifndef SKLEARN_KD_NETWORK_H
#define SKLEARN_KD_NETWORK_H

#include "cells.h"
#include "layers.h"

typedef struct {
    Plan plan;
    int n_layers;           /* of weights */
    const int32_t *sizes;   /* of the input and of each layer: n_layers + 1 numbers */
    enum activation activation;
    Gemm gemm;
    float *parameters, *gradient, *mean, *square; /* weights, intercept, layer by layer */
    int batch;              /* most rows of a step */
    int n_targets;
    float *work;            /* work_size() floats */
    Tables tables;
    Rows gathered;          /* room for the rows of a step, in `work` */
    float *layers, *deltas; /* of each layer `batch` rows, in `work` */
} Network;

/* Floats of the parameters. */
size_t n_parameters(const Network *network);

/* Floats of memory that a network needs beside its parameters. */
size_t work_size(const Network *network);

/* Part the memory. */
void part_work(Network *network);

/* The outputs of the network and their gradient, `batch` rows each. */
float *outputs_of(const Network *network);
float *output_gradient_of(const Network *network);

/* Compute the layers of the rows whose cells were found last. */
void forward(Network *network, const Rows *rows);

/* Compute the gradient of the parameters from that of the outputs. */
void backward(Network *network, const Rows *rows);

/* Take a step of AdamW by the gradient. */
void update(Network *network, const Step *step);

#endif
