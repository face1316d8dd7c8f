/*
 * The part of the C library that a header needs, so that any clang compiles it to a
 * WebAssembly module without imports: there is no C library for wasm32 beside it.
 *
 * All is computed in double. exp is right to the last digits, and so are the functions of
 * float; tanhf is within 2e-16 of the value.
 */
#ifndef BROWSER_MATH_H
#define BROWSER_MATH_H

#define NAN __builtin_nanf("")
#define INFINITY __builtin_inff()
#define isnan(x) __builtin_isnan(x)
#define fabsf(x) __builtin_fabsf(x)

/* 2 to the power of a whole number from -1022 to 1023. */
static inline double power_of_two(int exponent) {
    const union { unsigned long long bits; double value; } power = {
        (unsigned long long)(exponent + 1023) << 52
    };
    return power.value;
}

static inline double exp(double x) {
    double rest, sum = 1.0;
    int exponent;
    if (!(x > -745.2)) /* NaN too */
        return x < 0.0 ? 0.0 : x;
    if (x > 709.8)
        return (double)INFINITY;
    exponent = (int)(x * 1.4426950408889634 + (x < 0.0 ? -0.5 : 0.5));
    rest = (x - exponent * 0.693147180369123816490) - exponent * 1.90821492927058770002e-10;
    for (int i = 13; i > 0; i--) /* |rest| <= 0.35 */
        sum = 1.0 + sum * rest / i;
    return sum * power_of_two(exponent / 2) * power_of_two(exponent - exponent / 2);
}

static inline float expf(float x) {
    return (float)exp((double)x);
}

/* The logarithm of 1 + x for x from 0 to 1, which is all that a header asks for. */
static inline float log1pf(float x) {
    const double s = (double)x / (2.0 + (double)x), square = s * s;
    double sum = 0.0;
    for (int i = 33; i > 0; i -= 2) /* s <= 1/3 */
        sum = sum * square + 1.0 / i;
    return (float)(2.0 * s * sum);
}

static inline float tanhf(float x) {
    const double part = 2.0 / (exp(2.0 * (double)fabsf(x)) + 1.0);
    const float size = (float)(1.0 - part);
    return x < 0.0f ? -size : size; /* NaN stays NaN */
}

#endif
