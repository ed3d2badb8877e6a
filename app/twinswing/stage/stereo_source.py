"""The preprocessor's last step for a headset: one program that draws both eyes, from the source that draws one.

Every draw call has twice its instances; even ones are the left eye's, odd ones the right's, each in its own viewport
(GL_ARB_shader_viewport_layer_array). The camera's uniforms become arrays indexed by the eye, so that no shader file
needs to know of eyes.
"""

import re

_CAMERA = {
    "p3d_ViewProjectionMatrix": "eye_view_projection[EYE]",
    "p3d_ViewMatrixInverse": "eye_view_inverse[EYE]",
    "p3d_ViewMatrix": "inverse(eye_view_inverse[EYE])",
    "p3d_ProjectionMatrix": "(eye_view_projection[EYE] * eye_view_inverse[EYE])",
    "p3d_ModelViewProjectionMatrix": "(eye_view_projection[EYE] * p3d_ModelMatrix)",
    "p3d_ModelViewMatrix": "(inverse(eye_view_inverse[EYE]) * p3d_ModelMatrix)",
}
_VERSION = "#version 410"  # the extension is written against OpenGL 4.1
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
        f"{_VERSION}\n#extension GL_ARB_shader_viewport_layer_array : require\n{head}{sep}{body}"
        "flat out int eye_drawn;\n"
        "void main() {\n    eye_drawn = EYE;\n    one_eye_main();\n    gl_ViewportIndex = EYE;\n}\n"
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
