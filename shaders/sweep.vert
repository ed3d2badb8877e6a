#version 330
// The surface that the lower shaft swept.
uniform mat4 p3d_ModelViewProjectionMatrix;

in vec4 p3d_Vertex;
in vec4 trail_color;
in vec2 trail_param;            // time (s), 0 up the shaft to 1 at the head
out vec4 color;
out vec2 param;

void main() {
    color = trail_color;
    param = trail_param;
    gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
}
