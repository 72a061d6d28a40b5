"""How deep are the wrinkles of a store's faces: static, dynamic, both? The last line is JSON.

    python benchmarks/wrinkles.py [STORE]

Root mean squares over the detail mask, mm, means over all faces: what a method without static or without dynamic detail can lose at most.
"""

import argparse
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch.utils.data import DataLoader

from hiface_pl.data.store import SampleStore
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.evaluation.truth import MapTruth, TotalTruth
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.report.benchmark import finish_benchmark

STORE = Path("data/mini224/test")
"""The faces that rows of the matrix are tested on at the mini scale: `hiface-pl matrix run` makes them."""
KINDS = ("static", "dynamic", "total")
BATCH = 32


@torch.no_grad()
def main() -> None:
    """Measures, prints a table and records it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("store", type=Path, nargs="?", default=STORE, help=f"made by `hiface-pl data synth` ({STORE})")
    store = SampleStore(parser.parse_args().store)
    assets = face_assets(OpenFace().load())
    store.require(assets=assets)
    truth, texels, dataset = TotalTruth(assets), MapTruth(assets, assets.detail.static), SyntheticDataset(store)
    found = []
    for batch in DataLoader(dataset, BATCH, collate_fn=dataset.collate):
        maps = truth(batch.labels)
        found.append(torch.stack([texels.rms(texels.read(getattr(maps, kind))) for kind in KINDS]))
    means = {f"{kind}_rms_mm": round(float(mean), 4) for kind, mean in zip(KINDS, torch.cat(found, dim=1).mean(dim=1), strict=True)}
    table = Table("map", "mm, mean over faces", title=f"{len(store)} faces of {store.meta.command}")
    for name, value in means.items():
        table.add_row(name.split("_")[0], f"{value:.4f}")
    Console().print(table)
    finish_benchmark("wrinkles", {"store": store.meta.command, "faces": len(store), **means})


if __name__ == "__main__":
    main()
