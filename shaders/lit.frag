#version 330
#include "view.glsl"
#include "tonemap.glsl"
#include "sky.glsl"
#include "shadow.glsl"
#include "lighting.glsl"

uniform vec4 base_color;       // linear rgb, alpha unused
uniform vec4 surface_params;   // roughness, metallic, emission, unused

in vec3 world_position;
in vec3 world_normal;
#if defined(VERTEX_COLOR) || defined(INSTANCED)
in vec4 surface;
#endif
out vec4 fragment;

void main() {
#if defined(VERTEX_COLOR) || defined(INSTANCED)
    vec3 albedo = base_color.rgb * surface.rgb;
    float roughness = surface.a;
#else
    vec3 albedo = base_color.rgb;
    float roughness = surface_params.x;
#endif
    vec3 normal = normalize(world_normal);
    vec3 to_eye = normalize(eye_position() - world_position);
    float lit = sun_visibility(world_position, normal);
    vec3 radiance = shade(albedo, roughness, surface_params.y, normal, to_eye, lit, world_position.z);
    radiance += albedo * surface_params.z;
    fragment = vec4(tone_map(radiance), 1.0);
}
