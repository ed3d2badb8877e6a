"""The preprocessor's last step for a headset: one program that draws both eyes, from the source that draws one.

Every draw call has twice its instances; even ones are the left eye's, odd ones the right's. The vertex shader moves
each into its half of the picture and cuts it off at the middle by a clip distance. (A viewport for each eye, picked by
gl_ViewportIndex, shows the same; it wants an extension, and Mesa's software renderer then takes half as long again.)
The camera's uniforms become arrays indexed by the eye, so that no shader file needs to know of eyes.
"""

import re

# Picked by a condition, not by an index: a software renderer gathers each number of an indexed matrix by itself.
_CLIP = "(EYE == 0 ? eye_view_projection[0] : eye_view_projection[1])"
_INVERSE = "(EYE == 0 ? eye_view_inverse[0] : eye_view_inverse[1])"
_CAMERA = {
    "p3d_ViewProjectionMatrix": _CLIP,
    "p3d_ViewMatrixInverse": _INVERSE,
    "p3d_ViewMatrix": f"inverse({_INVERSE})",
    "p3d_ProjectionMatrix": f"({_CLIP} * {_INVERSE})",
    "p3d_ModelViewProjectionMatrix": f"({_CLIP} * p3d_ModelMatrix)",
    "p3d_ModelViewMatrix": f"(inverse({_INVERSE}) * p3d_ModelMatrix)",
}
_VERSION = "#version 330"
_OWN_HALF = """
    float middle = EYE == 0 ? -0.5 : 0.5;
    gl_Position.x = 0.5 * gl_Position.x + middle * gl_Position.w;
    gl_ClipDistance[0] = gl_Position.x * sign(middle);
"""
_DECLARED = re.compile(r"^[ \t]*uniform[ \t]+mat4[ \t]+(p3d_\w+)[ \t]*;([^\n]*)$", re.MULTILINE)
_MAIN = re.compile(r"\bvoid[ \t]+main[ \t]*\(")
# Shaders number the model's copies themselves; two instances draw one copy.
_INSTANCE = re.compile(r"\bgl_InstanceID\b")


def stereo_vertex(text: str) -> str:
    """Turn a preprocessed vertex shader, GLSL 330, into one that draws each copy once for each eye."""
    text = _for_eyes(text, "#define EYE (gl_InstanceID & 1)")
    _, _, rest = text.partition("\n")
    rest = _MAIN.sub("void one_eye_main(", rest)
    head, sep, body = rest.partition("#define EYE (gl_InstanceID & 1)")
    body = _INSTANCE.sub("(gl_InstanceID >> 1)", body)
    return (
        f"{_VERSION}\n{head}{sep}{body}"
        "flat out int eye_drawn;\n"
        f"void main() {{\n    eye_drawn = EYE;\n    one_eye_main();{_OWN_HALF}}}\n"
    )


def stereo_fragment(text: str) -> str:
    """Turn a preprocessed fragment shader, GLSL 330, into one that knows the eye which it draws for."""
    return _for_eyes(text, "flat in int eye_drawn;\n#define EYE eye_drawn")


def _for_eyes(text: str, eye: str) -> str:
    _, _, rest = text.partition("\n")
    used = {name for name in _CAMERA if re.search(rf"\b{name}\b", rest)}
    needs_model = any("p3d_ModelMatrix" in _CAMERA[name] for name in used)
    has_model = any(match.group(1) == "p3d_ModelMatrix" for match in _DECLARED.finditer(rest))
    rest = _DECLARED.sub(lambda m: m.group(2) if m.group(1) in _CAMERA else m.group(0), rest)
    head = [_VERSION, "uniform mat4 eye_view_projection[2];", "uniform mat4 eye_view_inverse[2];"]
    if needs_model and not has_model:
        head.append("uniform mat4 p3d_ModelMatrix;")
    head.append(eye)
    head += [f"#define {name} {_CAMERA[name]}" for name in sorted(used)]
    return "\n".join(head) + "\n" + rest
