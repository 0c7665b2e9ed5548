"""Shapes of models that measured training runs name, beyond the table of architectures.

Tables of training results often print a shape in place of a name ("GPT 314B (h=16384, L=96,
...)"), or drop a suffix that says how a run was made. Both are read here, the same way for all.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from computebook import datasets, errors
from computebook.architectures import Transformer

__all__ = ["DENSE_SHAPES", "base_name", "shape_of"]

DENSE_SHAPES: Final[dict[str, tuple[int, int, int, int, int]]] = {
    "mpt-125m": (12, 768, 12, 3072, 50368), "mpt-350m": (24, 1024, 16, 4096, 50368),
    "mpt-760m": (24, 1536, 12, 6144, 50368), "gpt3-5b": (24, 4096, 32, 16384, 51200),
    "nemotron-8b": (32, 4096, 32, 16384, 256000), "nemotron-22b": (40, 6144, 48, 24576, 256000),
    "gpt-3 177b": (96, 12288, 96, 49152, 131072),
}  # fmt: skip
"""Layers, width, heads, inner width and vocabulary of plain GPTs, from their public recipes:
`mosaicml2023llmfoundry` yamls and the NeMo configurations; not re-read for this table."""

_ALIASES: Final = {"gpt 530b": "Megatron 530B", "llama-3.1 405b": "llama-3.1-405b"}
_SUFFIX: Final = re.compile(
    r"\s*\((?:w/o mtp|tokendrop|no mtp|dropless)\)|[\s_-]+(?:lora|sft|pretrain(?:ing)?)$", re.I
)
_PRINTED: Final = re.compile(r"(h|L|heads|a|v)\s*=\s*(\d+)")
_BILLIONS: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([BTM])\b")
_SCALE: Final = {"M": 1e6, "B": 1e9, "T": 1e12}
_DEFAULT_VOCABULARY: Final = 51_200
_BLOOM_VOCABULARY: Final = 250_880
_HEAD_WIDTH: Final = 128


def base_name(name: str) -> str:
    """Return a model's name without what says how the run was made.

    Parameters
    ----------
    name : str
        As recorded.

    Examples
    --------
    >>> base_name("DeepSeekV3 (w/o MTP)"), base_name("Llama-2-70B LoRA")
    ('DeepSeekV3', 'Llama-2-70B')
    """
    return _SUFFIX.sub("", name).strip()


def shape_of(name: str) -> Transformer | None:
    """Return the shape of a model by its recorded name.

    From the table of architectures, from `DENSE_SHAPES`, or from a shape printed in the name;
    layers that are not printed follow from the number of parameters.

    Parameters
    ----------
    name : str
        As recorded.

    Returns
    -------
    Transformer or None
        None if the name says nothing.

    Examples
    --------
    >>> shape_of("GPT 314B (h=16384,L=96,heads=128,v=131072)").hidden_size
    16384
    >>> shape_of("BLOOM-prequel 183B (h=14400)").layers
    72
    >>> shape_of("a model") is None
    True
    """
    plain = base_name(name)
    known = _ALIASES.get(plain.lower(), plain)
    for candidate in (known, re.sub(r"\s*\(.*\)$", "", known)):
        try:
            key = datasets.resolve("architectures", "architecture_id", "model", candidate)
        except errors.ComputebookError:
            row = DENSE_SHAPES.get(candidate.lower())
            if row is not None and "=" not in candidate:
                return _gpt(candidate.lower(), *row)
        else:
            if "h=" not in plain or candidate == known:
                return datasets.architecture(key)
    return _printed(plain)


def _gpt(key: str, layers: int, width: int, heads: int, inner: int, words: int) -> Transformer:
    """Return a plain GPT: full heads, an MLP without gate, tied embeddings."""
    return Transformer(
        architecture_id=key, layers=layers, hidden_size=width, attention_heads=heads,
        kv_heads=heads, head_dim=width // heads, ffn_size=inner, vocab_size=words,
        gated_mlp=False, tied_embeddings=True, attention="mha", norm_vectors_per_layer=4,
    )  # fmt: skip


def _printed(name: str) -> Transformer | None:
    """Return the shape that a name spells out, or None."""
    found = {key: int(value) for key, value in _PRINTED.findall(name)}
    if "h" not in found:
        return None
    width = found["h"]
    usual = _BLOOM_VOCABULARY if "bloom" in name.lower() else _DEFAULT_VOCABULARY
    words = found.get("v", usual)
    layers = found.get("L") or _layers(name, width, words)
    heads = found.get("heads") or found.get("a") or max(width // _HEAD_WIDTH, 1)
    if layers is None:
        return None
    key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return _gpt(key, layers, width, heads, 4 * width, words)


def _layers(name: str, width: int, words: int) -> int | None:
    """Return the layers that give the printed number of parameters, to a multiple of four."""
    size = _BILLIONS.search(name)
    if size is None:
        return None
    total = float(size[1]) * _SCALE[size[2]]
    return max(4 * int(np.round((total - words * width) / (12 * width**2) / 4)), 4)
