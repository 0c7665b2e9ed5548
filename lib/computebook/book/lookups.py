"""Look things up once per build that Sphinx and its extensions look up at every reference.

Half of a build went into reading the same pages again: each numbered reference read the whole
page that it points to, each citation searched every installed package for a plug-in, and each
docstring compiled the template of all docstrings.
"""

from __future__ import annotations

import functools
import importlib
from types import SimpleNamespace
from typing import Any

import pybtex.plugin
from docutils.nodes import Element
from jinja2 import BaseLoader
from jinja2.sandbox import SandboxedEnvironment
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains.std import StandardDomain
from sphinx.environment import BuildEnvironment

__all__ = ["setup_lookups"]


class _PagesOnce:
    """The build's environment, with each page's labelled parts read once."""

    def __init__(self, env: BuildEnvironment, pages: dict[str, SimpleNamespace]) -> None:
        self._env, self._pages = env, pages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)

    def get_doctree(self, docname: str) -> SimpleNamespace:
        if docname not in self._pages:
            self._pages[docname] = SimpleNamespace(ids=self._env.get_doctree(docname).ids)
        return self._pages[docname]


class QuickStandardDomain(StandardDomain):
    """The domain of labels; a numbered reference does not read its page again."""

    def _resolve_numref_xref(  # the one place that reads pages only to look at a label
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> Element | None:
        pages = self.__dict__.setdefault("_pages", {})
        once: Any = _PagesOnce(env, pages)
        return super()._resolve_numref_xref(once, fromdocname, builder, typ, target, node, contnode)


class _Environments:
    """Gives numpydoc the same environment each time that it asks for a new one."""

    def __init__(self) -> None:
        self._made: SandboxedEnvironment | None = None

    def __call__(self, loader: BaseLoader) -> SandboxedEnvironment:
        if self._made is None:
            self._made = SandboxedEnvironment(loader=loader)
        return self._made


def setup_lookups(app: Sphinx) -> None:
    """Put the quick look-ups in place for a build.

    Parameters
    ----------
    app : sphinx Application
        The build.
    """
    app.add_domain(QuickStandardDomain, override=True)
    if not hasattr(pybtex.plugin.find_plugin, "cache_info"):
        pybtex.plugin.find_plugin = functools.cache(pybtex.plugin.find_plugin)
    # An environment keeps the templates that it has compiled: one serves all docstrings.
    docstrings: Any = importlib.import_module("numpydoc.docscrape_sphinx")  # it has no types
    docstrings.SandboxedEnvironment = _Environments()
