"""The truth about a made-up subject: random numbers in the right shapes."""

import numpy as np

from hiface_pl.data.open_scans.layout import picture_places
from hiface_pl.data.open_scans.truth import ScanFrame, ScanTruth, TruePicture


def fake_truth(subject: int = 1, texels: int = 50) -> ScanTruth:
    rng = np.random.default_rng(subject)

    def numbers(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    static = numbers(texels)
    pictures = tuple(
        TruePicture(
            kind=place.kind,
            path=place.path,
            yaw=float(k),
            rotation=numbers(3),
            translation=numbers(3),
            expression=numbers(4) * (place.kind == "expression"),
            expression_name="smile" if place.kind == "expression" else "neutral",
            total=numbers(texels) if place.kind == "expression" else static,
        )
        for k, place in enumerate(picture_places(subject))
    )
    frame = ScanFrame(np.linalg.qr(rng.normal(size=(3, 3)))[0], rng.normal(size=3), 8.9)
    maps = (static, numbers(texels), numbers(texels))
    return ScanTruth(subject, 30.0, 35.0, 1.0, numbers(4), numbers(7, 3), 32, np.arange(texels, dtype=np.int32), *maps, frame, pictures)
