#version 330
#include "tonemap.glsl"
#ifdef NEAR
#include "shadow.glsl"
#endif

uniform vec3 sun_direction;
uniform vec3 sun_color;
uniform vec3 sky_light;
uniform sampler2D grass;         // r: blades, g: patches; tiles without a seam
uniform vec4 grass_dark;         // linear colours of the two mowing directions
uniform vec4 grass_light;
in vec3 world_position;
in vec4 fog;
out vec4 fragment;

const float STRIPE_M = 1.9;      // width of one mower pass
const float LINE_HALF_M = 0.011; // target line painted on the turf

void main() {
    vec2 p = world_position.xy;
#ifdef CHEAP_GROUND
    float blades = 0.5;
    float patches = 0.5;
#else
    float blades = texture(grass, p * 0.73).r;
    float patches = texture(grass, p * 0.043).g;
#endif

    // Mown stripes along the target line, softened to the width of a pixel so that they never shimmer far away.
    float band = p.y * (0.5 / STRIPE_M);
    float width = clamp(2.0 * fwidth(band), 0.02, 1.0);
    float wave = abs(fract(band) * 2.0 - 1.0) - 0.5;
    float stripe = 0.5 + clamp(wave / width, -1.0, 1.0) * (0.5 - 0.5 * width);
    vec3 albedo = mix(grass_dark.rgb, grass_light.rgb, stripe * 0.55 + patches * 0.45);
    albedo *= 0.45 + 1.1 * blades;

    vec3 light = sun_color * sun_direction.z + sky_light;
    if (abs(p.y) < 0.3) {
        float aa = max(fwidth(p.y), 1e-4);
        float line = clamp((LINE_HALF_M - abs(p.y)) / aa + 0.5, 0.0, 1.0) * min(1.0, 2.0 * LINE_HALF_M / aa);
        line *= smoothstep(0.10, 0.16, abs(p.x)) * (1.0 - smoothstep(2.5, 14.0, abs(p.x)));
        albedo = mix(albedo, vec3(0.78, 0.79, 0.74) * (0.75 + 0.4 * blades), 0.72 * line);
    }
#ifdef NEAR
    light = sun_color * (sun_direction.z * sun_visibility(world_position, vec3(0.0, 0.0, 1.0))) + sky_light;
#endif
    fragment = vec4(tone_map(mix(fog.rgb, albedo * light, fog.a)), 1.0);
}
