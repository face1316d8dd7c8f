"""Compiling C headers, all in one program, and running them on rows of tables."""

import shutil
import sys

import numpy as np
from processes import run

from sklearn_kd.export._program import program_of

#: As strict as the header claims to be.
STRICT = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-pedantic",
    "-std=c99",
    "-Wconversion",
    "-Wshadow",
]
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

#: The compiler that pip installs, and the system's, or that one if there is none.
ZIG = [sys.executable, "-m", "ziglang"]
COMPILER = ["cc"] if shutil.which("cc") else [*ZIG, "cc"]
CPP_COMPILER = ["g++"] if shutil.which("g++") else [*ZIG, "c++"]

_MAIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

{includes}

/* Reads rows of a file, writes outputs, labels or predictions behind each other. */
#define RUN(name, NAME, type, n_decided, decide)                                  \
    static int run_##name(FILE *rows, FILE *out) {{                               \
        float *x = malloc(sizeof(float) * NAME##_N_FEATURES);                     \
        type *given = malloc(sizeof(type) * NAME##_N_OUTPUTS);                    \
        while (fread(x, sizeof(float), NAME##_N_FEATURES, rows)                   \
               == NAME##_N_FEATURES) {{                                           \
            double decided[n_decided];                                            \
            name##_predict(x, given);                                             \
            for (int i = 0; i < NAME##_N_OUTPUTS; i++) {{                         \
                const double value = (double)given[i];                            \
                fwrite(&value, sizeof value, 1, out);                             \
            }}                                                                    \
            decide;                                                               \
            fwrite(decided, sizeof decided, 1, out);                              \
        }}                                                                        \
        free(x);                                                                  \
        free(given);                                                              \
        return 0;                                                                 \
    }}

{runs}

int main(int argc, char **argv) {{
    for (int i = 1; i + 2 < argc; i += 3) {{
        FILE *rows = fopen(argv[i + 1], "rb"), *out = fopen(argv[i + 2], "wb");
        if (rows == NULL || out == NULL)
            return 2;
{calls}
        fclose(rows);
        fclose(out);
    }}
    return 0;
}}
"""


def build(folder, sources, *options, compiler=COMPILER):
    """Compile texts by their file names; give the path of the program."""
    for name, text in sources.items():
        (folder / name).write_text(text, encoding="utf-8")
    files = [folder / name for name in sources if not name.endswith(".h")]
    program = folder / "program"
    succeed([*compiler, *options, "-o", program, *files, "-lm"])
    return program


def succeed(command):
    """Run a command that has to succeed; give what it printed."""
    done = run(command)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


class Headers:
    """Headers of several models in one program.

    Parameters
    ----------
    folder : Path
        To write to.
    models : dict of str to estimator
        By the name that their headers have.
    texts : dict of str to str
        The headers.
    options : list of str
        Of the compiler, beside the strict ones.
    """

    def __init__(self, folder, models, texts, options):
        self.folder, self.models = folder, models
        runs, calls = [], []
        for name, model in models.items():
            program, type_ = program_of(model, "test"), "float"
            n_decided, call = 1, f"decided[0] = {name}_class(given)"
            if program.classes is None:
                type_, decision = "double", program.decision
                n_decided = len(decision.deviation) // decision.n_levels
                call = f"{name}_decide(given, decided)"
                if decision.quantiles is None:
                    call = "memcpy(decided, given, sizeof decided)"
            runs.append(f"RUN({name}, {name.upper()}, {type_}, {n_decided}, {call})")
            calls.append(
                f'if (strcmp(argv[i], "{name}") == 0 && run_{name}(rows, out) != 0) '
                "return 3;"
            )
        main = _MAIN.format(
            includes="\n".join(f'#include "{name}.h"' for name in models),
            runs="\n".join(runs),
            calls="\n".join(calls),
        )
        sources = {f"{name}.h": text for name, text in texts.items()}
        self.program = build(folder, {**sources, "main.c": main}, *STRICT, *options)

    def run(self, rows):
        """Predict float32 rows by each model.

        Parameters
        ----------
        rows : dict of str to ndarray
            By the name of the header.

        Returns
        -------
        dict of str to (ndarray, ndarray)
            The outputs, and what is decided of them: places of labels, or predictions.
        """
        arguments = []
        for name, own in rows.items():
            path = self.folder / f"{name}.rows"
            path.write_bytes(np.ascontiguousarray(own, dtype=np.float32).tobytes())
            arguments += [name, str(path), str(self.folder / f"{name}.out")]
        succeed([self.program, *arguments])
        given = {}
        for name, own in rows.items():
            values = np.fromfile(self.folder / f"{name}.out").reshape(len(own), -1)
            n_outputs = self._n_outputs(name)
            given[name] = values[:, :n_outputs], values[:, n_outputs:]
        return given

    def _n_outputs(self, name):
        program = program_of(self.models[name], "test")
        known = program.classes
        return len(program.decision.deviation if known is None else known)


def rows_of(model, X):
    """Rows in float32, with the codes of levels as the header numbers them."""
    columns = []
    for at, column in enumerate(program_of(model, "test").inputs):
        values = X[:, at] if isinstance(X, np.ndarray) else X.iloc[:, at]
        if column.levels is None:
            columns.append(np.asarray(values, dtype=np.float64).astype(np.float32))
            continue
        levels = sorted(level for level in column.levels if level is not None)
        codes = {level: float(code) for code, level in enumerate(levels)}
        missing = [value is None or value != value for value in values]
        columns.append(
            [
                np.nan if absent else codes.get(value, -1.0)
                for value, absent in zip(values, missing, strict=True)
            ]
        )
    return np.column_stack(columns).astype(np.float32)
