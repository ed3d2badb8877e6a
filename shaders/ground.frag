#version 330
#include "view.glsl"
#include "tonemap.glsl"
#include "sky.glsl"
#include "fog.glsl"
#include "shadow.glsl"

uniform vec3 sky_light;
uniform sampler2D grass;         // r: blades, g: patches; tiles without a seam
uniform vec4 grass_dark;         // linear colours of the two mowing directions
uniform vec4 grass_light;
uniform vec4 contacts[4];        // soles as capsules: heel xy, toe xy
uniform vec4 contact_height;     // of each sole above the ground, metres

in vec3 world_position;
out vec4 fragment;

const float STRIPE_M = 1.9;      // width of one mower pass
const float LINE_HALF_M = 0.011; // target line painted on the turf

float near_capsule(vec2 p, vec4 ends) {
    vec2 a = p - ends.xy;
    vec2 b = ends.zw - ends.xy;
    float t = clamp(dot(a, b) / max(dot(b, b), 1e-6), 0.0, 1.0);
    vec2 d = a - b * t;
    return dot(d, d);
}

// How much ambient light the soles leave on the ground under and beside them.
float contact_shade(vec2 p) {
    float open = 1.0;
    for (int i = 0; i < 2; ++i) {
        float reach = 0.0036 + 0.5 * contact_height[i] * contact_height[i];
        open *= 1.0 - 0.75 * exp(-near_capsule(p, contacts[i]) / reach - 14.0 * contact_height[i]);
    }
    return open;
}

void main() {
    vec2 p = world_position.xy;
    float distance_m = length(eye_position() - world_position);
#ifdef CHEAP_GROUND
    float blades = 0.5;
    float patches = 0.5;
#else
    float blades = texture(grass, p * 0.73).r;
    float patches = texture(grass, p * 0.043).g;
#endif

    // Mown stripes along the target line, softened to the width of a pixel so that they never shimmer far away.
    float band = p.y / STRIPE_M;
    float width = max(fwidth(band), 0.02);
    float wave = abs(fract(band * 0.5) * 2.0 - 1.0) - 0.5;
    float stripe = smoothstep(-width, width, wave) * (1.0 - smoothstep(0.25, 0.8, width)) + 0.5 * smoothstep(0.25, 0.8, width);
    vec3 albedo = mix(grass_dark.rgb, grass_light.rgb, stripe * 0.55 + patches * 0.45);
    float near = exp(-distance_m * 0.06);
    albedo *= mix(1.0, 0.45 + 1.1 * blades, 0.35 + 0.65 * near);

    float across = abs(p.y);
    float aa = max(fwidth(p.y), 1e-4);
    float line = (1.0 - smoothstep(LINE_HALF_M - aa, LINE_HALF_M + aa, across)) * min(1.0, 2.0 * LINE_HALF_M / aa);
    line *= smoothstep(0.10, 0.16, abs(p.x)) * (1.0 - smoothstep(2.5, 14.0, abs(p.x)));
    albedo = mix(albedo, vec3(0.78, 0.79, 0.74) * (0.75 + 0.4 * blades), 0.72 * line);

    float lit = 1.0;
    float open = 1.0;
    if (dot(p, p) < 30.0) {
        lit = sun_visibility(world_position, vec3(0.0, 0.0, 1.0));
        open = contact_shade(p);
    }
    vec3 radiance = albedo * (sun_color * (sun_direction.z * lit) + sky_light * open);
    fragment = vec4(tone_map(apply_fog(radiance, world_position)), 1.0);
}
