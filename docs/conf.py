"""Sphinx configuration. Builds offline, and the site needs no network either."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

import sklearn_kd

project = "sklearn_kd"
author = "sklearn_kd developers"
copyright = "2026, sklearn_kd developers"
release = sklearn_kd.__version__
version = ".".join(release.split(".")[:2])

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "code"

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False  # _templates/autosummary/class.rst lists them
suppress_warnings = ["ref.term"]  # :term:`fit` is in scikit-learn's glossary
extlinks = {
    "doi": ("https://doi.org/%s", "doi:%s"),
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
}

# The pictures of pages are drawn by the examples in them, while the site is built.
plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 110)]

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_kd {release}"
html_show_sourcelink = False
html_sidebars = {"*": [], "generated/*": []}  # only the guide lists its pages
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
# Readers would fetch MathJax from a server; browsers draw MathML themselves.
html_math_renderer = "mathml"


def _render_inline(translator, node):
    translator.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _render_block(translator, node):
    translator.body.append(f"<p>{tex2mathml(node.astext(), as_block=True)}</p>")
    raise nodes.SkipNode


def setup(app):
    """Register the renderer of formulas."""
    app.add_html_math_renderer("mathml", (_render_inline, None), (_render_block, None))
