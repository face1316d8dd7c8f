"""A C header under construction: tables, functions and the body of the prediction."""

import numpy as np

from sklearn_kd.export._c.text import doubles, filled, floats, listed, quoted

#: What may be called by the body, in C; ``@`` stands for the name of the header.
FUNCTIONS = {
    "cell": """
/* Counts which of the first n knots, but for one, are not above a value. */
static inline int @_cell(const float *knots, int n, float value) {
    const float *found = knots;
    while (n > 1) { /* no branch depends on the value */
        const int half = n / 2;
        found = found[half] <= value ? found + half : found;
        n -= half;
    }
    return (int)(found - knots);
}
""",
    "bounded": """
/* Cuts a number off where differences from all knots are finite. */
static inline float @_bounded(float value) {
    return value < -1e38f ? -1e38f : value > 1e38f ? 1e38f : value;
}
""",
    "level": """
/* Gives the row of the vector of a code: that of a level, unknown or missing. */
static inline int @_level(float code, int n_levels, int missing) {
    if (isnan(code))
        return missing;
    if (code >= 0.0f && code < (float)n_levels && code == (float)(int)code)
        return (int)code;
    return n_levels; /* unknown */
}
""",
    "softplus": """
static inline float @_softplus(float value) {
    return (value > 0.0f ? value : 0.0f) + log1pf(expf(-fabsf(value)));
}
""",
}


#: Characters that compilers of C99 have to accept in a literal.
_LONGEST = 4095

#: The largest whole number of eight bits that has a negative twin.
MOST = 127

#: Rows of weights that are added in one loop over a layer; a power of two.
AT_ONCE = 4


class Header:
    """Collects the parts of a header.

    Parameters
    ----------
    name : str
        What all names begin with.
    quantized : bool
        Whether weights are whole numbers of eight bits.

    Attributes
    ----------
    body : list of str
        Lines of the function that predicts.
    value : str
        Name of the array that holds what the last step gave.
    width : int
        How many numbers these are.
    kind : {"float", "double"}
        Their type.
    flash : int
        Bytes of the tables that a prediction reads.
    """

    def __init__(self, name, quantized):
        self.name, self.quantized = name, quantized
        self.tables, self.functions, self.body = [], {}, []
        self.value, self.width, self.kind = "x", None, "float"
        self.flash, self._buffers = 0, {}
        self._n_layers = 0

    def own(self, code):
        """Put the name of the header into code."""
        return code.replace("@", self.name)

    def macro(self, ending):
        """Give the name of a macro."""
        return f"{self.name.upper()}_{ending}"

    def line(self, *lines):
        """Add lines to the body, with its indent."""
        self.body += [" " * 4 + self.own(line) for line in lines]

    def call(self, function):
        """Make sure that a function of this module is there."""
        self.functions[function] = self.own(FUNCTIONS[function])

    def define(self, code):
        """Add code in front of the body, once."""
        self.functions[code] = self.own(code)

    def text_table(self, ending, kind, literals):
        """Add a table of literals; give its name."""
        name = f"{self.name}_{ending}"
        const = "" if kind.startswith("const") else "const "
        self.tables.append(
            f"static {const}{kind}{name}[{len(literals)}] = {{\n{filled(literals)}\n}};"
        )
        return name

    def strings(self, ending, texts):
        """Add a table of strings; give its name."""
        literals = []
        for place, text in enumerate(texts):
            literal = quoted(text)
            if len(literal) > _LONGEST:
                own = f"text_{place}_of_{ending}"
                literal = self.text_table(own, "char ", listed(text))
            literals.append(literal)
        return self.text_table(ending, "const char *const ", literals)

    def table(self, ending, values):
        """Add a table of numbers that the prediction reads; give its name.

        Floats become float, and whole numbers the shortest type of two that holds them.
        """
        values = np.asarray(values)
        if values.dtype.kind == "f":
            kind, size, literals = "float ", 4, floats(values)
        elif values.dtype == np.int8:
            kind, size, literals = "signed char ", 1, list(map(str, values.ravel()))
        else:
            short = values.max(initial=0) < 1 << 16
            kind, size = ("unsigned short ", 2) if short else ("long ", 4)
            literals = list(map(str, values.ravel().tolist()))
        self.flash += size * len(literals)
        return self.text_table(ending, kind, literals)

    def weights(self, ending, values, scale):
        """Add a table of weights: float, or whole numbers times a scale a column."""
        if scale is None:
            return self.table(ending, np.asarray(values, dtype=np.float64))
        whole = np.clip(np.rint(values / scale), -MOST, MOST)
        return self.table(ending, whole.astype(np.int8))

    def weight(self, element):
        """Write an element of such a table as a float."""
        return f"(float){element}" if self.quantized else element

    @property
    def weight_kind(self):
        """The type of these elements."""
        return "signed char" if self.quantized else "float"

    @property
    def each(self):
        """Begin a loop over the numbers of a layer."""
        return f"for (int u = 0; u < {self.width}; u++)"

    def add_rows(self, ending, rows, scale, factor):
        """Add to the value rows of weights, each times a factor of its number `i`."""
        table = self.weights(ending, rows, scale)
        self.line(f"w = {table};")
        self.add(
            len(rows),
            f"    const float s{{k}} = {factor};",
            term=f"s{{k}} * {self.weight('w[{u}]')}",
            step=", w += {size}",
        )

    def add(self, count, *prepare, term, step=""):
        """Add terms to the value, several in each loop over it: it is read less often.

        Parameters
        ----------
        count : int
            How many terms there are.
        *prepare : str
            Lines in front of the loop, for each term; in these and in `term` ``{i}``
            stands for the number of the term, ``{k}`` for its place among those of a
            loop, and ``{u}`` for the place in the weights of all of them.
        term : str
            What is added to element ``u``.
        step : str, default=""
            What else moves on, by ``{size}`` weights.
        """
        full = count - count % AT_ONCE
        for start, end, n in ((0, full, AT_ONCE), (full, count, 1)):
            if start == end:
                continue
            places = [{"k": 0, "i": "i", "u": "u"}]
            for k in range(1, n):
                places.append({"k": k, "i": f"i + {k}", "u": f"u + {k * self.width}"})
            terms = [term.format(**each) for each in places]
            while len(terms) > 1:  # in pairs, which do not wait for each other
                pairs = zip(terms[::2], terms[1::2], strict=True)
                terms = [f"({a} + {b})" for a, b in pairs]
            moved = f"i += {n}" if n > 1 else "i++"
            moved += step.format(size=n * self.width)
            self.line(
                f"for (int i = {start}; i < {end}; {moved}) {{",
                *[line.format(**each) for each in places for line in prepare],
                f"    {self.each}",
                f"        {self.value}[u] += {terms[0]};",
                "}",
            )

    def double_table(self, ending, values):
        """Add a table of float64 numbers that the prediction reads; give its name."""

        self.flash += 8 * np.size(values)
        return self.text_table(ending, "double ", doubles(values))

    def layer(self):
        """Count layers; give the number of a new one."""
        self._n_layers += 1
        return self._n_layers

    def next_buffer(self, width):
        """Move on to an array that does not hold the value of now; give its name."""
        name = "b" if self.value == "a" else "a"
        self._buffers[name] = max(width, self._buffers.get(name, 0))
        self.value, self.width = name, width
        return name

    @property
    def stack(self):
        """Bytes of the arrays on the stack."""
        return 4 * sum(self._buffers.values())

    @property
    def reads_row(self):
        """Whether a prediction depends on the row."""
        return any("(x, " in line or "(x[" in line for line in self.body)

    def declarations(self):
        """Declare them, and a pointer to weights where there is use for one."""
        arrays = [
            f"    float {name}[{n}];" for name, n in sorted(self._buffers.items())
        ]
        weights = f"    const {self.weight_kind} *w;"
        return arrays + [weights] * any(" w = " in line for line in self.body)
