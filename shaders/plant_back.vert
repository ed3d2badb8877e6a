#version 330
// The light grey around the hall, a dome at the far end of the depth range.
uniform mat4 p3d_ViewMatrixInverse;
uniform mat4 p3d_ViewProjectionMatrix;

in vec4 p3d_Vertex;              // unit direction
out float height;

void main() {
    height = p3d_Vertex.z;
    vec3 eye = p3d_ViewMatrixInverse[3].xyz;
    gl_Position = (p3d_ViewProjectionMatrix * vec4(eye + p3d_Vertex.xyz * 100.0, 1.0)).xyww;
}
