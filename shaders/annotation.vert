#version 330
// Drawings of people: lines, circles, arrow heads that face the eye, and areas. One mesh, drawn as edge, body and ghost.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewMatrixInverse;
uniform mat4 p3d_ViewProjectionMatrix;
uniform vec4 line_width;         // half width (m), least half width as a part of the distance, edge as a part of it, unused
uniform vec4 line_pass;          // 1: the edge, 0: the body; strength; unused

in vec4 p3d_Vertex;              // place (metres), kind: 0 line, 1 circle, 2 arrow head, 3 area
in vec4 toward;                  // line: other end, end (0 or 1); circle: cos, sin, radius; head: tip, half width
in vec4 ink;                     // display rgb, alpha
in vec4 edge_ink;                // display rgb of the edge, width; below zero: a part of the distance alone
in vec2 corner;                  // side (-1 to 1), past the end (-1 at the start, 1 at the end, 0 inside)
out vec4 color;
out vec3 at;                     // side, past the start, past the end; in half widths

void main() {
    int kind = int(p3d_Vertex.w + 0.5);
    vec3 here = (p3d_ModelMatrix * vec4(p3d_Vertex.xyz, 1.0)).xyz;
    vec3 to_eye = p3d_ViewMatrixInverse[3].xyz - here;
    float far = length(to_eye);
    vec3 eye = to_eye / max(far, 1e-6);
    float line = max(edge_ink.w < 0.0 ? 0.0 : line_width.x, line_width.y * far);
    float half_width = line * abs(edge_ink.w);
    float edge = line_pass.x * line * line_width.z;
    bool hidden = false;
    at = vec3(0.0, -1.0, -1.0);
    if (kind == 0) {
        half_width += edge;
        vec3 other = (p3d_ModelMatrix * vec4(toward.xyz, 1.0)).xyz;
        vec3 along = (other - here) * (1.0 - 2.0 * toward.w);
        float size = length(along);
        vec3 ahead = along / max(size, 1e-6);
        vec3 across = cross(ahead, eye);
        across /= max(length(across), 1e-4);
        float parts = size / max(half_width, 1e-9);
        at = vec3(corner.x, toward.w < 0.5 ? 1.0 : -parts - 1.0, toward.w < 0.5 ? -parts - 1.0 : 1.0);
        here += half_width * (across * corner.x + ahead * corner.y);
    } else if (kind == 1) {
        half_width += edge;
        vec3 up = abs(eye.z) > 0.99 ? vec3(1.0, 0.0, 0.0) : vec3(0.0, 0.0, 1.0);
        vec3 right = normalize(cross(up, eye));
        up = cross(eye, right);
        here += (right * toward.x + up * toward.y) * (toward.z + half_width * corner.x);
        at.x = corner.x;
    } else if (kind == 2) {
        vec3 tip = (p3d_ModelMatrix * vec4(toward.xyz, 1.0)).xyz;
        vec3 along = tip - here;
        float size = max(length(along), 1e-6);
        vec3 ahead = along / size;
        vec3 across = cross(ahead, eye);
        across /= max(length(across), 1e-4);
        // Never so small that it is not seen as a head.
        float grow = max(1.0, 3.2 * half_width / max(toward.w, 1e-6));
        here = corner.y > 0.5 ? tip + ahead * edge * 2.4
                              : tip - along * grow - ahead * edge + across * corner.x * (toward.w * grow + edge * 1.7);
    } else {
        hidden = line_pass.x > 0.5;
    }
    color = vec4(mix(ink.rgb, edge_ink.rgb, line_pass.x), ink.a * line_pass.y);
    gl_Position = hidden ? vec4(2.0, 2.0, 2.0, 1.0) : p3d_ViewProjectionMatrix * vec4(here, 1.0);
}
