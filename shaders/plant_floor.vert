#version 330
#include "view.glsl"
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;

in vec4 p3d_Vertex;
out vec3 world_position;

void main() {
    vec4 world = p3d_ModelMatrix * p3d_Vertex;
    world_position = world.xyz;
    gl_Position = p3d_ViewProjectionMatrix * world;
}
