#version 330
#include "plant_colors.glsl"
#include "plant_signs.glsl"
#include "plant_glyph.glsl"
uniform sampler2D atlas;
uniform vec4 digits[3];          // atlas rectangles of 1, 2 and 3

in vec2 at;
flat in vec4 look;               // priority (1 low, 2 medium, 3 high), unacknowledged, strength, out of sight
flat in vec2 arrow;
out vec4 fragment;

float inked(float d, float aa) {
    return 1.0 - smoothstep(-aa, aa, d);
}

void main() {
    float kind = look.x > 2.5 ? 2.0 : look.x > 1.5 ? 3.0 : 4.0;
    vec3 color = alarm_color(look.x);
    float d = sign_distance(at, kind);
    float aa = max(fwidth(at.x), 1e-4);
    float halo = inked(d - 0.22, aa);
    float body = inked(d, aa);
    // Filled until a person has acknowledged it, then an outline.
    float fill = look.y > 0.5 ? 1.0 : 1.0 - inked(d + 0.16, aa);
    vec3 shown = mix(vec3(1.0), color, body * fill);
    float alpha = halo;
    vec4 box = digits[int(clamp(4.0 - look.x, 1.0, 3.0) + 0.5) - 1];
    vec2 cell = (at - vec2(0.0, kind > 3.5 ? 0.16 : kind > 2.5 ? -0.22 : 0.0)) / vec2(0.40, 0.56) * 0.5 + 0.5;
    vec2 uv = mix(box.xy, box.zw, clamp(cell, 0.0, 1.0));
    float softness = glyph_softness(mix(box.xy, box.zw, cell), atlas);
    float glyph = texture(atlas, uv).a - 0.5;
    float digit = clamp(glyph / softness + 0.5, 0.0, 1.0);
    if (cell.x < 0.0 || cell.y < 0.0 || cell.x > 1.0 || cell.y > 1.0) digit = 0.0;
    bool bright = look.y > 0.5 && (look.x > 2.5 || look.x < 1.5);
    shown = mix(shown, bright ? vec3(1.0) : vec3(0.08), digit);
    if (look.w > 0.5) {
        // An arrowhead outside the sign points to where the unit is.
        float along = dot(at, arrow);
        float across = abs(dot(at, vec2(-arrow.y, arrow.x)));
        float head = max(across * 0.8 + (along - 1.72) * 0.6, 1.22 - along);
        float rim = inked(head - 0.10, aa);
        shown = mix(shown, vec3(1.0), rim * (1.0 - halo));
        shown = mix(shown, color, inked(head, aa));
        alpha = max(alpha, rim);
    }
    fragment = vec4(shown, alpha * look.z);
    if (fragment.a < 0.004) discard;
}
