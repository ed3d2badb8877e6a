#version 330
#include "vertex_input.glsl"

void main() {
    gl_Position = p3d_ViewProjectionMatrix * (vertex_transform() * p3d_Vertex);
}
