/* What the machine can do, and code for it. */
#ifndef SKLEARN_KD_CPU_H
#define SKLEARN_KD_CPU_H

/* Functions marked FOR_AVX2 are compiled for AVX2 and FMA, whatever the rest is
 * compiled for, and may be called only where cpu_has_avx2(). */
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
#define HAVE_AVX2_BUILD 1
#define FOR_AVX2 __attribute__((target("avx2,fma")))
static inline int
cpu_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
#define HAVE_AVX2_BUILD 0
#define FOR_AVX2
static inline int
cpu_has_avx2(void)
{
    return 0;
}
#endif

#endif
