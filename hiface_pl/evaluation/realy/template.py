"""The topology that all predictions of a method share, and where REALY's 85 keypoints lie on it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int32


@dataclass(frozen=True)
class Template:
    """Triangles, and 85 keypoints as triangle numbers with barycentric weights. Paper (REALY): NAME.obj, NAME.txt and the optional mask.

    `triangles` are those of the file, a quad a b c d split into a b c and a c d, in file order. `mask` says which vertices belong to the
    face: triangles with a vertex outside leave the non-rigid step and the distances. `places` are the vertices of the template's own
    file, in any pose and unit, None where it brings none: a prediction whose keypoints form another figure has another vertex order.
    `keypoint_hash` are the first sixteen hex digits of the SHA-256 of the keypoints, which every result carries, since another
    placement of keypoints shifts the score.
    """

    name: str
    vertex_count: int
    triangles: Int32[np.ndarray, "m 3"]
    keypoint_triangles: Int32[np.ndarray, " 85"]
    keypoint_weights: Float64[np.ndarray, "85 3"]
    keypoint_hash: str
    mask: Bool[np.ndarray, " v"] | None = None
    places: Float64[np.ndarray, "v 3"] | None = None

    def keypoints(self, vertices: Float64[np.ndarray, "v 3"]) -> Float64[np.ndarray, "85 3"]:
        """The 85 keypoints on a mesh with these vertices."""
        corners = vertices[self.triangles[self.keypoint_triangles]]
        return (self.keypoint_weights[:, :, None] * corners).sum(axis=1)
