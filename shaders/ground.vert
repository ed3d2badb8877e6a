#version 330
#include "view.glsl"
#include "sky.glsl"
#include "fog.glsl"
#include "vertex_input.glsl"

out vec3 world_position;
out vec4 fog;                   // colour, clearness

void main() {
    vec4 world = vertex_transform() * p3d_Vertex;
    world_position = world.xyz;
    fog = vec4(fog_color(world.xyz), fog_clearness(world.xyz));
    gl_Position = p3d_ViewProjectionMatrix * world;
}
