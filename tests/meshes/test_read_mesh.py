"""Readers keep every vertex in file order, split quads in file order, and say in one sentence what they cannot read."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from hiface_pl.errors import MeshError
from hiface_pl.meshes.read_mesh import read_mesh

CORNERS = np.array([[0.1, 0, 0], [1, 0, 1e-7], [1, 1, -3.25], [0, 1, 0], [5, 5, 5], [0.1, 0, 0]])
"""The fifth is used by no face, the sixth lies on the first: neither may vanish."""
POINTS = "".join(f"v {x!r} {y!r} {z!r}\n" for x, y, z in CORNERS.tolist())
TRIANGLES = [[0, 1, 2], [0, 2, 3], [5, 1, 3]]


def obj(folder: Path, text: str) -> Path:
    path = folder / "mesh.obj"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "faces",
    [
        "f 1 2 3 4\nf 6 2 4\n",
        "f 1/1 2/2 3/3 4/4\nf 6/1 2/1 4/1\n",
        "vn 0 0 1\nf 1//1 2//1 3//1 4//1\nf 6//1 2//1 4//1\n",
        "g a\nusemtl skin\nf 1/1/1 2/2/1 3/3/1 4/4/1\ns off\n# f 1 1 1\nf 6/1/1  2/1/1   4/1/1\r\n",
        "f -6 -5 -4 -3\nf -1 -5 -3\n",
        "f 1 2 3 \\\n4\nf\t6 2 4\n",
    ],
)
def test_faces_of_every_notation_are_the_same_triangles_in_file_order(tmp_path, faces):
    mesh = read_mesh(obj(tmp_path, POINTS + faces))
    assert np.array_equal(mesh.vertices, CORNERS)
    assert mesh.triangles.tolist() == TRIANGLES


def test_colours_behind_the_coordinates_are_passed_over(tmp_path):
    coloured = "".join(f"v  {x!r} {y!r} {z!r} 0.5 0.25 1\n" for x, y, z in CORNERS.tolist())
    assert np.array_equal(read_mesh(obj(tmp_path, coloured + "f 1 2 3\n")).vertices, CORNERS)


def test_negative_indices_count_back_from_where_they_stand(tmp_path):
    rows = POINTS.splitlines(keepends=True)
    mesh = read_mesh(obj(tmp_path, "".join(rows[:3]) + "f -3 -2 -1\n" + "".join(rows[3:]) + "f -3 -2 -1\n"))
    assert mesh.triangles.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_file_of_points_has_no_triangles(tmp_path):
    mesh = read_mesh(obj(tmp_path, POINTS))
    assert mesh.vertices.shape == (6, 3)
    assert mesh.triangles.shape == (0, 3)


def test_numbers_are_exact(tmp_path):
    values = np.random.default_rng(0).normal(size=(200, 3)) * 10.0 ** np.random.default_rng(1).integers(-12, 12, (200, 1))
    text = "".join(f"v {x!r} {y!r} {z!r}\n" for x, y, z in values.tolist())
    assert np.array_equal(read_mesh(obj(tmp_path, text)).vertices, values)


ODD_NUMBERS = (
    "0", "-0", "+1.5", "1.", ".5", "-.5e1", "1E5", "1e+05", "1e-05", "00012.50", "0.000000000000000000000000123", "123456789012345",
    "1234567890123456", "0.1000000000000000055511151231257827", "9007199254740993", "1e22", "1e23", "1e-22", "1e-23", "4.9e-324", "1e400",
    "1.7976931348623157e308", "2.2250738585072011e-308", "nan", "inf", "-Infinity", "1e00005", "1e-0000000000000000007",
)  # fmt: skip


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_odd_numbers_are_those_of_python(tmp_path, number):
    found = read_mesh(obj(tmp_path, f"v 1 {number} 2\nv {number} 1 {number}\n")).vertices
    assert np.array_equal(found[[0, 1, 1], [1, 0, 2]], [float(number)] * 3, equal_nan=True)
    assert np.array_equal(np.signbit(found[[0, 1, 1], [1, 0, 2]]), np.signbit([float(number)] * 3))


def test_single_numbers_of_nine_digits_are_those_of_python(tmp_path):
    bits = np.random.default_rng(2).integers(0, 2**32, 3000, dtype=np.uint32)
    values = bits.view(np.float32)[np.isfinite(bits.view(np.float32))]
    words = [f"{value:.9g}" for value in values.tolist()][: len(values) // 3 * 3]
    text = "".join(f"v {' '.join(words[k : k + 3])}\n" for k in range(0, len(words), 3))
    assert np.array_equal(read_mesh(obj(tmp_path, text)).vertices.ravel(), list(map(float, words)))


def test_comments_blanks_and_line_ends_of_all_kinds(tmp_path):
    vertices = "\r".join(f"  {row} # corner" for row in POINTS.splitlines())
    text = f"# made by hand\r\n\r\n{vertices}\r\nvt 0 0\nvp 1 2\n f 1 2 \\\r\n3\t4 # quad\nf 6 2 4"
    mesh = read_mesh(obj(tmp_path, text))
    assert np.array_equal(mesh.vertices, CORNERS)
    assert mesh.triangles.tolist() == TRIANGLES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("v 1 2\nf 1 1 1\n", "fewer than three"),
        ("v 1 2 # 3\n", "fewer than three"),
        (POINTS + "v\nf 1 2 3\n", "fewer than three numbers, line 7"),
        ("v 1 2 x\n", "could not convert"),
        ("v 1 2 1e\n", "could not convert"),
        ("v 1 . 2\n", "could not convert"),
        ("v 1 2 1.0.0\n", "could not convert"),
        (POINTS + "f 1 2\n", "neither three nor four"),
        (POINTS + "f 1 2 3 4 5\n", "neither three nor four"),
        (POINTS + "f 0 1 2\n", "not among the 6"),
        (POINTS + "f 1 2 7\n", "not among the 6"),
        (POINTS + "f 1 2 -7\n", "not among the 6"),
        (POINTS + "f 1 2 3 -8\n", "not among the 6"),
        (POINTS + "f 1 2 b\n", "`b` for a vertex"),
        (POINTS + "f 1 2 3.0\n", "`3.0` for a vertex"),
        (POINTS + "f 1 /2 3\n", "`/2` for a vertex"),
        (POINTS + "f 1 2 3 # f\nf 1\n", "neither three nor four corners, line 8"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_that_names_the_file(tmp_path, text, said):
    with pytest.raises(MeshError, match=said) as caught:
        read_mesh(obj(tmp_path, text))
    assert "mesh.obj" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".ply", ".glb"])
def test_other_formats_keep_vertices_and_order(tmp_path, suffix):
    path = tmp_path / f"mesh{suffix}"
    uv = trimesh.visual.TextureVisuals(uv=np.random.default_rng(0).random((6, 2)))
    trimesh.Trimesh(CORNERS, TRIANGLES, process=False, visual=uv).export(path)
    mesh = read_mesh(path)
    assert np.array_equal(mesh.vertices, CORNERS.astype(np.float32))
    assert mesh.triangles.tolist() == TRIANGLES


def test_coordinates_of_textures_on_faces_cut_no_seam_into_a_ply(tmp_path):
    head = "ply\nformat ascii 1.0\nelement vertex 6\n" + "".join(f"property double {axis}\n" for axis in "xyz")
    head += "element face 2\nproperty list uchar int vertex_indices\nproperty list uchar float texcoord\nend_header\n"
    faces = "3 0 1 2 6 0 0 1 0 1 1\n3 0 2 3 6 .5 .5 .1 .1 .2 .2\n"
    path = tmp_path / "mesh.ply"
    path.write_text(head + POINTS.replace("v ", "") + faces)
    mesh = read_mesh(path)
    assert np.allclose(mesh.vertices, CORNERS, rtol=1e-6)
    assert mesh.triangles.tolist() == TRIANGLES[:2]


def test_a_quad_of_a_ply_is_cut_from_its_first_to_its_third_corner(tmp_path):
    head = "ply\nformat ascii 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\n"
    path = tmp_path / "mesh.ply"
    path.write_text(
        head + "element face 2\nproperty list uchar int vertex_indices\nend_header\n" + POINTS.replace("v ", "") + "4 0 1 2 3\n3 5 1 3\n"
    )
    assert {frozenset(triangle) for triangle in read_mesh(path).triangles.tolist()} == {frozenset(triangle) for triangle in TRIANGLES}


def test_a_glb_places_its_mesh_and_has_only_one(tmp_path):
    one = trimesh.Trimesh(CORNERS, TRIANGLES, process=False)
    moved = np.eye(4)
    moved[:3, 3] = [1, 2, 3]
    scene = trimesh.Scene()
    scene.add_geometry(one, transform=moved)
    scene.export(tmp_path / "moved.glb")
    assert np.allclose(read_mesh(tmp_path / "moved.glb").vertices, CORNERS + moved[:3, 3], atol=1e-6)
    scene.add_geometry(one)
    scene.export(tmp_path / "two.glb")
    with pytest.raises(MeshError, match=r"two.glb holds 2 meshes"):
        read_mesh(tmp_path / "two.glb")


@pytest.mark.parametrize("suffix", [".ply", ".glb"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_cut_off_files_are_one_sentence(tmp_path, suffix, share):
    whole, cut = tmp_path / f"whole{suffix}", tmp_path / f"cut{suffix}"
    trimesh.Trimesh(CORNERS, TRIANGLES, process=False).export(whole)
    cut.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
    with pytest.raises(MeshError, match="cut"):
        read_mesh(cut)


def test_other_suffixes_and_absent_files(tmp_path):
    with pytest.raises(MeshError, match=r"none of \.obj, \.ply, \.glb"):
        read_mesh(tmp_path / "mesh.stl")
    for suffix in (".obj", ".ply", ".glb"):
        with pytest.raises(MeshError, match="check the path"):
            read_mesh(tmp_path / f"absent{suffix}")
