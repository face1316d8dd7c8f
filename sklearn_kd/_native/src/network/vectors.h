/* Eight floats at a time, for the functions that are compiled for AVX2. */
#ifndef SKLEARN_KD_VECTORS_H
#define SKLEARN_KD_VECTORS_H

#include "../cpu.h"

#if HAVE_AVX2_BUILD
#include <immintrin.h>
#include <stdint.h>

/* The first `n` lanes of eight, and no lane for n <= 0. */
FOR_AVX2 static inline __m256i
lanes(long n)
{
    const __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    int most = n > 8 ? 8 : n < 0 ? 0 : (int)n;
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(most), places);
}

/* Read up to eight floats, and zeros for the others. */
FOR_AVX2 static inline __m256
load_some(const float *from, long n)
{
    return n >= 8 ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, lanes(n));
}

/* Write up to eight floats. */
FOR_AVX2 static inline void
store_some(float *to, __m256 values, long n)
{
    if (n >= 8)
        _mm256_storeu_ps(to, values);
    else
        _mm256_maskstore_ps(to, lanes(n), values);
}

/* exp(x) to about 2e-7 of itself; below -87 it stays at 1e-38. NaN stays NaN. */
FOR_AVX2 static inline __m256
exp_of(__m256 x)
{
    /* max and min give their second operand where one is NaN */
    x = _mm256_max_ps(_mm256_set1_ps(-87.3f), x);
    x = _mm256_min_ps(_mm256_set1_ps(88.7f), x);
    /* exp(x) = 2**whole * exp(rest), where |rest| <= log(2) / 2 */
    __m256 whole = _mm256_round_ps(
        _mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
        _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 rest = _mm256_fnmadd_ps(whole, _mm256_set1_ps(0.693359375f), x);
    rest = _mm256_fnmadd_ps(whole, _mm256_set1_ps(-2.12194440e-4f), rest);
    __m256 sum = _mm256_set1_ps(1.9875691500e-4f);
    sum = _mm256_fmadd_ps(sum, rest, _mm256_set1_ps(1.3981999507e-3f));
    sum = _mm256_fmadd_ps(sum, rest, _mm256_set1_ps(8.3334519073e-3f));
    sum = _mm256_fmadd_ps(sum, rest, _mm256_set1_ps(4.1665795894e-2f));
    sum = _mm256_fmadd_ps(sum, rest, _mm256_set1_ps(1.6666665459e-1f));
    sum = _mm256_fmadd_ps(sum, rest, _mm256_set1_ps(5.0000001201e-1f));
    sum = _mm256_fmadd_ps(sum, _mm256_mul_ps(rest, rest), rest);
    sum = _mm256_add_ps(sum, _mm256_set1_ps(1.0f));
    /* a power of two by its exponent's bits, in two steps: one alone would be too far */
    __m256i power = _mm256_cvtps_epi32(whole);
    __m256i half = _mm256_srai_epi32(power, 1);
    const __m256i bias = _mm256_set1_epi32(127);
    __m256i one = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
    __m256i two =
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(power, half), bias), 23);
    sum = _mm256_mul_ps(sum, _mm256_castsi256_ps(one));
    return _mm256_mul_ps(sum, _mm256_castsi256_ps(two));
}
#endif

#endif
