#version 330
// One triangle over the whole picture at the far end of the depth range.
uniform mat4 p3d_ProjectionMatrixInverse;
uniform mat4 p3d_ViewMatrixInverse;

in vec4 p3d_Vertex;
out vec3 direction;

void main() {
    vec4 view = p3d_ProjectionMatrixInverse * vec4(p3d_Vertex.xy, 1.0, 1.0);
    direction = mat3(p3d_ViewMatrixInverse) * (view.xyz / view.w);
    gl_Position = vec4(p3d_Vertex.xy, 1.0, 1.0);
}
