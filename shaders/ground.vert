#version 330
#include "vertex_input.glsl"

out vec3 world_position;

void main() {
    vec4 world = vertex_transform() * p3d_Vertex;
    world_position = world.xyz;
    gl_Position = p3d_ViewProjectionMatrix * world;
}
