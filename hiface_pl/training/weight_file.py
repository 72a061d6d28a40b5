"""Weight files: what a reconstructor learned, as safetensors, with all it takes to build it again and to see that it still is the same.

The tensors carry the names of the network's own. The header holds four texts of JSON or hex: the ReconstructorRecord, the training record,
the probe and a digest of everything else, since safetensors itself has no checksum.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hiface_pl.errors import CheckpointError
from hiface_pl.paths import replacing
from hiface_pl.training.checkpoint import ReconstructorRecord, first_line, record_of
from hiface_pl.training.stored import StoredReconstructor

TRAINING, PROBE, DIGEST = "training", "probe", "sha256"
EXPORTED = "use one that `hiface-pl export` wrote"
LONGEST_HEADER = 100_000_000
"""Bytes: the limit of the safetensors format."""


def is_weight_file(path: Path) -> bool:
    """Whether a file begins as safetensors do: the header's length in eight bytes, and a brace."""
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError:
        return False
    return head[8:] == b"{" and 0 < int.from_bytes(head[:8], "little") <= LONGEST_HEADER


def write_weight_file(stored: StoredReconstructor, path: Path) -> StoredReconstructor:
    """Writes `stored` under another name, reads it back, and returns what was read. Raises OutputError."""
    weights = {name: value.contiguous() for name, value in stored.weights.items()}
    texts = {
        ReconstructorRecord.KEY: json.dumps(stored.record.as_dict()),
        TRAINING: json.dumps(dict(stored.training)),
        PROBE: json.dumps(dict(stored.probe)),
    }
    with replacing(path) as temporary:
        save_file(weights, temporary, texts | {DIGEST: _digest(weights, texts)})
        written = read_weight_file(temporary)
    return replace(written, path=path)


def read_weight_file(path: Path) -> StoredReconstructor:
    """Reads what `write_weight_file` wrote; nothing in the file is executed. Raises CheckpointError for damaged and for foreign files."""
    try:
        with safe_open(path, framework="pt") as file:
            texts = dict(file.metadata() or {})
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} is not a whole weight file ({first_line(error)}): fetch it again") from error
    if ReconstructorRecord.KEY not in texts:
        raise CheckpointError(f"{path} holds weights, but does not say of which network: {EXPORTED}")
    if texts.pop(DIGEST, None) != _digest(weights, texts):
        raise CheckpointError(f"{path} is damaged (its digest does not match): fetch it again")
    return _stored(path, texts, weights)


def _stored(path: Path, texts: Mapping[str, str], weights: Mapping[str, Tensor]) -> StoredReconstructor:
    try:
        record, training, probe = (json.loads(texts[key]) for key in (ReconstructorRecord.KEY, TRAINING, PROBE))
        return StoredReconstructor(
            path, record_of({ReconstructorRecord.KEY: record}, path), weights, probe, training.get("steps"), training
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"the header of {path} is not that of a weight file of this version ({error}): {EXPORTED}") from error


def model_card(written: StoredReconstructor) -> dict[str, Any]:
    """What a weight file says about itself, for people to read beside it."""
    record, content = written.record, written.path.read_bytes()
    return {
        "file": written.path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": record.licence,
        "face_model": record.face_model,
        "fingerprint": record.fingerprint,
        "bases": record.bases,
        "package": record.package,
        "parts": record.parts(),
        "numbers": sum(value.numel() for value in written.weights.values()),
        "training": dict(written.training),
    }


def halved(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights with matrices and kernels in 16 bits. Our choice: vectors, such as biases and what belongs to normalisations, are
    one per cent of the bytes and stay as they are; so does what 16 bits cannot hold to a thousandth of its largest number.
    """
    return {name: _half(value) for name, value in weights.items()}


def _half(value: Tensor) -> Tensor:
    if not value.is_floating_point() or value.dim() < 2:
        return value
    half = value.half()
    error = (half.float() - value).abs().amax()
    return half if bool(error <= 1e-3 * value.abs().amax()) else value


def _digest(weights: Mapping[str, Tensor], texts: Mapping[str, str]) -> str:
    """Over names, types and bytes of all weights, and over the texts."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.flatten().view(torch.uint8).numpy().tobytes())
    for key in sorted(texts):
        digest.update(f"{key} {texts[key]}".encode())
    return digest.hexdigest()
