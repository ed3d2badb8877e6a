#version 330
#include "plant_section.glsl"

in vec4 lane;
in vec3 world_position;
out vec4 fragment;

const float LINE_M = 0.09;

float band(float x, float low, float high, float aa) {
    return smoothstep(low - aa, low + aa, x) * (1.0 - smoothstep(high - aa, high + aa, x));
}

void main() {
    if (cut_away(world_position)) discard;
    float off = abs(lane.y);
    float aa = max(fwidth(lane.y), 1e-4);
    float thin = min(1.0, LINE_M / (2.0 * aa));
    float edge = band(off, lane.z - LINE_M, lane.z, 0.5 * aa) * thin;
    vec3 ground = vec3(0.62, 0.635, 0.65);
    float fill = lane.w > 0.5 ? 0.18 : 0.28;
    vec4 color = vec4(ground, fill * step(off, lane.z));
    float alpha = 0.75 * edge;
    if (lane.w > 0.5) {
        // Where people walk the edges are broken.
        float aa_l = max(fwidth(lane.x), 1e-4);
        float dash = band(fract(lane.x / 0.9), 0.0, 0.6, min(aa_l / 0.9, 0.3));
        alpha *= mix(dash, 0.6, smoothstep(0.2, 0.5, aa_l));
    } else {
        // Arrowheads point along a forklift's way.
        float s = mod(lane.x, 5.0) - 2.5;
        float aa_s = max(aa, fwidth(lane.x));
        float head = abs(s + 1.1 * off);
        float chevron = (1.0 - smoothstep(0.07 - aa_s, 0.07 + aa_s, head)) * step(off, 0.42);
        alpha = max(alpha, 0.40 * chevron * (1.0 - smoothstep(0.15, 0.4, aa_s)));
    }
    color = mix(color, vec4(vec3(0.965, 0.97, 0.975), 1.0), alpha);
    fragment = color;
}
