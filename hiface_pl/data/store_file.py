"""What readers and the writer of a store agree on: names, keys and the meta entry."""

from pathlib import Path

import lmdb

from hiface_pl.data.store_meta import FORMAT, StoreMeta
from hiface_pl.errors import StoreError

META_KEY = b"meta"


def partial_folder(path: Path) -> Path:
    """Where a store lies until it is finished."""
    return path.with_name(path.name + ".partial")


def key_of(index: int) -> bytes:
    """The key of a sample; keys sort as their numbers do."""
    return index.to_bytes(8, "big")


def read_meta(environment: lmdb.Environment, path: Path) -> StoreMeta | None:
    """The meta entry of an open LMDB folder, None where it is empty. Raises StoreError where it is not a store that we can read."""
    with environment.begin() as transaction:
        text = transaction.get(META_KEY)
        if text is None and transaction.stat()["entries"] == 0:
            return None
    try:
        meta = StoreMeta.from_json(text or b"null")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} is an LMDB folder but not a sample store of this version: make it again with `hiface-pl data synth`"
        ) from error
    if meta.format != FORMAT:
        raise StoreError(f"the store {path} has format {meta.format}, this version reads {FORMAT}: make it again with `{meta.command}`")
    return meta
