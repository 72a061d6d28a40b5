"""An open scan set of the tiny face model in milliseconds: regions cut out of its refined mean face, grey images."""

from pathlib import Path

import numpy as np
from PIL import Image

from hiface_pl.data.open_scans.meta import ScanSetMeta
from hiface_pl.evaluation.realy.model_template import model_template
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan_check import OUTER_EYE_CORNERS, RADII
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import write_obj
from tests.tiny import tiny_model

UNIT = 9.0
NO_TRIANGLES = np.empty((0, 3), np.int32)


def write_tiny_scans(folder: Path, subjects: int = 3) -> Path:
    """Subject k is the mean face with waves of k tenths of a millimetre; the image of each is a grey square."""
    fine = model_template(tiny_model(), "fine", 1)
    for subject in range(1, subjects + 1):
        places = fine.places + 0.1 * subject * np.sin(fine.places / 9 + subject)
        _write_scan(folder, subject, TriangleMesh(places / UNIT, fine.triangles), fine.keypoints(places) / UNIT)
        image = folder / f"REALY_image/frontal/{subject}.jpg"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((120, 120, 3), 100 + 20 * subject, np.uint8)).save(image)
    (folder / "metrical_scale.txt").write_text(f"{UNIT}\n" * subjects)
    meta = ScanSetMeta(subjects, 0, 120, "tiny", tiny_model().fingerprint, 0, 0, "CC0-1.0")
    (folder / "open_scans.json").write_text(meta.to_json())
    return folder


def _write_scan(folder: Path, subject: int, face: TriangleMesh, keypoints: np.ndarray) -> None:
    write_obj(TriangleMesh(keypoints, NO_TRIANGLES), folder / f"REALY_HIFI3D_keypoints/{subject}.obj")
    first, second = OUTER_EYE_CORNERS
    eyes = np.linalg.norm(keypoints[first] - keypoints[second])
    for region in Region:
        inside = np.linalg.norm(face.vertices[:, :2], axis=1) < 1.1 * RADII[region] * eyes
        kept = face.triangles[inside[face.triangles].all(axis=1)]
        cut = TriangleMesh(face.vertices[inside], (np.cumsum(inside) - 1)[kept].astype(np.int32))
        write_obj(cut, folder / f"REALY_scan_region/{subject}/{region}.obj")
