"""What a sample's labels imply: vertices, further landmarks and displacement maps are exact functions of its coefficients."""

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.synthesis.placement import project_points, rotation_matrix
from hiface_pl.synthesis.sample import SyntheticSample
from hiface_pl.synthesis.surface import Surface, TexelMaps


def model_vertices(model: FaceModel, sample: SyntheticSample) -> Float32[np.ndarray, "v 3"]:
    """The sample's face in the model frame, mm."""
    return model.vertices(sample.identity, sample.expression)


def camera_vertices(model: FaceModel, sample: SyntheticSample) -> Float32[np.ndarray, "v 3"]:
    """The sample's face in the camera frame, mm."""
    rotation = rotation_matrix(sample.rotation).astype(np.float32)
    return model_vertices(model, sample) @ rotation.T + sample.translation


def projected(model: FaceModel, sample: SyntheticSample, points: SurfacePoints) -> Float32[np.ndarray, "n 2"]:
    """Where points of the surface lie in the sample's image, in image widths: 68, 85 or as many dense landmarks as one likes."""
    return project_points(points.on(camera_vertices(model, sample))).astype(np.float32)


def displacement_maps(surface: Surface, sample: SyntheticSample) -> TexelMaps:
    """D_sta, D_com and D_str over the texels of the detail mask, mm, with what lies outside the bases if the store keeps it."""
    return surface.maps((sample.static, sample.compressed, sample.stretched), sample.residual)


def displacement(surface: Surface, sample: SyntheticSample) -> Float32[np.ndarray, "r r"]:
    """D = D_sta + w_com D_com + w_str D_str as the image shows it, in UV, mm."""
    weights = surface.tension_weights(*surface.shapes(sample.identity, sample.expression))
    return surface.displacement((sample.static, sample.compressed, sample.stretched), weights, sample.residual)
