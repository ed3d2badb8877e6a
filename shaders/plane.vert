#version 330
uniform mat4 p3d_ModelViewProjectionMatrix;

in vec4 p3d_Vertex;
out vec2 at;                    // on the plane, 1 at the rim

void main() {
    at = p3d_Vertex.xy;
    gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
}
