#version 330
// Equipment, all of one kind in one draw call. A vertex lies at its base plus its share of the copy's size.
#include "plant_instance.glsl"
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;

in vec4 p3d_Vertex;
in vec3 stretch;
in vec3 p3d_Normal;
in vec4 p3d_Color;               // linear rgb, roughness
in vec2 part;                    // what it belongs to (see Part), metallic
out vec3 world_position;
out vec3 world_normal;
out vec4 surface;
flat out vec4 codes;             // lamp, highlight, ghost, part
flat out vec4 heat;
out float metallic;

void main() {
    Copy copy = fetch_copy(gl_InstanceID);
    vec3 local = (p3d_Vertex.xyz + stretch * copy.size.xyz) * copy.size.w;
    vec4 world = p3d_ModelMatrix * vec4(turned(local, copy.place.w) + copy.place.xyz, 1.0);
    world_position = world.xyz;
    world_normal = mat3(p3d_ModelMatrix) * turned(p3d_Normal, copy.place.w);
    surface = p3d_Color;
    codes = vec4(copy.codes.xyz, part.x);
    heat = copy.heat;
    metallic = part.y;
    gl_Position = other_pass(copy) ? NOWHERE : p3d_ViewProjectionMatrix * world;
}
