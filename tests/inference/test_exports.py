import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from scipy.spatial import KDTree

from hiface_pl.data.crop import Crop
from hiface_pl.details.displacement import Displacer
from hiface_pl.errors import OutputError
from hiface_pl.inference.exports.coefficients import write_coefficients
from hiface_pl.inference.exports.glb import GlbWriter
from hiface_pl.inference.exports.maps import decode, encode, map_scale, read_maps, write_maps
from hiface_pl.inference.exports.materials import SkinTextures, albedo_texture
from hiface_pl.inference.exports.obj import ObjWriter
from hiface_pl.types import DetailMaps
from tests.evaluation.samples import labels_of

GREY = SkinTextures(np.full((16, 16, 3), 120, np.uint8), np.full((16, 16, 3), (128, 128, 255), np.uint8))


@pytest.fixture(scope="module")
def displacer(tiny):
    return Displacer.of(tiny.model, 1)


def bumpy(tiny):
    return np.random.default_rng(0).normal(0, 1, (tiny.detail.size,) * 2).astype(np.float32)


def test_obj_comes_back_whole(tiny, displacer, tmp_path):
    mesh = displacer.displace(tiny.model.mean, bumpy(tiny))
    paths = ObjWriter(mesh.topology).write(mesh, GREY, tmp_path / "face.obj")
    assert [path.name for path in paths] == ["face.obj", "face.mtl", "face_albedo.png", "face_normals.png"]
    lines = paths[0].read_text().splitlines()
    count = {key: sum(line.startswith(f"{key} ") for line in lines) for key in ("v", "vt", "vn", "f")}
    assert count == {"v": len(mesh.vertices), "vt": len(mesh.topology.uv), "vn": len(mesh.vertices), "f": len(mesh.topology.quads)}
    loaded = trimesh.load(paths[0], process=False, maintain_order=True)
    assert len(loaded.faces) == len(mesh.topology.triangles)
    distance, nearest = KDTree(mesh.vertices).query(loaded.vertices)
    assert distance.max() < 1e-3  # millimetres, not metres
    assert len(np.unique(nearest)) == len(mesh.vertices)
    assert loaded.area == pytest.approx(trimesh.Trimesh(mesh.vertices, mesh.topology.triangles, process=False).area, rel=0.01)
    np.testing.assert_allclose(loaded.vertex_normals, mesh.normals[nearest], atol=1e-3)
    assert loaded.visual.material.image.size == (16, 16)


def test_obj_keeps_triangles_and_parts(tiny, displacer, tmp_path):
    mesh = displacer.displace(tiny.model.mean)
    quads, part = mesh.topology.quads.copy(), mesh.topology.part.copy()
    quads[:5, 3], part[-7:] = -1, 1
    text = ObjWriter(replace(mesh.topology, quads=quads, part=part)).write(mesh, GREY, tmp_path / "face.obj")[0].read_text()
    faces = [line.split()[1:] for line in text.splitlines() if line.startswith("f ")]
    assert sorted({len(face) for face in faces}) == [3, 4]
    assert sum(len(face) == 3 for face in faces) == 5
    skin, mouth = text.split("usemtl skin")[1].split("usemtl mouth")
    assert mouth.count("\nf ") == 7
    assert skin.count("\nf ") == len(quads) - 7
    assert "newmtl mouth" in (tmp_path / "face.mtl").read_text()


def test_glb_comes_back_in_metres_with_both_textures(tiny, displacer, tmp_path):
    mesh = displacer.displace(tiny.model.mean, bumpy(tiny))
    path = GlbWriter(mesh.topology).write(mesh, GREY, tmp_path / "face.glb")
    scene = trimesh.load_scene(path, process=False)
    (skin,) = scene.geometry.values()
    assert len(skin.vertices) == len(mesh.topology.uv)  # one chart without seams: a texture coordinate a vertex
    assert len(skin.faces) == len(mesh.topology.triangles)
    np.testing.assert_allclose(np.ptp(skin.vertices, axis=0), np.ptp(mesh.vertices, axis=0), rtol=1e-5)
    np.testing.assert_allclose(scene.extents, np.ptp(mesh.vertices, axis=0) / 1000, rtol=1e-5)
    np.testing.assert_allclose(skin.vertices[skin.faces], mesh.vertices[mesh.topology.triangles], atol=1e-4)
    np.testing.assert_allclose(
        skin.visual.uv[skin.faces], mesh.topology.uv[mesh.topology.uv_quads][:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, 2), atol=1e-5
    )
    np.testing.assert_allclose(skin.vertex_normals[skin.faces], mesh.normals[mesh.topology.triangles], atol=1e-4)
    material = skin.visual.material
    assert material.metallicFactor == 0
    assert material.baseColorTexture.size == material.normalTexture.size == (16, 16)


def test_glb_splits_vertices_on_a_seam(tiny, displacer, tmp_path):
    mesh = displacer.displace(tiny.model.mean)
    topology, uv_quads = mesh.topology, mesh.topology.uv_quads.copy()
    uv_quads[0] = len(topology.uv) + np.arange(4)
    seamed = replace(topology, uv=np.concatenate([topology.uv, np.zeros((4, 2), np.float32)]), uv_quads=uv_quads)
    (skin,) = trimesh.load_scene(GlbWriter(seamed).write(mesh, GREY, tmp_path / "face.glb"), process=False).geometry.values()
    shared = len(np.intersect1d(topology.quads[0], topology.quads[1:]))
    assert len(skin.vertices) == len(mesh.vertices) + shared


def test_what_meshes_share_changes_no_byte_of_the_next_one(tiny, displacer, tmp_path):
    meshes = [displacer.displace(tiny.model.mean, scale * bumpy(tiny)) for scale in (1, -2)]
    obj, glb = ObjWriter(displacer.topology), GlbWriter(displacer.topology)
    for number, mesh in enumerate(meshes):
        used = [*obj.write(mesh, GREY, tmp_path / "face.obj"), glb.write(mesh, GREY, tmp_path / "face.glb")]
        fresh = tmp_path / f"fresh-{number}"
        made = [
            *ObjWriter(mesh.topology).write(mesh, GREY, fresh / "face.obj"),
            GlbWriter(mesh.topology).write(mesh, GREY, fresh / "face.glb"),
        ]
        assert [path.read_bytes() for path in used] == [path.read_bytes() for path in made]


def test_maps_come_back_in_millimetres(tmp_path):
    static = torch.from_numpy(np.linspace(-0.4, 2.5, 64, dtype=np.float32).reshape(1, 1, 8, 8))
    detail = DetailMaps(static, 0.5 * static, compressed=-0.1 * static, stretched=0 * static)
    paths = write_maps(detail, tmp_path)
    assert {"displacement_static.png", "displacement_compressed.png", "displacement_stretched.png", "displacement.npz"} <= {
        p.name for p in paths
    }
    np.testing.assert_array_equal(read_maps(tmp_path / "displacement.npz")["total"], detail.total[0, 0])
    about = json.loads((tmp_path / "displacement.json").read_text())
    for name, value in (("static", static), ("compressed", -0.1 * static), ("total", 1.5 * static)):
        stored = cv2.imread(str(tmp_path / f"displacement_{name}.png"), cv2.IMREAD_UNCHANGED)
        assert stored.dtype == np.uint16
        millimetres = stored * about["scale"][name] + about["offset"][name]
        np.testing.assert_allclose(millimetres, value[0, 0], atol=about["scale"][name] / 2 + 1e-6)


def test_zero_is_exactly_the_middle():
    values = np.array([[-3.0, 0], [1.5, 3.0]], np.float32)
    codes = encode(values, map_scale(values))
    assert codes.tolist() == [[1, 32768], [49152, 65535]]
    np.testing.assert_allclose(decode(codes, map_scale(values)), values, atol=map_scale(values) / 2 + 1e-6)


def test_maps_that_hold_code_are_refused(tmp_path):
    np.savez(tmp_path / "evil.npz", static=np.array([{"code": 1}], dtype=object))
    with pytest.raises(OutputError, match=r"evil\.npz is not a file of displacement maps"):
        read_maps(tmp_path / "evil.npz")


def test_coefficients_are_named_and_exact(tiny, tmp_path):
    coefficients = labels_of(tiny, 1).coefficients
    packed, readable = write_coefficients(coefficients, Crop(10.0, 20.0, 200.0), tiny.model, tmp_path)
    with np.load(packed, allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["identity"], coefficients.identity[0])
        np.testing.assert_array_equal(stored["translation"], coefficients.pose.translation[0])
    record = json.loads(readable.read_text())
    assert record["face_model"]["fingerprint"] == tiny.model.fingerprint
    assert list(record["expression_units"]) == list(tiny.model.expression_names)
    assert record["expression_units"]["jawOpen"] == pytest.approx(coefficients.expression[0, 0].item(), abs=1e-4)


def test_albedo_is_encoded_for_display(tiny):
    texture = albedo_texture(tiny.albedo, np.zeros(3, np.float32))
    assert texture.shape == (*tiny.albedo.mean.shape[1:], 3)
    assert np.unique(texture).tolist() == [round(255 * 0.4 ** (1 / 2.2))]
    Image.fromarray(texture)
