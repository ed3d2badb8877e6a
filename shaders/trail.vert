#version 330
// A ribbon that faces the eye: each sample of the path comes twice, once for each side.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewMatrixInverse;
uniform mat4 p3d_ViewProjectionMatrix;
uniform vec4 trail_width;       // half width (m), least half width as a fraction of the distance

in vec4 p3d_Vertex;
in vec3 tangent;                // unit direction of the path
in vec4 trail_color;            // display rgb, alpha
in vec2 trail_param;            // time (s), side (-1 or 1)
out vec4 color;
out vec2 param;

void main() {
    vec3 world = (p3d_ModelMatrix * p3d_Vertex).xyz;
    vec3 to_eye = p3d_ViewMatrixInverse[3].xyz - world;
    vec3 across = cross(mat3(p3d_ModelMatrix) * tangent, to_eye);
    across /= max(length(across), 1e-6);
    float half_width = max(trail_width.x, trail_width.y * length(to_eye));
    color = trail_color;
    param = trail_param;
    gl_Position = p3d_ViewProjectionMatrix * vec4(world + across * (half_width * trail_param.y), 1.0);
}
