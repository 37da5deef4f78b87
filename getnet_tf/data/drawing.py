"""The process that draws for `getnet_tf.data.renders`: pickled orders come in, renders go out.

    python -m getnet_tf.data.drawing

Why a process of its own: Mesa draws by LLVM, TensorFlow has another LLVM in it, and a process that has loaded both ends in a crash. It says
None when it is ready, or why it cannot draw; then follows ("load", number, mesh), ("forget", number), and ("draw", number, camera, light,
paint), which alone is answered.
"""

import pickle
import sys

import cv2
import numpy as np

from getnet_tf.data.cameras import clip_matrix
from getnet_tf.data.meshes import vertex_normals
from getnet_tf.data.renders import Render
from getnet_tf.errors import InputError, how_to_install

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


class Canvas:
    """Draws meshes without a screen. It belongs to the thread that made it.

    Raises:
        InputError: if this machine cannot do that.
    """

    def __init__(self):
        self._context = open_context()
        self._program = self._context.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._loaded, self._targets = {}, {}
        self._context.enable(self._context.DEPTH_TEST)

    def load(self, number, mesh):
        """Keeps a mesh under a number."""
        self._loaded[number] = _Loaded(self._context, mesh, self._program)

    def forget(self, number):
        """Gives back what a mesh took."""
        self._loaded.pop(number).release()

    def draw(self, number, camera, light, paint):
        """A view of a mesh that was loaded: `Render`."""
        loaded = self._loaded[number]
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

    def _target(self, image_hw):
        if image_hw not in self._targets:
            wh, context = image_hw[::-1], self._context
            drawn = [context.renderbuffer(wh, 4), context.renderbuffer(wh, 4, dtype="f4")]
            self._targets[image_hw] = context.framebuffer(drawn, context.depth_renderbuffer(wh))
        return self._targets[image_hw]


class _Loaded:
    """A mesh in the graphics library's memory."""

    def __init__(self, context, mesh, program):
        self.radius = float(np.linalg.norm(mesh.vertices, axis=1).max()) * 1.01
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
    advice = f"{how_to_install('render')} On Debian also: apt install libegl1 libgl1-mesa-dri."
    try:
        import moderngl

        return moderngl.create_standalone_context(backend="egl")
    except ModuleNotFoundError as error:
        raise InputError(f"Drawing things needs {error.name}, which is not installed. {advice}") from None
    except Exception as error:  # moderngl raises bare ones where EGL or a driver is missing
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise InputError(f"Drawing things needs OpenGL by EGL, received: {reason}. {advice}") from None


def main():
    """Does what it is told until there is nothing more."""
    # What libraries print must not come among the renders.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr

    def say(what):
        pickle.dump(what, answers, protocol=5)
        answers.flush()

    try:
        canvas = Canvas()
    except InputError as error:
        say(str(error))
        return
    say(None)
    while True:
        try:
            order, *told = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        if order == "draw":
            say(canvas.draw(*told))
        else:
            {"load": canvas.load, "forget": canvas.forget}[order](*told)


if __name__ == "__main__":
    main()
