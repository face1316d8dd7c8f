"""Compile a student's C header to WebAssembly, and put it into a page of one file.

    python build.py student.h page.html
    python build.py student.h student.wasm

It needs the header, the files beside this one and a compiler: ``pip install ziglang``,
or clang with lld. It fetches nothing, and leaves only the file that it writes.
"""

import argparse
import base64
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = ["-std=c11", "-O3", "-msimd128", "-ffreestanding", "-I", str(HERE)]
LINK = ["--no-entry", "--strip-all"]


class BuildError(Exception):
    """What keeps a page from being built, and what to do about it."""


#: The compilers in the order in which they are looked for, with their flags.
COMPILERS = {
    "ziglang": [
        sys.executable,
        "-m",
        "ziglang",
        "cc",
        "-target",
        "wasm32-freestanding",
    ],
    "zig": ["zig", "cc", "-target", "wasm32-freestanding"],
    "clang": ["clang", "--target=wasm32"],
}


def linker_of(name):
    """Give the command that links for WebAssembly, which comes with a compiler.

    It is called apart from the compiler: Zig would build a C library first, and clang
    runs wasm-opt where there is one.
    """
    if name != "clang":
        return [*COMPILERS[name][: COMPILERS[name].index("cc")], "wasm-ld"]
    asked = ["clang", "-print-prog-name=wasm-ld"]
    return [subprocess.run(asked, capture_output=True, text=True).stdout.strip()]


def is_installed(name):
    """Return whether a compiler is there, with its linker for WebAssembly."""
    if name == "ziglang":
        return find_spec("ziglang") is not None
    if not shutil.which(name):
        return False
    return shutil.which(linker_of(name)[0]) is not None


def choose_compiler():
    """Name the first compiler that is installed."""
    for name in COMPILERS:
        if is_installed(name):
            return name
    raise BuildError(
        f"No compiler for WebAssembly is installed: looked for {', '.join(COMPILERS)}. "
        "Run `pip install ziglang`, or install clang together with lld."
    )


def name_of(header, path):
    """Find what the names of a header begin with."""
    found = re.search(r"void (\w+)_predict\(const float \*x", header)
    if found is None or f"{found[1]}_metadata[" not in header:
        raise BuildError(
            f"{path} has no functions of a student: expected a header written by "
            "sklearn_kd.export.to_c(student, path=...)."
        )
    return found[1]


def read(path):
    """Read a header."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"Cannot read {path}: {error}.") from None


def compile_header(path, compiler=None):
    """Compile a header to WebAssembly.

    Parameters
    ----------
    path : str or Path
        The header.
    compiler : str or None
        One of `COMPILERS`; None takes the first that is installed.

    Returns
    -------
    bytes
        A module without imports, with the functions of wrapper.c.
    """
    header = read(path)
    name = name_of(header, path)
    wrapper = (HERE / "wrapper.c").read_text(encoding="utf-8")
    wrapper = wrapper.replace("student", name).replace("STUDENT", name.upper())
    compiler = compiler or choose_compiler()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / f"{name}.h").write_text(header, encoding="utf-8")
        (folder / "wrapper.c").write_text(wrapper, encoding="utf-8")
        compiled, linked = folder / "wrapper.o", folder / "student.wasm"
        run(
            compiler,
            [*COMPILERS[compiler], *FLAGS, "-c", folder / "wrapper.c"],
            compiled,
        )
        run(compiler, [*linker_of(compiler), *LINK, compiled], linked)
        return linked.read_bytes()


def run(compiler, command, target):
    """Run a command that writes a file, whose folder takes what it caches."""
    caches = dict.fromkeys(
        ["ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"], target.parent
    )
    environment = {**os.environ, **caches}
    try:
        done = subprocess.run(
            [*command, "-o", target], capture_output=True, text=True, env=environment
        )
    except OSError as error:
        raise BuildError(f"Cannot run {compiler}: {error}.") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise BuildError("\n".join([f"{compiler} failed:", *said[:20]]))


def page(module, title):
    """Write the page with its style, its scripts and a module in it.

    Parameters
    ----------
    module : bytes
        WebAssembly.
    title : str
        Of the page.

    Returns
    -------
    str
        HTML.
    """

    def text(name):
        return (HERE / name).read_text(encoding="utf-8")

    def style(tag):
        return f"<style>\n{text(tag[1])}</style>"

    def script(tag):
        return f"<script>\n{text(tag[1])}</script>"

    filled = re.sub(r'<link rel="stylesheet" href="(.*?)">', style, text("page.html"))
    filled = re.sub(r'<script src="(.*?)"></script>', script, filled)
    filled = filled.replace("{{title}}", html.escape(title))
    return filled.replace("{{module}}", base64.b64encode(module).decode())


def build(source, target, title=None, compiler=None):
    """Write a page, or the module alone for a target that ends with .wasm."""
    target = Path(target)
    if target.suffix not in (".html", ".wasm"):
        raise BuildError(f"Cannot write {target}: expected a name in .html or .wasm.")
    module = compile_header(source, compiler)
    if target.suffix == ".html":
        content = page(module, title or f"Predictions of {Path(source).stem}").encode()
    else:
        content = module
    try:
        target.write_bytes(content)
    except OSError as error:
        raise BuildError(f"Cannot write {target}: {error}.") from None
    return f"{target}: {len(content)} bytes, of which the module has {len(module)}"


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("header", help="written by sklearn_kd.export.to_c")
    parser.add_argument(
        "target", help="page.html, or student.wasm for the module alone"
    )
    parser.add_argument("--title", help="of the page")
    parser.add_argument("--compiler", choices=COMPILERS, help="instead of the first")
    given = parser.parse_args()
    try:
        print(build(given.header, given.target, given.title, given.compiler))
    except BuildError as error:
        sys.exit(f"build.py: {error}")


if __name__ == "__main__":
    main()
