#version 330
#include "vertex_input.glsl"

in vec3 p3d_Normal;
out vec3 world_position;
out vec3 world_normal;
#ifdef VERTEX_COLOR
in vec4 p3d_Color;
out vec4 surface;
#elif defined(INSTANCED)
out vec4 surface;
#endif

void main() {
    mat4 transform = vertex_transform();
    vec4 world = transform * p3d_Vertex;
    world_position = world.xyz;
    // Transforms here are rigid or evenly scaled, so the upper 3x3 serves normals too.
    world_normal = mat3(transform) * p3d_Normal;
#ifdef VERTEX_COLOR
    surface = p3d_Color;
#elif defined(INSTANCED)
    surface = texelFetch(instances, gl_InstanceID * 4 + 3);
#endif
    gl_Position = p3d_ViewProjectionMatrix * world;
}
