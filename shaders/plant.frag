#version 330
#include "view.glsl"
#include "tonemap.glsl"
#include "sky.glsl"
#include "shadow.glsl"
#include "lighting.glsl"
#include "plant_section.glsl"
#include "plant_colors.glsl"

in vec3 world_position;
in vec3 world_normal;
in vec4 surface;
flat in vec4 codes;              // lamp, highlight, ghost, part
flat in vec4 heat;
in float metallic;
out vec4 fragment;

const float RED = 2.0;
const float AMBER = 3.0;
const float WHITE = 4.0;
const float SCREEN = 5.0;

bool is(float code, float value) {
    return abs(code - value) < 0.5;
}

// What a lamp's segment gives out: lamp codes are 0 none, 1 white, 2 amber, 3 red, 4 not known, 5 white in the middle.
vec3 lamp_glow(float lamp, float segment) {
    if (is(segment, RED) && is(lamp, 3.0)) return linear_red * 2.4;
    if (is(segment, AMBER) && is(lamp, 2.0)) return linear_amber * 1.9;
    if (is(segment, AMBER) && is(lamp, 5.0)) return vec3(1.1);
    if (is(segment, WHITE) && is(lamp, 1.0)) return vec3(1.25);
    if (is(lamp, 4.0)) return linear_magenta * 0.8;
    return vec3(0.0);
}

void main() {
    if (cut_away(world_position)) discard;
    vec3 to_eye = normalize(eye_position() - world_position);
    vec3 normal = normalize(world_normal);
    bool inside = dot(normal, to_eye) < 0.0 && !gl_FrontFacing;
    float facing = abs(dot(normal, to_eye));
#ifdef GHOST
    // Seen through: a breath of glass, with its edges told by how far they turn from the eye.
    float edge = 1.0 - facing;
    float part_alpha = 0.07 + 0.40 * edge * edge;
    fragment = vec4(mix(vec3(0.62, 0.66, 0.70), vec3(0.36, 0.41, 0.46), edge), part_alpha);
#else
    if (inside) {
        // What a section opens shows as one flat tone, with stripes as a draughtsman hatches a cut.
        float along = (world_position.x + world_position.y + world_position.z) * 9.0;
        float aa = max(fwidth(along), 1e-4);
        float stripe = smoothstep(-aa, aa, abs(fract(along) - 0.5) * 2.0 - 0.5);
        stripe = mix(stripe, 0.5, smoothstep(0.25, 0.7, aa));
        fragment = vec4(mix(vec3(0.42, 0.44, 0.46), vec3(0.50, 0.52, 0.54), stripe), 1.0);
        return;
    }
    vec3 albedo = surface.rgb;
    float metal = metallic;
    float hot = heat.a * (is(codes.w, 1.0) ? 1.0 : 0.55) * (codes.w > 1.5 ? 0.0 : 1.0);
    albedo = mix(albedo, heat.rgb, hot);
    metal *= 1.0 - hot;
    float lit = sun_visibility(world_position, normal);
    vec3 radiance = shade(albedo, surface.a, metal, normal, to_eye, lit, world_position.z);
    radiance += albedo * hot * 0.25;
    if (codes.w > 1.5 && codes.w < 4.5) {
        vec3 glow = lamp_glow(codes.x, codes.w);
        bool on = dot(glow, vec3(1.0)) > 0.0;
        radiance = on ? radiance * 0.25 + glow : radiance * vec3(0.30, 0.31, 0.32);
    }
    if (is(codes.w, SCREEN) && codes.x > 0.5 && !is(codes.x, 4.0)) radiance += albedo * 0.45;
    vec3 shown = tone_map(radiance);
    // 1: under the pointer, 2: followed, 3: chosen.
    float edge = 1.0 - facing;
    if (codes.y > 0.5) {
        vec3 accent = display_accent;
        float rim = smoothstep(0.35, 0.95, edge);
        float strength = codes.y > 2.5 ? 0.14 + 0.32 * rim : codes.y > 1.5 ? 0.08 + 0.24 * rim : 0.07 + 0.16 * rim;
        shown = mix(shown, accent, strength);
    }
    if (is(codes.z, 2.0)) shown = mix(shown, display_background, 0.74);
    fragment = vec4(shown, 1.0);
#endif
}
