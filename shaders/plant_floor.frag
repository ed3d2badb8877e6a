#version 330
#include "view.glsl"
#include "tonemap.glsl"
#include "shadow.glsl"
#include "plant_section.glsl"
#include "plant_colors.glsl"
// Sealed concrete with fine joints; beyond the hall it melts into the background.

uniform vec3 sun_direction;
uniform vec3 sun_color;
uniform vec3 sky_light;
uniform vec4 hall;               // length, width, joint spacing, how far the floor melts away, metres
in vec3 world_position;
out vec4 fragment;

float joint(vec2 p, float spacing, float half_width) {
    vec2 d = abs(fract(p / spacing + 0.5) - 0.5) * spacing;
    vec2 aa = max(fwidth(p), vec2(1e-4));
    // A joint thinner than a pixel keeps its share of it, and none where pixels hold many joints.
    vec2 cover = clamp((half_width - d) / aa + 0.5, 0.0, 1.0) * min(vec2(1.0), 2.0 * half_width / aa);
    cover *= 1.0 - smoothstep(0.15 * spacing, 0.5 * spacing, aa);
    return max(cover.x, cover.y);
}

void main() {
    if (cut_away(world_position)) discard;
    vec2 p = world_position.xy;
    vec2 out_by = max(max(-p, p - hall.xy), vec2(0.0));
    float inside = 1.0 - smoothstep(0.0, hall.w, length(out_by));
    vec3 albedo = vec3(0.60, 0.61, 0.62);
    float cell = fract(sin(dot(floor(p / hall.z), vec2(12.9898, 78.233))) * 43758.5453);
    albedo *= 0.985 + 0.03 * cell;
    albedo *= 1.0 - 0.30 * joint(p, hall.z, 0.008);
    float lit = sun_visibility(world_position, vec3(0.0, 0.0, 1.0));
    vec3 light = sun_color * (sun_direction.z * lit) + sky_light;
    // The ceiling's lights, mirrored faintly by the sealed floor.
    vec3 to_eye = normalize(eye_position() - world_position);
    float glancing = pow(1.0 - max(to_eye.z, 0.0), 4.0);
    vec3 shown = tone_map(albedo * light + sky_light * 0.22 * glancing);
    fragment = vec4(mix(display_background, shown, inside), 1.0);
}
