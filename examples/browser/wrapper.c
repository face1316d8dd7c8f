/*
 * What a page calls: it writes a row, calls predict() and reads the outputs.
 * build.py writes the name of the header in place of "student".
 */
#include "student.h"

#define EXPORT(name) __attribute__((export_name(#name)))

static float row_[STUDENT_N_FEATURES];
static double outputs_[STUDENT_N_OUTPUTS];

/* STUDENT_N_FEATURES numbers, to be written. */
EXPORT(row) float *row(void) {
    return row_;
}

/* The probabilities of all classes, or all numbers, after predict(). */
EXPORT(outputs) double *outputs(void) {
    return outputs_;
}

/* Pieces of JSON up to a NULL. */
EXPORT(metadata) const char *const *metadata(void) {
    return student_metadata;
}

#ifdef STUDENT_N_CLASSES

/* Predicts the row; gives the position of its label among the classes. */
EXPORT(predict) int predict(void) {
    static float proba[STUDENT_N_CLASSES];
    student_predict(row_, proba);
    for (int i = 0; i < STUDENT_N_CLASSES; i++)
        outputs_[i] = proba[i];
    return student_class(proba);
}

#else

static double decided_[STUDENT_N_TARGETS];

/* The number that is predicted for each target, after predict(). */
EXPORT(decided) double *decided(void) {
    return decided_;
}

/* Predicts the row; gives how many targets there are. */
EXPORT(predict) int predict(void) {
    student_predict(row_, outputs_);
#ifdef STUDENT_N_QUANTILES
    student_decide(outputs_, decided_);
#else
    for (int i = 0; i < STUDENT_N_TARGETS; i++)
        decided_[i] = outputs_[i];
#endif
    return STUDENT_N_TARGETS;
}

#endif
