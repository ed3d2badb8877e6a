#version 330
#include "plant_instance.glsl"
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;

in vec4 p3d_Vertex;
in vec3 stretch;

void main() {
    Copy copy = fetch_copy(gl_InstanceID);
    vec3 local = (p3d_Vertex.xyz + stretch * copy.size.xyz) * copy.size.w;
    vec4 world = p3d_ModelMatrix * vec4(turned(local, copy.place.w) + copy.place.xyz, 1.0);
    gl_Position = other_pass(copy) ? NOWHERE : p3d_ViewProjectionMatrix * world;
}
