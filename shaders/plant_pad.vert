#version 330
// The floor around each unit: its soft shadow, and the outline that says chosen, alarmed or not known.
#include "plant_instance.glsl"
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;

in vec4 p3d_Vertex;              // corners, -1 to 1
out vec2 at;                     // metres from the unit's middle, along its own axes
flat out vec2 half_size;
flat out vec4 codes;
flat out vec4 heat;
out vec3 world_position;

const float AROUND_M = 0.75;

void main() {
    Copy copy = fetch_copy(gl_InstanceID);
    half_size = 0.5 * copy.size.xy * copy.size.w;
    at = p3d_Vertex.xy * (half_size + AROUND_M);
    codes = copy.codes;
    heat = copy.heat;
    vec3 place = turned(vec3(at, 0.0), copy.place.w) + vec3(copy.place.xy, 0.0);
    world_position = place;
    bool off_floor = copy.place.z > 0.6 || copy.codes.z < -0.5;
    gl_Position = off_floor ? NOWHERE : p3d_ViewProjectionMatrix * (p3d_ModelMatrix * vec4(place.xy, 0.006, 1.0));
}
