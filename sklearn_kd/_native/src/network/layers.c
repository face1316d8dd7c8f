/* The layers behind the first, losses and the optimizer, on rows of float32. */
#include "layers.h"

#include <math.h>
#include <string.h>

#include "vectors.h"

#if HAVE_AVX2_BUILD

/* BLAS counts by columns: what is a matrix by rows is turned there, so that the operands
 * change places. */
static void
multiply(Gemm gemm, char turn_right, char turn_left, int m, int n, int k,
         const float *right, int right_stride, const float *left, int left_stride,
         float *out)
{
    float one = 1, zero = 0;
    if (n == 0 || m == 0)
        return;
    gemm(&turn_right, &turn_left, &m, &n, &k, &one, (float *)right, &right_stride,
         (float *)left, &left_stride, &zero, out, &m);
}

void
product(Gemm gemm, int n, int m, int k, const float *left, const float *right, float *out)
{
    multiply(gemm, 'N', 'N', m, n, k, right, m, left, k, out);
}

void
product_of_turned(Gemm gemm, int n, int m, int k, const float *left, const float *right,
                  float *out)
{
    multiply(gemm, 'N', 'T', m, n, k, right, m, left, n, out);
}

void
product_with_turned(Gemm gemm, int n, int m, int k, const float *left,
                    const float *right, float *out)
{
    multiply(gemm, 'T', 'N', m, n, k, right, k, left, k, out);
}

FOR_AVX2 void
add_to_rows(int n_rows, int n_units, const float *intercept, float *rows)
{
    for (int row = 0; row < n_rows; row++, rows += n_units)
        for (int unit = 0; unit < n_units; unit++)
            rows[unit] += intercept[unit];
}

FOR_AVX2 void
scale_rows(int n_rows, int n_units, const float *factor, float *rows)
{
    for (int row = 0; row < n_rows; row++, rows += n_units)
        for (int unit = 0; unit < n_units; unit++)
            rows[unit] *= factor[unit];
}

FOR_AVX2 void
sum_rows(int n_rows, int n_units, const float *rows, float *sums)
{
    memset(sums, 0, n_units * sizeof(float));
    for (int row = 0; row < n_rows; row++, rows += n_units)
        for (int unit = 0; unit < n_units; unit++)
            sums[unit] += rows[unit];
}

FOR_AVX2 void
activate(enum activation activation, size_t size, float *values)
{
    const __m256 zero = _mm256_setzero_ps(), one = _mm256_set1_ps(1);
    const __m256 sign = _mm256_set1_ps(-0.0f);
    if (activation == IDENTITY)
        return;
    for (size_t place = 0; place < size; place += 8) {
        long left = (long)(size - place);
        __m256 x = load_some(values + place, left);
        if (activation == RELU)
            x = _mm256_max_ps(zero, x); /* NaN stays NaN */
        else if (activation == LOGISTIC)
            x = _mm256_div_ps(one, _mm256_add_ps(one, exp_of(_mm256_xor_ps(sign, x))));
        else { /* tanh |x| = (1 - e) / (1 + e), where e = exp(-2 |x|) */
            __m256 e = exp_of(
                _mm256_mul_ps(_mm256_set1_ps(-2), _mm256_andnot_ps(sign, x)));
            __m256 size_of_it = _mm256_div_ps(_mm256_sub_ps(one, e), _mm256_add_ps(one, e));
            x = _mm256_or_ps(size_of_it, _mm256_and_ps(sign, x));
        }
        store_some(values + place, x, left);
    }
}

FOR_AVX2 void
derive(enum activation activation, size_t size, const float *values, float *delta)
{
    const __m256 zero = _mm256_setzero_ps(), one = _mm256_set1_ps(1);
    if (activation == IDENTITY)
        return;
    for (size_t place = 0; place < size; place += 8) {
        long left = (long)(size - place);
        __m256 value = load_some(values + place, left);
        __m256 d = load_some(delta + place, left);
        if (activation == RELU)
            d = _mm256_and_ps(d, _mm256_cmp_ps(value, zero, _CMP_GT_OQ));
        else if (activation == TANH)
            d = _mm256_mul_ps(d, _mm256_fnmadd_ps(value, value, one));
        else
            d = _mm256_mul_ps(d, _mm256_mul_ps(value, _mm256_sub_ps(one, value)));
        store_some(delta + place, d, left);
    }
}

/* Shift each row to a maximum of 0: then no exponential overflows. */
FOR_AVX2 static void
shift_rows(int n_rows, int n_outputs, float *outputs)
{
    for (int row = 0; row < n_rows; row++, outputs += n_outputs) {
        float top = outputs[0];
        for (int k = 1; k < n_outputs; k++)
            top = outputs[k] > top ? outputs[k] : top;
        for (int k = 0; k < n_outputs; k++)
            outputs[k] -= top;
    }
}

/* Cross-entropy of softmax with targets that sum to 1. */
FOR_AVX2 static double
softmax_loss(const Rows *rows, int n_outputs, double weight, float *outputs,
             float *gradient)
{
    size_t size = (size_t)rows->n_rows * n_outputs;
    double total = 0;
    shift_rows(rows->n_rows, n_outputs, outputs);
    for (size_t place = 0; place < size; place += 8) {
        long left = (long)(size - place);
        store_some(gradient + place, exp_of(load_some(outputs + place, left)), left);
    }
    for (int row = 0; row < rows->n_rows; row++) {
        const float *targets = rows->targets + (size_t)row * n_outputs;
        float sum = 0, at_targets = 0;
        for (int k = 0; k < n_outputs; k++) {
            sum += gradient[k];
            at_targets += targets[k] * outputs[k];
        }
        float own = (float)(rows->weights ? weight * rows->weights[row] : weight);
        total += (double)own * (logf(sum) - at_targets);
        float scale = 1 / sum;
        for (int k = 0; k < n_outputs; k++)
            gradient[k] = (gradient[k] * scale - targets[k]) * own;
        gradient += n_outputs;
        outputs += n_outputs;
    }
    return total;
}

/* Half the squared error, averaged over the outputs. */
FOR_AVX2 static double
squared_loss(const Rows *rows, int n_outputs, double weight, const float *outputs,
             float *gradient)
{
    const float *targets = rows->targets;
    double total = 0;
    for (int row = 0; row < rows->n_rows; row++) {
        float own = (float)(rows->weights ? weight * rows->weights[row] : weight);
        float sum = 0, each = own / n_outputs;
        for (int k = 0; k < n_outputs; k++) {
            float error = outputs[k] - targets[k];
            sum += error * error;
            gradient[k] = error * each;
        }
        total += 0.5 * (double)sum * each;
        gradient += n_outputs;
        outputs += n_outputs;
        targets += n_outputs;
    }
    return total;
}

double
loss_of_rows(enum loss loss, const Rows *rows, int n_outputs, double weight,
             float *outputs, float *gradient)
{
    return loss == SOFTMAX ? softmax_loss(rows, n_outputs, weight, outputs, gradient)
                           : squared_loss(rows, n_outputs, weight, outputs, gradient);
}

FOR_AVX2 void
adamw(const Step *step, size_t size, int decays, const float *gradient,
      float *parameters, float *mean, float *square)
{
    const __m256 kept_mean = _mm256_set1_ps(step->kept_mean);
    const __m256 kept_square = _mm256_set1_ps(step->kept_square);
    const __m256 rate = _mm256_set1_ps(step->rate);
    const __m256 epsilon = _mm256_set1_ps(step->epsilon);
    const __m256 kept = _mm256_set1_ps(decays ? step->kept : 1);
    for (size_t place = 0; place < size; place += 8) {
        long left = (long)(size - place);
        __m256 g = load_some(gradient + place, left);
        __m256 m = _mm256_fmadd_ps(load_some(mean + place, left), kept_mean, g);
        __m256 s = _mm256_mul_ps(load_some(square + place, left), kept_square);
        s = _mm256_fmadd_ps(g, g, s);
        __m256 change = _mm256_add_ps(_mm256_sqrt_ps(s), epsilon);
        change = _mm256_div_ps(_mm256_mul_ps(rate, m), change);
        __m256 w = _mm256_mul_ps(load_some(parameters + place, left), kept);
        store_some(mean + place, m, left);
        store_some(square + place, s, left);
        store_some(parameters + place, _mm256_sub_ps(w, change), left);
    }
}

#endif
