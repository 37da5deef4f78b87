"""Pictures of a thing from any side, with its outline and, at every pixel, the point of the thing that is seen there.

Drawn without a screen, by OpenGL's EGL: a graphics card's, or Mesa's, which needs none. It takes Debian's libegl1 and libgl1-mesa-dri,
and moderngl of the extra "render". Two views of one thing know which pixel of one is which of the other: `getnet_tf.data.matched_views`.

Example:
    with Renderer() as renderer:
        camera = camera_at(mesh.vertices, looking_from((1, 0, 0.3)), focal=1.5, image_hw=(320, 320))
        render = renderer.draw(mesh, camera, Light((0.5, 1, 1)))
"""

import collections
import dataclasses

import cv2
import numpy as np

from getnet_tf.data.cameras import clip_matrix
from getnet_tf.data.meshes import vertex_normals
from getnet_tf.errors import InputError

KEPT = 64  # meshes that stay loaded
BLEED_PX = 4  # so far colours go on beyond the outline

_VERTEX = """
#version 330
uniform mat4 clip;
in vec3 in_place;
in vec3 in_normal;
in vec2 in_uv;
out vec3 place;
out vec3 normal;
out vec2 uv;
void main() {
    gl_Position = clip * vec4(in_place, 1);
    place = in_place;
    normal = in_normal;
    uv = in_uv;
}
"""
_FRAGMENT = """
#version 330
uniform sampler2D picture;
uniform vec3 camera;
uniform vec3 light;
uniform float ambient;
uniform mat3 mixing;
uniform vec3 offset;
in vec3 place;
in vec3 normal;
in vec2 uv;
layout(location = 0) out vec4 colour;
layout(location = 1) out vec4 point;
void main() {
    vec3 painted = clamp(mixing * texture(picture, uv).rgb + offset, 0, 1);
    // Scans are open here and there: their inner side faces the camera like an outer one.
    vec3 outward = dot(normal, camera - place) < 0 ? -normal : normal;
    float lit = max(dot(normalize(outward + 1e-9), light), 0);
    colour = vec4(painted * (ambient + (1 - ambient) * lit), 1);
    point = vec4(place, 1);
}
"""


@dataclasses.dataclass(frozen=True)
class Light:
    """One far lamp and what comes from everywhere."""

    direction: tuple = (0.3, 0.6, 1.0)  # to the lamp, in the camera's axes: x right, y up, z to the camera
    ambient: float = 0.5  # of the brightness, what is there in the lamp's shadow, 0 to 1


@dataclasses.dataclass(frozen=True, eq=False)
class Paint:
    """Other colours on the same texture: `mixing` (3, 3) times red, green and blue in [0, 1], and `offset` (3,)."""

    mixing: np.ndarray
    offset: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Render:
    """One view.

    `picture` (H, W, 3) uint8, RGB; beyond the outline the colours near it go on, so that resizing mixes nothing in. `alpha` (H, W)
    float32, 1 where the thing is seen at the pixel's centre, else 0. `points` (H, W, 3) float32, the point of the thing that is seen
    there, nan where none is. For a smooth outline draw larger and shrink.
    """

    picture: np.ndarray
    alpha: np.ndarray
    points: np.ndarray


AS_IT_IS = Paint(np.eye(3), np.zeros(3))


def drawn_paint(rng):
    """Colours that nobody takes for the thing's own: hues turned by 60 degrees or more, and a tint, for grey has no hue.

    Source: the rotation about the grey axis, as in Rodrigues' formula.
    """
    angle = np.deg2rad(rng.uniform(60, 300))
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    turned = np.eye(3) + np.sin(angle) * across + (1 - np.cos(angle)) * across @ across
    tint = rng.permutation([rng.uniform(0.35, 0.65), rng.uniform(0.6, 1.0), 1.0])
    # Black becomes a colour, too: a black thing would stay what it was.
    offset = rng.uniform(0, 0.25) * tint
    return Paint(np.diag(tint) @ turned * (1 - offset.max()), offset)


def drawn_light(rng):
    """A lamp anywhere on the camera's side, soft or hard."""
    x, y = rng.uniform(-1, 1, 2)
    return Light((float(x), float(y) + 0.3, 1.0), float(rng.uniform(0.35, 0.8)))


class Renderer:
    """Draws meshes. Close it, or use it in a `with`; it belongs to the thread that made it.

    Raises:
        InputError: if this machine cannot draw without a screen.
    """

    def __init__(self):
        self._context = open_context()
        self._program = self._context.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._loaded, self._targets = collections.OrderedDict(), {}
        self._context.enable(self._context.DEPTH_TEST)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Gives back what the graphics library holds."""
        self._context.release()

    def draw(self, mesh, camera, light=Light(), paint=AS_IT_IS):
        """A view of a mesh.

        Args:
            mesh: `Mesh`; to be drawn again fast, it must be the same object.
            camera: `Camera`, outside of the mesh.
            light: `Light`.
            paint: `Paint`; alpha and points do not depend on it, nor on the light.

        Returns:
            `Render`.
        """
        loaded = self._load(mesh)
        target, program = self._target(camera.image_hw), self._program
        lamp = np.asarray(light.direction, float) / np.linalg.norm(light.direction)
        program["clip"].write(clip_matrix(camera, loaded.radius).T.tobytes())  # OpenGL's are column by column
        program["camera"].value = tuple(camera.rotation[2] * camera.distance)
        program["light"].value = tuple(camera.rotation.T @ lamp)
        program["ambient"].value = light.ambient
        program["mixing"].write(np.float32(paint.mixing).T.tobytes())
        program["offset"].value = tuple(map(float, paint.offset))
        target.use()
        target.clear(0, 0, 0, 0)
        loaded.texture.use()
        loaded.triangles.render()
        shape = (*camera.image_hw, 4)
        colours = np.frombuffer(target.read(components=4), np.uint8).reshape(shape)
        points = np.frombuffer(target.read(components=4, attachment=1, dtype="f4"), np.float32).reshape(shape)
        return as_render(colours, points)

    def _load(self, mesh):
        if id(mesh) not in self._loaded:
            if len(self._loaded) == KEPT:
                self._loaded.popitem(last=False)[1].release()
            self._loaded[id(mesh)] = _Loaded(self._context, mesh, self._program)
        self._loaded.move_to_end(id(mesh))
        return self._loaded[id(mesh)]

    def _target(self, image_hw):
        if image_hw not in self._targets:
            wh, context = image_hw[::-1], self._context
            drawn = [context.renderbuffer(wh, 4), context.renderbuffer(wh, 4, dtype="f4")]
            self._targets[image_hw] = context.framebuffer(drawn, context.depth_renderbuffer(wh))
        return self._targets[image_hw]


class _Loaded:
    """A mesh in the graphics library's memory. Holds on to the mesh, whose id stands for it."""

    def __init__(self, context, mesh, program):
        self.mesh, self.radius = mesh, float(np.linalg.norm(mesh.vertices, axis=1).max()) * 1.01
        vertices = np.hstack([mesh.vertices, vertex_normals(mesh.vertices, mesh.faces), mesh.uv])
        self._vertices = context.buffer(np.ascontiguousarray(vertices, np.float32).tobytes())
        self._faces = context.buffer(np.ascontiguousarray(mesh.faces, np.uint32).tobytes())
        layout = (self._vertices, "3f 3f 2f", "in_place", "in_normal", "in_uv")
        self.triangles = context.vertex_array(program, [layout], self._faces)
        picture = np.ascontiguousarray(mesh.texture[::-1])  # OpenGL's first row is the lowest
        self.texture = context.texture(picture.shape[1::-1], 3, picture.tobytes(), alignment=1)
        self.texture.build_mipmaps()

    def release(self):
        for held in (self.triangles, self.texture, self._vertices, self._faces):
            held.release()


def as_render(colours, points):
    """What the graphics library drew as a `Render`.

    Args:
        colours: (H, W, 4) uint8, 255 in the last channel where the thing is seen, else all zeros.
        points: (H, W, 4) float32, points, the last channel 1 or 0.
    """
    solid = colours[..., 3] > 0
    width = 2 * BLEED_PX + 1
    near = cv2.blur(colours.astype(np.float32), (width, width))
    picture = colours[..., :3].copy()
    beside, beyond = ~solid & (near[..., 3] > 0.1), ~solid & (near[..., 3] <= 0.1)
    picture[beside] = np.rint(np.minimum(near[beside, :3] / near[beside, 3:] * 255, 255))
    picture[beyond] = cv2.mean(colours, solid.astype(np.uint8))[:3]
    found = points[..., :3].copy()
    found[~solid] = np.nan
    return Render(picture, solid.astype(np.float32), found)


def open_context():
    """A place to draw that needs no screen.

    Raises:
        InputError: if there is none.
    """
    advice = "Run, in the checkout of GetNet-TF: pip install -e '.[render]', and on Debian: apt install libegl1 libgl1-mesa-dri."
    try:
        import moderngl

        return moderngl.create_standalone_context(backend="egl")
    except ModuleNotFoundError as error:
        raise InputError(f"Drawing things needs {error.name}, which is not installed. {advice}") from None
    except Exception as error:  # moderngl raises bare ones where EGL or a driver is missing
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise InputError(f"Drawing things needs OpenGL by EGL, received: {reason}. {advice}") from None
