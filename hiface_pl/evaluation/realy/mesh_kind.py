"""The two meshes that a network makes of a face, which are measured apart."""

from enum import StrEnum


class MeshKind(StrEnum):
    """`COARSE` is S(beta, xi) at the face model's own level, `DETAIL` the refined mesh of it moved by D along its normals."""

    COARSE = "coarse"
    DETAIL = "detail"
