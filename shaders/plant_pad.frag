#version 330
#include "plant_section.glsl"
#include "plant_colors.glsl"

in vec2 at;
flat in vec2 half_size;
flat in vec4 codes;              // lamp, highlight, ghost, pad
flat in vec4 heat;
in vec3 world_position;
out vec4 fragment;

float box_distance(vec2 p, vec2 size, float radius) {
    vec2 q = abs(p) - size + radius;
    return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius;
}

float line(float distance, float middle, float half_width, float aa) {
    return 1.0 - smoothstep(half_width - aa, half_width + aa, abs(distance - middle));
}

void main() {
    if (cut_away(world_position)) discard;
    float d = box_distance(at, half_size, 0.06);
    float aa = max(fwidth(d), 1e-4);
    bool through = abs(codes.z - 1.0) < 0.5;
    bool faded = codes.z > 1.5;
    // How much of the ceiling's light the unit takes from the floor beside it.
    float dark = 0.42 * exp(-max(d + 0.06, 0.0) * 5.0) * (through ? 0.15 : faded ? 0.3 : 1.0);
    vec4 color = vec4(0.10, 0.11, 0.12, dark);
    if (heat.a > 0.0) {
        float pad = (1.0 - smoothstep(0.20 - aa, 0.20 + aa, d)) * 0.55;
        color = mix(color, vec4(pow(heat.rgb, vec3(1.0 / 2.2)), 1.0), pad);
    }
    float marks = 0.0;
    vec3 mark = display_accent;
    if (codes.w > 0.5) {
        // A line that keeps its meaning without colour: high is double, medium is solid, low and not known are broken.
        float along = atan(at.y / max(half_size.y, 0.1), at.x / max(half_size.x, 0.1)) * 6.5;
        bool broken = codes.w > 3.5 || codes.w < 1.5;
        float dash = broken ? step(0.0, sin(along * 3.0)) : 1.0;
        marks = line(d, 0.24, max(0.045, aa), aa) * dash;
        if (codes.w > 2.5 && codes.w < 3.5) marks = max(marks, line(d, 0.38, max(0.025, aa), aa));
        mark = alarm_color(codes.w);
    }
    if (codes.y > 2.5) {
        float chosen = line(d, 0.56, max(0.05, 1.3 * aa), aa);
        mark = mix(mark, display_accent, chosen);
        marks = max(marks, chosen);
    } else if (codes.y > 0.5) {
        float under = line(d, 0.52, max(0.022, aa), aa) * 0.8;
        mark = mix(mark, display_accent, step(marks, under));
        marks = max(marks, under);
    }
    color = mix(color, vec4(mark, 1.0), marks);
    if (color.a < 0.004) discard;
    fragment = color;
}
