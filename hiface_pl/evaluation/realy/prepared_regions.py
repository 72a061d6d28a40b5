"""Regions whose sparsity was analysed, kept within a process: several predictions of one subject meet the same scan."""

import hashlib
from collections import OrderedDict

from hiface_pl.evaluation.realy.nonrigid_system import AffineSystem
from hiface_pl.meshes.triangle_mesh import TriangleMesh

MOST = 8
"""Regions kept, those of two subjects. Our choice: a region of 5,000 vertices takes 20 MB."""
_kept: OrderedDict[bytes, AffineSystem] = OrderedDict()


def prepared_system(mesh: TriangleMesh) -> AffineSystem:
    """The system of a merged region, from a former prediction where the region is the same to the last bit. Not for several threads."""
    key = hashlib.sha256(mesh.vertices.tobytes() + mesh.triangles.tobytes()).digest()
    system = _kept.pop(key, None) or AffineSystem(mesh)
    _kept[key] = system
    while len(_kept) > MOST:
        _kept.popitem(last=False)
    return system
